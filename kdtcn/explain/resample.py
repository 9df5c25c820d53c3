"""Intervals by drawing sessions again: the events of one session share its news and its prices, so they are drawn together."""

import numpy as np

DRAWS = 2000


def interval(totals: np.ndarray, counts: np.ndarray | None = None, *, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of sum(totals) / sum(counts), both (n_sessions,); without counts, of the mean.

    Draws without a count are left out; NaN where fewer than two sessions are given (Efron 1979).
    """
    totals = np.asarray(totals, dtype=float)
    counts = np.ones(len(totals)) if counts is None else np.asarray(counts, dtype=float)
    if len(totals) < 2:
        return float("nan"), float("nan")
    times = np.random.default_rng(seed).multinomial(len(totals), np.full(len(totals), 1 / len(totals)), size=DRAWS)
    below = times @ counts
    drawn = (times @ totals)[below > 0] / below[below > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
