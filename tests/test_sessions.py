"""Which session a headline belongs to: a table of cases, and the property behind it."""

from datetime import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdtcn.errors import InputError
from kdtcn.sessions import closes, decision_time, parse_session, previous, session_of, session_on_or_after, sessions

NEW_YORK = "America/New_York"


def at(text: str) -> pd.Series:
    return pd.Series([pd.Timestamp(text, tz=NEW_YORK).tz_convert("UTC")])


@pytest.mark.parametrize(
    ("known", "session", "why"),
    [
        ("2016-06-23 23:59:59", "2016-06-24", "a second before the decision"),
        ("2016-06-24 00:00:00", "2016-06-24", "at the decision time itself"),
        ("2016-06-24 00:00:01", "2016-06-27", "a second after: the next session, over the weekend"),
        ("2016-06-25 12:00:00", "2016-06-27", "on a Saturday"),
        ("2016-07-02 00:00:00", "2016-07-05", "before Independence Day"),
        ("2012-10-29 09:00:00", "2012-10-31", "during the storm closure of two days"),
        ("2015-11-27 14:00:00", "2015-11-30", "after the close of a half day"),
        ("2016-03-13 12:00:00", "2016-03-14", "the day clocks go forward"),
        ("2016-11-06 12:00:00", "2016-11-07", "the day clocks go back"),
    ],
)
def test_the_session_of_a_headline(known: str, session: str, why: str) -> None:
    assert session_of(at(known)).tolist() == [pd.Timestamp(session)], why


def test_the_same_day_alignment_goes_by_date() -> None:
    for known, session in [("2016-06-24 15:00", "2016-06-24"), ("2016-06-25 15:00", "2016-06-27")]:
        assert session_on_or_after(at(known)).tolist() == [pd.Timestamp(session)]


@given(st.datetimes(pd.Timestamp("2000-01-01"), pd.Timestamp("2020-01-01")))
def test_no_session_is_decided_before_its_headlines_are_known(moment: pd.Timestamp) -> None:
    stamp = pd.Timestamp(moment, tz="UTC")
    session = session_of(pd.Series([stamp]))[0]
    assert decision_time(session) >= stamp
    assert decision_time(previous(session)) < stamp


def test_half_days_close_early() -> None:
    early, full = closes(pd.DatetimeIndex(["2015-11-27", "2015-11-30"]))
    assert (early.tz_convert(NEW_YORK).hour, full.tz_convert(NEW_YORK).hour) == (13, 16)


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
