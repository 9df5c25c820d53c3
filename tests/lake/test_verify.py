"""Every rule finds what breaks it, names table, rule, number and an example, and finds nothing in a lake that is in order."""

from collections.abc import Callable

import pandas as pd
import pytest
from deltalake import write_deltalake

from kdtcn.lake import Lake
from kdtcn.lake.checks import verify
from tests.lake.made import T0, facts, heads, prices

DAYS = ("2016-01-04", "2016-01-05", "2016-01-06")


def entities(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"entity_id": list(ids), "label": "L", "available_at": T0})


@pytest.fixture
def sound(lake: Lake) -> Lake:
    lake.upsert("prices", prices(*DAYS))
    lake.upsert("headlines", heads("a", "b"))
    lake.upsert("entities", entities("1", "t"))
    lake.upsert("facts", facts(f="1"))
    return lake


def test_a_sound_lake_has_no_findings(sound: Lake) -> None:
    assert verify(sound) == []


def test_an_empty_lake_has_no_findings(lake: Lake) -> None:
    assert verify(lake) == []


def event(**changes: object) -> pd.DataFrame:
    row = {"event_id": "e", "headline_id": "a", "confidence": 0.5, "month": "2016-01", "available_at": T0}
    return pd.DataFrame([{**row, **changes}])


def forecast(**changes: object) -> pd.DataFrame:
    row = {
        "session": pd.Timestamp("2016-01-05"),
        "model_id": "m",
        "made_at": T0,
        "p_up": 0.5,
        "p_abrupt": 0.1,
        "available_at": T0,
    }
    return pd.DataFrame([{**row, **changes}])


def model() -> pd.DataFrame:
    return pd.DataFrame({"model_id": ["m"], "family": "f", "available_at": T0})


def dated(first: str, last: str) -> pd.DataFrame:
    return facts(g="1").assign(valid_from=pd.Timestamp(first), valid_to=pd.Timestamp(last))


def twice(lake: Lake) -> None:
    rows = lake.dataset("headlines").to_table()  # type: ignore[union-attr]
    write_deltalake(f"{lake.url}/headlines", rows, mode="append")  # past the lake, as nothing of ours does


BREACHES: list[tuple[str, Callable[[Lake], object], tuple[str, str, int, str]]] = [
    ("close above high", lambda lake: lake.upsert("prices", prices("2016-01-07").assign(close=99.0)), ("prices", "open and close between low and high", 1, "2016-01-07")),
    ("price of nothing", lambda lake: lake.upsert("prices", prices("2016-01-07").assign(adj_close=0.0)), ("prices", "adj_close: above 0", 1, "2016-01-07")),
    ("negative volume", lambda lake: lake.upsert("prices", prices("2016-01-07").assign(volume=-1.0)), ("prices", "volume: 0 or more", 1, "2016-01-07")),
    ("session without price", lambda lake: lake.upsert("prices", prices("2016-01-08")), ("prices", "a price for every session", 1, "^DJI test 2016-01-07")),
    ("price without session", lambda lake: lake.upsert("prices", prices("2016-01-09", "2016-01-08", "2016-01-07", "2016-01-11")), ("prices", "a session for every price", 1, "2016-01-09")),
    ("headline after the calendar", lambda lake: lake.upsert("headlines", heads("z", at=pd.Timestamp("2160-01-01", tz="UTC"))), ("headlines", "a session that can read it", 1, "z")),
    ("headline before the calendar", lambda lake: lake.upsert("headlines", heads("z", at=pd.Timestamp("1970-01-01", tz="UTC"))), ("headlines", "a session that can read it", 1, "z")),
    ("headline known too early", lambda lake: lake.upsert("headlines", heads("z").assign(published_at=T0 + pd.Timedelta(hours=1))), ("headlines", "known when published, not before", 1, "z")),
    ("headline without text", lambda lake: lake.upsert("headlines", heads("z", text="")), ("headlines", "text: not empty", 1, "z")),
    ("no month", lambda lake: lake.upsert("headlines", heads("z", "y", month="2016-13")), ("headlines", "month: a month such as 2016-06", 2, "z")),
    ("key stored twice", twice, ("headlines", "key stored once", 2, "a")),
    ("reversed dates", lambda lake: lake.upsert("facts", dated("2016-05-01", "2016-04-01")), ("facts", "valid from before valid to", 1, "g")),
    ("fact about nothing", lambda lake: lake.upsert("facts", facts(g="nobody")), ("facts", "its head is stored", 1, "nobody")),
    ("probability above one", lambda lake: [lake.upsert("models", model()), lake.upsert("predictions", forecast(p_up=1.2))], ("predictions", "p_up: between 0 and 1", 1, "m")),
    ("probability below zero", lambda lake: [lake.upsert("models", model()), lake.upsert("predictions", forecast(p_abrupt=-0.1))], ("predictions", "p_abrupt: between 0 and 1", 1, "m")),
    ("forecast of no model", lambda lake: lake.upsert("predictions", forecast()), ("predictions", "its model is stored", 1, "m")),
    ("confidence above one", lambda lake: lake.upsert("events", event(confidence=7.0)), ("events", "confidence: between 0 and 1", 1, "e")),
    ("event of no headline", lambda lake: lake.upsert("events", event(headline_id="gone")), ("events", "its headline is stored", 1, "e")),
]  # fmt: skip


@pytest.mark.parametrize(("breach", "expected"), [case[1:] for case in BREACHES], ids=[case[0] for case in BREACHES])
def test_each_breach_is_found(sound: Lake, breach: Callable[[Lake], object], expected: tuple[str, str, int, str]) -> None:
    breach(sound)
    found = verify(sound)
    table, check, rows, example = expected
    assert [(one.table, one.check, one.rows) for one in found] == [(table, check, rows)]
    assert example in found[0].example


def test_gaps_are_no_breach(sound: Lake) -> None:
    """Volume of an index may be unknown, a fact may have no end."""
    sound.upsert("prices", prices("2016-01-07").assign(volume=None))
    sound.upsert("facts", facts(g="1").assign(valid_from=pd.Timestamp("2016-01-01")))
    assert verify(sound) == []


def test_a_breach_beside_a_gap_is_found(sound: Lake) -> None:
    sound.upsert("prices", prices("2016-01-07").assign(volume=None, high=1.0, open=1.0, close=1.0))
    assert [one.check for one in verify(sound)] == ["high at least low", "open and close between low and high"]
