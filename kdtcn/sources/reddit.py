"""A subreddit's listing: with credentials through the API (votes included), without them through its feed."""

import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from kdtcn.errors import SourceError
from kdtcn.sources import clock, rss
from kdtcn.sources.base import Context, Provider, Record, Reject, readable
from kdtcn.sources.cache import key_of
from kdtcn.sources.http import FRESH, Answer
from kdtcn.sources.text import clean, safe_url

ID, SECRET = "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"


class Reddit(Provider):
    """Titles of the posts; available when fetched. Ranks and votes are a snapshot, seen at that moment."""

    kind: ClassVar[Literal["prices", "news"]] = "news"
    subreddit: str = Field("worldnews", pattern=r"^\w{2,30}$")
    listing: Literal["top", "hot", "new"] = "top"
    period: Literal["hour", "day", "week", "month", "year", "all"] = "day"
    pages: int = Field(1, ge=1, le=10, description="of 100 posts each; the feed gives one")
    api: str = "https://oauth.reddit.com"
    site: str = "https://www.reddit.com"

    @property
    def source(self) -> str:
        return f"reddit/{self.subreddit.lower()}"

    def read(self, context: Context) -> Iterator[Record | Reject]:
        client, secret = os.environ.get(ID, ""), os.environ.get(SECRET, "")
        if bool(client) != bool(secret):
            raise SourceError(f"reddit: {ID if secret else SECRET} is not set; set both for the API, or neither for the feed")
        rows = self._listing(context, client, secret) if client else self._feed(context)
        return (row for row in rows if isinstance(row, Reject) or context.wants(row.day))

    def _feed(self, context: Context) -> list[Record | Reject]:
        answer = context.http.get(f"{self.site}/r/{self.subreddit}/{self.listing}/.rss", params={"t": self.period, "limit": 100})
        entries = enumerate(rss.entries(answer), start=1)
        rows = readable([rss.record(entry, self.source, answer, self._rank(place)) for place, entry in entries], answer.where)
        context.http.keep(answer, FRESH)
        return rows

    def _listing(self, context: Context, client: str, secret: str) -> list[Record | Reject]:
        """All pages, before the first row is stored: ranks run on over them."""
        url, token, after = f"{self.api}/r/{self.subreddit}/{self.listing}", "", ""
        rows: list[Record | Reject] = []
        for _ in range(self.pages):
            params = {"t": self.period, "limit": 100, "raw_json": 1} | ({"after": after} if after else {})
            answer = context.http.recall(key_of(url, params))
            if answer is None:
                token = token or self._token(context, client, secret)
                answer = context.http.get(url, params=params, headers={"Authorization": f"Bearer {token}"})
            try:
                page = answer.json()["data"]
                posts, following = list(page["children"]), page.get("after") or ""
            except (KeyError, TypeError, AttributeError):
                raise SourceError(f"{answer.where}: the answer is no listing; the service may have changed") from None
            found = [self._post(post, len(rows) + place, answer) for place, post in enumerate(posts, start=1)]
            rows += readable(found, answer.where)
            context.http.keep(answer, FRESH)
            if not following or following == after:
                break
            after = following
        return rows

    def _token(self, context: Context, client: str, secret: str) -> str:
        granted = context.http.post(
            f"{self.site}/api/v1/access_token", data={"grant_type": "client_credentials"}, auth=(client, secret)
        ).json()
        token = granted.get("access_token") if isinstance(granted, dict) else None
        if not isinstance(token, str) or not token:
            raise SourceError(f"{self.site}: gave no access token; check {ID} and {SECRET}")
        return token

    def _post(self, post: Any, place: int, answer: Answer) -> Record | Reject:
        data = post.get("data") if isinstance(post, dict) else None
        data = data if isinstance(data, dict) else {}
        title, created, votes = data.get("title"), data.get("created_utc"), data.get("score")
        raw = f"{answer.where} place {place}: {title!s}"
        if not isinstance(title, str) or not clean(title):
            return Reject(self.source, raw, "no text")
        if not isinstance(created, int | float) or not 0 < created < 1e11 or not math.isfinite(created):
            return Reject(self.source, raw, "no date")
        published = min(datetime.fromtimestamp(created, UTC), answer.at)
        url = safe_url(data.get("url") or "") if isinstance(data.get("url"), str) else ""
        votes = votes if isinstance(votes, int) and not isinstance(votes, bool) else None
        return Record(
            published,
            answer.at,
            self.source,
            clock.new_york_day(published),
            clean(title),
            url,
            self._rank(place),
            votes,
            answer.at,
        )

    def _rank(self, place: int) -> int | None:
        """A place among the newest says nothing about popularity."""
        return None if self.listing == "new" else place
