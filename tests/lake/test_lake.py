"""The lake: an upsert adds what is new and nothing else, and the past can be read again."""

import multiprocessing
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdtcn.errors import LakeError
from kdtcn.lake import Lake, Run
from kdtcn.lake.schemas import TABLES
from tests.lake.made import T0, facts, heads, ordered_hash


def test_a_second_write_of_the_same_rows_adds_no_version(lake: Lake) -> None:
    first = lake.upsert("headlines", heads("a", "b"))
    again = lake.upsert("headlines", heads("b", "a"))
    assert (first.stored, first.known, again.stored, again.known) == (2, 0, 0, 2)
    assert again.version == first.version == lake.version("headlines")


def test_a_write_that_adds_nothing_leaves_every_value_as_it_was(lake: Lake) -> None:
    lake.upsert("headlines", heads("a", "b"))
    before = ordered_hash(lake, "headlines")
    lake.upsert("headlines", heads("b", "a", text="another"))
    assert ordered_hash(lake, "headlines") == before
    lake.upsert("headlines", heads("c"))
    assert ordered_hash(lake, "headlines") != before


def test_rows_of_other_months_are_neither_read_nor_lost(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    written = lake.upsert("headlines", heads("b", month="2016-02"))
    assert (written.stored, lake.count("headlines")) == (1, 2)


def test_an_append_only_row_keeps_its_first_content(lake: Lake) -> None:
    lake.upsert("headlines", heads("a", text="first"))
    lake.upsert("headlines", heads("a", text="second", at=T0 + pd.Timedelta(days=1)))
    assert lake.read("headlines")["text"].tolist() == ["first"]


def test_a_changeable_row_is_updated_once(lake: Lake) -> None:
    row = pd.DataFrame({"entity_id": ["kd:1", "kd:2"], "label": ["One", None], "available_at": T0})
    lake.upsert("entities", row)
    changed = row.assign(label=["Uno", None])
    assert lake.upsert("entities", changed).updated == 1
    assert lake.upsert("entities", changed).updated == 0
    assert lake.read("entities")["label"].fillna("").tolist() == ["Uno", ""]


def test_reads_as_of_a_time_and_of_a_version(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    version = lake.version("headlines")
    lake.upsert("headlines", heads("b", at=T0 + pd.Timedelta(days=2)))
    assert lake.read("headlines", as_of=T0)["headline_id"].tolist() == ["a"]
    assert lake.read("headlines", version=version)["headline_id"].tolist() == ["a"]
    assert lake.read("headlines", as_of=T0 + pd.Timedelta(days=2))["headline_id"].tolist() == ["a", "b"]


def test_a_table_never_written_is_an_empty_frame_with_its_columns(lake: Lake) -> None:
    for name, shape in TABLES.items():
        found = lake.read(name)
        assert found.empty
        assert list(found.columns) == shape.schema.names
        assert lake.version(name) == -1


@pytest.mark.parametrize(
    ("table", "frame", "named"),
    [
        ("nonsense", heads("a"), "nonsense"),
        ("headlines", heads("a").assign(colour="red"), "colour"),
        ("headlines", heads("a").drop(columns="headline_id"), "headline_id"),
        ("headlines", heads("a").assign(headline_id=None), "headline_id"),
        ("headlines", heads("a").assign(published_at="soon"), "published_at"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(lake: Lake, table: str, frame: pd.DataFrame, named: str) -> None:
    with pytest.raises(LakeError, match=named):
        lake.upsert(table, frame)
    assert lake.versions() == {}


def test_a_lake_of_a_newer_version_is_refused(lake: Lake, tmp_path: Path) -> None:
    lake.upsert("headlines", heads("a"))
    DeltaTable(str(tmp_path / "lake" / "headlines")).alter.set_table_properties({"kdtcn.schema": "99"}, raise_if_not_exists=False)
    with pytest.raises(LakeError, match="newer version"):
        lake.read("headlines")


def test_a_damaged_table_is_named(lake: Lake, tmp_path: Path) -> None:
    lake.upsert("headlines", heads("a"))
    for file in (tmp_path / "lake" / "headlines" / "_delta_log").glob("*.json"):
        file.write_text("not json")
    with pytest.raises(LakeError, match="headlines"):
        lake.read("headlines")


def test_a_run_leaves_its_row_also_when_it_fails(lake: Lake) -> None:
    with Run(lake, "good", "c") as run:
        run.rows["headlines"] = 3
    with pytest.raises(ValueError, match="no"), Run(lake, "bad", "c"):
        raise ValueError("no")
    assert dict(lake.read("runs")[["command", "status"]].itertuples(index=False)) == {"good": "done", "bad": "failed"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["2016-01", "2016-02"])), max_size=6), max_size=5))
def test_any_sequence_of_writes_keeps_each_key_once(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, str]]]
) -> None:
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    seen: set[str] = set()
    for batch in batches:
        keys = [f"{month}{name}" for name, month in batch]
        frame = pd.concat([heads(key, month=key[:7]) for key in keys]) if keys else heads()
        written = lake.upsert("headlines", frame)
        assert written.stored == len(set(keys) - seen)
        assert written.stored + written.known == len(keys)
        seen |= set(keys)
    assert sorted(lake.read("headlines")["headline_id"]) == sorted(seen)


