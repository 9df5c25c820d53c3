"""RSS and Atom feeds, asked only for what changed since last time."""

import calendar
import html
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import feedparser
from pydantic import Field

from kdtcn.errors import SourceError
from kdtcn.progress import say
from kdtcn.sources import clock
from kdtcn.sources.base import Context, Provider, Record, Reject, readable
from kdtcn.sources.cache import key_of
from kdtcn.sources.http import FRESH, Answer
from kdtcn.sources.text import clean, safe_url

STATE = "rss.json"
_CLOSED = re.compile(rb"</(?:\w+:)?(?:rss|feed|RDF)\s*>")
_TAG = re.compile(r"<[a-zA-Z/][^<>]*>")


class Rss(Provider):
    """Entries of the feeds; available when fetched, however old they say they are. One dead feed does not stop the others."""

    kind: ClassVar[Literal["prices", "news"]] = "news"
    feeds: list[str] = Field(min_length=1)
    source: str = Field("", description="empty: rss/HOST of each feed")

    def read(self, context: Context) -> Iterator[Record | Reject]:
        tags = _load(context)
        context.tags = dict(tags)
        answers = []
        for url in self.feeds:
            try:
                answer = context.http.get(url, headers=_conditions(tags.get(key_of(url), {})))
                source = self.source or f"rss/{urlsplit(url).hostname}"
                rows = [] if answer.status == 304 else [record(entry, source, answer) for entry in entries(answer)]
                answers.append((url, answer, readable(rows, answer.where)))
                context.http.keep(answer, FRESH)
            except SourceError as error:
                context.problems.append(str(error))
                say(f"feed left out: {error}")
        if not answers:
            raise SourceError(f"no feed could be read; the first: {context.problems[-len(self.feeds)]}")
        return self._records(answers, context)

    def _records(self, answers: list[tuple[str, Answer, list[Record | Reject]]], context: Context) -> Iterator[Record | Reject]:
        for url, answer, rows in answers:
            yield from (row for row in rows if isinstance(row, Reject) or context.wants(row.day))
            if answer.status != 304:
                tags = {name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers}
                context.tags[key_of(url)] = {"feed": answer.where, **tags}

    def stored(self, context: Context) -> None:
        """Remember the feeds' tags only now: an entry that was fetched but not stored would else never come again."""
        if context.state is None:
            return
        context.state.mkdir(parents=True, exist_ok=True)
        draft = context.state / f".{STATE}.{os.getpid()}"
        draft.write_text(json.dumps(context.tags, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(context.state / STATE)


def entries(answer: Answer) -> list[Any]:
    """The entries of a feed; SourceError where the answer is no feed, or was cut off."""
    parsed = feedparser.parse(
        answer.content, response_headers={"content-type": answer.headers.get("content-type", "application/xml")}
    )
    if not parsed.get("version"):
        kind = answer.headers.get("content-type", "something").split(";")[0]
        raise SourceError(f"{answer.where}: answered with {kind} instead of a feed; the service may be down or have moved")
    if not _CLOSED.search(answer.content[-4096:]):
        raise SourceError(f"{answer.where}: the feed is cut off before its end; try again later")
    return list(parsed.entries)


def record(entry: Any, source: str, answer: Answer, rank: int | None = None) -> Record | Reject:
    """A feed entry as a record. One without a date is refused: fetched again tomorrow it would count as new news."""
    title = clean(html.unescape(_TAG.sub(" ", entry.get("title", ""))))  # titles are escaped HTML as often as plain text
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    raw = f"{answer.where}: {title or entry.get('id', '')}"
    if stamp is None:
        return Reject(source, raw, "no date")
    try:
        published = datetime.fromtimestamp(calendar.timegm(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return Reject(source, raw, "the date is out of range")
    if not title:
        return Reject(source, raw, "no text")
    published = min(published, answer.at)  # a clock that is ahead must not make tomorrow's news
    return Record(
        published, answer.at, source, clock.new_york_day(published), title, safe_url(entry.get("link", "")), rank, None, answer.at
    )


def _conditions(tags: dict[str, str]) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {names[name]: value for name, value in tags.items() if name in names}


def _load(context: Context) -> dict[str, dict[str, str]]:
    """The tags of last time; a damaged file only costs one full answer."""
    if context.state is None:
        return {}
    try:
        found = json.loads((context.state / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
