"""The trading calendar and the clock: which session a row belongs to, and what is known when.

A session is an NYSE trading day, given as a naive midnight Timestamp; points in time are UTC.
"""

from datetime import date, time
from functools import lru_cache

import exchange_calendars
import numpy as np
import pandas as pd

from kdtcn.errors import InputError

NEW_YORK = "America/New_York"
FIRST = "1985-01-01"  # the library's default window moves with today's date, which would change old results

Day = str | date | pd.Timestamp


@lru_cache(maxsize=1)
def calendar() -> exchange_calendars.ExchangeCalendar:
    """The XNYS calendar from 1985 to about a year ahead."""
    return exchange_calendars.get_calendar("XNYS", start=FIRST)


def parse_day(day: Day, what: str = "date") -> pd.Timestamp:
    """A naive midnight Timestamp from a date; InputError where it is none."""
    if isinstance(day, str):
        try:
            return pd.Timestamp(date.fromisoformat(day))
        except ValueError:
            raise InputError(f"{what} {day!r}: expected an ISO date such as 2016-06-24") from None
    return pd.Timestamp(day).normalize().tz_localize(None)


def sessions(first: Day, last: Day) -> pd.DatetimeIndex:
    """The sessions from `first` to `last`, both included; empty when there is none between them."""
    begin, end = parse_day(first), parse_day(last)
    if begin > end:
        return pd.DatetimeIndex([])
    known = calendar().sessions
    return known[(known >= begin) & (known <= end)]


def parse_session(day: Day) -> pd.Timestamp:
    """The session of that date; InputError with its neighbours where the exchange is closed."""
    stamp = parse_day(day, "session")
    known = calendar().sessions
    if stamp in known:
        return stamp
    if not known[0] <= stamp <= known[-1]:
        raise InputError(
            f"session {stamp:%Y-%m-%d}: outside the calendar, which runs {known[0]:%Y-%m-%d} to {known[-1]:%Y-%m-%d}"
        )
    i = int(known.searchsorted(stamp))
    raise InputError(f"{stamp:%Y-%m-%d} is no NYSE session; the nearest are {known[i - 1]:%Y-%m-%d} and {known[i]:%Y-%m-%d}")


def previous(session: pd.Timestamp, n: int = 1) -> pd.Timestamp:
    """The n-th session before this one."""
    known = calendar().sessions
    i = int(known.get_loc(session)) - n
    if i < 0:
        raise InputError(f"session {session:%Y-%m-%d}: no {n} sessions before it in the calendar (starts {FIRST})")
    return known[i]


def day_start(days: pd.Series | pd.DatetimeIndex) -> pd.Series:
    """00:00 New York of each naive date, in UTC."""
    return pd.Series(pd.DatetimeIndex(days).tz_localize(NEW_YORK).tz_convert("UTC"))


def day_end(days: pd.Series | pd.DatetimeIndex) -> pd.Series:
    """24:00 New York of each naive date, in UTC: when a headline with a date only is known."""
    return day_start(pd.DatetimeIndex(days) + pd.Timedelta(days=1))


def decision_time(session: pd.Timestamp, at: time = time(0, 0)) -> pd.Timestamp:
    """When the forecast for a session is made, in UTC."""
    return decision_times(pd.DatetimeIndex([session]), at)[0]


def decision_times(index: pd.DatetimeIndex, at: time = time(0, 0)) -> pd.DatetimeIndex:
    """Decision times of many sessions, in UTC."""
    if at > time(9, 30):
        raise InputError(f"decision.at {at}: a forecast cannot be made after the open (09:30 New York)")
    offset = pd.Timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    return (index + offset).tz_localize(NEW_YORK, nonexistent="shift_forward", ambiguous=True).tz_convert("UTC")


def closes(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The close of each session in UTC, half days included."""
    return pd.DatetimeIndex(calendar().closes.loc[index])


def session_of(moments: pd.Series, at: time = time(0, 0)) -> pd.Series:
    """The first session whose decision time is at or after each moment (UTC): where its row first counts."""
    known = calendar().sessions
    stamps = pd.DatetimeIndex(moments).as_unit("ns")
    index = np.searchsorted(decision_times(known, at).as_unit("ns").asi8, stamps.asi8, side="left")
    inside = index < len(known)
    found = known[np.minimum(index, len(known) - 1)].to_series().reset_index(drop=True)
    return found.where(inside).set_axis(moments.index)


def session_on_or_after(moments: pd.Series) -> pd.Series:
    """The session of the New York date of each moment, or the next one: the same-day alignment."""
    days = pd.DatetimeIndex(moments).tz_convert(NEW_YORK).normalize().tz_localize(None)
    known = calendar().sessions
    index = known.as_unit("ns").searchsorted(days.as_unit("ns"), side="left")
    found = known[np.minimum(index, len(known) - 1)].to_series().reset_index(drop=True)
    return found.where(index < len(known)).set_axis(moments.index)
