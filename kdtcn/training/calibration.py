"""Calibration by temperature alone: it changes how sure a model is, never which way it leans."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

_LIMITS = (0.5, 10.0)  # a small validation period must not make a model certain


def calibrate(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest log loss on validation (Guo et al. 2017, arXiv:1706.04599).

    logits (n,), labels (n,) in {0, 1}, -1 unknown. 1.0 where there is nothing to learn from: one class only, or a
    constant forecast, which a temperature would move off the base rate that it states.
    """
    seen = labels >= 0
    z, y = np.asarray(logits, dtype=np.float64)[seen], labels[seen]
    if len(np.unique(y)) < 2 or np.ptp(z) < 1e-12:
        return 1.0

    def log_loss(log_temperature: float) -> float:
        scaled = z * np.exp(-log_temperature)
        return float(-np.where(y == 1, log_expit(scaled), log_expit(-scaled)).mean())

    found = minimize_scalar(log_loss, bounds=(np.log(_LIMITS[0]), np.log(_LIMITS[1])), method="bounded")
    return float(np.exp(found.x))


def probability(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Calibrated probability of raw logits."""
    calibrated: np.ndarray = expit(np.asarray(logits, dtype=np.float64) / temperature)
    return calibrated
