"""The evaluation table: model x subset x alignment, and what it looks like on a terminal, in Markdown, CSV and JSON."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from kdtcn.errors import InputError
from kdtcn.evaluation.intervals import interval
from kdtcn.evaluation.metrics import auc, log_loss, scores

LARGE = 1.5  # a large move is beyond so many trailing deviations
LABELS = {"forecast": "", "same_day": "explains, does not forecast"}
SUBSETS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "all": lambda rows: rows["up"] >= 0,
    "large moves": lambda rows: rows["d"].abs() > LARGE * rows["sigma"],
    "abrupt": lambda rows: rows["abrupt"] == 1,
}
_NEEDED = ("session", "model", "seed", "alignment", "p_up", "up", "d", "c", "abrupt", "sigma")
_MEANS = ("balanced", "f1", "mcc", "auc", "log_loss", "brier")  # shown as means over seeds
_TITLES = {"all": "All sessions", "large moves": f"Large moves (|D| > {LARGE} trailing sigma)", "abrupt": "Abrupt sessions"}


def table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows alignment x subset x model, in the order in which models appear in `predictions`.

    predictions: columns session, model, seed, alignment, p_up, up, d, c, abrupt, sigma; where there is a column `split`,
    only its test rows count. The result has columns model, subset, alignment, n, seeds, accuracy and accuracy_std (over
    seeds; NaN for one), low and high (95 % interval of the mean over seeds), balanced (accuracy), f1, mcc, auc, log_loss
    and brier (means over seeds), lift (accuracy minus that of reversal on the same sessions) and label. A reversal row is always there: on abrupt sessions
    every score must be read against it, because C holds yesterday's D.
    """
    rows = _checked(predictions)
    parts = []
    for alignment, part in rows.groupby("alignment", sort=False):
        part = with_reversal(part)
        for subset, chosen in SUBSETS.items():
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
        *_MEANS,
        "lift",
        "label",
    ]
    return pd.DataFrame(parts, columns=columns)


def abrupt_table(predictions: pd.DataFrame, base_rate: float | None = None) -> pd.DataFrame:
    """How good P(abrupt) is: model, alignment, n, rate, auc, log_loss, base_log_loss and skill (1 - their ratio).

    base_rate: the share of abrupt sessions before the test period; by default the one that always-up learned in
    training (its constant p_abrupt), else that of rows of other splits, else that of the test sessions themselves.
    """
    everything = predictions if "p_abrupt" in predictions else predictions.assign(p_abrupt=np.nan)
    rows = _checked(everything)
    rows = rows[(rows["abrupt"] >= 0) & rows["p_abrupt"].notna()]
    found = []
    for alignment, part in rows.groupby("alignment", sort=False):
        base = base_rate if base_rate is not None else _base_rate(everything[everything["alignment"] == alignment], part)
        for name in part["model"].unique():
            runs = [run for _, run in part[part["model"] == name].groupby("seed")]
            truth = runs[0]["abrupt"].to_numpy() == 1
            loss = float(np.mean([log_loss(run["p_abrupt"].to_numpy(), run["abrupt"].to_numpy() == 1) for run in runs]))
            areas = [auc(run["p_abrupt"].to_numpy(), run["abrupt"].to_numpy() == 1) for run in runs]
            plain = log_loss(np.full(len(truth), base), truth)
            found.append(
                {
                    "model": name,
                    "alignment": alignment,
                    "n": len(truth),
                    "rate": float(truth.mean()),
                    "auc": float(np.mean(areas)),
                    "log_loss": loss,
                    "base_log_loss": plain,
                    "skill": 1 - loss / plain if plain else 0.0,
                }
            )
    return pd.DataFrame(found, columns=["model", "alignment", "n", "rate", "auc", "log_loss", "base_log_loss", "skill"])


def as_rich(frame: pd.DataFrame) -> list[Table]:
    """One table for the terminal for each alignment and subset."""
    shown = []
    for (alignment, subset), part in frame.groupby(["alignment", "subset"], sort=False):
        view = Table(
            title=_title(str(alignment), str(subset)),
            title_justify="left",
            caption=f"n = {part['n'].max()}",
            caption_justify="left",
        )
        for column in _text(part).columns:
            view.add_column(column, justify="left" if column == "model" else "right", no_wrap=True)
        for row in _text(part).itertuples(index=False):
            view.add_row(*row, style="bold" if row[0] == "kdtcn" else "")
        shown.append(view)
    return shown


def as_markdown(frame: pd.DataFrame) -> str:
    """Markdown tables under a heading for each alignment and subset."""
    blocks = []
    for (alignment, subset), part in frame.groupby(["alignment", "subset"], sort=False):
        text = _text(part)
        lines = [
            "| " + " | ".join(text.columns) + " |",
            "|---" + "|---:" * (len(text.columns) - 1) + "|",
            *("| " + " | ".join(row) + " |" for row in text.itertuples(index=False)),
        ]
        blocks.append(f"### {_title(str(alignment), str(subset))}\n\n" + "\n".join(lines) + f"\n\nn = {part['n'].max()}")
    return "\n\n".join(blocks) + "\n"


def as_csv(frame: pd.DataFrame) -> str:
    """Full numbers, comma-separated."""
    return str(frame.to_csv(index=False, lineterminator="\n"))


def as_json(frame: pd.DataFrame) -> str:
    """One object a row; an undefined score is null."""
    rows = [
        {str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()} for row in frame.to_dict("records")
    ]
    return json.dumps(rows, indent=1)


def _checked(predictions: pd.DataFrame) -> pd.DataFrame:
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
        **{name: float(each[name].mean()) for name in _MEANS},
    }


def _base_rate(everything: pd.DataFrame, test: pd.DataFrame) -> float:
    constant = test.loc[test["model"] == "always-up", "p_abrupt"]
    if len(constant):
        return float(constant.iloc[0])
    before = everything[everything["split"] != "test"] if "split" in everything else everything.iloc[:0]
    rows = before[before["abrupt"] >= 0] if len(before) else test
    return float((rows.drop_duplicates("session")["abrupt"] == 1).mean())


def _title(alignment: str, subset: str) -> str:
    label = LABELS.get(alignment, "")
    return f"{_TITLES.get(subset, subset)}, {alignment}" + (f" ({label})" if label else "")


def _text(part: pd.DataFrame) -> pd.DataFrame:
    """The rows as strings: percentages for accuracy and its interval, three digits for the rest, a dash for undefined."""

    def number(value: float, form: str) -> str:
        return "–" if pd.isna(value) else format(value, form)

    spread = [number(100 * s, ".1f") for s in part["accuracy_std"]]
    return pd.DataFrame(
        {
            "model": part["model"].astype(str).tolist(),
            "accuracy %": [
                number(100 * a, ".1f") + ("" if s == "–" else f" ± {s}") for a, s in zip(part["accuracy"], spread, strict=True)
            ],
            "95 % interval": [
                "–" if pd.isna(a) else f"{100 * a:.1f} to {100 * b:.1f}" for a, b in zip(part["low"], part["high"], strict=True)
            ],
            "lift": [number(100 * v, "+.1f") for v in part["lift"]],
            "F1": [number(v, ".3f") for v in part["f1"]],
            "MCC": [number(v, "+.3f") for v in part["mcc"]],
            "AUC": [number(v, ".3f") for v in part["auc"]],
        }
    )
