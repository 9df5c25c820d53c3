"""Lines of delimited text to records: proper quoting by the csv module, and what can be saved of quotes that nobody escaped."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

LINES = 200  # a record of more lines is a quote that was opened and not closed
FIELD = 1 << 24  # characters of one cell; the csv module's own limit is lower and stops the whole file
UNCLOSED = "a quote is opened and not closed, or not escaped"


class Parsed(NamedTuple):
    """The number of the last line of a record, its cells as they stand, and what is wrong with it (nothing for most)."""

    line: int
    cells: list[str]
    fault: str


def records(lines: Iterator[str], delimiter: str, width: int = 0) -> Iterator[Parsed]:
    """Record by record. Where quotes do not add up the line is read by its delimiters if that gives `width` cells.

    Such a line is else a record with a fault, and reading goes on with the next line: one stray quote must not swallow the
    rows below it.
    """
    csv.field_size_limit(FIELD)
    ahead: deque[str] = deque()
    number = 0

    def following() -> str | None:
        return ahead.popleft() if ahead else next(lines, None)

    while (line := following()) is not None:
        number += 1
        if '"' not in line:
            yield Parsed(number, line.rstrip("\r\n").split(delimiter), "")
            continue
        taken = [line]
        quotes = line.count('"')
        size = len(line)
        while quotes % 2 and len(taken) < LINES and size < FIELD and (more := following()) is not None:
            taken.append(more)
            quotes += more.count('"')
            size += len(more)
        try:
            found = list(csv.reader(taken, delimiter=delimiter, strict=True))
            if len(found) != 1:
                raise csv.Error("more than one record")
        except csv.Error:
            ahead.extendleft(reversed(taken[1:]))
            cells = _loose(line.rstrip("\r\n"), delimiter)
            yield Parsed(number, cells, "" if len(cells) == width else UNCLOSED)
            continue
        number += len(taken) - 1
        yield Parsed(number, found[0], "")


def _loose(line: str, delimiter: str) -> list[str]:
    """Cells where a quote opens only after a delimiter and closes only before one; all others are text."""
    cells: list[str] = []
    parts = line.split(delimiter)
    while parts:
        cell = parts.pop(0)
        if cell.startswith('"'):
            while (len(cell) < 2 or not cell.endswith('"')) and parts:
                cell += delimiter + parts.pop(0)
            if len(cell) > 1 and cell.endswith('"'):
                cell = cell[1:-1].replace('""', '"')
        cells.append(cell)
    return cells
