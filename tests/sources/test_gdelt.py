"""GDELT's search and its 15-minute files from a loopback service."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kdtcn.errors import SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, Provider, collect, create
from kdtcn.sources.gdelt import title_of

from .conftest import Reply, Service
from .dialects import MORNING, gkg, gkg_line


def articles(*titles: Any, seen: str = "20160624T080000Z") -> Reply:
    return Reply(
        json.dumps({"articles": [{"title": title, "seendate": seen, "url": "https://example.org/1"} for title in titles]})
    )


def search(service: Service, *replies: Reply, **options: Any) -> Provider:
    return create("news", "gdelt", {"api": service.on("/doc", *replies), **options})


# -- the search -----------------------------------------------------------------------------------------------


def test_a_question_a_day_in_new_yorks_hours(service: Service, lake: Lake, context: Context) -> None:
    context.first, context.last = date(2016, 6, 22), date(2016, 6, 23)
    replies = [articles("Oil falls", seen="20160622T080000Z"), articles("Rates rise", seen="20160623T080000Z")]
    assert collect(lake, search(service, *replies, query="oil", most=10), context) == Counts(2, 2)
    asked = service.asked[0].query
    assert asked["query"] == "oil"
    assert (asked["mode"], asked["format"], asked["maxrecords"]) == ("artlist", "json", "10")
    spans = [(asked.query["startdatetime"], asked.query["enddatetime"]) for asked in service.asked]
    assert spans == [("20160622040000", "20160623035959"), ("20160623040000", "20160624035959")]
    assert set(lake.read("headlines")["source"]) == {"gdelt"}
    assert set(lake.read("headlines")["url"]) == {"https://example.org/1"}


def test_without_a_range_the_last_day(service: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, search(service, articles("Oil falls")), context).stored == 1
    assert service.asked[0].query["timespan"] == "1d"


def test_days_to_come_are_not_asked_for(service: Service, lake: Lake, context: Context) -> None:
    context.first, context.last = date(2016, 6, 25), date(2016, 6, 30)
    assert collect(lake, search(service, articles("Oil falls")), context) == Counts()
    assert service.asked == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Your query was too short or too long.", "Your query was too short or too long.; mend the option query"),
        ("Please limit requests to one every 5 seconds", "Please limit requests"),
        ("<html>busy</html>", "instead of JSON"),
        ('{"status": "ok"}', "no list of articles"),
        ("[]", "no list of articles"),
        ("", "instead of JSON"),
    ],
)
def test_what_the_service_says_instead_is_repeated(service: Service, lake: Lake, context: Context, body: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        collect(lake, search(service, Reply(body)), context)
    assert lake.versions() == {}


def test_backslashes_that_escape_nothing_do_not_lose_the_page(service: Service, lake: Lake, context: Context) -> None:
    body = '{"articles": [{"title": "Oil \\\\d falls \\d and \\"rises\\" caf\\u00e9", "seendate": "20160624T080000Z"}]}'
    assert collect(lake, search(service, Reply(body)), context).stored == 1
    assert list(lake.read("headlines")["text"]) == ['Oil \\d falls \\d and "rises" café']


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Oil falls , gas rises", "Oil falls, gas rises"),
        ("Minister ' s plan", "Minister ' s plan"),
        ("Minister 's plan ( again ) ?", "Minister's plan (again)?"),
        ("Tea &amp; coffee : prices rise", "Tea & coffee: prices rise"),
        ("Rates at .5 percent", "Rates at .5 percent"),
    ],
)
def test_titles_without_the_services_spaces(text: str, title: str) -> None:
    assert title_of(text) == title


def test_odd_articles_are_refused_one_by_one(service: Service, lake: Lake, context: Context) -> None:
    body = json.dumps(
        {
            "articles": [
                "no article",
                {"title": "Undated"},
                {"title": 7},
                {"title": "Oil falls", "seendate": "20160624T080000Z", "url": 3},
            ]
        }
    )
    assert collect(lake, search(service, Reply(body)), context) == Counts(4, 1, 0, 3)
    assert sorted(lake.read("rejects")["reason"]) == ["no date", "no text", "no text"]


# -- the files ------------------------------------------------------------------------------------------------


def files(service: Service, newest: str, **options: Any) -> Provider:
    service.on("/lastupdate.txt", Reply(f"1 0 {service.url}/{newest}.gkg.csv.zip\n"))
    return create("news", "gdelt-files", {"site": service.url, **options})


def on(service: Service, stamp: str, *lines: str) -> None:
    service.on(f"/{stamp}.gkg.csv.zip", gkg(list(lines) or [gkg_line(f"News of {stamp}", stamp)]))


def test_the_files_of_a_range_each_known_when_it_was_put_out(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 24)
    provider = files(service, "20160624043000")
    for stamp in ("20160624040000", "20160624043000"):
        on(service, stamp)
    assert collect(lake, provider, context) == Counts(2, 2)
    rows = lake.read("headlines").sort_values("published_at")
    assert list(rows["text"]) == ["News of 20160624040000", "News of 20160624043000"]
    assert list(rows["available_at"] - rows["published_at"]) == [timedelta(minutes=15)] * 2
    assert [asked.path for asked in service.asked] == [
        "/lastupdate.txt", "/20160624040000.gkg.csv.zip", "/20160624041500.gkg.csv.zip", "/20160624043000.gkg.csv.zip",
    ]  # fmt: skip
    assert context.problems == [f"{service.url}: 1 of 3 files are not there"]


def test_without_a_range_the_day_up_to_the_newest_file_the_service_names(service: Service, lake: Lake, context: Context) -> None:
    on(service, "20160623120000")
    on(service, "20160624114500")
    assert collect(lake, files(service, "20160624114500"), context).stored == 2
    asked = [asked.path for asked in service.asked if asked.path.endswith(".zip")]
    assert (len(asked), asked[0], asked[-1]) == (96, "/20160623120000.gkg.csv.zip", "/20160624114500.gkg.csv.zip")


def test_a_file_fetched_at_once_is_known_when_fetched(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 24)
    now = datetime(2016, 6, 24, 4, 5, tzinfo=UTC)
    context.http.clock = lambda: now
    on(service, "20160624040000")
    collect(lake, files(service, "20160624040000"), context)
    assert list(lake.read("headlines")["available_at"]) == [now]


def test_only_the_sites_and_themes_asked_for(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 24)
    stamp = "20160624040000"
    on(
        service,
        stamp,
        gkg_line("Oil falls", stamp, site="news.example.org", themes="TAX;ECON_STOCKMARKET;"),
        gkg_line("Rates rise", stamp, site="example.org", themes="TAX;"),
        gkg_line("Elsewhere", stamp, site="myexample.org", themes="ECON_STOCKMARKET;"),
        gkg_line("", stamp, site="example.org", themes="ECON_STOCKMARKET;"),
    )
    provider = files(service, stamp, domains=["example.org"], themes=["ECON_STOCKMARKET"])
    assert collect(lake, provider, context) == Counts(1, 1)
    assert list(lake.read("headlines")["text"]) == ["Oil falls"]


def test_lines_of_another_shape_are_refused(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 24)
    stamp = "20160624040000"
    on(service, stamp, gkg_line("Oil falls", stamp), "a\tb", gkg_line("Undated", "soon"))
    assert collect(lake, files(service, stamp), context) == Counts(3, 1, 0, 2)
    assert sorted(lake.read("rejects")["reason"]) == ["2 columns instead of 27", "no date"]


@pytest.mark.parametrize("trouble", ["budget", "server"])
def test_what_was_read_before_the_end_is_stored(
    service: Service, lake: Lake, context: Context, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    context.first = context.last = date(2016, 6, 24)
    provider = files(service, "20160624043000")
    for stamp in ("20160624040000", "20160624041500", "20160624043000"):
        on(service, stamp)
    if trouble == "budget":
        context.http.budget = 3
    else:
        service.on("/20160624043000.gkg.csv.zip", Reply("oops", 503))
    assert collect(lake, provider, context) == Counts(2, 2)
    assert "stopped before 2016-06-24 04:30 UTC, 1 files short" in capsys.readouterr().err


def test_a_service_that_is_down_from_the_start_is_an_error(service: Service, lake: Lake, context: Context) -> None:
    provider = files(service, "20160624040000")
    service.on("/lastupdate.txt", Reply("<html>moved</html>"))
    with pytest.raises(SourceError, match=r"names no file \*\.gkg\.csv\.zip"):
        collect(lake, provider, context)
    service.on("/lastupdate.txt", Reply(status=503))
    with pytest.raises(SourceError, match="answered 503 5 times"):
        collect(lake, provider, context)


def test_search_and_files_name_the_same_headline(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 24)
    stamp = f"{MORNING.astimezone(UTC):%Y%m%d%H%M%S}"
    on(service, stamp, gkg_line("Oil falls, again", stamp))
    assert collect(lake, files(service, stamp), context).stored == 1
    assert collect(lake, search(service, articles("Oil falls , again")), context) == Counts(1, 0, 1)
    assert list(lake.read("headlines")["published_at"]) == [datetime(2016, 6, 24, 8, tzinfo=UTC)]
