"""Forecasts of named sessions by a stored model: what the nightly and the backfill do for each of theirs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.features import fitted as folds
from kdtcn.features.dataset import Dataset
from kdtcn.features.fitted import Fitted
from kdtcn.features.market import Market, market
from kdtcn.features.news import News
from kdtcn.lake import Lake
from kdtcn.models import Model
from kdtcn.sessions import calendar, decision_time
from kdtcn.training.fold import Sight
from kdtcn.training.store import load_stored, prediction_rows


@dataclass(frozen=True)
class Outlook:
    """A stored model beside the inputs of some sessions, in the vector spaces it was trained in."""

    model_id: str
    model: Model
    temperature: tuple[float, float]
    fitted: Fitted
    market: Market
    news: News
    data: Dataset

    def predictions(self, sessions: pd.DatetimeIndex, versions: dict[str, int]) -> pd.DataFrame:
        """Rows of `predictions` for the sessions."""
        rows = self.data.sessions.get_indexer(sessions)
        return prediction_rows(self.model_id, sessions, self.model.logits(self.data, rows), self.temperature, versions)


def outlook(lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, before: int = 0) -> Outlook:
    """Read what a forecast of the sessions may know, at the decision time of the last one, and no more.

    The read is bounded by the sessions asked for (and `before` more sessions of context), not by the length of history.
    """
    model, config = load_stored(lake, model_id)
    fitted = folds.load(lake, config["fitted_id"], sight.graph)
    last = sessions[-1]
    known = calendar().sessions
    span = int(known.get_loc(last)) - int(known.get_loc(sessions[0])) + 1
    as_of = decision_time(last, settings.decision.at)
    window = int(config.get("window", settings.features.window))
    prices = market(lake, settings, last=last, n=span + window + before, as_of=as_of)
    said = sight.news(lake, settings, "forecast", prices.sessions, as_of)
    data = fitted.dataset(prices, said, window)
    return Outlook(model_id, model, (config["temperature"][0], config["temperature"][1]), fitted, prices, said, data)


def forecast(lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, force: bool = False) -> pd.DataFrame:
    """Predict the sessions that this model has not predicted yet, store and return all their predictions."""
    done = lake.read("predictions", where=ds.field("model_id") == model_id)
    missing = sessions if force else sessions[~sessions.isin(done["session"])]
    if len(missing):
        view = outlook(lake, settings, sight, model_id, missing)
        lake.upsert("predictions", view.predictions(missing, lake.versions()))
        done = lake.read("predictions", where=ds.field("model_id") == model_id)
    mine = done[done["session"].isin(sessions)].sort_values(["session", "made_at"])
    return mine.drop_duplicates("session", keep="last").reset_index(drop=True)


def settle(lake: Lake, settings: Settings, sessions: pd.DatetimeIndex) -> int:
    """Store the labels of sessions whose prices are known by now; returns how many are new."""
    span = len(calendar().sessions_in_range(sessions[0], sessions[-1]))
    prices = market(lake, settings, last=sessions[-1], n=span + 2)
    version = lake.version("prices")
    rows = prices.sessions.get_indexer(sessions)
    known = rows[(rows >= 0) & (prices.up[rows] >= 0)]
    already = lake.read("labels", columns=["session", "d"])
    frame = pd.DataFrame(
        {
            "session": prices.sessions[known],
            "price_version": version,
            "up": prices.up[known] == 1,
            "d": prices.d[known],
            "c": prices.c[known],
            "abrupt": prices.abrupt[known] == 1,
            "available_at": pd.Timestamp.now("UTC"),
        }
    )
    # a label is stored again only when a newer price version changes it
    latest = already.drop_duplicates("session", keep="last").set_index("session")["d"].reindex(frame["session"]).to_numpy()
    return lake.upsert("labels", frame[~np.isclose(latest, frame["d"], equal_nan=False)]).stored
