"""The evaluation table: model x subset x alignment, with everything that a score must be read against."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kdtcn.errors import InputError
from kdtcn.evaluation.intervals import detectable_edge, interval
from kdtcn.evaluation.metrics import scores

LARGE = 1.5  # a large move is beyond so many trailing deviations
LABELS = {"forecast": "", "same_day": "explains, does not forecast"}
SUBSETS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "all": lambda rows: rows["up"] >= 0,
    "large moves": lambda rows: rows["d"].abs() > LARGE * rows["sigma"],
    "abrupt": lambda rows: rows["abrupt"] == 1,
}
_NEEDED = ("session", "model", "seed", "alignment", "p_up", "up", "d", "c", "abrupt", "sigma")
_MEANS = ("balanced", "f1", "mcc", "auc", "log_loss", "brier")  # shown as means over seeds
THRESHOLD = "|C| > "  # how the name of a subset by a threshold of its own begins
VOLATILITY = ("ewma", "har", "garch")  # they forecast abrupt changes; of direction they know the base rate, as always-up does


def table(predictions: pd.DataFrame, thresholds: Sequence[float] = ()) -> pd.DataFrame:
    """Rows alignment x subset x model, in the order in which models appear in `predictions`.

    predictions: columns session, model, seed, alignment, p_up, up, d, c, abrupt, sigma; where there is a column `split`,
    only its test rows count. thresholds: each adds the subset of sessions with |C| above it. The result has columns model,
    subset, alignment, n, seeds, accuracy and accuracy_std (over seeds; NaN for one), low and high (95 % interval of the mean
    over seeds), edge (the least lead over a coin that n sessions show), balanced (accuracy), f1, mcc, auc, log_loss and brier
    (means over seeds), lift (accuracy minus that of reversal on the same sessions) and label. A reversal row is always there:
    on abrupt sessions every score must be read against it, because C holds yesterday's D. Models that forecast no direction
    are left out.
    """
    rows = directional(checked(predictions))
    parts = []
    subsets = {**SUBSETS, **{f"{THRESHOLD}{100 * at:g} %": _above(at) for at in thresholds}}
    for alignment, part in rows.groupby("alignment", sort=False):
        part = with_reversal(part)
        for subset, chosen in subsets.items():
            some = part[chosen(part) & (part["up"] >= 0)]
            found = [_row(name, some[some["model"] == name]) for name in part["model"].unique()]
            reference = next(row["accuracy"] for row in found if row["model"] == "reversal")
            for row in found:
                parts.append(
                    {
                        **row,
                        "subset": subset,
                        "alignment": alignment,
                        "lift": row["accuracy"] - reference,
                        "label": LABELS.get(str(alignment), ""),
                    }
                )
    columns = [
        "model",
        "subset",
        "alignment",
        "n",
        "seeds",
        "accuracy",
        "accuracy_std",
        "low",
        "high",
        "edge",
        *_MEANS,
        "lift",
        "label",
    ]
    return pd.DataFrame(parts, columns=columns)


def directional(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of models that forecast a direction."""
    return rows[~rows["model"].isin(VOLATILITY)]


def _above(threshold: float) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: rows["c"].abs() > threshold


def checked(predictions: pd.DataFrame) -> pd.DataFrame:
    """The test rows by model and session; InputError where a column is missing or a forecast stands twice."""
    missing = [name for name in _NEEDED if name not in predictions]
    if missing:
        raise InputError(
            f"predictions lack the columns {', '.join(missing)}; they have {', '.join(map(str, predictions.columns))}"
        )
    rows = predictions[predictions["split"] == "test"] if "split" in predictions else predictions
    twice = rows.duplicated(["session", "model", "seed", "alignment"])
    if twice.any():
        first = rows[twice].iloc[0]
        raise InputError(
            f"predictions: {first['model']} seed {first['seed']} has several rows for {first['session']}; keep one a session"
        )
    # The sort must not change the order of models, which is that of their first rows.
    order = {name: k for k, name in enumerate(rows["model"].drop_duplicates())}
    return rows.sort_values("session", kind="stable").sort_values("model", key=lambda names: names.map(order), kind="stable")


def with_reversal(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the reversal row from the labels where no reversal model was run: D_{i-1} = D_i - C_i."""
    if (rows["model"] == "reversal").any():
        return rows
    one = rows.drop_duplicates("session").sort_values("session")
    previous = one["d"] - one["c"]
    made = one.assign(model="reversal", seed=0, p_up=np.where(previous >= 0, 0.0, 1.0))
    return pd.concat([rows, made], ignore_index=True)


def _row(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Scores of one model: a mean over seeds, with the interval of the per-session mean hit over seeds."""
    each = pd.DataFrame([scores(run["p_up"].to_numpy(), run["up"].to_numpy()) for _, run in rows.groupby("seed")])
    if each.empty:
        each = pd.DataFrame([scores(np.zeros(0), np.zeros(0))])
    hits = ((rows["p_up"] >= 0.5) == (rows["up"] == 1)).groupby(rows["session"]).mean()
    low, high = interval(hits.to_numpy()) if len(hits) else (np.nan, np.nan)
    return {
        "model": name,
        "n": int(each["n"].max()),
        "seeds": int(rows["seed"].nunique()),
        "accuracy": float(each["accuracy"].mean()),
        "accuracy_std": float(each["accuracy"].std(ddof=1)),
        "low": low,
        "high": high,
        "edge": detectable_edge(int(each["n"].max())),
        **{name: float(each[name].mean()) for name in _MEANS},
    }
