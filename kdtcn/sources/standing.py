"""How each source stands: its last session, its gaps and late rows, and what the next nightly will ask for."""

from dataclasses import dataclass
from datetime import datetime, time

import pandas as pd

from kdtcn.config import Settings
from kdtcn.lake import Lake
from kdtcn.lake.query import connect
from kdtcn.sessions import NEW_YORK, calendar, closes, day_end, decision_times, previous, session_of, sessions
from kdtcn.sources.registry import configured


@dataclass(frozen=True)
class Standing:
    """One source, of prices one symbol.

    `last_session` is the last with a price, or the last that can read a headline. `gaps` are the sessions from the first to
    the last without any. `late` counts restated prices, and headlines that were known only after the day they are of, so
    that a later session reads them.
    """

    kind: str
    source: str
    rows: int
    last_session: pd.Timestamp | None
    gaps: pd.DatetimeIndex
    late: int


@dataclass(frozen=True)
class Nightly:
    """The next nightly: when it starts (UTC), the session it forecasts, and the days it asks the providers for."""

    starts: pd.Timestamp
    session: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    providers: tuple[str, ...]


def standings(lake: Lake, at: time = time(0, 0)) -> list[Standing]:
    """Every source of prices, then of news, that the lake holds rows of; `at` is the decision's time of day."""
    connection = connect(lake)
    try:
        prices = connection.sql("SELECT symbol, source, session, available_at FROM prices").df()
        news = connection.sql("SELECT source, published_at, available_at FROM headlines").df()
    finally:
        connection.close()
    return [
        *(_prices(f"{source} {symbol}", rows) for (source, symbol), rows in prices.groupby(["source", "symbol"])),
        *(_news(str(source), rows, at) for source, rows in news.groupby("source")),
    ]


def lag(one: Standing, settings: Settings, now: datetime | pd.Timestamp | None = None) -> int | None:
    """How many sessions the source is behind: closed ones without a price, or decided ones that no headline reached; None without any."""
    if one.last_session is None:
        return None
    clock = pd.Timestamp.now("UTC") if now is None else pd.Timestamp(now)
    recent = calendar().sessions[(calendar().sessions > one.last_session) & (calendar().sessions <= clock.tz_convert(None))]
    due = closes(recent) if one.kind == "prices" else decision_times(recent, settings.decision.at)
    return int((due <= clock).sum())


def rejects(lake: Lake) -> pd.DataFrame:
    """Refused rows: source, reason, rows; the most frequent reason of a source first."""
    counts = lake.read("rejects", columns=["source", "reason"]).value_counts().rename("rows").reset_index()
    return counts.sort_values(["source", "rows"], ascending=[True, False], ignore_index=True)


def _prices(name: str, rows: pd.DataFrame) -> Standing:
    have = pd.DatetimeIndex(rows["session"].unique()).sort_values()
    gaps = sessions(have[0], have[-1]).difference(have)
    return Standing("prices", name, len(rows), have[-1], gaps, len(rows) - len(have))


def _news(name: str, rows: pd.DataFrame, at: time) -> Standing:
    read_by = session_of(rows["available_at"], at)
    days = rows["published_at"].dt.tz_convert(NEW_YORK).dt.normalize().dt.tz_localize(None)
    in_time = session_of(day_end(days), at).set_axis(rows.index)
    have = pd.DatetimeIndex(read_by.dropna().unique()).sort_values()
    gaps = sessions(have[0], have[-1]).difference(have) if len(have) else have
    return Standing("news", name, len(rows), have[-1] if len(have) else None, gaps, int((read_by > in_time).sum()))


def next_nightly(settings: Settings, now: datetime | pd.Timestamp | None = None) -> Nightly:
    """The nightly that `kdtcn serve` starts next, at `serve.at` New York time of a session's own day."""
    clock = pd.Timestamp.now("UTC") if now is None else pd.Timestamp(now)
    offset = pd.Timedelta(hours=settings.serve.at.hour, minutes=settings.serve.at.minute)
    coming = calendar().sessions[calendar().sessions >= clock.tz_convert(NEW_YORK).tz_localize(None).normalize()][:2]
    starts = [
        (day + offset).tz_localize(NEW_YORK, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC") for day in coming
    ]
    chosen = 0 if starts[0] > clock else 1
    session = coming[chosen]
    return Nightly(starts[chosen], session, previous(session), session, tuple(configured(settings.sources)))
