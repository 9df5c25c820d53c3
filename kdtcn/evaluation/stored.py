"""The evaluation of what the lake holds: stored forecasts of the test period against labels."""

import pandas as pd

from kdtcn.config import Settings
from kdtcn.evaluation.tables import table
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.training.store import stored_models


def stored_predictions(lake: Lake, settings: Settings) -> pd.DataFrame:
    """Forecasts of the newest model of each family, alignment and seed over the test period, with labels beside them.

    Columns: session, model, seed, alignment, p_up, p_abrupt, up, d, c, abrupt, sigma.
    """
    models = stored_models(lake).drop_duplicates(["family", "alignment", "seed"])
    models = models[models["family"].isin(settings.training.models) & models["alignment"].isin(settings.evaluation.alignments)]
    made = lake.read("predictions", columns=["session", "model_id", "made_at", "p_up", "p_abrupt"])
    made = made.sort_values("made_at").drop_duplicates(["session", "model_id"], keep="last")
    rows = made.merge(models[["model_id", "family", "alignment", "seed"]], on="model_id").rename(columns={"family": "model"})
    rows = rows[rows["session"] >= pd.Timestamp(settings.evaluation.test_from)]
    prices = market(lake, settings)
    known = pd.DataFrame(
        {"session": prices.sessions, "up": prices.up, "d": prices.d, "c": prices.c, "abrupt": prices.abrupt, "sigma": prices.sigma}
    )
    rows = rows.merge(known[known["up"] >= 0], on="session")
    order = {name: i for i, name in enumerate(settings.training.models)}
    rows = rows.assign(order=rows["model"].map(order)).sort_values(["alignment", "order", "seed", "session"], kind="stable")
    return rows.drop(columns=["model_id", "made_at", "order"])


def evaluation_table(lake: Lake, settings: Settings) -> pd.DataFrame:
    """Model x subset x alignment with accuracy, interval, F1, MCC, AUC and n, in the order of `training.models`."""
    rows = stored_predictions(lake, settings)
    return rows if rows.empty else table(rows)
