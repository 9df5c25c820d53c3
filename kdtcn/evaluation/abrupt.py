"""How good P(abrupt) is, beside the base rate and the models of volatility that it must beat to have learnt anything from news."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kdtcn.evaluation.comparison import diebold_mariano, holm
from kdtcn.evaluation.metrics import auc, log_loss, log_losses
from kdtcn.evaluation.tables import checked

AGAINST = ("ewma", "har", "garch")
_COLUMNS = ["model", "alignment", "n", "rate", "auc", "brier", "log_loss", "base_log_loss", "skill"]


def abrupt_table(predictions: pd.DataFrame, base_rate: float | None = None) -> pd.DataFrame:
    """How good P(abrupt) is: model, alignment, n, rate, auc, brier, log_loss, base_log_loss and skill (1 - their ratio).

    Scores are means over seeds. base_rate: the share of abrupt sessions before the test period; by default the one that
    always-up learned in training (of each fold, where there are several), else that of rows of other splits, else that of the
    test sessions.
    """
    everything = predictions if "p_abrupt" in predictions else predictions.assign(p_abrupt=np.nan)
    found = []
    for alignment, part in _told(everything).groupby("alignment", sort=False):
        base = _base(everything[everything["alignment"] == alignment], part)
        if base_rate is not None:
            base[:] = base_rate
        for name in part["model"].unique():
            mine = part[part["model"] == name]
            runs = [(run["p_abrupt"].to_numpy(), run["abrupt"].to_numpy() == 1) for _, run in mine.groupby("seed")]
            first = mine.drop_duplicates("session")
            truth = first["abrupt"].to_numpy() == 1
            loss = float(np.mean([log_loss(p, true) for p, true in runs]))
            plain = log_loss(base.reindex(first["session"]).to_numpy(), truth)
            found.append(
                {
                    "model": name,
                    "alignment": alignment,
                    "n": len(truth),
                    "rate": float(truth.mean()),
                    "auc": float(np.mean([auc(p, true) for p, true in runs])),
                    "brier": float(np.mean([((p - true) ** 2).mean() for p, true in runs])),
                    "log_loss": loss,
                    "base_log_loss": plain,
                    "skill": 1 - loss / plain if plain else 0.0,
                }
            )
    return pd.DataFrame(found, columns=_COLUMNS)


def abrupt_comparisons(predictions: pd.DataFrame, against: Sequence[str] = AGAINST) -> pd.DataFrame:
    """The log score of P(abrupt) of every other model against each model of volatility that was run; base rates are left out.

    Columns alignment, model, against, n, gap (mean log loss less that of the reference: below zero is better), dm (two-sided
    p-value of Diebold & Mariano, with autocovariances) and dm_holm (corrected for all rows of the alignment). Seeds are one
    forecast, the mean of their probabilities.
    """
    parts = []
    told = predictions if "p_abrupt" in predictions else predictions.assign(p_abrupt=np.nan)
    for alignment, rows in _told(told).groupby("alignment", sort=False):
        p = rows.pivot_table(index="session", columns="model", values="p_abrupt")
        true = rows.drop_duplicates("session").set_index("session")["abrupt"].reindex(p.index).to_numpy() == 1
        losses = {name: log_losses(p[name].to_numpy(), true) for name in p}  # NaN where there is no forecast
        base = p["always-up"] if "always-up" in p else p.mean()
        found = []
        for name in rows["model"].drop_duplicates():
            for other in against:
                if name in against or other not in losses or _is_base_rate(p[name], base):
                    continue
                both = np.isfinite(losses[name]) & np.isfinite(losses[other])
                one, reference = losses[name][both], losses[other][both]
                gap = float(np.mean(one - reference)) if both.any() else float("nan")
                pair = {"alignment": alignment, "model": name, "against": other, "n": int(both.sum())}
                found.append({**pair, "gap": gap, "dm": diebold_mariano(one, reference)})
        if found:
            table = pd.DataFrame(found)
            parts.append(table.assign(dm_holm=holm(table["dm"].to_numpy())))
    columns = ["alignment", "model", "against", "n", "gap", "dm", "dm_holm"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def in_words(table: pd.DataFrame, level: float = 0.05) -> str:
    """What follows from `abrupt_comparisons`, a line for each alignment."""
    lines = []
    for alignment, rows in table.groupby("alignment", sort=False):
        told = rows[rows["dm_holm"] < level]
        pairs = [
            f"{row['model']} is {'better' if row['gap'] < 0 else 'worse'} than {row['against']}"
            for row in told.to_dict("records")
        ]
        lines.append(f"{alignment}: {'; '.join(pairs) or 'no model is told from volatility alone'} ({len(rows)} comparisons)")
    return "\n".join(lines)


def _told(predictions: pd.DataFrame) -> pd.DataFrame:
    rows = checked(predictions)
    return rows[(rows["abrupt"] >= 0) & rows["p_abrupt"].notna()]


def _base(everything: pd.DataFrame, test: pd.DataFrame) -> pd.Series:
    """The base rate that each test session is judged against."""
    always = test[test["model"] == "always-up"].drop_duplicates("session").set_index("session")["p_abrupt"]
    sessions = test["session"].drop_duplicates()
    if sessions.isin(always.index).all():
        return always
    before = everything[everything["split"] != "test"] if "split" in everything else everything.iloc[:0]
    rows = before[before["abrupt"] >= 0] if len(before) else test
    return pd.Series(float((rows.drop_duplicates("session")["abrupt"] == 1).mean()), index=sessions)


def _is_base_rate(p: pd.Series, base: pd.Series) -> bool:
    """Whether a forecast says nothing but the base rate: one number, or always-up's of each fold."""
    known = p.dropna()
    return (
        bool(np.ptp(known) < 1e-12 or np.allclose(known, base.reindex(known.index), rtol=0, atol=1e-12)) if len(known) else True
    )
