"""Every network provider, with its real client, against everything that a service may answer: one table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from kdtcn.errors import SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, collect
from kdtcn.sources.cache import Cache
from kdtcn.sources.http import Client

from .conftest import NOW, Reply, Service
from .dialects import DAY, DIALECTS, MORNING, Dialect, Item

OIL: Item = ("Oil falls", MORNING)
RATES: Item = ("Rates rise", MORNING)
PAGE = Reply("<html><body>We will be right back</body></html>", headers={"Content-Type": "text/html"})
HUGE: Item = ("word " * 2_000_000, MORNING)  # 10 MB
BROKEN: Item = ("caf\udce9 opens", MORNING)  # one byte of Latin-1


@dataclass(frozen=True)
class Case:
    """What a service answers, in turn, and what must become of it; `error` is in the message where nothing is stored."""

    replies: Callable[[Dialect], list[Reply]]
    counts: Counts | None = None
    error: str = ""
    pauses: list[float] = field(default_factory=list)  # the least that is waited before each new attempt
    others: dict[str, "Case"] = field(default_factory=dict)  # services for which something else is right


def good(dialect: Dialect) -> Reply:
    return dialect.write([OIL, RATES])


def raw(reply: Reply) -> Reply:
    """The same with lone surrogates as the bytes they stand for."""
    body = reply.body.encode("utf-8", "surrogateescape") if isinstance(reply.body, str) else reply.body
    return Reply(body, headers=reply.headers)


TWO = Counts(2, 2)
CASES: dict[str, Case] = {
    "a plain answer": Case(lambda d: [good(d)], TWO),
    "429": Case(lambda d: [Reply("slow down", 429), Reply("slow down", 429), good(d)], TWO, pauses=[0.0, 0.0]),
    "429 with Retry-After in seconds": Case(lambda d: [Reply("slow", 429, {"Retry-After": "7"}), good(d)], TWO, pauses=[7.0]),
    "429 with Retry-After as a date": Case(
        lambda d: [Reply("slow", 429, {"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}), good(d)],
        TWO,
        pauses=[9.0],
    ),
    "429 for good": Case(lambda d: [Reply("slow down", 429)], error="answered 429 5 times", pauses=[0.0] * 4),
    "429 that asks for an hour": Case(lambda d: [Reply("no", 429, {"Retry-After": "3600"})], error="asks to wait 3600 s"),
    "500 once": Case(lambda d: [Reply("oops", 500), good(d)], TWO, pauses=[0.0]),
    "cut off once": Case(lambda d: [Reply(good(d).body, cut=True), good(d)], TWO, pauses=[0.0]),
    "cut off for good": Case(lambda d: [Reply(good(d).body, cut=True)], error="no usable answer", pauses=[0.0] * 4),
    "stalled once": Case(lambda d: [Reply(stall=True), good(d)], TWO, pauses=[0.0]),
    "a page with status 200": Case(
        lambda d: [PAGE],
        error="instead of",
        others={
            "yahoo": Case(lambda d: [PAGE], error="no price data"),
            "gdelt files": Case(lambda d: [PAGE], error="not a zip archive"),
        },
    ),
    "an empty day": Case(lambda d: [d.write([])], Counts()),
    "everything twice": Case(lambda d: [d.write([OIL, RATES, OIL, RATES])], Counts(4, 2, 2)),
    "a column with another name": Case(lambda d: [d.write([OIL, RATES], "heading")], error="changed"),
    "a headline of 10 MB": Case(
        lambda d: [d.write([OIL, HUGE, RATES])],
        Counts(3, 2, 0, 1),
        others={"yahoo": Case(lambda d: [d.write([OIL, HUGE, RATES])], TWO)},
    ),
    "bytes that are no UTF-8": Case(
        lambda d: [raw(d.write([OIL, BROKEN, RATES]))],
        Counts(3, 2, 0, 1),
        others={
            "yahoo": Case(lambda d: [raw(d.write([OIL, BROKEN, RATES]))], error="no price data"),
            # feedparser falls back to Windows-1252, in which the byte is a letter
            "rss": Case(lambda d: [raw(d.write([OIL, BROKEN, RATES]))], Counts(3, 3)),
            "reddit feed": Case(lambda d: [raw(d.write([OIL, BROKEN, RATES]))], Counts(3, 3)),
        },
    ),
    "a clock an hour ahead": Case(lambda d: [d.write([("Oil falls", NOW + timedelta(hours=1)), RATES])], TWO),
    "a clock an hour behind": Case(lambda d: [d.write([("Oil falls", NOW - timedelta(hours=1)), RATES])], TWO),
}
SKEW = {"a clock an hour ahead": timedelta(hours=1), "a clock an hour behind": timedelta(hours=-1)}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dialect:
    """A service, with credentials where they decide what is asked."""
    found = DIALECTS[request.param]
    for variable in ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"):
        monkeypatch.setenv(variable, "hush") if found.name == "reddit" else monkeypatch.delenv(variable, raising=False)
    return found


def context_of(
    dialect: Dialect, tmp_path: Path, cache: Cache | None = None, timeout: float = 10.0, first: date | None = None
) -> Context:
    client = Client(interval=0.0, timeout=timeout, cache=cache, clock=lambda: NOW)
    return Context(first or (date(2016, 6, 22) if dialect.name == "yahoo" else DAY), DAY, NOW, tmp_path / "state", client)


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_an_answer(
    service: Service,
    lake: Lake,
    tmp_path: Path,
    pauses: list[float],
    capsys: pytest.CaptureFixture[str],
    dialect: Dialect,
    name: str,
) -> None:
    case = CASES[name].others.get(dialect.name, CASES[name])
    prices = dialect.name == "yahoo"
    service.clock = NOW + SKEW.get(name, timedelta())
    patience = 0.3 if name == "stalled once" else 10.0
    # an empty answer about closed sessions is an error: the empty day of prices is one whose session is still open
    context = context_of(dialect, tmp_path, timeout=patience, first=DAY if name == "an empty day" else None)
    provider = dialect.serve(service, *case.replies(dialect), timeout=patience)

    if case.counts is None:
        with pytest.raises(SourceError, match=case.error) as caught:
            collect(lake, provider, context)
        assert "\n" not in str(caught.value)
        assert "hush" not in str(caught.value)
        assert lake.versions() == {}
    else:
        counts = collect(lake, provider, context)
        assert (counts.stored, counts.rejected) == (case.counts.stored, case.counts.rejected)
        if not prices:  # yfinance itself drops what repeats
            assert counts.known == case.counts.known
        assert len(lake.read("prices" if prices else "headlines")) == case.counts.stored
        assert len(lake.read("rejects")) == case.counts.rejected
    assert len(pauses) == len(case.pauses)
    assert all(least <= waited <= least + 31 for least, waited in zip(case.pauses, pauses, strict=True))
    context.http.close()

    if case.counts is not None and case.counts.stored and not prices:
        rows = lake.read("headlines")
        assert (rows["published_at"] <= rows["available_at"]).all()
        assert (rows["available_at"] <= NOW).all()  # whatever the service's clock says, never from the future
        if dialect.name != "gdelt files":  # a file is dated by its name
            assert (rows["available_at"] == NOW).all()  # and never back-dated
    warned = "this machine's clock is 60 min" in capsys.readouterr().err
    assert warned == (name in SKEW)


def test_a_second_run_asks_for_nothing(
    service: Service, lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture, dialect: Dialect
) -> None:
    caplog.set_level("DEBUG")
    provider = dialect.serve(service, good(dialect))
    asked = []
    for stored in (2, 0):
        context = context_of(dialect, tmp_path, Cache(tmp_path / "cache"))
        assert collect(lake, provider, context).stored == stored
        context.http.close()
        asked.append(len(service.asked))
    assert asked[0] == asked[1] > 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert kept
    for secret in ("hush", "t0k"):
        assert secret.encode() not in kept
        assert secret not in caplog.text


def test_an_answer_that_is_none_is_not_remembered(service: Service, lake: Lake, tmp_path: Path, dialect: Dialect) -> None:
    context = context_of(dialect, tmp_path, Cache(tmp_path / "cache"))
    provider = dialect.serve(service, PAGE)
    with pytest.raises(SourceError):
        collect(lake, provider, context)
    service.on(dialect.path, good(dialect))
    assert collect(lake, provider, context).stored == 2
    context.http.close()
