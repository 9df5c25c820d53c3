"""History of a subreddit from the public monthly dumps (RS_2016-06.zst): one submission a line, as the archive saw it."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from kdtcn.errors import InputError
from kdtcn.progress import track
from kdtcn.sources import clock
from kdtcn.sources.base import Context, Provider, Record, Reject
from kdtcn.sources.files import JsonLines, check_file
from kdtcn.sources.text import clean, safe_url

SEEN = ("retrieved_on", "retrieved_utc")  # when the archive read the votes
LARGE = 100 << 20  # bytes of a file that is worth a progress line


class RedditDump(Provider):
    """Titles of the posts of one subreddit, known when they were posted, the same headlines as the provider `reddit` gives.

    Votes count as seen when the archive read them; without that time they are not stored. The file is streamed: the memory
    is that of the window it was packed with, 2 GiB at most.
    """

    kind: ClassVar[Literal["prices", "news"]] = "news"
    path: Path
    subreddit: str = Field("worldnews", pattern=r"^\w{2,30}$")

    def read(self, context: Context) -> Iterator[Record | Reject]:
        """InputError where the file is none, or its first lines are no submissions."""
        check_file(self.path)
        header = JsonLines(self.path).header()
        missing = [name for name in ("subreddit", "title", "created_utc") if name not in header]
        if missing:
            raise InputError(
                f"{self.path}: its lines have no {missing[0]!r}; expected a dump of submissions (RS_...), not of comments"
            )
        return self._records(context)

    def _records(self, context: Context) -> Iterator[Record | Reject]:
        source = f"reddit/{self.subreddit.lower()}"
        wanted = self.subreddit.casefold()
        lines = JsonLines(self.path).objects()
        for line, text, data in track(lines, self.path.name) if self.path.stat().st_size > LARGE else lines:
            if data is None:
                yield Reject(source, f"{self.path.name} line {line}: {text}", "not a JSON object")
            elif str(data.get("subreddit")).casefold() == wanted:
                row = _record(data, source, f"{self.path.name} line {line}: {data.get('title')}")
                if isinstance(row, Reject) or context.wants(row.day):
                    yield row


def _record(data: dict[str, Any], source: str, raw: str) -> Record | Reject:
    title, votes, url = data.get("title"), data.get("score"), data.get("url")
    if not isinstance(title, str) or not clean(title):
        return Reject(source, raw, "no text")
    published = _moment(data.get("created_utc"))
    if published is None:
        return Reject(source, raw, "no date")
    seen = next((moment for name in SEEN if (moment := _moment(data.get(name)))), None)
    known = isinstance(votes, int) and not isinstance(votes, bool) and seen is not None and seen >= published
    return Record(
        published,
        published,
        source,
        clock.new_york_day(published),
        clean(title),
        safe_url(url if isinstance(url, str) else ""),
        None,
        votes if known else None,
        seen if known else None,
    )


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970, which older dumps write as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) and 0 < seconds < 1e11 else None