def _add(url: str, name: str, n: int) -> None:
    lake = Lake(url)
    with Run(lake, name, "c") as run:  # its row is written whole with those of others
        for i in range(n):
            lake.upsert("headlines", heads(f"{name}{i}", "shared"))
            run.note(batch=i)


@pytest.mark.parametrize("batches", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_two_writers_lose_and_repeat_nothing(batches: int, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = ("nightly", "backfill")
    writers = [context.Process(target=_add, args=(str(tmp_path / "lake"), name, batches)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=300)
        assert writer.exitcode == 0
    lake = Lake(str(tmp_path / "lake"))
    found = lake.read("headlines")["headline_id"].tolist()
    assert sorted(found) == sorted(["shared", *(f"{name}{i}" for name in names for i in range(batches))])
    assert dict(lake.read("runs")[["command", "status"]].itertuples(index=False)) == dict.fromkeys(names, "done")


def test_rows_can_be_filtered_by_text(lake: Lake) -> None:
    for ids in (("a", "b"), ("a", "c")):
        lake.upsert("headlines", heads(*ids))
    assert lake.read("headlines", where=ds.field("headline_id") == "c")["headline_id"].tolist() == ["c"]
    assert lake.read("headlines", where=ds.field("headline_id") != "")["headline_id"].tolist() == ["a", "b", "c"]


def test_a_replaced_table_holds_exactly_these_rows(lake: Lake) -> None:
    lake.replace("facts", facts(a="1", b="2", c="3"))
    written = lake.replace("facts", facts(a="1", b="other", d="4"))
    assert (written.stored, written.updated, written.known, written.removed) == (1, 1, 1, 1)
    assert dict(lake.read("facts")[["fact_id", "head"]].itertuples(index=False)) == {"a": "1", "b": "other", "d": "4"}
    assert lake.read("facts", version=written.version - 1)["fact_id"].tolist() == ["a", "b", "c"]


def test_a_replacement_by_the_same_adds_no_version_and_unchanged_rows_keep_their_time(lake: Lake) -> None:
    lake.replace("facts", facts(a="1", b="2"))
    first = lake.read("facts").set_index("fact_id")["ingested_at"]
    version = lake.version("facts")
    assert lake.replace("facts", facts(b="2", a="1").sample(frac=1, random_state=0)).version == version == lake.version("facts")
    assert lake.replace("facts", facts(a="1", b="3")).version == version + 1
    again = lake.read("facts").set_index("fact_id")["ingested_at"]
    assert again["a"] == first["a"]
    assert again["b"] > first["b"]


def test_another_day_of_availability_is_a_change_for_a_replacement(lake: Lake) -> None:
    lake.replace("facts", facts(a="1"))
    assert lake.replace("facts", facts(a="1").assign(available_at=T0 + pd.Timedelta(days=1))).updated == 1
    assert lake.read("facts", as_of=T0).empty


def test_a_key_without_further_content_can_be_taken_out(lake: Lake) -> None:
    same = pd.DataFrame({"entity_id": ["kd:1", "kd:2"], "scheme": "wikidata", "external_id": ["Q1", "Q2"], "available_at": T0})
    lake.replace("same_as", same)
    assert lake.replace("same_as", same.iloc[:1]).removed == 1
    assert lake.read("same_as")["external_id"].tolist() == ["Q1"]
    assert lake.replace("same_as", same.iloc[:0]).removed == 1
    assert lake.read("same_as").empty


def test_an_append_only_table_is_never_replaced(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    with pytest.raises(LakeError, match="append-only"):
        lake.replace("headlines", heads("b"))
    assert lake.read("headlines")["headline_id"].tolist() == ["a"]


def _make(url: str, name: str) -> None:
    Lake(url).replace("facts", facts(**{f"{name}{i}": name for i in range(3)}))


def test_of_two_replacements_at_once_one_stands_whole(tmp_path: Path) -> None:
    Lake(str(tmp_path / "lake")).replace("facts", facts(old="0"))
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_make, args=(str(tmp_path / "lake"), name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)
        assert writer.exitcode == 0
    assert Lake(str(tmp_path / "lake")).read("facts")["fact_id"].tolist() in (["a0", "a1", "a2"], ["b0", "b1", "b2"])
