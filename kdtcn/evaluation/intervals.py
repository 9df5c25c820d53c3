"""95 % intervals of an accuracy: block bootstrap over sessions in order of time, Wilson where few are left."""

import numpy as np

_Z = 1.959963984540054  # 97.5 % quantile of the normal distribution
_FEW = 30  # sessions below which resampling blocks says too little
BLOCK = 5  # a week: hits of neighbouring sessions share volatility and news
SAMPLES = 2000
_POWER = 0.8416212335729143  # 80 % quantile


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Wilson's interval of hits out of n (1927, doi 10.1080/01621459.1927.10502953); hits may be a mean over seeds."""
    if not n:
        return float("nan"), float("nan")
    share, z2 = hits / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def block_bootstrap(values: np.ndarray, block: int = BLOCK, samples: int = SAMPLES, seed: int = 0) -> tuple[float, float]:
    """Percentile interval of the mean of a series by circular blocks (Politis & Romano 1992); the same seed, the same interval."""
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    blocks = -(-n // block)
    # Circular blocks give every session the same weight; sums over blocks come from one cumulative sum.
    padded = np.concatenate([values, values[: block - 1]]) if n >= block else np.tile(values, block)[: n + block - 1]
    sums = np.convolve(padded, np.ones(block), "valid")[:n]
    starts = np.random.default_rng(seed).integers(0, n, size=(samples, blocks))
    means = sums[starts].sum(axis=1) / (blocks * block)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of per-session hits in [0, 1], in order of time.

    Wilson's stands in where sessions are few, or where all of them are hits or misses and resampling would pretend
    to certainty.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < _FEW or values.min() == values.max():
        return wilson(float(values.sum()), len(values))
    return block_bootstrap(values)


def detectable_edge(n: int) -> float:
    """The smallest lead of an accuracy over one half that n sessions show in 80 % of the cases (5 % level, two-sided)."""
    return (_Z + _POWER) * 0.5 / float(np.sqrt(n)) if n else float("nan")
