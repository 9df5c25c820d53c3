"""What the model page shows beside the tables: how the models learned, and whether P(up) can be taken at its word."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.evaluation.intervals import wilson
from kdtcn.lake import Lake
from kdtcn.report.summary import Bin, LearningCurve, Reliability
from kdtcn.training.curves import diagnose

BINS = 10
FEWEST = 20  # forecasts in a bin; fewer say little


def reliability(predictions: pd.DataFrame, model: str) -> Reliability | None:
    """Forecasts of the model, all seeds, in bins of equal size (columns model, alignment, p_up, up).

    Its intervals are those of independent forecasts; seeds of one session are not, so that one seed is enough to look at:
    the lowest is taken.
    """
    rows = predictions[(predictions["model"] == model) & (predictions["alignment"] == "forecast") & (predictions["up"] >= 0)]
    if rows.empty:
        return None
    rows = rows[rows["seed"] == rows["seed"].min()].sort_values("p_up", kind="stable")
    p, up = rows["p_up"].to_numpy(float), rows["up"].to_numpy(float)
    n = max(1, min(BINS, len(rows) // FEWEST))
    bins = []
    for part in np.array_split(np.arange(len(rows)), n):
        hits = float(up[part].sum())
        low, high = wilson(hits, len(part))
        bins.append(Bin(float(p[part].mean()), hits / len(part), low, high, len(part)))
    gap = sum(b.n * abs(b.said - b.came) for b in bins) / len(rows)
    rate = up.mean()
    return Reliability(model, tuple(bins), float(((p - up) ** 2).mean()), float(rate * (1 - rate)), float(gap), len(rows))


def curves(lake: Lake, model_ids: list[str], live: str) -> tuple[LearningCurve, ...]:
    """Curves of the models of the last experiment that forecast: all seeds of `live`, the first seed of the others."""
    stored = lake.read(
        "models", columns=["model_id", "family", "seed", "alignment", "config"], where=ds.field("model_id").isin(model_ids)
    )
    stored = stored[stored["alignment"] == "forecast"].sort_values(["family", "seed", "model_id"], kind="stable")
    first = stored.groupby("family")["seed"].transform("min")
    chosen = stored[(stored["family"] == live) | (stored["seed"] == first)]
    found = [curve for row in chosen.to_dict("records") if (curve := _curve(row)) is not None]
    return tuple(sorted(found, key=lambda curve: (curve.family != live, curve.family, curve.seed)))


def _curve(row: Mapping[Any, Any]) -> LearningCurve | None:
    config = json.loads(row["config"])
    rows = config.get("curve") or []
    if len(rows) < 2:
        return None
    said = diagnose(rows)
    held = all("valid" in one for one in rows)
    return LearningCurve(
        row["model_id"],
        row["family"],
        int(row["seed"]),
        tuple(float(one["epoch"]) for one in rows),
        tuple(float(one["train"]) for one in rows),
        tuple(float(one["valid"]) for one in rows) if held else (),
        int(config.get("best_epoch") or 0),
        said.words if said else "",
        int(config.get("parameters") or 0),
    )
