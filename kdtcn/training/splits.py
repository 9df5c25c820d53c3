"""Splits by time: train, validation and test rows in order, with an embargo of one window between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kdtcn.errors import InputError
from kdtcn.features.dataset import Dataset

_FEWEST = 30  # training sessions below which nothing can be fitted
_VALIDATION = 0.1  # the last tenth of the time before the test period


@dataclass(frozen=True)
class Split:
    """Rows of a dataset, each array ascending and the three in order of time."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray

    def name_of(self, row: int) -> str:
        """train, valid or test; empty for a row in the embargo or outside."""
        return next((name for name in ("train", "valid", "test") if row in getattr(self, name)), "")


def fixed_origin(data: Dataset, test_from: date | str | pd.Timestamp, test_until: date | str | pd.Timestamp | None = None) -> Split:
    """Test on the sessions from a day on (and before `test_until`), train and validate on all before.

    The embargo of T sessions before validation and before the test period keeps every window, and every label that
    two neighbouring rows share (C holds yesterday's D), inside one part. Days are compared as dates, never as text.
    """
    start = pd.Timestamp(test_from)
    rows = data.usable()
    before = rows[data.sessions[rows] < start]
    after = rows[data.sessions[rows] >= start]
    if test_until is not None:
        after = after[data.sessions[after] < pd.Timestamp(test_until)]
    if not len(after):
        last = data.sessions[rows[-1]].date() if len(rows) else "none"
        raise InputError(f"evaluation.test_from {start.date()}: no session from that day on has a label (the last is {last}); choose an earlier day")
    origin = int(np.searchsorted(data.sessions, start))
    return _split(data, before, after, origin)


def rolling_origin(data: Dataset, first_test: date | str | pd.Timestamp, months: int = 12) -> Iterator[tuple[str, Split]]:
    """Walk forward: (label, split) for each test period of some months, trained on all before it."""
    start, last = pd.Timestamp(first_test), data.sessions[-1]
    while start <= last:
        stop = start + pd.DateOffset(months=months)
        yield f"{start.date()}", fixed_origin(data, start, stop)
        start = stop


def latest(data: Dataset) -> Split:
    """For a live forecast: train and validate on every known label, test on nothing."""
    return _split(data, data.usable(), np.zeros(0, dtype=np.int64), None)


def _split(data: Dataset, before: np.ndarray, after: np.ndarray, origin: int | None) -> Split:
    if origin is not None:
        before = before[before < origin - data.window]
    cut = len(before) - round(len(before) * _VALIDATION)
    train, valid = before[:cut], before[cut:]
    if len(valid):
        train = train[train < valid[0] - data.window]
    if len(train) < _FEWEST:
        raise InputError(f"{len(train)} sessions are left to train on, {_FEWEST} are needed; choose a later evaluation.test_from or import more prices")
    return Split(train, valid, after)
