"""How each source stands: cases on a lake of a few days."""

from datetime import time
from pathlib import Path

import pandas as pd
import pytest

from kdtcn.config import NewsSource, PriceSource, ServeSettings, Settings, SourcesSettings
from kdtcn.lake import Lake
from kdtcn.sources.standing import lag, next_nightly, rejects, standings

NEW_YORK = "America/New_York"


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=NEW_YORK).tz_convert("UTC")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def store_prices(lake: Lake, *days: str, known: str = "", source: str = "test") -> None:
    sessions = pd.to_datetime(list(days))
    values = dict.fromkeys(("open", "high", "low", "close", "adj_close", "volume"), 10.0)
    available = at(known) if known else sessions.tz_localize(NEW_YORK) + pd.Timedelta(hours=16)
    lake.upsert(
        "prices", pd.DataFrame({"symbol": "^DJI", "session": sessions, "source": source, **values, "available_at": available})
    )


def store_headline(lake: Lake, name: str, published: str, available: str, source: str = "feed") -> None:
    row = {
        "headline_id": name,
        "source": source,
        "text": name,
        "month": published[:7],
        "published_at": at(published),
        "available_at": at(available),
    }
    lake.upsert("headlines", pd.DataFrame([row]))


def test_an_empty_lake_has_no_sources(lake: Lake) -> None:
    assert standings(lake) == []
    assert rejects(lake).empty


def test_prices_tell_last_session_gaps_and_restatements(lake: Lake) -> None:
    store_prices(lake, "2016-07-01", "2016-07-05", "2016-07-08")  # the 4th is a holiday, 6th and 7th are missing
    store_prices(lake, "2016-07-05", known="2016-07-09 12:00")
    store_prices(lake, "2016-06-01", source="other")
    other, test = standings(lake)
    assert (other.source, other.rows, list(other.gaps)) == ("other ^DJI", 1, [])
    assert (test.kind, test.source, test.rows, test.late) == ("prices", "test ^DJI", 4, 1)
    assert test.last_session == pd.Timestamp("2016-07-08")
    assert [f"{day:%m-%d}" for day in test.gaps] == ["07-06", "07-07"]


@pytest.mark.parametrize(
    ("published", "available", "decision", "late"),
    [
        ("2016-07-05 09:00", "2016-07-05 09:00", time(0, 0), 0),
        ("2016-07-05 00:00", "2016-07-06 00:00", time(0, 0), 0),  # a date only: known when the day is over
        ("2016-07-05 23:59", "2016-07-06 00:30", time(0, 0), 1),  # fetched after the decision
        ("2016-07-05 23:59", "2016-07-06 00:30", time(1, 0), 0),  # ... before it
        ("2016-07-02 10:00", "2016-07-04 20:00", time(0, 0), 0),  # a weekend and a holiday: the same session reads it
        ("2016-07-01 10:00", "2016-07-08 10:00", time(0, 0), 1),
    ],
)
def test_a_headline_is_late_when_a_later_session_reads_it(
    lake: Lake, published: str, available: str, decision: time, late: int
) -> None:
    store_headline(lake, "a", published, available)
    assert [one.late for one in standings(lake, decision)] == [late]


def test_news_tells_the_sessions_that_nothing_was_read_for(lake: Lake) -> None:
    store_headline(lake, "a", "2016-06-30 12:00", "2016-06-30 12:00")  # read by July 1
    store_headline(lake, "b", "2016-07-06 12:00", "2016-07-06 12:00")  # read by July 7
    (found,) = standings(lake)
    assert found.last_session == pd.Timestamp("2016-07-07")
    assert [f"{day:%m-%d}" for day in found.gaps] == ["07-05", "07-06"]


def test_rejects_are_counted_by_source_and_reason(lake: Lake) -> None:
    rows = [("feed", "no text"), ("feed", "no date"), ("feed", "no text"), ("archive", "no text")]
    frame = pd.DataFrame(rows, columns=["source", "reason"]).assign(reject_id=list("abcd"), raw="", available_at=at("2016-07-01"))
    lake.upsert("rejects", frame)
    assert list(rejects(lake).itertuples(index=False, name=None)) == [
        ("archive", "no text", 1),
        ("feed", "no text", 2),
        ("feed", "no date", 1),
    ]


@pytest.mark.parametrize(
    ("now", "session", "starts"),
    [
        ("2026-11-20 12:00", "2026-11-23", "2026-11-23 00:30"),  # Friday noon: Monday
        ("2026-11-23 00:29", "2026-11-23", "2026-11-23 00:30"),
        ("2026-11-23 00:31", "2026-11-24", "2026-11-24 00:30"),
        ("2026-11-25 09:00", "2026-11-27", "2026-11-27 00:30"),  # Thanksgiving between
    ],
)
def test_the_next_nightly_asks_from_the_session_before(now: str, session: str, starts: str) -> None:
    sources = SourcesSettings(prices=[PriceSource(provider="yahoo")], news=[NewsSource(provider="reddit")])
    coming = next_nightly(Settings(sources=sources, serve=ServeSettings(at="00:30")), at(now))
    assert (coming.session, coming.starts) == (pd.Timestamp(session), at(starts))
    assert coming.first < coming.session == coming.last
    assert coming.providers == ("prices yahoo ^DJI", "news reddit")


@pytest.mark.parametrize(
    ("now", "prices", "news"),
    [
        ("2016-06-24 12:00", 0, 1),  # Friday's session is decided, not closed; the headline counted for Thursday
        ("2016-06-24 16:00", 1, 1),
        ("2016-06-26 12:00", 1, 1),  # no session at a weekend
        ("2016-06-27 00:00", 1, 2),
    ],
)
def test_lag_counts_the_sessions_that_a_source_is_behind(lake: Lake, now: str, prices: int, news: int) -> None:
    store_prices(lake, "2016-06-22", "2016-06-23")
    store_headline(lake, "a", "2016-06-22 10:00", "2016-06-22 10:00")  # Thursday's session reads it
    by_kind = {one.kind: one for one in standings(lake)}
    assert (lag(by_kind["prices"], Settings(), at(now)), lag(by_kind["news"], Settings(), at(now))) == (prices, news)
