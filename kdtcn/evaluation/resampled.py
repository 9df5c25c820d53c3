"""95 % intervals of a forecast's scores by block bootstrap: of those too that are no mean over sessions."""

from functools import lru_cache

import numpy as np

from kdtcn.evaluation.intervals import BLOCK, SAMPLES
from kdtcn.evaluation.metrics import log_losses

Ends = tuple[float, float]


@lru_cache(maxsize=2)  # the same sessions for every model of a table
def counts(n: int, block: int = BLOCK, samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
    """(samples, n): how often each of n sessions stands in each of the resamples that `block_bootstrap` draws."""
    starts = np.random.default_rng(seed).integers(0, n, size=(samples, -(-n // block)))
    drawn = (starts[..., None] + np.arange(block)).reshape(samples, -1) % n
    times = np.zeros((samples, n))
    np.add.at(times, (np.arange(samples)[:, None], drawn), 1.0)
    times.setflags(write=False)
    return times


def score_intervals(p_up: np.ndarray, up: np.ndarray) -> dict[str, Ends]:
    """Intervals of mcc, auc and log_loss as means over seeds: p_up (seeds, n) in order of time, up (n,) in {0, 1}.

    Seeds see the same sessions, so a resample takes the same ones of all of them. A resample with one class only says nothing
    of auc and is left out.
    """
    true, drawn = np.asarray(up) == 1, counts(p_up.shape[1])
    return {
        "mcc": _ends(np.mean([_mcc(p >= 0.5, true, drawn) for p in p_up], axis=0)),
        "auc": _ends(np.mean([_auc(p, true, drawn) for p in p_up], axis=0)),
        "log_loss": loss_interval(p_up, true),
    }


def loss_interval(p: np.ndarray, true: np.ndarray) -> Ends:
    """The interval of the log loss, the mean over seeds: p (seeds, n), true (n,)."""
    drawn = counts(p.shape[1])
    return _ends(drawn @ np.mean([log_losses(one, true) for one in p], axis=0) / drawn[0].sum())


def _ends(values: np.ndarray) -> Ends:
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def _mcc(said: np.ndarray, true: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """`metrics.mcc` of every resample."""
    tp, fp, fn, tn = (drawn @ part.astype(float) for part in (said & true, said & ~true, ~said & true, ~said & ~true))
    scale = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return np.divide(tp * tn - fp * fn, scale, out=np.zeros_like(scale), where=scale > 0)


def _auc(p: np.ndarray, true: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """`metrics.auc` of every resample: pairs in order, ties one half; NaN where a class is missing."""
    order = np.argsort(p, kind="stable")
    first = np.flatnonzero(np.diff(p[order], prepend=-np.inf) > 0)  # of each group of equal forecasts
    times = drawn[:, order]
    ones = np.add.reduceat(times * true[order], first, axis=1)
    zeros = np.add.reduceat(times, first, axis=1) - ones
    won = (ones * (zeros.cumsum(axis=1) - zeros / 2)).sum(axis=1)
    pairs = ones.sum(axis=1) * zeros.sum(axis=1)
    return np.divide(won, pairs, out=np.full_like(won, np.nan), where=pairs > 0)
