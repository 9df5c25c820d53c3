"""Which headlines, events and links belong to which session, under either alignment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Alignment, Settings
from kdtcn.lake import Lake
from kdtcn.sessions import NEW_YORK, session_of, session_on_or_after

EVENT_COLUMNS = ["event_id", "headline_id", "subject", "predicate", "object", "lemma", "event_type", "negated", "available_at"]


@dataclass(frozen=True)
class News:
    """Frames with a `position` column: the row of the session in which each headline or event counts first.

    headlines: headline_id, text, available_at, position. events: EVENT_COLUMNS and position, in session order.
    links: event_id, role, entity_id, score of the events above (links that are none left out).
    """

    alignment: Alignment
    headlines: pd.DataFrame
    events: pd.DataFrame
    links: pd.DataFrame


def assign(headlines: pd.DataFrame, alignment: Alignment, settings: Settings) -> pd.Series:
    """The session of each headline: the first one to be decided after it was known, or (same day) that of its date."""
    if alignment == "forecast":
        return session_of(headlines["available_at"], settings.decision.at)
    return session_on_or_after(headlines["published_at"])


def news(
    lake: Lake,
    settings: Settings,
    alignment: Alignment,
    sessions: pd.DatetimeIndex,
    *,
    extractor: str,
    linker: str,
    graph_version: str,
    as_of: pd.Timestamp | None = None,
) -> News:
    """Everything said about the given sessions, known at `as_of`."""
    where = _months(sessions)
    heads = lake.read("headlines", as_of=as_of, columns=["headline_id", "text", "published_at", "available_at"], where=where)
    # same-day labels concern sessions whose news may still be unfinished at `as_of`: the caller names it or not
    heads = heads.assign(session=assign(heads, alignment, settings))
    place = pd.Series(np.arange(len(sessions)), index=sessions)
    heads = heads.assign(position=heads.pop("session").map(place)).dropna(subset="position").astype({"position": int})
    heads = heads.sort_values(["position", "available_at", "headline_id"], kind="stable").reset_index(drop=True)
    mine = ds.field("extractor") == extractor
    events = lake.read("events", columns=EVENT_COLUMNS, where=mine if where is None else mine & where)
    events = events.merge(heads[["headline_id", "position"]], on="headline_id")
    events = events.sort_values(["position", "available_at", "headline_id", "event_id"], kind="stable").reset_index(drop=True)
    by = (ds.field("linker") == linker) & (ds.field("graph_version") == graph_version) & (ds.field("entity_id") != "")
    links = lake.read("links", columns=["event_id", "role", "entity_id", "score"], where=by if where is None else by & where)
    return News(alignment, heads, events, links[links["event_id"].isin(events["event_id"])].reset_index(drop=True))


def _months(sessions: pd.DatetimeIndex) -> ds.Expression | None:
    """The partitions that can hold news of the sessions: weekends and holidays before the first one included."""
    first = (sessions[0] - pd.Timedelta(days=14)).tz_localize(NEW_YORK)
    last = sessions[-1] + pd.Timedelta(days=2)
    months = pd.period_range(first.tz_localize(None), last, freq="M").astype(str).tolist()
    return ds.field("month").isin(months)
