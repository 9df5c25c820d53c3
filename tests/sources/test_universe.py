"""The members of an index by date: thirty on every session, and the same dates as the graph that ships."""

import csv
from datetime import date
from pathlib import Path

import pytest

from kdtcn.errors import ConfigError, SourceError
from kdtcn.lake import Lake
from kdtcn.sessions import parse_session, previous, sessions
from kdtcn.sources import Context, Counts, Provider, collect, create
from kdtcn.sources.universe import members, memberships

from .conftest import NOW, Reply, Service
from .dialects import chart

SEED = Path(__file__).parents[2] / "kg" / "seed" / "hand" / "djia.csv"


def test_thirty_members_on_every_session() -> None:
    counts = {len(members("djia", day.date(), day.date())) for day in sessions("2005-11-21", "2026-01-02")}
    assert counts == {30}


@pytest.mark.parametrize(
    ("day", "joined", "left"),
    [
        (date(2008, 2, 19), {"BAC", "CVX"}, {"MO", "HON"}),
        (date(2008, 9, 22), {"KFT"}, {"AIG"}),
        (date(2009, 6, 8), {"CSCO", "TRV"}, {"C", "GM"}),
        (date(2012, 9, 24), {"UNH"}, {"KFT"}),
        (date(2013, 9, 23), {"GS", "NKE", "V"}, {"AA", "BAC", "HPQ"}),
        (date(2015, 3, 19), {"AAPL"}, {"T"}),
        (date(2018, 6, 26), {"WBA"}, {"GE"}),
        (date(2020, 8, 31), {"AMGN", "CRM", "HON"}, {"PFE", "RTX", "XOM"}),
        (date(2024, 2, 26), {"AMZN"}, {"WBA"}),
        (date(2024, 11, 8), {"NVDA", "SHW"}, {"DOW", "INTC"}),
    ],
)
def test_who_came_and_who_went(day: date, joined: set[str], left: set[str]) -> None:
    eve = previous(parse_session(day)).date()
    before, after = ({member.ticker for member in members("djia", when, when)} for when in (eve, day))
    assert (after - before, before - after) == (joined, left)


def test_a_range_has_everyone_who_was_in_it() -> None:
    found = {member.ticker for member in members("djia", date(2015, 3, 18), date(2015, 3, 19))}
    assert len(found) == 31
    assert {"T", "AAPL"} <= found


def test_the_graph_that_ships_has_the_same_dates() -> None:
    ours = {(row.company, str(row.first), str(row.last or "")) for row in memberships("djia")}
    with SEED.open(encoding="utf-8") as lines:
        theirs = {(row["company"], row["valid_from"], row["valid_to"]) for row in csv.DictReader(lines)}
    assert theirs <= ours
    assert len(theirs) > 30


def test_an_unknown_universe_is_named() -> None:
    with pytest.raises(ConfigError, match="no universe 'ftse'; there are djia"):
        memberships("ftse")


# -- fetched --------------------------------------------------------------------------------------------------

WEEK = [(date(2016, 6, 22), 100.0), (date(2016, 6, 23), 101.0)]


@pytest.fixture
def market(service: Service, context: Context) -> Service:
    context.first, context.last = date(2016, 6, 22), NOW.date()
    service.on("/", Reply(""))
    service.on("/v1/test/getcrumb", Reply("crumb"))
    for path in ("^DJI", "%5EDJI", *(member.symbol for member in memberships("djia"))):
        service.on(f"/v8/finance/chart/{path}", chart(WEEK))
    return service


def yahoo(service: Service, **options: object) -> Provider:
    return create("prices", "yahoo", {"base_url": service.url, **options})


def test_any_list_of_symbols(market: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, yahoo(market, symbols=["IBM", "GS", "^DJI"]), context) == Counts(6, 6)
    assert set(lake.read("prices")["symbol"]) == {"^DJI", "IBM", "GS"}


def test_one_symbol_that_is_gone_does_not_stop_the_others(market: Service, lake: Lake, context: Context) -> None:
    gone = '{"chart": {"result": null, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}}'
    market.on("/v8/finance/chart/GS", Reply(gone, 404))
    assert collect(lake, yahoo(market, symbols=["GS", "IBM"]), context) == Counts(4, 4)
    assert len(context.problems) == 1
    assert "yahoo, GS" in context.problems[0]
    with pytest.raises(SourceError, match="yahoo, GS"):
        collect(lake, yahoo(market, symbol="GS"), context)


def test_the_components_by_their_membership(market: Service, lake: Lake, context: Context) -> None:
    assert collect(lake, yahoo(market, universe="djia"), context).stored == 2 * 30  # 29 and the index
    stored = set(lake.read("prices")["symbol"])
    assert {"AAPL", "GS", "RTX"} <= stored  # RTX is what UTX became
    assert not {"T", "BAC", "NVDA"} & stored
    assert context.problems == ["yahoo: DuPont (DD) is no longer listed"]
