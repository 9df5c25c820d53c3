"""Heterogeneous autoregression of the size of daily changes on a day, a week and a month (Corsi 2009, doi 10.1093/jjfinec/nbp001)."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from kdtcn.models.variance import VarianceModel

_SPANS = (1, 5, 22)  # sessions: a day, a week, a month


class Har(VarianceModel):
    """E|D_s| is linear in |D_{s-1}| and the means of |D| over the last 5 and 22 sessions, by least squares.

    Corsi regresses realised volatility from prices within the day, which this data lacks; absolute changes stand in, which
    predict volatility better than squares do (Forsberg & Ghysels 2007, doi 10.1093/jjfinec/nbm001).
    """

    family: ClassVar[str] = "har"
    history: int = max(_SPANS)

    def _learn(self, series: np.ndarray) -> Mapping[str, float]:
        size = np.abs(series)
        usual = float(np.nanmean(size))
        rows = np.arange(self.history, len(size))
        x = _inputs(size[rows[:, None] - np.arange(1, self.history + 1)], usual)
        known = np.isfinite(size[rows])
        weights = np.linalg.lstsq(x[known], size[rows][known], rcond=None)[0]
        # no forecast below the calmest of training: the line could cross zero
        least = max(float(np.quantile(x @ weights, 0.01)), 0.1 * usual)
        return {"usual": usual, "least": least, **{f"weight{i}": float(w) for i, w in enumerate(weights)}}

    def _deviation(self, past: np.ndarray) -> np.ndarray:
        weights = np.array([self.number(f"weight{i}") for i in range(len(_SPANS) + 1)])
        deviation: np.ndarray = np.maximum(_inputs(np.abs(past), self.number("usual")) @ weights, self.number("least"))
        return deviation  # of which the common scale makes a standard deviation


def _inputs(size: np.ndarray, usual: float) -> np.ndarray:
    """(n, 4): one, and the means of |D| over the spans; an unknown size counts as the usual one."""
    filled = np.where(np.isfinite(size), size, usual)
    return np.column_stack([np.ones(len(size)), *(filled[:, :span].mean(axis=1) for span in _SPANS)])
