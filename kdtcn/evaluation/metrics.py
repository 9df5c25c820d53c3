"""Accuracy, F1, MCC, AUC and log loss of probabilities against labels; degenerate classes have defined values."""

import numpy as np
from scipy.stats import rankdata

from kdtcn.evaluation.intervals import interval

NAMES = ("accuracy", "low", "high", "balanced", "f1", "mcc", "auc", "log_loss", "brier")


def scores(p_up: np.ndarray, up: np.ndarray) -> dict[str, float]:
    """accuracy, low and high (its 95 % interval), balanced, f1, mcc, auc, log_loss, brier and n of one forecast.

    p_up (n,) probabilities in order of time, at least one half says up; up (n,) in {0, 1}, others are left out.
    Without a session all but n are NaN.
    """
    p, y = np.asarray(p_up, dtype=np.float64), np.asarray(up)
    seen = (y >= 0) & ~np.isnan(p)
    p, y = p[seen], y[seen].astype(bool)
    if not len(y):
        return dict.fromkeys(NAMES, np.nan) | {"n": 0}
    said = p >= 0.5
    low, high = interval((said == y).astype(np.float64))
    return {
        "accuracy": float((said == y).mean()),
        "low": low,
        "high": high,
        "balanced": balanced(said, y),
        "f1": f1(said, y),
        "mcc": mcc(said, y),
        "auc": auc(p, y),
        "log_loss": log_loss(p, y),
        "brier": float(((p - y) ** 2).mean()),
        "n": len(y),
    }


def balanced(said: np.ndarray, true: np.ndarray) -> float:
    """Mean of the recalls of rises and falls, one half for a constant forecast; NaN where the truth has one class only."""
    return float((said[true].mean() + (~said[~true]).mean()) / 2) if 0 < true.sum() < len(true) else float("nan")


def f1(said: np.ndarray, true: np.ndarray) -> float:
    """Harmonic mean of precision and recall of the rises; 0 where none is found. Always-up scores high here: read MCC beside it."""
    hits = float((said & true).sum())
    return 2 * hits / float(said.sum() + true.sum()) if hits else 0.0


def mcc(said: np.ndarray, true: np.ndarray) -> float:
    """Matthews correlation; 0 where a forecast or the truth has one class only, which carries no information."""
    n = len(true)
    tp, fp, fn = float((said & true).sum()), float((said & ~true).sum()), float((~said & true).sum())
    tn = n - tp - fp - fn
    scale = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / float(np.sqrt(scale)) if scale else 0.0


def auc(p: np.ndarray, true: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); NaN where the truth has one class only."""
    true = np.asarray(true, dtype=bool)
    ones, zeros = int(true.sum()), int((~true).sum())
    if not ones or not zeros:
        return float("nan")
    return float((rankdata(p)[true].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def log_losses(p: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Negative log likelihood of each session, in nats; probabilities are kept off 0 and 1 by 1e-9."""
    p = np.clip(np.asarray(p, dtype=np.float64), 1e-9, 1 - 1e-9)
    return -np.where(np.asarray(true, dtype=bool), np.log(p), np.log1p(-p))


def log_loss(p: np.ndarray, true: np.ndarray) -> float:
    """Mean of `log_losses`; NaN for no session."""
    return float(log_losses(p, true).mean()) if len(p) else float("nan")
