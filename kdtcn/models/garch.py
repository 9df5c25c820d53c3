"""GARCH(1,1) on the daily change (Bollerslev 1986, doi 10.1016/0304-4076(86)90063-1), fitted on the training sessions, then filtered forward."""

import warnings
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from kdtcn.models.variance import VarianceModel


class Garch(VarianceModel):
    """sigma^2_s = omega + alpha e^2_{s-1} + beta sigma^2_{s-1}, by maximum likelihood with Student's t."""

    family: ClassVar[str] = "garch"

    def _learn(self, series: np.ndarray) -> Mapping[str, float]:
        from arch.univariate import GARCH, StudentsT, ZeroMean  # seconds to import, and a forecast needs none of it

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of convergence: a poor fit shows in its score
            # an unknown change counts as the mean one
            model = ZeroMean(np.nan_to_num(series), volatility=GARCH(p=1, q=1), distribution=StudentsT(), rescale=False)
            found = model.fit(disp="off").params
        variance = float(np.nanvar(series))
        return {"variance": variance, "omega": found["omega"], "alpha": found["alpha[1]"], "beta": found["beta[1]"]}

    def _deviation(self, past: np.ndarray) -> np.ndarray:
        variance, beta = self.number("variance"), self.number("beta")
        squares = np.where(np.isfinite(past), past**2, variance)
        # the recursion written out, from the training variance `history` sessions ago, of which beta^history is left
        news = self.number("omega") + self.number("alpha") * squares
        deviation: np.ndarray = np.sqrt(news @ beta ** np.arange(past.shape[1]) + variance * beta ** past.shape[1])
        return deviation
