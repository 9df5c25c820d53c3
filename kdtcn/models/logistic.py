"""Logistic regression on the flattened price window, strongly regularised (Cox 1958, doi 10.1111/j.2517-6161.1958.tb00292.x)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models import volatility
from kdtcn.models.base import ClosedForm, History, known

_STRENGTH = 0.01  # inverse L2 penalty: fifty inputs, under two thousand sessions and next to no signal


class Logistic(ClosedForm):
    """P(up) is linear in the T price vectors; P(abrupt) in the trailing volatility and yesterday's change."""

    family: ClassVar[str] = "logistic"

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        rows = known(data.up, train)
        if len(np.unique(data.up[rows])) < 2:
            raise ModelError("logistic: the training sessions are all rises or all falls; widen the training period")
        x = windows(data, rows)
        mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
        model = LogisticRegression(C=_STRENGTH, max_iter=1000).fit((x - mean) / scale, data.up[rows])
        self._state = {
            "mean": torch.from_numpy(mean),
            "scale": torch.from_numpy(scale),
            "coefficients": torch.from_numpy(model.coef_[0].copy()),
            "intercept": torch.from_numpy(model.intercept_.copy()),
            "volatility": volatility.fit(data, train),
        }
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        x = (windows(data, idx) - self.array("mean")) / self.array("scale")
        up = x @ self.array("coefficients") + self.array("intercept")[0]
        return np.stack([up, volatility.logits(data, idx, self.array("volatility"))], axis=1)


def windows(data: Dataset, idx: np.ndarray) -> np.ndarray:
    """(n, T * 5) price vectors of the window that ends at each row, oldest first."""
    rows = np.asarray(idx, dtype=np.int64)[:, None] + np.arange(1 - data.window, 1)
    if len(rows) and rows.min() < 0:
        raise ModelError(f"logistic: a full window of {data.window} sessions exists from row {data.window - 1} on")
    flat: np.ndarray = data.prices[rows].reshape(len(rows), data.window * data.prices.shape[1]).astype(np.float64)
    return flat
