"""Probability of backtest overfitting: how often the best of many models on some sessions is below their median on the others."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from kdtcn.evaluation.tables import directional, with_reversal

BLOCKS = 16  # of which 12,870 halves are made; Bailey et al. use the same


@dataclass(frozen=True)
class Overfitting:
    """`probability` that the choice is no better than the median where it was not made; `chosen` and `median` are accuracies there."""

    probability: float
    models: int
    sessions: int
    halves: int
    chosen: float
    median: float


def probability_of_overfitting(performance: np.ndarray, blocks: int = BLOCKS) -> Overfitting | None:
    """Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado & Zhu 2017, doi 10.21314/JCF.2016.322).

    performance: (sessions, models) in order of time, larger is better, such as hits. Sessions are cut into an even number of
    blocks, the last few left over are dropped. For every half of the blocks the best model there is ranked among all on the
    other half. About one half: choosing by such results is choosing by luck. None for fewer than two models or too few sessions.
    """
    sessions, models = performance.shape
    blocks = min(blocks, sessions // 2) // 2 * 2
    if models < 2 or blocks < 2:
        return None
    length = sessions // blocks
    sums = performance[: length * blocks].reshape(blocks, length, models).sum(axis=1)
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(halves), blocks))
    np.put_along_axis(inside, halves, 1.0, axis=1)
    chosen_on, judged_on = inside @ sums, (1 - inside) @ sums
    # several may be best alike: each is chosen with the same chance
    best = np.isclose(chosen_on, chosen_on.max(axis=1, keepdims=True))
    share = best / best.sum(axis=1, keepdims=True)
    rank = rankdata(judged_on, axis=1) / (models + 1)
    below = np.where(rank < 0.5, 1.0, np.where(rank > 0.5, 0.0, 0.5))  # at the median itself: one way as likely as the other
    n = length * blocks // 2
    return Overfitting(
        probability=float((share * below).sum(axis=1).mean()),
        models=models,
        sessions=length * blocks,
        halves=len(halves),
        chosen=float((share * judged_on).sum(axis=1).mean() / n),
        median=float(np.median(judged_on, axis=1).mean() / n),
    )


def overfitting(predictions: pd.DataFrame) -> dict[str, Overfitting]:
    """The probability for each alignment, from the hits of all its models on the sessions that all of them forecast.

    predictions: columns session, model, seed, alignment, p_up, up, d, c. Seeds are one forecast, the mean of their
    probabilities, as in the other tests. An alignment with fewer than two models is left out.
    """
    found = {}
    for alignment, rows in directional(predictions).groupby("alignment", sort=False):
        rows = with_reversal(rows)
        p_up = rows.pivot_table(index="session", columns="model", values="p_up").dropna()
        up = rows.drop_duplicates("session").set_index("session")["up"].reindex(p_up.index).to_numpy() == 1
        one = probability_of_overfitting(((p_up.to_numpy() >= 0.5) == up[:, None]).astype(np.float64))
        if one is not None:
            found[str(alignment)] = one
    return found


def in_words(found: dict[str, Overfitting]) -> str:
    """A line for each alignment."""
    return "\n".join(
        f"{alignment}: probability of backtest overfitting {one.probability:.2f} ({one.models} models, {one.halves:,} halves of"
        f" {one.sessions} sessions; the best on one half is right in {100 * one.chosen:.1f} % on the other, the median model"
        f" in {100 * one.median:.1f} %)"
        for alignment, one in found.items()
    )
