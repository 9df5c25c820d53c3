"""Does a forecast know anything? A rank test against labels whose null distribution comes from shifting one against the other."""

import numpy as np
from scipy.stats import rankdata

LEVEL = 0.05
GAP = 10  # sessions: a forecast shifted by less than a window still shares inputs with the right one


def p_value(scores: np.ndarray, up: np.ndarray) -> float:
    """One-sided: how often circularly shifted forecasts rank rises over falls at least as well as the forecasts themselves.

    scores, up: (n,) in order of time, or (k, n) for k forecasts that are judged by their mean area under the ROC curve.
    Shifting keeps what each series owes to its own past (runs of volatility, sessions that share a window of
    news), which a test that takes sessions as independent would mistake for skill.
    """
    found = areas(np.atleast_2d(scores), np.atleast_2d(up)).mean(axis=0)
    null = found[GAP : len(found) - GAP + 1]
    return float((1 + np.sum(null >= found[0] - 1e-12)) / (1 + len(null)))


def areas(scores: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(k, n) areas under the ROC curve, column j of the forecasts moved on by j sessions; column 0 as they are."""
    ranks = rankdata(scores, axis=1)
    ones = up.sum(axis=1, keepdims=True).astype(float)
    zeros = up.shape[1] - ones
    # the rank sum of the rises for all shifts at once is a circular correlation
    sums = np.fft.irfft(np.fft.rfft(up, axis=1) * np.conj(np.fft.rfft(ranks, axis=1)), n=up.shape[1], axis=1)
    return np.where((ones > 0) & (zeros > 0), (sums - ones * (ones + 1) / 2) / np.maximum(ones * zeros, 1.0), 0.5)


def size(scores: np.ndarray, up: np.ndarray, rng: np.random.Generator, draws: int = 200) -> float:
    """Share of rejections at LEVEL when the labels (n,) are dealt anew: what the test does where there is nothing to find."""
    return float(np.mean([p_value(scores, rng.permutation(up)) <= LEVEL for _ in range(draws)]))
