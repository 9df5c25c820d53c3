"""ARIMA on the daily change D (Box & Jenkins 1970): parameters from the training sessions, then filtered forward."""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.linalg import solve_toeplitz
from scipy.stats import norm
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.arima_process import arma_acovf

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models import volatility
from kdtcn.models.base import ClosedForm, History

_ORDERS = ((1, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 0))  # D is a difference already; the AIC chooses
_PERCENT = 100.0  # the optimiser wants numbers near one
_FEWEST = 30


class Arima(ClosedForm):
    """P(up) = Phi(mean / sigma) of the one-step forecast of D; P(abrupt) from volatility, as in `volatility`.

    The forecast is the best linear one from the T - 1 changes inside the window, which is what a Kalman filter started
    at the beginning of the window gives. A longer past changes it by next to nothing, and would make the forecast
    depend on how much history was read.
    """

    family: ClassVar[str] = "arima"

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        series = data.d[int(np.min(train)) : int(np.max(train)) + 1] * _PERCENT if len(train) else np.zeros(0)
        if np.isfinite(series).sum() < _FEWEST:
            raise ModelError(f"arima: {np.isfinite(series).sum()} known changes are too few to fit; widen the training period")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # starting values, convergence: the AIC passes over a poor fit
            fits = [(order, ARIMA(series, order=order, trend="c").fit()) for order in _ORDERS]
        order, best = min(fits, key=lambda fit: float(fit[1].aic))
        weights, sigma = forecaster(best.arparams, best.maparams, float(best.params[-1]), data.window - 1)
        self._state = {
            "order": torch.tensor(order),
            "parameters": torch.from_numpy(np.asarray(best.params, dtype=np.float64)),
            "mean": torch.tensor(float(best.params[0]), dtype=torch.float64),
            "weights": torch.from_numpy(weights),
            "sigma": torch.tensor(sigma, dtype=torch.float64),
            "volatility": volatility.fit(data, train),
        }
        return History()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        rows = np.asarray(idx, dtype=np.int64)[:, None] - np.arange(1, len(self.array("weights")) + 1)
        past = np.where(rows >= 0, data.d[np.maximum(rows, 0)], np.nan) * _PERCENT - self.number("mean")
        # An unknown change counts as the mean one.
        z = (self.number("mean") + np.nan_to_num(past) @ self.array("weights")) / self.number("sigma")
        # log Phi(z) - log Phi(-z) is the logit of Phi(z), exact far into the tails.
        return np.stack([norm.logcdf(z) - norm.logcdf(-z), volatility.logits(data, idx, self.array("volatility"))], axis=1)


def forecaster(ar: np.ndarray, ma: np.ndarray, variance: float, past: int) -> tuple[np.ndarray, float]:
    """Weights of the last `past` deviations, newest first, in the best linear one-step forecast, and its deviation.

    From the process's autocovariances by the Yule-Walker equations (Brockwell & Davis 1991, section 5.1).
    """
    covariance = arma_acovf(np.r_[1.0, -np.asarray(ar)], np.r_[1.0, np.asarray(ma)], nobs=past + 1, sigma2=variance)
    weights = solve_toeplitz(covariance[:past], covariance[1 : past + 1])
    return weights, float(np.sqrt(covariance[0] - weights @ covariance[1 : past + 1]))
