"""Prices and headlines from delimited files: columns, dates, times, what is refused and why."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, Price, Record, Reject, collect, create

HEAD = "Date,Open,High,Low,Close,Adj Close,Volume\n"


def _read(kind: str, path: Path, context: Context, **options: Any) -> list[Record | Price | Reject]:
    return list(create(kind, "csv", {"path": str(path), **options}).read(context))


# -- prices ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2016-06-23,10,12,9,11,11,100", None),
        ("2016-06-23,10,12,9,11,,", None),
        ("2016-06-23,null,null,null,null,null,null", "open, high, low or close is missing"),
        ("2016-06-23,10,12,9,inf,11,100", "open, high, low or close is missing"),
        ("2016-06-23,10,12,9,0,11,100", "a price is not above zero"),
        ("2016-06-23,10,9,12,11,11,100", "open, high, low and close contradict each other"),
        ("2016-06-23,10,12,9,11,11,-1", "the volume is negative"),
        ('2016-06-23,"10,5",12,9,11,11,100', "open is not a number"),
        ("2016-06-23,10,12,9", "more or fewer cells than the header"),
        ("2016-06-25,10,12,9,11,11,100", "no NYSE session on that day"),
        ("2016-06-24,10,12,9,11,11,100", "the session has not closed yet"),  # it is noon
        ("yesterday,10,12,9,11,11,100", "not a date"),
    ],
)
def test_a_price_row_is_stored_or_refused_with_a_reason(
    write: Callable[..., Path], context: Context, row: str, reason: str | None
) -> None:
    found = _read("prices", write("p.csv", f"{HEAD}2016-06-22,10,12,9,11,11,100\n{row}\n"), context)[1]
    if reason is None:
        assert isinstance(found, Price)
        assert (found.close, found.adj_close) == (11, 11)
    else:
        assert isinstance(found, Reject)
        assert found.reason == reason
        assert found.raw.startswith("p.csv line 3: ")


def test_columns_delimiter_and_dates_by_option(write: Callable[..., Path], context: Context) -> None:
    path = write("p.csv", "Tag;Anf;Hoch;Tief;Schluss;Papier\n03.05.2016;10;12;9;11;XYZ\n")
    columns = {"session": "Tag", "open": "Anf", "high": "Hoch", "low": "Tief", "close": "Schluss", "symbol": "papier"}
    found = _read("prices", path, context, columns=columns, delimiter=";", dates="dmy", source="mine")[0]
    assert found[:3] == ("XYZ", date(2016, 5, 3), "mine")
    assert isinstance(found, Price)
    assert found.volume is None


def test_a_range_leaves_out_other_days(write: Callable[..., Path], context: Context) -> None:
    context.first = context.last = date(2016, 6, 22)
    path = write("p.csv", HEAD + "".join(f"2016-06-{day},10,12,9,11,11,100\n" for day in (21, 22, 23)))
    assert [row.session for row in _read("prices", path, context) if isinstance(row, Price)] == [date(2016, 6, 22)]


@pytest.mark.parametrize(
    ("kind", "content", "options", "words"),
    [
        ("prices", HEAD, {}, "no rows below the header"),
        ("prices", HEAD + "03/04/2016,1,1,1,1,1,1\n", {}, "fits both"),
        ("prices", HEAD + "2016-06-23,1,1,1,1,1,1\n", {"dates": "dmy"}, "no date is written as 'dmy'"),
        ("prices", "a,b\n1,2\n", {}, "no column for 'session'"),
        ("prices", HEAD.replace(",", ";"), {}, "no column for 'session'"),
        ("news", "Date,News\n", {}, "no rows below the header"),
        ("news", "Date,Words\n2016-06-23,x\n", {}, "no column for 'text'"),
        ("news", "Date,News\n03/04/2016,x\n", {}, "fits both"),
        ("news", "Date,News\n2016-06-23,x\n", {"timezone": "Nowhere"}, "timezone 'Nowhere'"),
        ("news", "Date,News\n2016-06-23,x\n", {"dates": "mdy"}, "no date is written as 'mdy'"),
    ],
)
def test_a_useless_file_is_named_and_nothing_is_written(
    lake: Lake, write: Callable[..., Path], context: Context, kind: str, content: str, options: dict[str, str], words: str
) -> None:
    provider = create(kind, "csv", {"path": str(write("x.csv", content)), **options})
    with pytest.raises(InputError, match=words):
        collect(lake, provider, context)
    assert lake.versions() == {}


# -- news -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "row", "published", "available"),
    [
        ("Date,News", "2016-06-22,Oil falls", "2016-06-22 04:00", "2016-06-23 04:00"),
        ("Date,Time,News", "2016-06-22,23:59:59,Oil falls", "2016-06-23 03:59:59", "2016-06-23 03:59:59"),
        ("Date,Time,News", "2016-06-22,,Oil falls", "2016-06-22 04:00", "2016-06-23 04:00"),
        ("published_at,headline", "2016-06-22T23:00:00Z,Oil falls", "2016-06-22 23:00", "2016-06-22 23:00"),
        ("published_at,headline", "2016-06-22 00:00:00,Oil falls", "2016-06-22 04:00", "2016-06-22 04:00"),
    ],
)
def test_with_a_time_news_is_known_then_with_a_date_only_when_the_day_is_over(
    write: Callable[..., Path], context: Context, head: str, row: str, published: str, available: str
) -> None:
    found = _read("news", write("n.csv", f"{head}\n{row}\n"), context)[0]
    assert isinstance(found, Record)
    assert (pd.Timestamp(found.published_at), pd.Timestamp(found.available_at)) == (
        pd.Timestamp(published, tz="UTC"),
        pd.Timestamp(available, tz="UTC"),
    )
    assert found.day == date(2016, 6, 22)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2016-06-22,10:00,Oil falls,x", "rank or votes is not a whole number"),
        ("2016-06-22,10:00,,1", "no text"),
        ("2016-06-22,late,Oil falls,1", "not a time of day"),
        ("soon,10:00,Oil falls,1", "not a date"),
        ("2016-06-22,10:00,Oil, falls,1", "more or fewer cells than the header"),
    ],
)
def test_refused_news(write: Callable[..., Path], context: Context, row: str, reason: str) -> None:
    found = _read("news", write("n.csv", f"Date,Time,News,rank\n2016-06-21,09:00,First,1\n{row}\n"), context)[1]
    assert isinstance(found, Reject)
    assert found.reason == reason
    assert found.raw == f"n.csv line 3: {row}"


def test_ranks_of_an_archive_are_seen_at_its_end_unless_the_file_says_when(
    lake: Lake, write: Callable[..., Path], context: Context
) -> None:
    collect(
        lake,
        create(
            "news", "csv", {"path": str(write("a.csv", "Date,News,rank\n2016-06-20,One,1\n2016-06-22,Two,2\n")), "source": "a"}
        ),
        context,
    )
    timed = write("b.csv", "Date,News,votes,seen_at\n2016-06-20,One,7,2016-06-20T12:00:00Z\n")
    collect(lake, create("news", "csv", {"path": str(timed), "source": "b"}), context)
    scores = lake.read("headline_scores").sort_values("seen_at")
    assert [str(moment) for moment in scores["seen_at"]] == [
        "2016-06-20 12:00:00+00:00",
        "2016-06-23 04:00:00+00:00",
        "2016-06-23 04:00:00+00:00",
    ]
    assert list(scores["votes"].fillna(-1)) == [7, -1, -1]


def test_entities_are_turned_into_characters_once_unless_told_not_to(write: Callable[..., Path], context: Context) -> None:
    path = write("n.csv", "Date,News\n2016-06-22,Rock &amp; roll &amp;lt; jazz\n")
    assert _read("news", path, context)[0][4] == "Rock & roll &lt; jazz"
    assert _read("news", path, context, unescape=False)[0][4] == "Rock &amp; roll &amp;lt; jazz"


def test_a_page_in_the_headline_column_is_refused_and_the_rest_stored(
    lake: Lake, write: Callable[..., Path], context: Context
) -> None:
    path = write("n.csv", f"Date,News\n2016-06-22,{'word ' * 2_000_000}\n2016-06-22,Oil falls\n")
    assert collect(lake, create("news", "csv", {"path": str(path)}), context) == Counts(2, 1, 0, 1)
    reject = lake.read("rejects").iloc[0]
    assert reject["reason"] == "longer than 1,000 characters"
    assert len(reject["raw"]) <= 1000
