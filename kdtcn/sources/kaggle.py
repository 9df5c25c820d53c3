"""The Kaggle set "Daily News for Stock Market Prediction": RedditNews.csv, Combined_News_DJIA.csv, DJIA_table.csv.

Both news files hold the same headlines of r/worldnews, the best voted of each day, so both name the same source and a headline
in both is one headline. Their traps: cells that are reprs of bytes (before 2010-07), HTML entities, empty cells, repeated rows,
newest first, days without session (kept: they count for the next session).
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Literal

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.sources import clock
from kdtcn.sources.base import Context, Counts, Provider, Record, Reject
from kdtcn.sources.csv_prices import CsvPrices
from kdtcn.sources.files import Delimited
from kdtcn.sources.store import collect_all
from kdtcn.sources.text import clean, decode_bytes_repr

SOURCE = "kaggle"
TOPS = [f"Top{rank}" for rank in range(1, 26)]


class KaggleNews(Provider):
    """Headlines of RedditNews.csv or Combined_News_DJIA.csv, told apart by their header."""

    kind: ClassVar[Literal["prices", "news"]] = "news"
    path: Path

    def read(self, context: Context) -> Iterator[Record | Reject]:
        table = Delimited(self.path)
        header = table.header()
        if header == ["Date", "News"]:
            cells: Iterable[tuple[date, int, str, str]] = list(self._long(table))
        elif header == ["Date", "Label", *TOPS]:
            cells = list(self._wide(table))
        else:
            raise InputError(
                f"{self.path}: the columns {', '.join(header)[:120]} are not those of RedditNews.csv (Date, News) "
                "or Combined_News_DJIA.csv (Date, Label, Top1..Top25); for other files use `kdtcn import news`"
            )
        if not cells:
            raise InputError(f"{self.path}: no rows below the header; get the file again")
        return self._records(cells)

    def _records(self, cells: Iterable[tuple[date, int, str, str]]) -> Iterator[Record | Reject]:
        # votes were counted until the archive was made: ranks are known at the end of its last day, not earlier
        seen = clock.day_end(max(cell[0] for cell in cells))
        for day, rank, where, raw in cells:
            text = clean(html.unescape(decode_bytes_repr(raw)))
            if text:
                yield Record(clock.day_start(day), clock.day_end(day), SOURCE, day, text, "", rank, None, seen)
            else:
                yield Reject(SOURCE, f"{self.path.name} {where}: {raw}", "no text")

    def _long(self, table: Delimited) -> Iterator[tuple[date, int, str, str]]:
        """RedditNews.csv: a row a headline; the order within a date is the final vote rank."""
        ranks: dict[date, int] = {}
        for row in table.rows():
            if row.fault:
                raise InputError(
                    f"{self.path}, line {row.line}: {len(row.cells)} cells instead of 2; mend that line or get the file again"
                )
            day = self._day(row.cells[0], row.line)
            ranks[day] = ranks.get(day, 0) + 1
            yield day, ranks[day], f"line {row.line}", row.cells[1]

    def _wide(self, table: Delimited) -> Iterator[tuple[date, int, str, str]]:
        """Combined_News_DJIA.csv: a row a session, its columns by final vote rank. The label is not read: it is the same day's."""
        for row in table.rows():
            if len(row.cells) > len(TOPS) + 2:
                raise InputError(
                    f"{self.path}, line {row.line}: {len(row.cells)} cells instead of {len(TOPS) + 2}; mend that line or get the file again"
                )
            day = self._day(row.cells[0], row.line)
            # days with fewer headlines end early: what is missing at the end of the line are empty cells
            for rank, raw in enumerate([*row.cells[2:], *[""] * len(TOPS)][: len(TOPS)], start=1):
                yield day, rank, f"{day} Top{rank}", raw

    def _day(self, text: str, line: int) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InputError(
                f"{self.path}, line {line}: {text[:40]!r} is no date such as 2016-06-24; mend that line or get the file again"
            ) from None


class KagglePrices(CsvPrices):
    """DJIA_table.csv: newest first, ISO dates."""

    source: str = SOURCE
    dates: str = "iso"


def import_folder(lake: Lake, folder: Path, *, now: datetime | None = None) -> dict[str, Counts]:
    """Store the files of the set that lie in `folder`, counts by file name; nothing is written unless all of them can be read.

    DJIA_table.csv and at least one of the news files must be there.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; it should hold RedditNews.csv, Combined_News_DJIA.csv and DJIA_table.csv")
    names: Sequence[str] = [name for name in ("RedditNews.csv", "Combined_News_DJIA.csv") if (folder / name).exists()]
    if not names:
        raise InputError(
            f"{folder}: neither RedditNews.csv nor Combined_News_DJIA.csv lies there; put one of them into the folder"
        )
    files: dict[str, Provider] = {"DJIA_table.csv": KagglePrices(path=folder / "DJIA_table.csv")}
    files |= {name: KaggleNews(path=folder / name) for name in names}
    return collect_all(lake, files, Context(now=now) if now else None)
