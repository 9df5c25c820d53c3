"""What the models of volatility share: P(|D_s - D_{s-1}| > threshold) given D_{s-1}, from the forecast deviation of D_s."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy.stats import t as student

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ClosedForm, History, logit, rate

PERCENT = 100.0  # optimisers want numbers near one
_FEWEST = 60
_FREEDOM = (2.1, 200.0)  # of Student's t: a finite variance, and as good as normal
_LEAST = 1e-9  # of a probability: an outcome that a model rules out must cost much, not everything


class VarianceModel(ClosedForm):
    """D_s is its training mean plus a forecast deviation times Student's t; P(up) is the base rate.

    C_s = D_s - D_{s-1} contains yesterday's change, so a session is likely to be abrupt after a large one and in wild
    times. These models say how much of P(abrupt) that alone explains. They read at most `history` changes before a session.
    """

    history: int = 250

    @abstractmethod
    def _learn(self, series: np.ndarray) -> Mapping[str, float]:
        """The parameters of the deviation from training changes in percent, mean taken off; unknown ones are NaN."""

    @abstractmethod
    def _deviation(self, past: np.ndarray) -> np.ndarray:
        """(n,) forecast deviations from (n, history) past changes less their mean, newest first; unknown ones are NaN."""

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        rows = np.arange(int(np.min(train)), int(np.max(train)) + 1) if len(train) else np.zeros(0, dtype=np.int64)
        series = data.d[rows] * PERCENT
        if np.isfinite(series).sum() < _FEWEST:
            raise ModelError(
                f"{self.family}: {np.isfinite(series).sum()} known changes are too few to fit; widen the training period"
            )
        mean = float(np.nanmean(series))
        up = logit(max(rate(data.up, train), 0.501))  # as always-up says it
        numbers = {"mean": mean, "threshold": PERCENT * data.threshold, "up": up, **self._learn(series - mean)}
        self._state = _tensors(numbers)
        seen = rows[np.isfinite(series)]
        scaled = (data.d[seen] * PERCENT - mean) / self._deviation(self._past(data, seen))
        freedom, _, scale = student.fit(scaled, floc=0.0)
        self._state |= _tensors({"freedom": float(np.clip(freedom, *_FREEDOM)), "scale": float(scale)})
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        past = self._past(data, idx)
        yesterday = np.nan_to_num(past[:, 0])  # less the mean, as D_s below; an unknown one counts as the mean
        scale, threshold = self._deviation(past) * self.number("scale"), self.number("threshold")
        freedom = self.number("freedom")
        above = student.sf((yesterday + threshold) / scale, freedom)
        below = student.cdf((yesterday - threshold) / scale, freedom)
        abrupt = logit(np.clip(above + below, _LEAST, 1 - _LEAST))
        return np.stack([np.full(len(past), self.number("up")), abrupt], axis=1)

    def _past(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        """(n, history) changes before each row in percent less the training mean, newest first; NaN where unknown."""
        rows = np.asarray(idx, dtype=np.int64)[:, None] - np.arange(1, self.history + 1)
        return np.where(rows >= 0, data.d[np.maximum(rows, 0)], np.nan) * PERCENT - self.number("mean")


def _tensors(numbers: Mapping[str, float]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(float(value), dtype=torch.float64) for name, value in numbers.items()}
