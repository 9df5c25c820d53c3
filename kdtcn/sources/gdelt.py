"""Headlines from the GDELT project's DOC API: what the world's news sites published on a query, by the title of each page.

https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from kdtcn.errors import SourceError
from kdtcn.sources import clock
from kdtcn.sources.base import Context, Provider, Record, Reject, readable
from kdtcn.sources.http import FRESH, Answer
from kdtcn.sources.text import clean, safe_url

SOURCE = "gdelt"
MOST = 250  # articles an answer holds at most
PACE = 5.0  # seconds between two questions, which the service asks for
SETTLED = timedelta(days=1)  # after so long the answer about a day changes no more
KEPT = timedelta(days=30)
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')  # titles may hold a backslash that escapes nothing
_SPACED = re.compile(r"\s+(?=[,.;:!?)](?:\s|$))|\s+(?=['\u2019]s\b)|(?<=\()\s+")


class Gdelt(Provider):
    """The articles of each day that match the query, at most 250 a day; available when fetched: the index changes afterwards.

    For history take `gdelt-files`, whose files never change.
    """

    kind: ClassVar[Literal["prices", "news"]] = "news"
    query: str = Field("(economy OR market OR war OR election) sourcelang:english", min_length=3)
    most: int = Field(MOST, ge=1, le=MOST, description="articles a day")
    api: str = "https://api.gdeltproject.org/api/v2/doc/doc"

    def read(self, context: Context) -> Iterator[Record | Reject]:
        """Day by day, newest news last; without a range the last 24 hours. All days are asked for before the first row is stored."""
        rows: list[Record | Reject] = []
        for params, last in self._spans(context):
            answer = context.http.get(
                self.api,
                params={
                    "query": self.query,
                    "mode": "artlist",
                    "format": "json",
                    "sort": "datedesc",
                    "maxrecords": self.most,
                    **params,
                },
                interval=PACE,
            )
            found = readable([self._record(item, answer) for item in self._articles(answer)], answer.where)
            settled = last is not None and bool(found) and clock.day_end(last) + SETTLED <= answer.at
            context.http.keep(answer, KEPT if settled else FRESH)
            rows += found
        return (row for row in rows if isinstance(row, Reject) or context.wants(row.day))

    def _spans(self, context: Context) -> Iterator[tuple[dict[str, str], date | None]]:
        """Parameters for each New York day of the range, and that day."""
        if context.first is None and context.last is None:
            yield {"timespan": "1d"}, None
            return
        today = clock.new_york_day(context.now)
        last = min(context.last or today, today)
        day = context.first or last
        while day <= last:
            begin, end = clock.day_start(day), clock.day_end(day) - timedelta(seconds=1)
            yield {"startdatetime": f"{begin:%Y%m%d%H%M%S}", "enddatetime": f"{end:%Y%m%d%H%M%S}"}, day
            day += timedelta(days=1)

    def _articles(self, answer: Answer) -> list[Any]:
        """The list of articles; an empty object is a day without any. SourceError quotes what the service says instead."""
        text = answer.content.decode("utf-8", "replace").strip()
        if text and not text.startswith(("{", "[", "<")):
            raise SourceError(f"{answer.where}: {clean(text)[:200]}; mend the option query, or try again later")
        try:
            found = answer.json()
        except SourceError:
            mended = _ESCAPE.sub(lambda escape: escape[0] if escape[1] else r"\\", text)
            found = replace(answer, content=mended.encode()).json()
        articles = found.get("articles", []) if isinstance(found, dict) else None
        if not isinstance(articles, list) or (found and not articles and "articles" not in found):
            raise SourceError(f"{answer.where}: the answer is no list of articles; the service may have changed")
        return articles

    def _record(self, item: Any, answer: Answer) -> Record | Reject:
        item = item if isinstance(item, dict) else {}
        title, seen = item.get("title"), item.get("seendate")
        raw = f"{answer.where}: {title!s}"
        if not isinstance(title, str) or not title_of(title):
            return Reject(SOURCE, raw, "no text")
        try:
            published = min(datetime.strptime(str(seen), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), answer.at)
        except ValueError:
            return Reject(SOURCE, raw, "no date")
        url = item.get("url")
        day = clock.new_york_day(published)
        return Record(published, answer.at, SOURCE, day, title_of(title), safe_url(url if isinstance(url, str) else ""))


def title_of(text: str) -> str:
    """A page's title as a headline: entities decoded, and the spaces gone that the service puts around punctuation."""
    return _SPACED.sub("", clean(html.unescape(text)))
