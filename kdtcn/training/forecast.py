"""Forecasts of named sessions by a stored model: what the nightly and the backfill do for each of theirs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Alignment, Settings
from kdtcn.errors import InputError, ModelError
from kdtcn.features import fitted as folds
from kdtcn.features.dataset import Dataset
from kdtcn.features.fitted import Fitted
from kdtcn.features.market import Market, market
from kdtcn.features.news import News
from kdtcn.lake import Lake
from kdtcn.models import Model
from kdtcn.sessions import calendar, decision_time, decision_times
from kdtcn.training.fold import Sight
from kdtcn.training.store import load_stored, prediction_rows, stored_models

EARLIEST = pd.Timedelta(hours=12)  # how long before its decision time a session may be forecast
SAME = 1e-6  # logits closer than this are the same forecast, computed over another stretch of sessions


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


def outlook(
    lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, before: int = 0
) -> Outlook:
    """Read what a forecast of the sessions may know, at the decision time of the last one, and no more.

    For a same-day model, which explains and does not forecast, that is the news of the last session's own day as well, and the
    sessions may be some that it was trained on. The read is bounded by the sessions asked for (and `before` more sessions of context), not by the length of history.
    """
    model, config = load_stored(lake, model_id)
    alignment = _checked(lake, model_id, sessions)
    fitted = folds.load(lake, config["fitted_id"], sight.graph, sight.reading)
    last = sessions[-1]
    known = calendar().sessions
    span = int(known.get_loc(last)) - int(known.get_loc(sessions[0])) + 1
    # the headlines dated on a session are all known by the decision for the next one
    decided = last if alignment == "forecast" else known[known.get_loc(last) + 1]
    as_of = decision_time(decided, settings.decision.at)
    window = int(config.get("window", settings.features.window))
    prices = market(lake, settings, last=last, n=span + max(window, model.history) + before, as_of=as_of)
    said = sight.news(lake, settings, alignment, prices.sessions, as_of)
    data = fitted.dataset(prices, said, window)
    return Outlook(model_id, model, (config["temperature"][0], config["temperature"][1]), fitted, prices, said, data)


def _checked(lake: Lake, model_id: str, sessions: pd.DatetimeIndex) -> Alignment:
    """The model's alignment; ModelError where it would forecast a session that it was trained on, InputError for one to come."""
    about = stored_models(lake).set_index("model_id").loc[model_id]
    alignment: Alignment = "forecast" if about["alignment"] == "forecast" else "same_day"
    if alignment == "forecast" and about["trained_until"] >= sessions[0]:
        raise ModelError(
            f"model {model_id!r} was trained on sessions up to {about['trained_until']:%Y-%m-%d}, so {sessions[0]:%Y-%m-%d} is no forecast"
            " for it; choose a later session or an earlier model"
        )
    coming = decision_time(sessions[-1])
    if coming > pd.Timestamp.now("UTC") + EARLIEST:
        raise InputError(
            f"session {sessions[-1]:%Y-%m-%d} is decided on {coming:%Y-%m-%d %H:%M} UTC; its news and prices are not known yet"
        )
    return alignment


def newest(lake: Lake, model_id: str) -> pd.DataFrame:
    """The latest forecast of each session by a model."""
    rows = lake.read("predictions", where=ds.field("model_id") == model_id)
    return rows.sort_values(["session", "made_at"]).drop_duplicates("session", keep="last").reset_index(drop=True)


def forecast(
    lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, force: bool = False
) -> pd.DataFrame:
    """Predict the sessions and store what differs from the forecasts stored before; returns the newest of each.

    A forecast made too early, or without news that came after all, is so followed by one that knows them, until its
    session's decision time: from then on the forecast that is there stands, unless `force` asks for another beside it.
    """
    wanted = sessions if force else sessions.difference(standing(lake, settings, model_id, sessions))
    if len(wanted):
        # of all sessions, not of these alone: a run that was killed goes on with the same inputs, to the last bit
        view = outlook(lake, settings, sight, model_id, sessions)
        made = view.predictions(sessions, lake.versions())
        made = made[made["session"].isin(wanted)]
        before = newest(lake, model_id).set_index("session")["logit_up"].reindex(made["session"]).to_numpy()
        changed = ~np.isclose(before, made["logit_up"], rtol=0, atol=SAME)
        lake.upsert("predictions", made if force else made[changed])
    rows = newest(lake, model_id)
    return rows[rows["session"].isin(sessions)].reset_index(drop=True)


def standing(lake: Lake, settings: Settings, model_id: str, sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The sessions whose decision time has passed and that the model has forecast: no later knowledge changes these."""
    where = (ds.field("model_id") == model_id) & ds.field("session").isin([day.date() for day in sessions])
    made = lake.read("predictions", columns=["session"], where=where)["session"]
    decided = decision_times(sessions, settings.decision.at) <= pd.Timestamp.now("UTC")
    return sessions[decided & sessions.isin(made)]


def settle(lake: Lake, settings: Settings, sessions: pd.DatetimeIndex) -> int:
    """Store the labels of sessions whose prices are known by now; returns how many are new.

    As the features do, labels take a close as it stood at the next decision time.
    """
    if len(sessions) == 0:
        return 0
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
    # a label is stored again only when it differs: prices that arrived in time but late may complete it
    latest = already.drop_duplicates("session", keep="last").set_index("session")["d"].reindex(frame["session"]).to_numpy()
    return lake.upsert("labels", frame[~np.isclose(latest, frame["d"], equal_nan=False)]).stored
