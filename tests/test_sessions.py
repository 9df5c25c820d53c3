"""Which session a headline belongs to: a table of cases, and the property behind it."""

from datetime import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import InputError
from kdtcn.sessions import closes, decision_time, parse_session, previous, session_of, session_on_or_after, sessions

NEW_YORK = "America/New_York"


def at(text: str) -> pd.Series:
    return pd.Series([pd.Timestamp(text, tz=NEW_YORK).tz_convert("UTC")])


@pytest.mark.parametrize(
    ("known", "session", "why"),
    [
        # around midnight in New York, when the forecast is made
        ("2016-06-23 23:59:59", "2016-06-24", "a second before the decision"),
        ("2016-06-24 00:00:00", "2016-06-24", "at the decision time itself"),
        ("2016-06-24 00:00:01", "2016-06-27", "a second after: the next session, over the weekend"),
        ("2016-06-23 16:00:00", "2016-06-24", "at the close"),
        ("2016-06-23 09:30:00", "2016-06-24", "at the open: too late for that day"),
        # weekends and holidays
        ("2016-06-25 12:00:00", "2016-06-27", "on a Saturday"),
        ("2016-06-26 23:59:59", "2016-06-27", "late on a Sunday"),
        ("2016-07-02 00:00:00", "2016-07-05", "before Independence Day"),
        ("2016-03-25 12:00:00", "2016-03-28", "on Good Friday"),
        ("2016-01-18 12:00:00", "2016-01-19", "on Martin Luther King Day"),
        ("2015-12-31 18:00:00", "2016-01-04", "over New Year and a weekend"),
        ("2022-06-20 12:00:00", "2022-06-21", "on Juneteenth, observed since 2022"),
        ("2021-06-18 00:00:00", "2021-06-18", "before it was a holiday"),
        # half days: they close at one o'clock and are sessions like others
        ("2015-11-27 00:00:00", "2015-11-27", "before the half day after Thanksgiving"),
        ("2015-11-27 14:00:00", "2015-11-30", "after the close of a half day"),
        ("2013-07-03 12:00:00", "2013-07-05", "on the half day before Independence Day"),
        ("2014-12-24 13:30:00", "2014-12-26", "after the close of Christmas Eve"),
        # closures that nobody had planned
        ("2001-09-11 12:00:00", "2001-09-17", "during the closure after 11 September"),
        ("2012-10-29 09:00:00", "2012-10-31", "during the storm closure of two days"),
        ("2012-10-27 12:00:00", "2012-10-31", "on the Saturday before the storm"),
        ("2012-10-31 00:00:01", "2012-11-01", "after the decision for the day it opened again"),
        ("2018-12-05 12:00:00", "2018-12-06", "on a day of mourning"),
        # clock changes: days of 23 and 25 hours
        ("2016-03-13 01:59:59", "2016-03-14", "a second before clocks go forward"),
        ("2016-03-13 03:00:00", "2016-03-14", "when they have"),
        ("2016-11-06 12:00:00", "2016-11-07", "the day clocks go back"),
        ("2016-11-07 00:00:00", "2016-11-07", "at the decision after it"),
    ],
)
def test_the_session_of_a_headline(known: str, session: str, why: str) -> None:
    assert session_of(at(known)).tolist() == [pd.Timestamp(session)], why


@pytest.mark.parametrize(
    ("decided", "known", "session"),
    [
        (time(1, 0), "2016-06-24 01:00:00", "2016-06-24"),
        (time(1, 0), "2016-06-24 01:00:01", "2016-06-27"),
        (time(9, 30), "2016-06-24 09:30:00", "2016-06-24"),
        (time(9, 30), "2016-03-14 09:30:00", "2016-03-14"),  # the Monday after clocks went forward: 13:30 UTC
        (time(9, 30), "2016-11-07 09:30:00", "2016-11-07"),  # and back: 14:30 UTC
    ],
)
def test_the_hour_of_the_decision_is_new_yorks(decided: time, known: str, session: str) -> None:
    assert session_of(at(known), decided).tolist() == [pd.Timestamp(session)]


@pytest.mark.parametrize(
    ("session", "utc"),
    [
        ("2016-03-11", "2016-03-11 05:00"),
        ("2016-03-14", "2016-03-14 04:00"),
        ("2016-11-04", "2016-11-04 04:00"),
        ("2016-11-07", "2016-11-07 05:00"),
    ],
)
def test_decisions_follow_the_clock_changes(session: str, utc: str) -> None:
    assert decision_time(pd.Timestamp(session)) == pd.Timestamp(utc, tz="UTC")


def test_the_two_half_past_ones_of_the_night_clocks_go_back_are_an_hour_apart() -> None:
    twice = pd.Series(pd.to_datetime(["2016-11-06 05:30", "2016-11-06 06:30"], utc=True))
    assert session_of(twice).tolist() == [pd.Timestamp("2016-11-07")] * 2
    assert twice.dt.tz_convert(NEW_YORK).dt.strftime("%H:%M").tolist() == ["01:30", "01:30"]


@pytest.mark.parametrize(
    "day", ["2012-10-29", "2012-10-30", "2001-09-14", "2016-07-04", "2016-03-25", "2018-12-05", "2025-01-09"]
)
def test_days_the_exchange_was_closed(day: str) -> None:
    assert len(sessions(day, day)) == 0
    with pytest.raises(InputError, match="is no NYSE session"):
        parse_session(day)


def test_the_same_day_alignment_goes_by_date() -> None:
    for known, session in [("2016-06-24 15:00", "2016-06-24"), ("2016-06-25 15:00", "2016-06-27")]:
        assert session_on_or_after(at(known)).tolist() == [pd.Timestamp(session)]


@settings(deadline=None)
@given(st.datetimes(pd.Timestamp("2000-01-01"), pd.Timestamp("2020-01-01")))
def test_no_session_is_decided_before_its_headlines_are_known(moment: pd.Timestamp) -> None:
    stamp = pd.Timestamp(moment, tz="UTC")
    session = session_of(pd.Series([stamp]))[0]
    assert decision_time(session) >= stamp
    assert decision_time(previous(session)) < stamp


@pytest.mark.parametrize(
    ("session", "close"),
    [
        ("2015-11-27", "13:00"),
        ("2013-07-03", "13:00"),
        ("2014-12-24", "13:00"),
        ("2015-11-30", "16:00"),
        ("2012-10-31", "16:00"),
        ("2016-03-14", "16:00"),
        ("2016-11-07", "16:00"),
    ],
)
def test_half_days_close_early(session: str, close: str) -> None:
    assert closes(pd.DatetimeIndex([session]))[0].tz_convert(NEW_YORK).strftime("%H:%M") == close


def test_a_closed_day_is_refused_with_its_neighbours() -> None:
    with pytest.raises(InputError, match="2016-07-01 and 2016-07-05"):
        parse_session("2016-07-04")
    for bad in ("2016-02-30", "yesterday", "1901-01-02"):
        with pytest.raises(InputError, match=bad):
            parse_session(bad)


def test_an_empty_range_is_empty() -> None:
    assert len(sessions("2016-07-02", "2016-07-04")) == 0
    assert len(sessions("2016-07-05", "2016-07-01")) == 0


def test_a_decision_after_the_open_is_refused() -> None:
    with pytest.raises(InputError, match="09:30"):
        decision_time(pd.Timestamp("2016-06-24"), time(10, 0))
