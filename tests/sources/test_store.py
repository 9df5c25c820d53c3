"""Storing: counts that add up whatever comes, restatements beside what they restate, versions that stand still."""

import tempfile
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.lake import Lake
from kdtcn.sources import Counts, Price, Record, Reject, store_news, store_prices
from kdtcn.sources.clock import day_end, day_start, session_close

NOW = datetime(2016, 7, 4, 12, tzinfo=UTC)


def price(day: int, close: float = 11.0, volume: float | None = 100.0) -> Price:
    session = date(2016, 6, day)
    return Price("^DJI", session, "yahoo", session_close(session) or NOW, 10.0, 12.0, 9.0, close, close, volume)


def record(day: int, text: str, rank: int | None = None) -> Record:
    when = date(2016, 6, day)
    return Record(day_start(when), day_end(when), "test", when, text, rank=rank)


@given(
    st.lists(
        st.one_of(
            st.builds(
                record,
                st.integers(1, 30),
                st.sampled_from(["Oil falls", "Rates rise", "", "...", "x" * 2000, "caf\u00e9"]),
                st.sampled_from([None, 1, 2]),
            ),
            st.builds(Reject, st.just("test"), st.sampled_from(["line 1", "line 2", "\ud800"]), st.just("not a date")),
        ),
        max_size=12,
    )
)
@settings(max_examples=15, deadline=None)
def test_whatever_comes_the_counts_add_up_and_the_second_time_nothing_is_new(rows: list[Record | Reject]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        first = store_news(lake, iter(rows), NOW)
        versions = lake.versions()
        second = store_news(lake, iter(rows), NOW)
        assert first.read == second.read == len(rows)
        assert first.stored == len(lake.read("headlines"))
        assert first.scores == len(lake.read("headline_scores"))
        assert (second.stored, second.scores, second.rejected) == (0, 0, first.rejected)
        assert lake.versions() == versions


def test_counts_that_do_not_add_up_are_a_bug_not_a_report() -> None:
    with pytest.raises(AssertionError, match="add up"):
        Counts(read=3, stored=1, known=1)
    assert Counts(3, 1, 1, 1) + Counts(2, 2, restated=1) == Counts(5, 3, 1, 1, 1)


def test_a_restated_price_is_a_new_row_known_from_now_on(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert store_prices(lake, [price(22), price(23)], NOW) == Counts(2, 2)
    assert "restated" not in capsys.readouterr().err
    assert store_prices(lake, [price(22), price(23, 11.5)], NOW) == Counts(2, 1, 1, restated=1)
    told = "restated by yahoo: ^DJI 2016-06-23: close 11 -> 11.5, adj_close 11 -> 11.5; the old row stays"
    assert told in capsys.readouterr().err
    rows = lake.read("prices")
    assert list(rows["close"]) == [11.0, 11.0, 11.5]
    assert list(rows["available_at"])[1:] == [pd.Timestamp("2016-06-23 20:00", tz="UTC"), pd.Timestamp(NOW)]
    assert list(lake.read("prices", as_of=NOW - pd.Timedelta(days=1))["close"]) == [11.0, 11.0]
    later = NOW + pd.Timedelta(days=1)
    assert store_prices(lake, [price(22), price(23, 11.5)], later) == Counts(2, 0, 2)
    assert store_prices(lake, [price(23, 11.0)], later) == Counts(1, 1, restated=1)  # and back again


@pytest.mark.parametrize(
    ("old", "new", "restated"),
    [
        (price(22), price(22, 11.0 * (1 + 1e-8)), 0),  # the noise of 32-bit numbers
        (price(22, volume=None), price(22, volume=None), 0),
        (price(22, volume=None), price(22), 1),
        (price(22), price(22, 11.01), 1),
    ],
)
def test_what_counts_as_another_value(lake: Lake, old: Price, new: Price, restated: int) -> None:
    store_prices(lake, [old], NOW)
    assert store_prices(lake, [new], NOW).restated == restated


def test_a_session_twice_in_one_answer_is_known_or_refused(lake: Lake) -> None:
    assert store_prices(lake, [price(22), price(22), price(22, 11.9), price(23)], NOW) == Counts(4, 2, 1, 1)
    assert list(lake.read("rejects")["reason"]) == ["another row of the same session has other values"]
    assert list(lake.read("prices")["close"]) == [11.0, 11.0]


def test_nothing_at_all_writes_nothing(lake: Lake) -> None:
    assert store_news(lake, [], NOW) == store_prices(lake, [], NOW) == Counts()
    assert lake.versions() == {}


def test_everything_about_a_headline_lies_in_the_month_of_its_day(lake: Lake) -> None:
    late = datetime(2016, 7, 1, 3, 30, tzinfo=UTC)  # 23:30 on 30 June in New York
    store_news(lake, [Record(late, late, "test", date(2016, 6, 30), "Late news", rank=1, seen_at=NOW)], NOW)
    assert list(lake.read("headlines")["month"]) == list(lake.read("headline_scores")["month"]) == ["2016-06"]
