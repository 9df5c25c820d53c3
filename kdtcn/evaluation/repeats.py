"""How many repeats are enough: the standard error of the mean accuracy over seeds, by the number of seeds, from stored runs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from kdtcn.errors import InputError

WITHIN = 0.005  # a standard error of the mean accuracy that is small enough: half a point
_ORDERS = 500
_SURE = 0.9  # the number of repeats that is enough with this probability, given how little few seeds say of their spread


@dataclass(frozen=True)
class Repeats:
    """What the seeds of each model say; every share is of one, not percent.

    runs: alignment, model, seed, accuracy. curve: alignment, model, seeds, error (root mean square over random orders of the seeds), low
    and high (5 and 95 % of orders). summary: alignment, model, seeds, mean, std, error, chance (the standard error that as
    many sessions have, were they coins: what no repeat takes away), enough (repeats whose error is `within`) and surely
    (the same with 90 % confidence in the spread).
    """

    runs: pd.DataFrame
    curve: pd.DataFrame
    summary: pd.DataFrame


def repeats(predictions: pd.DataFrame, within: float = WITHIN) -> Repeats:
    """Read the seeds of stored forecasts; models that no seed changes, or that were run once, are left out.

    predictions: columns session, model, seed, alignment, p_up, up, one row a session, model, seed and alignment.
    InputError where no model has two seeds.
    """
    rows = predictions[predictions["up"] >= 0]
    right = ((rows["p_up"] >= 0.5) == (rows["up"] == 1)).rename("accuracy")
    groups = right.groupby([rows["alignment"], rows["model"], rows["seed"]], sort=False)
    runs = groups.mean().reset_index()
    several = runs.groupby(["alignment", "model"], sort=False)["seed"].transform("nunique") > 1
    runs = runs[several].reset_index(drop=True)
    if runs.empty:
        raise InputError("no model was run with two seeds or more; raise training.seeds and train again")
    sessions = int(rows["session"].nunique())
    curve, summary = [], []
    for (alignment, model), part in runs.groupby(["alignment", "model"], sort=False):
        about = {"alignment": alignment, "model": model}
        scores = part["accuracy"].to_numpy()
        curve += [{**about, **point} for point in errors(scores)]
        n, spread = len(scores), float(scores.std(ddof=1))
        widest = spread * np.sqrt((n - 1) / chi2.ppf(1 - _SURE, n - 1))
        summary.append(
            {
                **about,
                "seeds": n,
                "mean": float(scores.mean()),
                "std": spread,
                "error": spread / np.sqrt(n),
                "chance": 0.5 / np.sqrt(sessions),
                "enough": needed(spread, within),
                "surely": needed(widest, within),
            }
        )
    return Repeats(runs, pd.DataFrame(curve), pd.DataFrame(summary))


def errors(scores: np.ndarray, orders: int = _ORDERS) -> Iterator[dict[str, float]]:
    """The standard error of the mean of the first k of n scores, k = 2..n, over random orders of them."""
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(np.tile(scores, (orders, 1)), axis=1)
    for k in range(2, len(scores) + 1):
        found = shuffled[:, :k].std(axis=1, ddof=1) / np.sqrt(k)
        low, high = np.quantile(found, [0.05, 0.95])
        yield {"seeds": k, "error": float(np.sqrt((found**2).mean())), "low": float(low), "high": float(high)}


def needed(spread: float, within: float) -> int:
    """The fewest repeats, two at least, whose mean has a standard error of at most `within`."""
    return max(2, int(np.ceil((spread / within) ** 2 - 1e-9)))
