"""Event effects put together by entity, event type or period, each with an interval over sessions."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.explain.effects import event_effects
from kdtcn.explain.resample import interval
from kdtcn.explain.seeds import METHOD
from kdtcn.features.news import months_of
from kdtcn.lake import Lake
from kdtcn.progress import track
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import newest, outlook

CHUNK = 120  # sessions whose news is held at once
FEWEST = 5  # sessions below which an interval over sessions says nothing


def measured(
    lake: Lake,
    settings: Settings,
    sight: Sight,
    model_id: str,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """session, event_id and effect of every event of the sessions that the model has forecast, from `first` to `last`.

    By integrated gradients, which are complete and have no sampling error, and of all sessions alike: the sessions that have
    pages were picked because they are large. InputError where there is none.
    """
    days = pd.DatetimeIndex(newest(lake, model_id)["session"])
    days = days[(days >= (first or days.min())) & (days <= (last or days.max()))]
    if len(days) == 0:
        raise InputError(f"{lake.url}: model {model_id!r} has forecast no such session; run `kdtcn train`, or give another range")
    parts = []
    with_progress = iter(track(days, "effects", len(days)))
    for start in range(0, len(days), CHUNK):
        view = outlook(lake, settings, sight, model_id, days[start : start + CHUNK])
        for _ in range(len(days[start : start + CHUNK])):
            session = next(with_progress)
            found = event_effects(view.model, view.data, view.data.position(session), method=METHOD, placebo=0)
            parts.append(pd.DataFrame({"session": session, "event_id": list(found.event_ids), "effect": found.effects}))
    return pd.concat(parts, ignore_index=True)


def grouped(effects: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """A row a group, largest mean first: events, sessions, mean effect of an event with its 95 % interval, total.

    effects: session, event_id, effect. groups: event_id, group; an event may be of several. Groups told of in fewer than
    FEWEST sessions are left out.
    """
    rows = effects.merge(groups.drop_duplicates(["event_id", "group"]), on="event_id")
    found = []
    for group, mine in rows.groupby("group", sort=True):
        by_session = mine.groupby("session")["effect"].agg(["sum", "size"])
        if len(by_session) < FEWEST:
            continue
        low, high = interval(by_session["sum"].to_numpy(), by_session["size"].to_numpy())
        total = float(mine["effect"].sum())
        found.append((group, len(mine), len(by_session), total / len(mine), low, high, total))
    table = pd.DataFrame(found, columns=["group", "events", "sessions", "mean", "low", "high", "total"])
    return table.iloc[np.argsort(-table["mean"].abs(), kind="stable")].reset_index(drop=True)


def groups(lake: Lake, sight: Sight, effects: pd.DataFrame, by: str) -> pd.DataFrame:
    """event_id and group of the events by `entity`, `type`, `month`, `quarter` or `year`; InputError for another."""
    if by not in GROUPS:
        raise InputError(f"effects by {by!r}: choose one of {', '.join(GROUPS)}")
    return GROUPS[by](lake, sight, effects)


def _entities(lake: Lake, sight: Sight, effects: pd.DataFrame) -> pd.DataFrame:
    mine = (
        (ds.field("linker") == sight.linker) & (ds.field("graph_version") == sight.graph.version) & (ds.field("entity_id") != "")
    )
    links = lake.read("links", columns=["event_id", "entity_id"], where=mine & _months(effects))
    label = sight.graph.entities.set_index("id")["label"]
    return links.assign(group=links["entity_id"].map(label).fillna(links["entity_id"]))[["event_id", "group"]]


def _types(lake: Lake, sight: Sight, effects: pd.DataFrame) -> pd.DataFrame:
    mine = (ds.field("extractor") == sight.extractor) & _months(effects)
    events = lake.read("events", columns=["event_id", "event_type"], where=mine)
    return events.rename(columns={"event_type": "group"}).query("group != ''")


def _period(freq: str) -> Callable[[Lake, Sight, pd.DataFrame], pd.DataFrame]:
    def of(lake: Lake, sight: Sight, effects: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"event_id": effects["event_id"], "group": effects["session"].dt.to_period(freq).astype(str)})

    return of


def _months(effects: pd.DataFrame) -> ds.Expression:
    return ds.field("month").isin(months_of(effects["session"].min(), effects["session"].max()))


GROUPS: dict[str, Callable[[Lake, Sight, pd.DataFrame], pd.DataFrame]] = {
    "entity": _entities,
    "type": _types,
    "month": _period("M"),
    "quarter": _period("Q"),
    "year": _period("Y"),
}
