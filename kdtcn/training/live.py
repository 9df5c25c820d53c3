"""Which model forecasts a session, given what of its prices and its news is known by its decision."""

from dataclasses import dataclass

import pandas as pd
import pyarrow.dataset as ds

from kdtcn import models
from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.features.market import known_prices
from kdtcn.features.news import months_of
from kdtcn.lake import Lake
from kdtcn.sessions import decision_time, previous, session_of
from kdtcn.training.store import in_force, stored_models

BACK = 20  # sessions for which a price that did not come is asked for again


@dataclass(frozen=True)
class Choice:
    """`live` is in force; `model_id` makes the forecast, empty where none can be made; `marks` say what it does without."""

    live: str
    model_id: str
    marks: tuple[str, ...] = ()


def choose(lake: Lake, settings: Settings, session: pd.Timestamp) -> Choice:
    """The model in force; without a headline for the session its price-only companion; without the last close, none.

    ModelError where no model is in force.
    """
    row = in_force(lake, session)
    live, before = str(row["model_id"]), previous(session)
    if not _priced(lake, settings, session, before):
        return Choice(live, "", (f"no forecast: the close of {before:%Y-%m-%d} was not known by the decision",))
    if models.family(str(row["family"])).kind is None or headlines(lake, settings, session):
        return Choice(live, live)
    alone = price_only(lake, settings, row)
    if not alone:
        return Choice(live, live, (f"no headline: {live} forecasts without news, no {settings.serve.without_news} is trained",))
    return Choice(live, alone, (f"no headline: the price-only model {alone} forecasts",))


def headlines(lake: Lake, settings: Settings, session: pd.Timestamp) -> int:
    """How many headlines count for a session, as known at its decision."""
    decided = decision_time(session, settings.decision.at)
    where = ds.field("month").isin(months_of(session, session))
    known = lake.read("headlines", as_of=decided, columns=["available_at"], where=where)["available_at"]
    return int((session_of(known, settings.decision.at) == session).sum()) if len(known) else 0


def price_only(lake: Lake, settings: Settings, live: pd.Series) -> str:
    """The id of the `serve.without_news` model trained beside the one in force, else the last trained before that; or ''."""
    rows = stored_models(lake)
    rows = rows[(rows["family"] == settings.serve.without_news) & (rows["alignment"] == "forecast")]
    rows = rows[rows["trained_until"] <= live["trained_until"]].sort_values(
        ["trained_until", "seed", "available_at"], ascending=[False, True, False], kind="stable"
    )
    return str(rows["model_id"].iloc[0]) if len(rows) else ""


def unsettled(lake: Lake, settings: Settings, session: pd.Timestamp) -> pd.DatetimeIndex:
    """The session before this one, and of those before it which a night may still mend: the last `BACK` without a price, and
    the last `serve.catch_up` without a label."""
    span = pd.DatetimeIndex([previous(session, n) for n in range(BACK, 0, -1)])
    where = ds.field("session") >= span[0].date()
    mine = where & (ds.field("symbol") == settings.sources.symbol)
    priced = span.isin(lake.read("prices", columns=["session"], where=mine)["session"])
    labelled = span.isin(lake.read("labels", columns=["session"], where=where)["session"])
    labelled[: BACK - settings.serve.catch_up] = True
    return span[~priced | ~labelled | (span == span[-1])]


def _priced(lake: Lake, settings: Settings, session: pd.Timestamp, before: pd.Timestamp) -> bool:
    try:
        return before in known_prices(lake, settings, as_of=decision_time(session, settings.decision.at), first=before).index
    except InputError:  # not one price since
        return False
