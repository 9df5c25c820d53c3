"""What was missing on the day of a session: no news or little, news and prices that came late, prices that are not there."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.features.market import Market
from kdtcn.sessions import NEW_YORK, day_end, decision_time, session_of

FEW = 0.5  # of the usual number of headlines: fewer are told
USUAL = 60  # sessions before this one whose median is the usual number


def expected(headlines: pd.DataFrame, settings: Settings) -> pd.Series:
    """The session that each headline would have counted for, had it been known by the end of the day it is dated."""
    day = pd.DatetimeIndex(headlines["published_at"]).tz_convert(NEW_YORK).normalize().tz_localize(None)
    return session_of(day_end(day).set_axis(headlines.index), settings.decision.at)


def news_gaps(headlines: pd.DataFrame, session: pd.Timestamp, sessions: pd.DatetimeIndex) -> Iterator[str]:
    """`headlines`: session and expected of those around this session; `sessions`: all there are, in order of time."""
    counts = headlines["session"].value_counts()
    here = int(counts.get(session, 0))
    before = sessions[sessions < session][-USUAL:]
    usual = float(np.median(counts.reindex(before, fill_value=0))) if len(before) else 0.0
    if here == 0:
        yield "no headline is known for this session: the forecast rests on prices and older news"
    elif here < FEW * usual:
        yield f"{here} headline{'s' * (here > 1)} where {usual:.0f} are usual"
    late = int(((headlines["expected"] == session) & (headlines["session"] > session)).sum())
    if late:
        yield f"{late} headline{'s' * (late > 1)} dated before the decision came after it and count for a later session"


def price_gaps(known: Market, rows: pd.DataFrame, session: pd.Timestamp, settings: Settings) -> Iterator[str]:
    """`rows`: session and available_at of every stored price; one that came after the decision was not used."""
    i = int(known.sessions.searchsorted(session))
    window = slice(max(0, i - settings.features.window), i)
    missing = known.sessions[window][np.isnan(known.closes[window])]
    if len(missing):
        days = ", ".join(f"{day:%Y-%m-%d}" for day in missing)
        yield f"no prices for {len(missing)} of the last {i - window.start} sessions ({days})"
    mine = rows["session"].isin(known.sessions[window]) & (rows["available_at"] > decision_time(session, settings.decision.at))
    late = int(mine.sum())
    if late:
        yield f"{late} price row{'s' * (late > 1)} of the window came or changed after the decision; the forecast does not know them"
