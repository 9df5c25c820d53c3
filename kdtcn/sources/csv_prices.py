"""Daily prices from a delimited file, any delimiter and column names, or from JSON lines."""

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from kdtcn.sources import clock
from kdtcn.sources.base import Context, Price, Provider, Reject
from kdtcn.sources.files import Delimited, JsonLines, Row, filled, locate, open_table

COLUMNS = {
    "session": ("date", "session", "day"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close", "close*", "price"),
    "adj_close": ("adj close", "adj_close", "adjclose", "adj. close", "adjusted close"),
    "volume": ("volume", "vol."),
    "symbol": ("symbol", "ticker", "name"),
}
GAPS = {"", "null", "nan", "n/a", "na", "none", "-"}
SLACK = 1.001  # published highs and lows are at times off by rounding, never by this much


class CsvPrices(Provider):
    """One row a session; available at the session's close. Without `adj_close` the close stands for it."""

    kind: ClassVar[Literal["prices", "news"]] = "prices"
    path: Path
    symbol: str = Field("^DJI", description="the symbol of rows without a symbol column")
    source: str = "csv"
    columns: dict[str, str] = Field(
        {}, description="our name -> the file's: session, open, high, low, close, adj_close, volume, symbol"
    )
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = ""
    dates: str = Field("", description="iso, dmy, mdy or a strptime format; empty: what the file proves")

    def read(self, context: Context) -> Iterator[Price | Reject]:
        table = open_table(self.path, self.delimiter, self.encoding)
        places = locate(self.path, table.header(), self.columns, COLUMNS, ("session", "open", "high", "low", "close"))
        at = places["session"]
        what = f"{self.path}, column {table.header()[at]!r}"
        # the whole file is read once before the first row is stored
        style, _ = clock.settle((row.cells[at] for row in filled(table)), what, self.dates)
        return self._prices(table, places, style, context)

    def _prices(
        self, table: Delimited | JsonLines, places: dict[str, int], style: clock.DateStyle, context: Context
    ) -> Iterator[Price | Reject]:
        for row in table.rows():
            found = self._price(row, places, style, context)
            if isinstance(found, str):
                yield Reject(self.source, f"{self.path.name} line {row.line}: {self.delimiter.join(row.cells)}", found)
            elif context.wants(found.session):
                yield found

    def _price(self, row: Row, places: dict[str, int], style: clock.DateStyle, context: Context) -> Price | str:
        """The row as a price, or why it is none."""
        if row.fault:
            return row.fault
        cells = {field: row.cells[place].strip() for field, place in places.items()}
        try:
            day = style.parse(cells["session"])
        except ValueError:
            return "not a date"
        day = day.date() if isinstance(day, datetime) else day
        close = clock.session_close(day)
        if close is None:
            return "no NYSE session on that day"
        if close > context.now:
            return "the session has not closed yet"
        numbers: dict[str, float | None] = {}
        for field in ("open", "high", "low", "close", "adj_close", "volume"):
            text = cells.get(field, "")
            try:
                numbers[field] = None if text.casefold() in GAPS else float(text)
            except ValueError:
                return f"{field} is not a number"
        return build(cells.get("symbol") or self.symbol, day, self.source, close, numbers)


def build(symbol: str, day: object, source: str, close_time: datetime, numbers: dict[str, float | None]) -> Price | str:
    """A price row from its numbers, or why they cannot be one."""
    values = {field: value if value is not None and math.isfinite(value) else None for field, value in numbers.items()}
    first, high, low, last = values["open"], values["high"], values["low"], values["close"]
    if first is None or high is None or low is None or last is None:
        return "open, high, low or close is missing"
    if min(first, high, low, last) <= 0:
        return "a price is not above zero"
    if high * SLACK < max(first, last, low) or low > SLACK * min(first, last):
        return "open, high, low and close contradict each other"
    volume = values.get("volume")
    if volume is not None and volume < 0:
        return "the volume is negative"
    adjusted = values.get("adj_close")
    return Price(symbol, day, source, close_time, first, high, low, last, last if adjusted is None else adjusted, volume)  # type: ignore[arg-type]
