"""The pages of a site by month: weeks of Monday to Friday, as a wall calendar shows them."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A day of a month; `row` is what the index says of its page, or None."""

    day: int
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Month:
    """`weeks` holds rows of five, Monday to Friday; None where a day belongs to another month."""

    name: str
    title: str
    weeks: tuple[tuple[Cell | None, ...], ...]


def months(rows: Sequence[Mapping[str, Any]]) -> list[Month]:
    """The months that have a page, newest first; of two pages of one session the forecast stands for it."""
    pages: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["alignment"] == "forecast" or row["session"] not in pages:
            pages[row["session"]] = row
    found = []
    for name in sorted({day[:7] for day in pages}, reverse=True):
        year, month = int(name[:4]), int(name[5:])
        weeks = []
        for week in calendar.Calendar().monthdatescalendar(year, month):
            cells = tuple(_cell(day, month, pages) for day in week[:5])
            if any(cells):
                weeks.append(cells)
        found.append(Month(name, name, tuple(weeks)))
    return found


def _cell(day: date, month: int, pages: Mapping[str, Mapping[str, Any]]) -> Cell | None:
    return Cell(day.day, pages.get(day.isoformat())) if day.month == month else None
