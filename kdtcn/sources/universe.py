"""Named sets of symbols with the dates of their members: who was in the index on a day, not who is in it today.

`djia.csv` follows the announcements of the index's owner, complete from 21 November 2005 to the change of 8 November 2024; both
dates are days of membership. `ticker` is the symbol of that time, `symbol` that under which price services keep its history,
none where they do not.
"""

import csv
from datetime import date
from functools import cache
from importlib import resources
from typing import NamedTuple

from kdtcn.errors import ConfigError

NAMES = ("djia",)


class Member(NamedTuple):
    ticker: str
    symbol: str
    company: str
    first: date
    last: date | None


@cache
def memberships(name: str) -> tuple[Member, ...]:
    """Every membership of a universe; ConfigError where there is none of that name."""
    if name not in NAMES:
        raise ConfigError(f"no universe {name!r}; there are {', '.join(NAMES)}")
    text = resources.files("kdtcn.sources").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(
        Member(
            row["ticker"],
            row["symbol"],
            row["company"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )


def members(name: str, first: date, last: date) -> list[Member]:
    """Who was a member on at least one day from `first` to `last`."""
    return [member for member in memberships(name) if member.first <= last and (member.last is None or member.last >= first)]
