"""Headlines from a delimited file, any delimiter and column names, or from JSON lines."""

import html
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from kdtcn.sources import clock
from kdtcn.sources.base import Context, Provider, Record, Reject
from kdtcn.sources.files import Delimited, JsonLines, Row, filled, locate, open_table
from kdtcn.sources.text import clean, safe_url

COLUMNS = {
    "date": ("date", "day", "published_at", "published", "datetime", "timestamp"),
    "time": ("time",),
    "text": ("news", "headline", "title", "text"),
    "url": ("url", "link"),
    "rank": ("rank",),
    "votes": ("votes", "score", "ups"),
    "seen_at": ("seen_at",),
}


class CsvNews(Provider):
    """One row a headline. With a time it is available then, with a date only at the end of that day (New York).

    Ranks and votes without a `seen_at` column are an archive's final ones: seen at the end of the file's last day.
    """

    kind: ClassVar[Literal["prices", "news"]] = "news"
    path: Path
    source: str = "csv"
    columns: dict[str, str] = Field({}, description="our name -> the file's: date, time, text, url, rank, votes, seen_at")
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = ""
    dates: str = Field("", description="iso, dmy, mdy or a strptime format; empty: what the file proves")
    timezone: str = Field("America/New_York", description="of times that name none")
    unescape: bool = Field(True, description="turn HTML entities (&amp;) into characters")

    def read(self, context: Context) -> Iterator[Record | Reject]:
        table = open_table(self.path, self.delimiter, self.encoding)
        places = locate(self.path, table.header(), self.columns, COLUMNS, ("date", "text"))
        where = clock.zone(self.timezone)
        at = places["date"]
        what = f"{self.path}, column {table.header()[at]!r}"
        # the whole file is read once before the first row is stored
        style, last = clock.settle((row.cells[at] for row in filled(table)), what, self.dates)
        return self._records(table, places, style, where, clock.day_end(last), context)

    def _records(
        self,
        table: Delimited | JsonLines,
        places: dict[str, int],
        style: clock.DateStyle,
        where: ZoneInfo,
        seen: datetime,
        context: Context,
    ) -> Iterator[Record | Reject]:
        for row in table.rows():
            found = self._record(row, places, style, where, seen)
            if isinstance(found, str):
                yield Reject(self.source, f"{self.path.name} line {row.line}: {self.delimiter.join(row.cells)}", found)
            elif context.wants(found.day):
                yield found

    def _record(self, row: Row, places: dict[str, int], style: clock.DateStyle, where: ZoneInfo, seen: datetime) -> Record | str:
        """The row as a record, or why it is none."""
        if row.fault:
            return row.fault
        cells = {field: row.cells[place].strip() for field, place in places.items()}
        try:
            when = style.parse(cells["date"])
            if cells.get("time") and not isinstance(when, datetime):
                when = datetime.combine(when, clock.parse_clock(cells["time"]))
        except ValueError:
            return "not a date" if style.day(cells["date"]) is None else "not a time of day"
        text = clean(html.unescape(cells["text"]) if self.unescape else cells["text"])
        if not text:
            return "no text"
        try:
            rank, votes = (int(cells[field]) if cells.get(field) else None for field in ("rank", "votes"))
        except ValueError:
            return "rank or votes is not a whole number"
        if cells.get("seen_at"):
            try:
                seen = clock.to_utc(datetime.fromisoformat(cells["seen_at"]), where)
            except ValueError:
                return "seen_at is not an ISO time"
        url = safe_url(cells.get("url", ""))
        if isinstance(when, datetime):
            moment = clock.to_utc(when, where)
            return Record(moment, moment, self.source, clock.new_york_day(moment), text, url, rank, votes, seen)
        return Record(clock.day_start(when), clock.day_end(when), self.source, when, text, url, rank, votes, seen)
