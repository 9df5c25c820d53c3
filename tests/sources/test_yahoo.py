"""Yahoo through the real yfinance against a loopback service that speaks for all of Yahoo's hosts."""

import json
from datetime import UTC, date, datetime
from typing import Any

import peewee
import pytest
import yfinance

from kdtcn.errors import SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, Provider, collect, create

from .conftest import Reply, Service

CHART = "/v8/finance/chart/^DJI"
PATH = "/v8/finance/chart/%5EDJI"
DAYS = (date(2016, 6, 22), date(2016, 6, 23), date(2016, 6, 24))


def chart(closes: dict[date, float | None], **changes: Any) -> Reply:
    stamps = [int(datetime(day.year, day.month, day.day, 13, 30, tzinfo=UTC).timestamp()) for day in closes]
    values = [None if close is None else round(close, 2) for close in closes.values()]
    quote = {
        name: [None if value is None else value + shift for value in values]
        for name, shift in (("open", 0), ("high", 5), ("low", -5), ("close", 0))
    }
    quote["volume"] = [None if value is None else 1000 for value in values]
    meta = {
        "currency": "USD", "symbol": "^DJI", "exchangeName": "DJI", "instrumentType": "INDEX", "firstTradeDate": 475857000, "regularMarketTime": stamps[-1] if stamps else 0,
        "gmtoffset": -14400, "timezone": "EDT", "exchangeTimezoneName": "America/New_York", "regularMarketPrice": 1.0, "chartPreviousClose": 1.0, "priceHint": 2,
        "dataGranularity": "1d", "range": "", "validRanges": ["1d", "5d", "1mo", "max"],
    }  # fmt: skip
    result = {"meta": meta, "timestamp": stamps, "indicators": {"quote": [quote], "adjclose": [{"adjclose": values}]}, **changes}
    return Reply(json.dumps({"chart": {"result": [result], "error": None}}), headers={"Content-Type": "application/json"})


def provider(service: Service, *replies: Reply) -> Provider:
    service.on("/", Reply(""))
    service.on("/v1/test/getcrumb", Reply("crumb"))
    for path in (CHART, PATH):
        service.on(path, *replies)
    return create("prices", "yahoo", {"symbol": "^DJI", "base_url": service.url})


WEEK = chart(dict(zip(DAYS, (17780.83, 18011.07, 17400.75), strict=True)))


def _range(context: Context) -> Context:
    context.first, context.last = DAYS[0], DAYS[-1]
    return context


def test_closed_sessions_are_stored_and_the_open_one_is_not(service: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, provider(service, WEEK), _range(context)) == Counts(3, 2, 0, 1)  # it is noon of the 24th
    rows = lake.read("prices")
    assert list(rows["close"]) == [17780.83, 18011.07]
    assert list(rows["high"]) == [17785.83, 18016.07]
    assert set(rows["source"]) == {"yahoo"}
    assert [str(moment) for moment in rows["available_at"]] == ["2016-06-22 20:00:00+00:00", "2016-06-23 20:00:00+00:00"]
    assert list(lake.read("rejects")["reason"]) == ["the session has not closed yet"]


def test_a_second_run_adds_nothing_until_the_session_has_closed(service: Service, lake: Lake, context: Context) -> None:
    found = provider(service, WEEK)
    collect(lake, found, _range(context))
    versions = lake.versions()
    assert collect(lake, found, context) == Counts(3, 0, 2, 1)
    assert lake.versions() == versions
    for minute, stored in ((29, 0), (30, 1)):  # quotes lag: half an hour after the close they have settled
        context.now = service.clock = datetime(2016, 6, 24, 20, minute, tzinfo=UTC)
        context.http.clock = lambda: context.now
        assert collect(lake, found, context).stored == stored


