"""ARIMA on the daily change D (Box & Jenkins 1970): parameters from the training sessions, then filtered forward."""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.stats import norm
from statsmodels.tsa.arima.model import ARIMA

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models import volatility
from kdtcn.models.base import ClosedForm, History

_ORDERS = ((1, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 0))  # D is a difference already; the AIC chooses
_PERCENT = 100.0  # the optimiser wants numbers near one


class Arima(ClosedForm):
    """P(up) = Phi(mean / sigma) of the one-step forecast of D; P(abrupt) from volatility, as in `volatility`."""

    family: ClassVar[str] = "arima"

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        series = data.d[int(np.min(train)) : int(np.max(train)) + 1] * _PERCENT if len(train) else np.zeros(0)
        if np.isfinite(series).sum() < 30:
            raise ModelError(f"arima: {int(np.isfinite(series).sum())} known changes are too few to fit; widen the training period")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # starting values, convergence: the AIC passes over a poor fit
            fits = [(order, ARIMA(series, order=order, trend="c").fit()) for order in _ORDERS]
        order, best = min(fits, key=lambda pair: float(pair[1].aic))
        self._state = {
            "order": torch.tensor(order),
            "parameters": torch.from_numpy(np.asarray(best.params, dtype=np.float64)),
            "volatility": volatility.fit(data, train),
        }
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        idx = np.asarray(idx, dtype=np.int64)
        if not len(idx):
            return np.zeros((0, 2))
        # The forecast of row i uses rows before i only, so the last row's own change is never needed: hide it.
        series = np.append(data.d[: int(idx.max())], np.nan) * _PERCENT
        order = tuple(int(k) for k in self.array("order"))
        forecast = ARIMA(series, order=order, trend="c").filter(self.array("parameters")).get_prediction()
        z = (forecast.predicted_mean / forecast.se_mean)[idx]
        # log Phi(z) - log Phi(-z) is the logit, exact far into the tails.
        return np.stack([norm.logcdf(z) - norm.logcdf(-z), volatility.logits(data, idx, self.array("volatility"))], axis=1)
