"""Feeds from a loopback service: what becomes of entries, tags, and answers that are no feed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kdtcn.errors import SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, collect, create
from kdtcn.sources.cache import Cache

from .conftest import NOW, Reply, Service

ITEM = "<item><title>{title}</title><link>{link}</link>{date}</item>"
DATE = "<pubDate>Fri, 24 Jun 2016 08:00:00 GMT</pubDate>"


def feed(*items: str, end: str = "</channel></rss>", encoding: str = "utf-8") -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>News</title>{"".join(items)}{end}'


def item(title: str, link: str = "https://example.org/1", date: str = DATE) -> str:
    return ITEM.format(title=title, link=link, date=date)


def test_entries_are_known_when_fetched_and_stored_once(service: Service, lake: Lake, context: Context) -> None:
    url = service.on(
        "/feed", Reply(feed(item("Oil falls"), item("Oil falls"), item("Rates &amp;amp; jobs <![CDATA[<b>rise</b>]]>")))
    )
    provider = create("news", "rss", {"feeds": [url]})
    assert collect(lake, provider, context) == Counts(3, 2, 1, 0)
    assert collect(lake, provider, context) == Counts(3, 0, 3, 0)
    rows = lake.read("headlines")
    assert sorted(rows["text"]) == ["Oil falls", "Rates & jobs rise"]
    assert set(rows["available_at"]) == {NOW}
    assert set(rows["published_at"]) == {datetime(2016, 6, 24, 8, tzinfo=UTC)}
    assert set(rows["source"]) == {"rss/127.0.0.1"}
    assert set(rows["url"]) == {"https://example.org/1"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (item("Undated", date=""), "no date"),
        (item("", date=DATE), "no text"),
        (item("x" * 3000), "longer than 1,000 characters"),
        (item("&#8212; &#8230;"), "no words"),
    ],
)
def test_what_is_refused(service: Service, lake: Lake, context: Context, entry: str, reason: str) -> None:
    provider = create("news", "rss", {"feeds": [service.on("/feed", Reply(feed(entry, item("Good one"))))]})
    assert collect(lake, provider, context) == Counts(2, 1, 0, 1)
    assert list(lake.read("rejects")["reason"]) == [reason]


def test_a_clock_that_is_ahead_makes_no_news_of_tomorrow(service: Service, lake: Lake, context: Context) -> None:
    ahead = item("From the future", date="<pubDate>Sat, 25 Jun 2016 08:00:00 GMT</pubDate>")
    collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed(ahead)))]}), context)
    assert list(lake.read("headlines")["published_at"]) == [NOW] == list(lake.read("headlines")["available_at"])


def test_addresses_that_are_no_web_addresses_are_dropped(service: Service, lake: Lake, context: Context) -> None:
    collect(
        lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed(item("Click", "javascript:alert(1)"))))]}), context
    )
    assert list(lake.read("headlines")["url"]) == [""]


def test_an_unchanged_feed_is_not_sent_again(service: Service, lake: Lake, context: Context) -> None:
    tags = {"ETag": '"v1"', "Last-Modified": "Fri, 24 Jun 2016 08:00:00 GMT"}
    provider = create(
        "news", "rss", {"feeds": [service.on("/feed", Reply(feed(item("Oil falls")), headers=tags), Reply(status=304))]}
    )
    assert collect(lake, provider, context) == Counts(1, 1)
    assert collect(lake, provider, context) == Counts()
    assert "if-none-match" not in service.asked[0].headers
    assert (service.asked[1].headers["if-none-match"], service.asked[1].headers["if-modified-since"]) == (
        '"v1"',
        tags["Last-Modified"],
    )
    collect(lake, provider, context)
    assert service.asked[2].headers["if-none-match"] == '"v1"'  # a 304 keeps the tags


def test_tags_are_remembered_only_when_the_entries_are_stored(service: Service, context: Context) -> None:
    provider = create("news", "rss", {"feeds": [service.on("/feed", Reply(feed(item("Oil falls")), headers={"ETag": '"v1"'}))]})
    assert len(list(provider.read(context))) == 1  # and here the run is killed
    list(provider.read(context))
    assert "if-none-match" not in service.asked[1].headers


def test_a_damaged_memory_costs_one_full_answer(service: Service, lake: Lake, context: Context) -> None:
    assert context.state is not None
    context.state.mkdir()
    (context.state / "rss.json").write_text("{broken")
    assert (
        collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed(item("Oil falls"))))]}), context).stored
        == 1
    )


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply("<html><body>Be right back</body></html>", headers={"Content-Type": "text/html"}),
            "answered with text/html instead of a feed",
        ),
        (Reply('{"error": 1}', headers={"Content-Type": "application/json"}), "instead of a feed"),
        (Reply(b""), "instead of a feed"),
        (Reply(feed(item("Whole"), "<item><title>Ha", end="")), "cut off"),
        (Reply(status=404), "answered 404"),
        (Reply(status=500), "answered 500 5 times"),
        (Reply(feed(item("Half")), cut=True), "no usable answer"),
    ],
)
def test_an_answer_that_is_no_feed_stores_nothing(
    service: Service, lake: Lake, context: Context, reply: Reply, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        collect(lake, create("news", "rss", {"feeds": [service.on("/feed", reply)]}), context)
    assert lake.versions() == {}


def test_one_dead_feed_does_not_stop_the_others(service: Service, lake: Lake, context: Context) -> None:
    dead, alive = service.on("/dead", Reply(status=404)), service.on("/alive", Reply(feed(item("Oil falls"))))
    assert collect(lake, create("news", "rss", {"feeds": [dead, alive]}), context) == Counts(1, 1)
    assert len(context.problems) == 1
    assert "/dead" in context.problems[0]


def test_an_empty_feed_is_an_empty_day(service: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(feed()))]}), context) == Counts()


def test_invalid_utf8_in_one_title_does_not_lose_the_feed(service: Service, lake: Lake, context: Context) -> None:
    body = feed(item("Caf\u00e9 opens"), item("Oil falls")).encode("cp1252")  # says UTF-8, is not
    collect(lake, create("news", "rss", {"feeds": [service.on("/feed", Reply(body))]}), context)
    assert sorted(lake.read("headlines")["text"]) == ["Caf\u00e9 opens", "Oil falls"]


def test_a_key_in_an_address_is_kept_nowhere(
    service: Service,
    lake: Lake,
    context: Context,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    context.http.cache = Cache(tmp_path / "cache")
    alive = service.on("/feed", Reply(feed(item("Oil falls")), headers={"ETag": '"v1"'})).replace("//", "//me:hush@")
    dead = service.on("/dead", Reply(status=500))
    provider = create("news", "rss", {"feeds": [f"{alive}?api_key=hush", f"{dead}?token=hush"]})
    assert collect(lake, provider, context).stored == 1
    assert service.asked[0].query == {"api_key": "hush"}  # it was used
    files = [path for folder in ("cache", "state", "lake") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert {"rss.json"} < {path.name for path in files}
    assert not any(b"hush" in path.read_bytes() for path in files)
    assert not any("hush" in text for text in (caplog.text, capsys.readouterr().err, *context.problems))
