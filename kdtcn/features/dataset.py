"""The arrays a model is fitted on: sessions, price vectors, labels and the items of news, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

PRICE_COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Items:
    """The news of every session as vectors, in session order.

    ids: (N,) event or headline ids; vectors: (N, D) float32; offsets: (n_sessions + 1,): the items of session i are
    rows offsets[i] to offsets[i + 1].
    """

    ids: np.ndarray
    vectors: np.ndarray
    offsets: np.ndarray

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    def of(self, i: int) -> slice:
        """The rows of session i."""
        return slice(int(self.offsets[i]), int(self.offsets[i + 1]))


@dataclass(frozen=True)
class Dataset:
    """Everything known about n consecutive sessions, inputs and labels apart.

    Inputs at row i are known at the decision time of session i: prices[i] is the price vector of session i-1 (n, 5),
    items hold the headlines or events that became known since the decision time of session i-1, sigma[i] is the
    trailing volatility up to i-1. Labels of row i (d, c, up, abrupt) are known at the close of session i; unknown
    ones are NaN or -1. d and c are simple returns (not percent); `threshold` is the |c| above which a session is abrupt.
    """

    sessions: pd.DatetimeIndex
    prices: np.ndarray
    d: np.ndarray
    c: np.ndarray
    up: np.ndarray
    abrupt: np.ndarray
    sigma: np.ndarray
    first: int
    window: int
    items: Mapping[str, Items]
    threshold: float = 0.02

    def __len__(self) -> int:
        return len(self.sessions)

    def position(self, session: pd.Timestamp) -> int:
        """The row of a session; KeyError where it is not among them."""
        row = int(self.sessions.get_indexer(pd.DatetimeIndex([session]))[0])
        if row < 0:
            raise KeyError(session)
        return row

    def usable(self) -> np.ndarray:
        """Rows with a full window of warm inputs and a known label."""
        rows = np.arange(len(self))
        return rows[(rows >= self.first) & (self.up >= 0)]
