"""From how a headline came to the session it counts for: when it was known, by source, in New York."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from kdtcn.lake import Lake
from kdtcn.sessions import session_of
from kdtcn.sources import Context, collect, create

from .conftest import Reply, Service

HERE = ZoneInfo("America/New_York")


def new_york(text: str) -> datetime:
    """UTC of a time in New York; of an hour that comes twice the second, so that nothing is known too early."""
    return datetime.fromisoformat(text).replace(tzinfo=HERE, fold=1).astimezone(UTC)


@pytest.mark.parametrize(
    ("stated", "known", "session", "why"),
    [
        ("2016-06-23", "2016-06-24 00:00", "2016-06-24", "a date only: known when its day is over"),
        ("2016-06-24", "2016-06-25 00:00", "2016-06-27", "on a Friday: for Monday"),
        ("2016-06-25", "2016-06-26 00:00", "2016-06-27", "on a Saturday: for Monday too"),
        ("2016-07-03", "2016-07-04 00:00", "2016-07-05", "before a holiday"),
        ("2012-10-28", "2012-10-29 00:00", "2012-10-31", "before the storm"),
        ("2016-03-13", "2016-03-14 00:00", "2016-03-14", "a day of 23 hours"),
        ("2016-11-06", "2016-11-07 00:00", "2016-11-07", "a day of 25 hours"),
        ("2016-06-23 23:59:59", "2016-06-23 23:59:59", "2016-06-24", "a second before midnight"),
        ("2016-06-24 00:00:00", "2016-06-24 00:00", "2016-06-24", "at midnight, with a time"),
        ("2016-06-24T03:59:59Z", "2016-06-23 23:59:59", "2016-06-24", "the same second in UTC"),
        ("2016-06-24T04:00:01Z", "2016-06-24 00:00:01", "2016-06-27", "two seconds later"),
        ("2016-06-24T05:30:00+09:00", "2016-06-23 16:30", "2016-06-24", "the morning in Tokyo is the evening before"),
        ("2016-11-06 01:30:00", "2016-11-06 01:30", "2016-11-07", "an hour that comes twice"),
        ("2016-03-13 02:30:00", "2016-03-13 03:30", "2016-03-14", "an hour that never comes"),
        ("2015-11-27 13:30:00", "2015-11-27 13:30", "2015-11-30", "after a half day's close"),
    ],
)
def test_a_headline_of_a_file(
    lake: Lake, write: Callable[..., Path], context: Context, stated: str, known: str, session: str, why: str
) -> None:
    path = write("n.jsonl", f'{{"date": "{stated}", "title": "Oil falls"}}\n')
    collect(lake, create("news", "csv", {"path": str(path)}), replace(context, now=new_york("2026-01-02T12:00")))
    row = lake.read("headlines").iloc[0]
    assert row["available_at"] == new_york(known), why
    assert list(session_of(pd.Series([row["available_at"]]))) == [pd.Timestamp(session)], why


@pytest.mark.parametrize(
    ("stated", "fetched", "session", "why"),
    [
        ("2016-06-23T20:00", "2016-06-23T23:59:59", "2016-06-24", "fetched a second before midnight"),
        ("2016-06-23T20:00", "2016-06-24T00:00:00", "2016-06-24", "fetched at midnight"),
        ("2016-06-23T20:00", "2016-06-24T00:00:01", "2016-06-27", "fetched a second too late for the session it was news for"),
        ("2016-06-20T08:00", "2016-06-24T00:30:00", "2016-06-27", "a late arrival of days ago"),
        ("2014-01-02T08:00", "2016-06-24T00:30:00", "2016-06-27", "or of years"),
        ("2016-06-25T09:00", "2016-06-24T12:00:00", "2016-06-27", "dated tomorrow by a clock that is wrong"),
        ("2016-06-24T18:00", "2016-06-25T10:00:00", "2016-06-27", "weekend news"),
        ("2012-10-28T18:00", "2012-10-29T10:00:00", "2012-10-31", "fetched during the storm closure"),
        ("2015-11-27T12:00", "2015-11-27T13:30:00", "2015-11-30", "after a half day's close"),
        ("2016-11-06T00:30", "2016-11-06T01:30:00", "2016-11-07", "the night clocks go back"),
    ],
)
def test_a_headline_fetched_is_known_when_fetched_never_earlier(
    service: Service, lake: Lake, context: Context, stated: str, fetched: str, session: str, why: str
) -> None:
    now = new_york(fetched)
    service.clock, context.http.clock = now, lambda: now
    date = format_datetime(new_york(stated))
    feed = f'<rss version="2.0"><channel><title>x</title><item><title>Oil falls</title><pubDate>{date}</pubDate></item></channel></rss>'
    collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed))]}), context)
    row = lake.read("headlines").iloc[0]
    assert row["available_at"] == now, why
    assert row["published_at"] <= now
    assert list(session_of(pd.Series([row["available_at"]]))) == [pd.Timestamp(session)], why


def test_what_was_stored_as_known_stays_so_when_an_archive_comes_later(
    service: Service, lake: Lake, write: Callable[..., Path], context: Context
) -> None:
    """A headline fetched on Friday and found again in an archive with an earlier time is not known earlier for that."""
    date = format_datetime(new_york("2016-06-23T20:00"))
    feed = f'<rss version="2.0"><channel><title>x</title><item><title>Oil falls</title><pubDate>{date}</pubDate></item></channel></rss>'
    collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed))], "source": "wire"}), context)
    archive = write("n.csv", "Date,Time,News\n2016-06-23,20:00,Oil falls\n")
    assert collect(lake, create("news", "csv", {"path": str(archive), "source": "wire"}), context).known == 1
    assert list(lake.read("headlines")["available_at"]) == [context.now]
