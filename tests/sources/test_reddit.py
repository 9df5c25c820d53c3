"""Reddit from a loopback service: the API with credentials, the feed without."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kdtcn.errors import SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, Provider, collect, create

from .conftest import NOW, Reply, Service

TOKEN = Reply(json.dumps({"access_token": "t0k", "token_type": "bearer"}))
MORNING = datetime(2016, 6, 24, 8, tzinfo=UTC).timestamp()


def post(title: Any, score: Any = 10, created: Any = MORNING, url: Any = "https://example.org/1") -> dict[str, Any]:
    return {"kind": "t3", "data": {"title": title, "score": score, "created_utc": created, "url": url}}


def page(*posts: Any, after: str | None = None) -> Reply:
    return Reply(json.dumps({"kind": "Listing", "data": {"children": list(posts), "after": after}}))


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDDIT_CLIENT_ID", "id")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "hush")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDDIT_CLIENT_ID", raising=False)
    monkeypatch.delenv("REDDIT_CLIENT_SECRET", raising=False)


def provider(service: Service, *pages: Reply, **options: Any) -> Provider:
    service.on("/api/v1/access_token", TOKEN)
    service.on("/r/worldnews/top", *pages)
    return create("news", "reddit", {"api": service.url, "site": service.url, **options})


def test_titles_are_known_when_fetched_with_rank_and_votes_as_seen(
    service: Service, lake: Lake, context: Context, credentials: None
) -> None:
    found = provider(service, page(post("Oil falls", 900), post("Rates rise", 800, url="javascript:alert(1)")))
    assert collect(lake, found, context) == Counts(2, 2, scores=2)
    rows = lake.read("headlines").merge(lake.read("headline_scores"), on="headline_id").sort_values("rank")
    assert list(rows["text"]) == ["Oil falls", "Rates rise"]
    assert list(rows["rank"]) == [1, 2]
    assert list(rows["votes"]) == [900, 800]
    assert list(rows["url"]) == ["https://example.org/1", ""]
    assert set(rows["available_at_x"]) == {NOW} == set(rows["seen_at"])
    assert set(rows["source"]) == {"reddit/worldnews"}
    asked = service.asked[-1]
    assert asked.headers["authorization"] == "Bearer t0k"
    assert asked.query == {"t": "day", "limit": "100", "raw_json": "1"}


def test_a_later_look_adds_a_snapshot_but_no_headline(service: Service, lake: Lake, context: Context, credentials: None) -> None:
    found = provider(service, page(post("Oil falls", 900)), page(post("Oil falls", 950)))
    collect(lake, found, context)
    context.http.clock = lambda: NOW + timedelta(hours=1)
    assert collect(lake, found, context) == Counts(1, 0, 1, scores=1)
    assert list(lake.read("headline_scores").sort_values("seen_at")["votes"]) == [900, 950]
    assert list(lake.read("headlines")["available_at"]) == [NOW]


def test_pages_run_on_until_they_end_or_repeat(service: Service, lake: Lake, context: Context, credentials: None) -> None:
    pages = [page(post("One"), after="a"), page(post("Two"), after="b"), page(post("Two"), post("Three"), after="b")]
    assert collect(lake, provider(service, *pages, pages=10), context) == Counts(4, 3, 1, scores=3)
    assert [asked.query.get("after") for asked in service.asked if asked.path.startswith("/r/")] == [None, "a", "b"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (post(""), "no text"),
        (post(None), "no text"),
        (post("No date", created=None), "no date"),
        (post("Odd date", created=1e20), "no date"),
        ("no post at all", "no text"),
        (post("lone \ud83d surrogate"), "not valid UTF-8"),
    ],
)
def test_odd_posts_are_refused_one_by_one(
    service: Service, lake: Lake, context: Context, credentials: None, entry: Any, reason: str
) -> None:
    assert collect(lake, provider(service, page(entry, post("Good one"))), context) == Counts(2, 1, 0, 1, scores=1)
    assert list(lake.read("rejects")["reason"]) == [reason]


def test_broken_bytes_refuse_one_title_not_the_page(service: Service, lake: Lake, context: Context, credentials: None) -> None:
    body = page(post("caf@ opens"), post("Oil falls")).body
    assert isinstance(body, str)
    assert collect(lake, provider(service, Reply(body.encode().replace(b"@", b"\xe9"))), context) == Counts(2, 1, 0, 1, scores=1)


def test_waiting_as_told_then_going_on(
    service: Service, lake: Lake, context: Context, credentials: None, pauses: list[float]
) -> None:
    replies = [
        Reply("slow down", 429, {"Retry-After": "5"}),
        Reply("oops", 500),
        Reply('{"da', cut=True),
        page(post("Oil falls")),
    ]
    assert collect(lake, provider(service, *replies), context).stored == 1
    assert 5 <= pauses[0] <= 6
    assert len(pauses) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("<html>busy</html>", headers={"Content-Type": "text/html"}), "text/html instead of JSON"),
        (Reply("[]"), "the answer is no listing"),
        (Reply('{"data": {}}'), "the answer is no listing"),
        (Reply("no", 403), "answered 403"),
    ],
)
def test_an_answer_that_is_no_listing_stores_nothing(
    service: Service, lake: Lake, context: Context, credentials: None, reply: Reply, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        collect(lake, provider(service, page(post("One"), after="a"), reply, pages=2), context)
    assert lake.versions() == {}


def test_credentials_come_from_the_environment_and_stay_there(service: Service, context: Context, credentials: None) -> None:
    found = provider(service, page())
    service.on("/api/v1/access_token", Reply("no", 401))
    with pytest.raises(SourceError, match="credentials") as caught:
        found.read(context)
    assert "hush" not in str(caught.value)
    service.on("/api/v1/access_token", Reply("{}"))
    with pytest.raises(SourceError, match="REDDIT_CLIENT_ID"):
        found.read(context)


def test_half_the_credentials_is_a_mistake(
    service: Service, context: Context, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDIT_CLIENT_ID", "id")
    with pytest.raises(SourceError, match="REDDIT_CLIENT_SECRET is not set"):
        provider(service, page()).read(context)
    assert service.asked == []


def test_without_credentials_the_feed_gives_the_same_headlines(
    service: Service, lake: Lake, context: Context, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = '<entry><title>Oil falls</title><link href="https://example.org/1"/><id>t3_1</id><published>2016-06-24T08:00:00+00:00</published></entry>'
    service.on(
        "/r/worldnews/top/.rss",
        Reply(f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{entry}</feed>'),
    )
    found = provider(service, page(post("Oil falls", 900)))
    assert collect(lake, found, context) == Counts(1, 1, scores=1)
    assert service.asked[0].query == {"t": "day", "limit": "100"}
    assert len(service.asked) == 1
    monkeypatch.setenv("REDDIT_CLIENT_ID", "id")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "hush")
    assert collect(lake, found, context).known == 1


def test_a_place_among_the_newest_is_no_rank(service: Service, lake: Lake, context: Context, credentials: None) -> None:
    found = provider(service, listing="new")
    service.on("/r/worldnews/new", page(post("Oil falls", None)))
    assert collect(lake, found, context) == Counts(1, 1)
