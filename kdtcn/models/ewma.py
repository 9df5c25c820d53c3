"""Exponentially weighted variance with the decay of RiskMetrics (J.P. Morgan & Reuters 1996): nothing of it is fitted."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from kdtcn.models.variance import VarianceModel

_DECAY = 0.94  # of daily data (J.P. Morgan/Reuters 1996, RiskMetrics technical document, section 5.3.2)


class Ewma(VarianceModel):
    """sigma^2_s is the mean of the squared changes before s, each session weighing 0.94 times the one after it."""

    family: ClassVar[str] = "ewma"

    def _learn(self, series: np.ndarray) -> Mapping[str, float]:
        return {"variance": float(np.nanvar(series))}

    def _deviation(self, past: np.ndarray) -> np.ndarray:
        weights = np.where(np.isfinite(past), _DECAY ** np.arange(past.shape[1]), 0.0)
        # what is not known counts as the training variance, with the weight that all of it would have
        rest = 1 / (1 - _DECAY) - weights.sum(axis=1)
        sums = (weights * np.nan_to_num(past) ** 2).sum(axis=1) + rest * self.number("variance")
        deviation: np.ndarray = np.sqrt(sums * (1 - _DECAY))
        return deviation
