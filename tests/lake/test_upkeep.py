"""Fewer files, the same rows; and what a forecast was made from stays readable."""

import json
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
import pytest

from kdtcn.errors import InputError, LakeError
from kdtcn.lake import Lake
from kdtcn.lake.upkeep import _vacuum, compact, named_versions, vacuum
from tests.lake.made import T0, facts, heads, ordered_hash, prices


def files(lake: Lake, table: str) -> int:
    return len(list(Path(lake.url, table).rglob("part-*.parquet")))


def daily(lake: Lake) -> None:
    for i in range(4):
        lake.upsert("headlines", heads(f"a{i}"))
        lake.upsert("headlines", heads(f"b{i}", month="2016-02"))


def forecast(**versions: int) -> pd.DataFrame:
    row = {"session": pd.Timestamp("2016-01-04"), "model_id": "m", "made_at": T0, "p_up": 0.5, "p_abrupt": 0.5}
    return pd.DataFrame([{**row, "data_versions": json.dumps(versions), "available_at": T0}])


def test_compact_leaves_a_file_a_month_and_every_row(lake: Lake) -> None:
    daily(lake)
    before = ordered_hash(lake, "headlines")
    assert [vars(done) for done in compact(lake, dry_run=True)] == [{"table": "headlines", "files": 8, "after": 2}]
    assert lake.version("headlines") == 8
    assert [vars(done) for done in compact(lake)] == [{"table": "headlines", "files": 8, "after": 2}]
    assert ordered_hash(lake, "headlines") == before
    assert lake.read("headlines", where=ds.field("headline_id") == "a2")["headline_id"].tolist() == ["a2"]
    assert compact(lake) == []
    assert lake.upsert("headlines", heads("a0", "a9")).stored == 1


def test_a_writer_and_a_compaction_do_not_disturb_each_other(lake: Lake) -> None:
    daily(lake)
    other = lake.delta("headlines")
    lake.upsert("headlines", heads("late"))
    assert other is not None
    other.optimize.compact()  # opened before the last write
    assert lake.count("headlines") == 9
    assert lake.read("headlines")["headline_id"].is_unique


def test_vacuum_keeps_what_is_young(lake: Lake) -> None:
    daily(lake)
    compact(lake)
    assert vacuum(lake) == []
    assert files(lake, "headlines") == 10


def test_vacuum_keeps_the_versions_that_forecasts_and_labels_refer_to(lake: Lake) -> None:
    for text in ("one", "two", "three", "four"):
        lake.replace("facts", facts(a=text))
    lake.upsert("prices", prices("2016-01-04"))
    lake.upsert("prices", prices("2016-01-05"))
    lake.upsert("prices", prices("2016-01-06"))
    compact(lake)
    lake.upsert("predictions", forecast(facts=2, prices=1))
    lake.upsert(
        "labels", pd.DataFrame({"session": [pd.Timestamp("2016-01-05")], "price_version": 2, "up": True, "available_at": T0})
    )
    assert named_versions(lake) == {"facts": {2}, "prices": {1, 2}}
    past = {(name, version): lake.read(name, version=version) for name, version in (("facts", 2), ("prices", 1), ("prices", 2))}
    now = {name: ordered_hash(lake, name) for name in ("facts", "prices")}

    planned = _vacuum(lake, 0, dry_run=True)
    assert (files(lake, "facts"), files(lake, "prices")) == (4, 4)
    assert [vars(done) for done in planned] == [
        {"table": "prices", "files": 1, "kept_versions": (1, 2)},
        {"table": "facts", "files": 2, "kept_versions": (2,)},
    ]
    _vacuum(lake, 0, dry_run=False)
    assert (files(lake, "facts"), files(lake, "prices")) == (2, 3)
    assert {name: ordered_hash(lake, name) for name in now} == now
    for (name, version), rows in past.items():
        pd.testing.assert_frame_equal(lake.read(name, version=version), rows)
    with pytest.raises(LakeError, match="vacuumed"):
        lake.read("facts", version=1)
    version = lake.version("facts")
    assert _vacuum(lake, 0, dry_run=False) == []
    assert lake.version("facts") == version


def test_files_of_a_writer_at_work_are_not_for_vacuum(lake: Lake) -> None:
    with pytest.raises(InputError, match="at least 1"):
        vacuum(lake, hours=0)
