"""Data gaps of a day: what is missing, scarce or late is named; what is as usual is not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.config import load
from kdtcn.features.market import Market
from kdtcn.report.gaps import expected, news_gaps, price_gaps

SETTINGS = load(Path("configs/djia.yaml"))
DAYS = pd.DatetimeIndex(pd.bdate_range("2016-05-02", "2016-05-27"))
HERE = DAYS[-1]


def _heads(counts: dict[pd.Timestamp, int], late: int = 0) -> pd.DataFrame:
    rows = [(day, day) for day, n in counts.items() for _ in range(n)]
    rows += [(HERE + pd.Timedelta(days=4), HERE)] * late
    return pd.DataFrame(rows, columns=["session", "expected"])


@pytest.mark.parametrize(
    ("here", "late", "said"),
    [
        (25, 0, []),
        (13, 0, []),
        (12, 0, ["12 headlines where 25 are usual"]),
        (0, 0, ["no headline is known for this session: the forecast rests on prices and older news"]),
        (25, 1, ["1 headline dated before the decision came after it and count for a later session"]),
        (24, 3, ["3 headlines dated before the decision came after it and count for a later session"]),
    ],
)
def test_news(here: int, late: int, said: list[str]) -> None:
    heads = _heads({**dict.fromkeys(DAYS[:-1], 25), HERE: here}, late)
    assert list(news_gaps(heads, HERE, DAYS)) == said


def test_a_headline_with_a_date_alone_is_expected_at_the_next_decision_and_a_late_one_before_it_came() -> None:
    """Dated Thursday: known at its end, so for Friday. Fetched on Saturday instead, it counts for Tuesday (Monday is a holiday)."""
    heads = pd.DataFrame({"published_at": pd.DatetimeIndex(["2016-05-26 04:00"], tz="UTC")})
    assert expected(heads, SETTINGS).iloc[0] == pd.Timestamp("2016-05-27")


def _market(missing: list[int]) -> Market:
    n = len(DAYS)
    closes = np.linspace(100, 110, n)
    closes[missing] = np.nan
    nothing = np.zeros(n)
    return Market(DAYS, closes, np.zeros((n, 5)), nothing, nothing, nothing.astype(int), nothing.astype(int), nothing, 0)


def test_prices_that_are_missing_or_late_in_the_window() -> None:
    on_time = pd.DataFrame({"session": DAYS, "available_at": (DAYS + pd.Timedelta(hours=20)).tz_localize("UTC")})
    assert list(price_gaps(_market([]), on_time, HERE, SETTINGS)) == []
    assert list(price_gaps(_market([0]), on_time, HERE, SETTINGS)) == []  # before the window
    found = list(price_gaps(_market([len(DAYS) - 3]), on_time, HERE, SETTINGS))
    assert found == [f"no prices for 1 of the last 10 sessions ({DAYS[-3]:%Y-%m-%d})"]
    again = pd.concat([on_time, on_time.iloc[[-2]].assign(available_at=pd.Timestamp("2016-06-15", tz="UTC"))])
    (late,) = price_gaps(_market([]), again, HERE, SETTINGS)
    assert late.startswith("1 price row of the window came or changed after the decision")
