"""The evaluation of what the lake holds: stored forecasts of the test period against labels."""

import json
from collections.abc import Collection

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.evaluation.ensembles import with_ensemble
from kdtcn.evaluation.openings import opened
from kdtcn.evaluation.tables import table
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.training.store import stored_models


def stored_predictions(lake: Lake, settings: Settings, model_ids: Collection[str] | None = None) -> pd.DataFrame:
    """Forecasts over the test period, with labels beside them, of these models or those that the last `run` or `train` named.

    Columns: session, model, seed, alignment, p_up, p_abrupt, up, d, c, abrupt, sigma.
    """
    models = stored_models(lake)
    models = models[models["model_id"].isin(last_trained(lake) if model_ids is None else model_ids)]
    mine = ds.field("model_id").isin(pa.array(models["model_id"], pa.string()))
    made = lake.read("predictions", columns=["session", "model_id", "made_at", "p_up", "p_abrupt"], where=mine)
    made = made.sort_values("made_at").drop_duplicates(["session", "model_id"], keep="last")
    about = models[["model_id", "family", "alignment", "seed", "trained_until"]].rename(columns={"family": "model"})
    rows = made.merge(about, on="model_id")
    # a model may be asked about any session; only those after its training are a test of it
    rows = rows[(rows["session"] >= pd.Timestamp(settings.evaluation.test_from)) & (rows["session"] > rows["trained_until"])]
    # where the origin moves, each session is the test of the model trained last before it
    rows = rows.sort_values("trained_until", kind="stable").drop(columns="trained_until")
    rows = rows.drop_duplicates(["session", "model", "alignment", "seed"], keep="last")
    prices = market(lake, settings)
    known = pd.DataFrame(
        {
            "session": prices.sessions,
            "up": prices.up,
            "d": prices.d,
            "c": prices.c,
            "abrupt": prices.abrupt,
            "sigma": prices.sigma,
        }
    )
    rows = rows.merge(known[known["up"] >= 0], on="session")
    order = {name: i for i, name in enumerate(settings.training.models)}
    rows = rows.assign(order=rows["model"].map(order)).sort_values(["alignment", "order", "seed", "session"], kind="stable")
    return rows.drop(columns=["model_id", "made_at", "order"])


def last_trained(lake: Lake) -> list[str]:
    """Ids of the models that belong to the last experiment, trained in it or before."""
    runs = lake.read("runs", columns=["started", "row_counts"]).sort_values("started", ascending=False)
    found = (json.loads(counts).get("model_ids") for counts in runs["row_counts"])
    return next((ids for ids in found if ids), [])


def evaluation_table(lake: Lake, settings: Settings, predictions: pd.DataFrame, command: str) -> pd.DataFrame:
    """The table of stored forecasts and of the live model's seeds as one, with every threshold of the settings.

    Empty where there is none. Its column `opened` says how often the hold-out of the alignment was opened by now, this time by `command`.
    """
    if predictions.empty:
        return predictions
    counts = opened(lake, settings, predictions, command)
    found = table(with_ensemble(predictions, settings.training.live), settings.evaluation.thresholds)
    return found.assign(opened=found["alignment"].map(counts))
