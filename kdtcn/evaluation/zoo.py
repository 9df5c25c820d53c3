"""The whole field on one table: every model on the same folds, seeds and budget, each score with its interval, and what it costs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.evaluation.abrupt import abrupt_comparisons
from kdtcn.evaluation.comparison import comparisons
from kdtcn.evaluation.metrics import log_loss
from kdtcn.evaluation.openings import times
from kdtcn.evaluation.overfitting import Overfitting, overfitting
from kdtcn.evaluation.protocols import PRIMARY, PROTOCOLS, forecasts
from kdtcn.evaluation.resampled import loss_interval, score_intervals
from kdtcn.evaluation.tables import table
from kdtcn.lake import Lake
from kdtcn.training.store import stored_models
from kdtcn.training.tried import tried

FIXED = "fixed-2015"
ZOO = tuple(protocol for protocol in PROTOCOLS if protocol.name in (PRIMARY, FIXED))
SCORES = ("mcc", "auc", "log_loss", "abrupt_log_loss")  # beside the accuracy, each with its ends _low and _high
COLUMNS = [
    "protocol",
    "model",
    "n",
    "seeds",
    "opened",
    *("accuracy", "accuracy_std", "low", "high", "edge"),
    *(f"{name}{end}" for name in SCORES for end in ("", "_low", "_high")),
    *("parameters", "seconds", "trainings"),
]


@dataclass(frozen=True)
class Field:
    """Scores of all models and their tests.

    scores: COLUMNS, a row a protocol and model; low and high are the ends of the accuracy's interval, seconds the mean of a
    training. Models of volatility have no score of direction. tests: `comparisons`, behind `protocol`; of the primary one alone
    volatility_tests, `abrupt_comparisons`, and luck, None where too little was run.
    """

    scores: pd.DataFrame
    tests: pd.DataFrame
    volatility_tests: pd.DataFrame
    luck: Overfitting | None
    first: pd.Timestamp
    last: pd.Timestamp
    configurations: int


def field(lake: Lake, settings: Settings, ids: Sequence[Sequence[str]]) -> Field:
    """Score the stored forecasts of the models that `train` returned for `walks(settings, ZOO)`, under `forecast` alone."""
    made = {name: rows[rows["alignment"] == "forecast"] for name, rows in forecasts(lake, settings, ids, "zoo", ZOO).items()}
    spent = costs(lake, sorted({name for names in ids for name in names}))
    parts = [
        scored(rows).assign(protocol=name, opened=times(lake, rows)["forecast"]).merge(spent, on="model", how="left")
        for name, rows in made.items()
    ]
    primary, configurations = made[PRIMARY], max(1, tried(lake))
    return Field(
        pd.concat(parts, ignore_index=True)[COLUMNS],
        pd.concat([comparisons(rows, tried=configurations).assign(protocol=name) for name, rows in made.items()]),
        abrupt_comparisons(primary),
        overfitting(primary).get("forecast"),
        primary["session"].min(),
        primary["session"].max(),
        configurations,
    )


def scored(predictions: pd.DataFrame) -> pd.DataFrame:
    """A row a model: `tables.table` on all sessions, log loss of P(abrupt), and the ends of every interval."""
    whole = table(predictions)
    whole = whole[whole["subset"] == "all"]
    names = predictions["model"].drop_duplicates()
    found = pd.DataFrame([{"model": name, **_ends(predictions[predictions["model"] == name])} for name in names])
    rows = found.merge(whole, on="model", how="left")
    of_direction = [f"{name}{end}" for name in ("mcc", "auc", "log_loss") for end in ("_low", "_high")]
    rows.loc[rows["accuracy"].isna(), of_direction] = np.nan  # models of volatility
    return rows


def costs(lake: Lake, ids: Sequence[str]) -> pd.DataFrame:
    """model, parameters, seconds and trainings: of the models with these ids, means over folds and seeds."""
    stored = stored_models(lake)
    stored = stored[stored["model_id"].isin(ids)]
    about = pd.DataFrame([json.loads(config) for config in stored["config"]], index=stored.index)
    return (
        stored.assign(parameters=about["parameters"], seconds=about["seconds"])
        .groupby("family", sort=False)
        .agg(parameters=("parameters", "mean"), seconds=("seconds", "mean"), trainings=("seconds", "size"))
        .rename_axis("model")
        .reset_index()
    )


def _ends(rows: pd.DataFrame) -> dict[str, float]:
    """Ends of the intervals of one model's scores, and its log loss of P(abrupt) with its own."""
    found: dict[str, float] = {}
    rows = rows.sort_values("session")
    labels = rows.drop_duplicates("session").set_index("session")
    p_up = rows.pivot(index="seed", columns="session", values="p_up").dropna(axis=1)
    up = labels["up"].reindex(p_up.columns).to_numpy()
    ends = score_intervals(p_up.to_numpy(), up)
    told = rows[rows["abrupt"] >= 0].pivot(index="seed", columns="session", values="p_abrupt").dropna(axis=1)
    if told.size:
        abrupt = labels["abrupt"].reindex(told.columns).to_numpy() == 1
        found["abrupt_log_loss"] = float(np.mean([log_loss(p, abrupt) for p in told.to_numpy()]))
        ends["abrupt_log_loss"] = loss_interval(told.to_numpy(), abrupt)
    for name, (low, high) in ends.items():
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found
