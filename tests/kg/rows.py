"""What a reader of a public graph gives, by kind."""

from kg.importers.base import Refused, Statement, Thing


def split(rows) -> tuple[list[Thing], list[Statement], list[Refused]]:
    found = list(rows)
    return tuple([row for row in found if isinstance(row, kind)] for kind in (Thing, Statement, Refused))  # type: ignore[return-value]
