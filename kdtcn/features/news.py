"""Which headlines, events and links belong to which session, under either alignment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Alignment, Settings
from kdtcn.lake import Lake
from kdtcn.sessions import session_of, session_on_or_after

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
    where = ds.field("month").isin(months_of(sessions[0], sessions[-1]))
    heads = lake.read("headlines", as_of=as_of, columns=["headline_id", "text", "published_at", "available_at"], where=where)
    # same-day labels concern sessions whose news may still be unfinished at `as_of`: the caller names it or not
    heads = heads.assign(session=assign(heads, alignment, settings))
    place = pd.Series(np.arange(len(sessions)), index=sessions)
    heads = heads.assign(position=heads.pop("session").map(place)).dropna(subset="position").astype({"position": int})
    heads = heads.sort_values(["position", "available_at", "headline_id"], kind="stable").reset_index(drop=True)
    mine = ds.field("extractor") == extractor
    events = lake.read("events", as_of=as_of, columns=EVENT_COLUMNS, where=mine & where)
    events = events.merge(heads[["headline_id", "position", "available_at"]], on="headline_id", suffixes=("", "_headline"))
    events = _when_known(events, alignment, settings, place)
    events = events.sort_values(["position", "available_at", "headline_id", "event_id"], kind="stable").reset_index(drop=True)
    by = (ds.field("linker") == linker) & (ds.field("graph_version") == graph_version) & (ds.field("entity_id") != "")
    links = lake.read("links", as_of=as_of, columns=["event_id", "role", "entity_id", "score", "available_at"], where=by & where)
    links = links.merge(events[["event_id", "available_at"]], on="event_id", suffixes=("", "_event"))
    links = links[links.pop("available_at") <= links.pop("available_at_event")]
    return News(alignment, heads, events, links.reset_index(drop=True))


def _when_known(events: pd.DataFrame, alignment: Alignment, settings: Settings, place: pd.Series) -> pd.DataFrame:
    """Events count with their headline, but not before they were known themselves (a text read again later)."""
    own = events.pop("available_at_headline")
    late = events["available_at"] > own
    events["available_at"] = events["available_at"].where(late, own)
    if alignment == "forecast" and late.any():
        events.loc[late, "position"] = session_of(events.loc[late, "available_at"], settings.decision.at).map(place)
        events = events.dropna(subset="position").astype({"position": int})
    return events


def months_of(first: pd.Timestamp, last: pd.Timestamp) -> list[str]:
    """The month partitions whose headlines can count for the sessions from first to last.

    A headline lies in the month of its own day; feeds give entries that are weeks old, so two months before are read too.
    """
    return pd.period_range(first - pd.Timedelta(days=62), last + pd.Timedelta(days=2), freq="M").astype(str).tolist()
