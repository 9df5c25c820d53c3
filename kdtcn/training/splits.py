"""Splits by time: train, validation and test rows in order, with an embargo of one window between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

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


def fixed_origin(
    sessions: pd.DatetimeIndex, usable: np.ndarray, *, test_from: Day, embargo: int, test_until: Day | None = None
) -> Split:
    """Test on the usable rows from a day on (and before `test_until`), train and validate on those before it.

    sessions: (n,) consecutive trading days; usable: rows with full inputs and a label (`Dataset.usable()`); embargo:
    sessions left out before validation and before the test period, one window, so that no window and no label that two
    neighbouring rows share (C holds yesterday's D) lies across a border. Days are compared as dates, never as text.
    Raises InputError where a part would be empty.
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
    return _split(usable[usable < origin - embargo], test, embargo)


def rolling_origin(
    sessions: pd.DatetimeIndex, usable: np.ndarray, *, first_test: Day, embargo: int, months: int = 12
) -> Iterator[tuple[str, Split]]:
    """Walk forward: (first day, split) of each test period of some months, trained on all before it."""
    start = pd.Timestamp(first_test)
    while start <= sessions[-1]:
        stop = start + pd.DateOffset(months=months)
        yield f"{start:%Y-%m-%d}", fixed_origin(sessions, usable, test_from=start, test_until=stop, embargo=embargo)
        start = stop


def _split(before: np.ndarray, test: np.ndarray, embargo: int) -> Split:
    cut = len(before) - round(len(before) * _VALIDATION)
    train, valid = before[:cut], before[cut:]
    if len(valid):
        train = train[train < valid[0] - embargo]
    if len(train) < _FEWEST:
        raise InputError(
            f"{len(train)} sessions are left to train on, {_FEWEST} are needed; choose a later evaluation.test_from or import more prices"
        )
    return Split(train, valid, test)
