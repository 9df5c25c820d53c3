"""Is one forecast better than another, or is it luck? Paired tests on the same sessions, corrected for how many are made.

A model of several seeds counts as one forecast, the mean of its probabilities: a test needs one decision a session.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm, t
from statsmodels.stats.contingency_tables import mcnemar

from kdtcn.errors import InputError
from kdtcn.evaluation.intervals import detectable_edge
from kdtcn.evaluation.metrics import log_losses
from kdtcn.evaluation.tables import directional, with_reversal

AGAINST = ("always-up", "tcn", "reversal")  # no skill, prices only, and the rule that abrupt sessions obey


def comparisons(predictions: pd.DataFrame, against: Sequence[str] = AGAINST, *, tried: int = 1) -> pd.DataFrame:
    """Every model against every reference that was run, on all sessions that both forecast.

    predictions: columns session, model, seed, alignment, p_up, up, d, c. tried: how many configurations of the models were
    tried before these; each could have stood here. The result has columns alignment, model, against, n, gap (difference of
    accuracies), loss_gap (of log losses; below zero is better), mcnemar and dm (two-sided p-values), timing (one-sided p-value of
    Pesaran & Timmermann for the model alone), the three again with _holm (corrected by Holm's method for all rows of the
    alignment, of `timing` all models, times `tried`), and corrected_for, the number of comparisons that makes.
    """
    if tried < 1:
        raise InputError(f"configurations tried: {tried}; at least the one that is shown was")
    predictions, parts = directional(predictions), []
    for alignment, rows in predictions.groupby("alignment", sort=False):
        rows = with_reversal(rows)
        order = list(rows["model"].drop_duplicates())
        p_up = rows.pivot_table(index="session", columns="model", values="p_up")
        up = rows.drop_duplicates("session").set_index("session")["up"].reindex(p_up.index).to_numpy() == 1
        timing = {name: pesaran_timmermann(p_up[name].to_numpy() >= 0.5, up) for name in order}
        found = [
            {
                "alignment": alignment,
                "model": name,
                "against": other,
                **_pair(p_up[name], p_up[other], up),
                "timing": timing[name],
            }
            for other in against
            if other in p_up
            for name in order
            if name != other and not (name in against and against.index(name) < against.index(other))
        ]
        if found:
            table = pd.DataFrame(found)
            for test in ("mcnemar", "dm"):
                table[f"{test}_holm"] = holm(table[test].to_numpy(), tried)
            corrected = dict(zip(timing, holm(np.array(list(timing.values())), tried), strict=True))
            parts.append(table.assign(timing_holm=table["model"].map(corrected), corrected_for=len(table) * tried))
    columns = ["alignment", "model", "against", "n", "gap", "loss_gap", "mcnemar", "mcnemar_holm", "dm", "dm_holm"]
    columns += ["timing", "timing_holm", "corrected_for"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _pair(one: pd.Series, other: pd.Series, up: np.ndarray) -> dict[str, float]:
    both = (one.notna() & other.notna()).to_numpy()
    p, q, y = one.to_numpy()[both], other.to_numpy()[both], up[both]
    right, reference = (p >= 0.5) == y, (q >= 0.5) == y
    losses, losses_reference = log_losses(p, y), log_losses(q, y)
    return {
        "n": int(both.sum()),
        "gap": float(right.mean() - reference.mean()),
        "loss_gap": float(losses.mean() - losses_reference.mean()),
        "mcnemar": mcnemar_test(right, reference),
        "dm": diebold_mariano(losses, losses_reference),
    }


def holm(p: np.ndarray, tried: int = 1) -> np.ndarray:
    """p-values corrected by Holm's method (1979) for their number times `tried`; NaN stays NaN and counts for nothing.

    Comparisons that configurations tried before would have made count as if they had shown nothing.
    """
    corrected, told = p.astype(np.float64), ~np.isnan(p)
    if told.any():
        # by hand: statsmodels' collects garbage in every call, which takes longer than all else here
        order = np.argsort(corrected[told], kind="stable")
        left = tried * len(order) - np.arange(len(order))
        steps = np.minimum(1.0, np.maximum.accumulate(left * corrected[told][order]))
        corrected[told] = steps[np.argsort(order, kind="stable")]
    return corrected


def mcnemar_test(right: np.ndarray, reference: np.ndarray) -> float:
    """Exact p-value of equal accuracy from the sessions on which only one of two forecasts is right (McNemar 1947)."""
    table = [[int((right & reference).sum()), int((right & ~reference).sum())]]
    table.append([int((~right & reference).sum()), int((~right & ~reference).sum())])
    return 1.0 if table[0][1] + table[1][0] == 0 else float(mcnemar(table, exact=True).pvalue)


def diebold_mariano(loss: np.ndarray, reference: np.ndarray) -> float:
    """p-value of equal expected loss (Diebold & Mariano 1995), one step ahead, with the small-sample correction of Harvey et al. 1997.

    Losses of one-step forecasts are not correlated in theory; here they share volatility, so the variance counts
    autocovariances up to n^(1/3) lags with falling weights (Newey & West 1987).
    """
    gap = np.asarray(loss, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    n = len(gap)
    if n < 2:
        return 1.0
    centred, lags = gap - gap.mean(), int(n ** (1 / 3))
    covariance = [float(centred[k:] @ centred[: n - k]) / n for k in range(lags + 1)]
    variance = covariance[0] + 2 * sum((1 - k / (lags + 1)) * covariance[k] for k in range(1, lags + 1))
    if variance <= 1e-18:  # the same forecast, or a constant gap: nothing random to judge by
        return 1.0
    statistic = gap.mean() / np.sqrt(variance / n) * np.sqrt((n - 1) / n)
    return float(2 * t.sf(abs(statistic), n - 1))


def pesaran_timmermann(said: np.ndarray, up: np.ndarray) -> float:
    """p-value that forecast and outcome are independent, against skill in direction (Pesaran & Timmermann 1992, one-sided).

    NaN where forecast or outcome has one class only: then the hit rate says nothing of skill.
    """
    n, p, q = len(up), float(np.mean(said)), float(np.mean(up))
    if n == 0 or min(p, 1 - p, q, 1 - q) == 0:
        return float("nan")
    hits, chance = float(np.mean(said == up)), p * q + (1 - p) * (1 - q)
    variance = chance * (1 - chance) / n
    estimated = ((2 * q - 1) ** 2 * p * (1 - p) + (2 * p - 1) ** 2 * q * (1 - q)) / n + 4 * p * q * (1 - p) * (1 - q) / n**2
    # The two estimates can meet in tiny or nearly one-sided samples; then no statistic exists.
    return float(norm.sf((hits - chance) / np.sqrt(variance - estimated))) if variance > estimated else float("nan")


def in_words(table: pd.DataFrame, level: float = 0.05) -> str:
    """What follows from `comparisons`, a line for each alignment: who beats whom after correction, and what could be seen at all."""
    lines = []
    for alignment, rows in table.groupby("alignment", sort=False):
        told = rows[rows["mcnemar_holm"] < level]
        pairs = [
            f"{row['model']} {'beats' if row['gap'] > 0 else 'loses to'} {row['against']} by {100 * abs(row['gap']):.1f} points"
            for row in told.to_dict("records")
        ]
        n = int(rows["n"].max())
        lines.append(
            f"{alignment}: {'; '.join(pairs) or 'no model is told from a reference'}"
            f" ({int(rows['corrected_for'].max())} comparisons; {n} sessions show a lead over a coin of {100 * detectable_edge(n):.1f} points or more)"
        )
    return "\n".join(lines)