@pytest.mark.parametrize("ours", [True, False])
def test_when_two_clocks_differ_the_earlier_says_what_has_closed(
    service: Service, lake: Lake, context: Context, ours: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = datetime(2016, 6, 24, 19, 50, tzinfo=UTC), datetime(2016, 6, 24, 20, 50, tzinfo=UTC)
    context.now, service.clock = (late, early) if ours else (early, late)
    context.http.clock = lambda: context.now
    assert collect(lake, provider(service, WEEK), _range(context)) == Counts(3, 2, 0, 1)
    assert "this machine's clock is 60 min" in capsys.readouterr().err


def test_the_values_are_the_unadjusted_ones(service: Service, lake: Lake, context: Context) -> None:
    split = chart({DAYS[0]: 100.0})
    body = json.loads(split.body)
    body["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"] = [25.0]
    split.body = json.dumps(body)
    collect(lake, provider(service, split), _range(context))
    row = lake.read("prices").iloc[0]
    assert (row["open"], row["close"], row["adj_close"]) == (100.0, 100.0, 25.0)


def test_a_restatement_stands_beside_the_old_row(service: Service, lake: Lake, context: Context) -> None:
    collect(lake, provider(service, chart({DAYS[0]: 100.0})), _range(context))
    assert collect(lake, provider(service, chart({DAYS[0]: 101.0})), context) == Counts(1, 1, restated=1)
    assert list(lake.read("prices")["close"]) == [100.0, 101.0]
    assert list(lake.read("prices", as_of=datetime(2016, 6, 23, tzinfo=UTC))["close"]) == [100.0]


def test_a_row_without_values_is_refused(service: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, provider(service, chart({DAYS[0]: 100.0, DAYS[1]: None})), _range(context)) == Counts(2, 1, 0, 1)
    assert list(lake.read("rejects")["reason"]) == ["open, high, low or close is missing"]


def test_days_outside_the_range_are_left_out(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = DAYS[1]
    assert collect(lake, provider(service, WEEK), context) == Counts(1, 1)


def test_waiting_as_told_then_going_on(service: Service, lake: Lake, context: Context, pauses: list[float]) -> None:
    slow = Reply("Too Many Requests", 429, {"Retry-After": "7"})
    assert (
        collect(lake, provider(service, slow, Reply("oops", 500), Reply('{"chart": {', cut=True), WEEK), _range(context)).stored
        == 2
    )
    assert 7 <= pauses[0] <= 8
    assert len(pauses) == 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("Too Many Requests", 429), "answered 429 5 times"),
        (Reply("oops", 500), "answered 500 5 times"),
        (Reply("<html>Will be right back</html>", headers={"Content-Type": "text/html"}), "no price data|DOWN"),
        (Reply("<html>Sign in</html>", headers={"Content-Type": "text/html"}), "no price data"),
        (Reply(b'{"chart": \xff\xfe'), "no price data"),
        (
            Reply(
                json.dumps(
                    {
                        "chart": {
                            "result": None,
                            "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
                        }
                    }
                ),
                404,
            ),
            "check the symbol",
        ),
        (Reply(json.dumps({"quotes": []})), "check the symbol"),
        (Reply('{"chart": {', cut=True), "no usable answer"),
    ],
    ids=["429", "500", "down page", "html", "bytes", "no such symbol", "changed shape", "cut off"],
)
def test_an_answer_without_prices_stores_nothing(
    service: Service, lake: Lake, context: Context, reply: Reply, words: str
) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        collect(lake, provider(service, reply), _range(context))
    assert lake.versions() == {}
    assert "\n" not in str(caught.value)


def test_a_broken_answer_is_not_remembered(service: Service, lake: Lake, context: Context) -> None:
    with pytest.raises(SourceError):
        collect(lake, provider(service, Reply("<html>")), _range(context))
    assert collect(lake, provider(service, WEEK), context).stored == 2


def test_duplicated_rows_are_stored_once(service: Service, lake: Lake, context: Context) -> None:
    body = json.loads(WEEK.body)
    result = body["chart"]["result"][0]
    result["timestamp"] = [result["timestamp"][i] for i in (0, 1, 1)]
    counts = collect(lake, provider(service, Reply(json.dumps(body))), _range(context))
    assert (counts.stored, len(lake.read("prices"))) == (2, 2)


def test_an_empty_range_is_an_empty_day(service: Service, lake: Lake, context: Context) -> None:
    context.first = context.last = date(2016, 6, 23)
    assert collect(lake, provider(service, chart({DAYS[0]: 100.0})), context) == Counts()


def test_a_cache_that_cannot_be_written_is_said(
    service: Service, lake: Lake, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk yfinance's own database is the first that fails."""

    def full(*_: object, **__: object) -> None:
        raise peewee.OperationalError("disk I/O error")

    monkeypatch.setattr(yfinance.Ticker, "history", full)
    with pytest.raises(SourceError, match=r"cache of time zones \(disk I/O error\); is the disk full"):
        collect(lake, provider(service, WEEK), _range(context))
