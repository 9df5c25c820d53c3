"""Splits by time: train, validation and test rows in order, with an embargo of one window between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.errors import InputError

_FEWEST = 30  # training sessions below which nothing can be fitted
_VALIDATION = 0.1  # the last tenth of the time before the test period

Day = date | str | pd.Timestamp


@dataclass(frozen=True)
class Split:
    """Rows of a dataset, each array ascending and the three in order of time."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def splits(sessions: pd.DatetimeIndex, usable: np.ndarray, settings: Settings) -> Iterator[Split]:
    """The splits of the configured origin, in order of time, with an embargo of one window."""
    chosen, embargo = settings.evaluation, settings.features.window
    if chosen.origin == "fixed":
        yield fixed_origin(sessions, usable, test_from=chosen.test_from, embargo=embargo)
        return
    if chosen.origin == "shares":
        yield by_shares(sessions, usable, embargo=embargo)
        return
    longest = chosen.longest if chosen.origin == "window" else None
    yield from rolling_origin(
        sessions, usable, first_test=chosen.test_from, embargo=embargo, months=chosen.months, longest=longest
    )


def by_shares(sessions: pd.DatetimeIndex, usable: np.ndarray, *, embargo: int) -> Split:
    """The literature's 80 / 10 / 10 % of the sessions, in order of time; the embargo is taken from the earlier parts."""
    tenth = round(len(usable) * _VALIDATION)
    if not tenth:
        raise InputError(
            f"{len(usable)} sessions have inputs and a label, too few for shares of 80, 10 and 10 %; import more prices"
        )
    return fixed_origin(sessions, usable, test_from=sessions[usable[-tenth]], embargo=embargo, validation=1 / 9)


def fixed_origin(
    sessions: pd.DatetimeIndex,
    usable: np.ndarray,
    *,
    test_from: Day,
    embargo: int,
    test_until: Day | None = None,
    longest: int | None = None,
    validation: float = _VALIDATION,
) -> Split:
    """Test on the usable rows from a day on (and before `test_until`), train and validate on those before it.

    sessions: (n,) consecutive trading days; usable: rows with full inputs and a label (`Dataset.usable()`); embargo:
    sessions left out before validation and before the test period, one window, so that no window and no label that two
    neighbouring rows share (C holds yesterday's D) lies across a border. longest: the most rows to train and validate
    on, the latest ones. validation: the share of those, the last ones, that only decide when to stop. Days are compared as dates, never as text. Raises InputError where a part would be empty.
    """
    start = pd.Timestamp(test_from)
    usable = np.asarray(usable, dtype=np.int64)
    days = sessions[usable]
    test = usable[days >= start] if test_until is None else usable[(days >= start) & (days < pd.Timestamp(test_until))]
    if not len(test):
        last = f"{days[-1]:%Y-%m-%d}" if len(days) else "none"
        raise InputError(
            f"evaluation.test_from {start:%Y-%m-%d}: no session from that day on has a label (the last is {last}); choose an earlier day"
        )
    origin = int((sessions < start).sum())
    before = usable[usable < origin - embargo]
    return _split(before if longest is None else before[-longest:], test, embargo, validation)


def rolling_origin(
    sessions: pd.DatetimeIndex, usable: np.ndarray, *, first_test: Day, embargo: int, months: int = 12, longest: int | None = None
) -> Iterator[Split]:
    """Walk forward: a split for each test period of some months, trained on all before it, or on the `longest` last rows."""
    start = pd.Timestamp(first_test)
    while start <= sessions[usable[-1]]:
        stop = start + pd.DateOffset(months=months)
        yield fixed_origin(sessions, usable, test_from=start, test_until=stop, embargo=embargo, longest=longest)
        start = stop


def _split(before: np.ndarray, test: np.ndarray, embargo: int, validation: float) -> Split:
    cut = len(before) - round(len(before) * validation)
    train, valid = before[:cut], before[cut:]
    if len(valid):
        train = train[train < valid[0] - embargo]
    if len(train) < _FEWEST:
        raise InputError(
            f"{len(train)} sessions are left to train on, {_FEWEST} are needed; choose a later evaluation.test_from or import more prices"
        )
    return Split(train, valid, test)
