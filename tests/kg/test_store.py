"""Importers and the graph in the lake: what is read is taken, known or refused, and a second build writes nothing."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kg import build, load, load_seed, store
from kg.graph import Graph, starts
from kg.importers import codex, freebase
from kg.importers.base import Refused, Statement, Thing, kind
from kg.store import gather

SUBGRAPHS = ("freebase", "codex")

SHARED = Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "kg"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="KDTCN_SHARED_DATA has no kg folder")


@pytest.fixture
def data(tmp_path):
    """Two tiny sub-graphs in the formats of FB15k-237 and CoDEx that share one entity, London, with each other and the seed."""
    fb = tmp_path / "fb15k237"
    fb.mkdir()
    (fb / "entity2id.txt").write_text("3\n/m/04jpl 0\n/m/x1 1\n/m/x2 2\n")
    (fb / "relation2id.txt").write_text("2\n/location/location/contains 0\n/made/up 1\n")
    (fb / "train2id.txt").write_text("3\n0 1 0\n0 2 1\nbroken line\n")
    (fb / "valid2id.txt").write_text("1\n0 9 0\n")
    (fb / "test2id.txt").write_text("1\n0 0 1\n")
    thing = {
        "alternatives": ["Small Hill", "sh"],
        "description": "village in England",
        "label": "Smallhill",
        "wikidata_id": "Q900000001",
        "wikipedia": "",
    }
    london = {
        "alternatives": ["London UK"],
        "description": "capital of the United Kingdom",
        "label": "London",
        "wikidata_id": "Q84",
        "wikipedia": "",
    }
    (fb / "entity2wikidata.json").write_text(json.dumps({"/m/04jpl": london, "/m/x1": thing}))
    cx = tmp_path / "codex_m"
    cx.mkdir()
    (cx / "entities.tsv").write_text(
        "qid\tlabel\taliases\tdescription\tmid\nQ84\tLondon\t\tcapital\t/m/04jpl\nQ5\t\t\t\t\nQ900000001\tSmallhill\t\tvillage\t\n"
    )
    (cx / "relations.json").write_text(json.dumps({"P17": {"label": "country"}, "P19": {"label": "place of birth"}}))
    (cx / "types.json").write_text(json.dumps({"Q900000002": {"label": "hill", "description": ""}}))
    (cx / "train.txt").write_text("Q900000001\tP17\tQ84\nQ1\tP17\tQ84\nQ84\tP999\tQ84\n")
    (cx / "valid.txt").write_text("Q900000001\tP19\tQ900000002\n")
    (cx / "test.txt").write_text("")
    return tmp_path


def test_freebase_rows(data):
    rows = list(freebase.read(data / "fb15k237"))
    assert [row.label for row in rows if isinstance(row, Thing)] == ["London", "Smallhill"]
    assert [row for row in rows if isinstance(row, Statement)] == [
        Statement(("freebase", "/m/x1"), "located_in", ("freebase", "/m/04jpl")),
        Statement(("freebase", "/m/04jpl"), "fb:made/up", ("freebase", "/m/x2")),
        Statement(("freebase", "/m/04jpl"), "fb:made/up", ("freebase", "/m/04jpl")),
    ]
    assert [row.reason for row in rows if isinstance(row, Refused)] == [
        "entity without label",
        "not three known numbers",
        "not three known numbers",
    ]


def test_codex_rows(data):
    rows = list(codex.read(data / "codex_m"))
    assert [row.relation for row in rows if isinstance(row, Statement)] == ["located_in", "located_in", "place_of_birth"]
    assert [row.reason for row in rows if isinstance(row, Refused)] == [
        "not five columns with id and label",
        "not head, known relation, tail",
    ]


def test_counts_add_up_and_the_same_thing_is_one_entity(data):
    graph, counts, _ = gather(["seed", "freebase", "codex"], data)
    for source in SUBGRAPHS:
        assert counts[f"{source}.read"] == counts[f"{source}.taken"] + counts[f"{source}.known"] + counts[f"{source}.refused"] > 0
    assert counts["freebase.read"] == 5
    assert counts["codex.read"] == 4
    london = graph.entities[graph.entities["label"] == "London"]
    assert (london["types"].str.startswith("city") & london["description"].str.contains("United Kingdom")).sum() == 1
    small = graph.entities[graph.entities["label"] == "Smallhill"]
    assert small["aliases"].tolist() == ["Small Hill|sh"]
    assert set(graph.same_as[graph.same_as["entity_id"] == small["id"].iloc[0]]["scheme"]) == {"freebase", "wikidata"}
    assert counts["codex.known"] == 1  # Freebase said it already


def test_build_and_load(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    assert build(lake, ["seed"]) == {"entities": len(load_seed().entities), "facts": len(load_seed().facts)}
    versions = lake.versions()
    build(lake, ["seed"])
    assert lake.versions() == versions
    assert load(lake).version == load_seed().version


def test_the_lake_follows_the_graph(tmp_path, monkeypatch):
    """A corrected date, a dropped fact, entity and outside id: nothing of the former graph stays, and its version can still be read."""
    lake, seed = Lake(str(tmp_path / "lake")), load_seed()
    build(lake)
    before = lake.versions()
    fixed = seed.facts.iloc[5:].copy()
    row = fixed.index[fixed["valid_from"].notna()][0]
    fixed.loc[row, "valid_from"] = pd.Timestamp("1985-03-01")
    wanted = Graph(seed.entities.iloc[:-1], fixed, seed.same_as.iloc[1:])
    monkeypatch.setattr(store, "gather", lambda *_: (wanted, {}, {}))
    build(lake)
    assert load(lake).version == wanted.version != seed.version
    assert {table: lake.version(table) - before[table] for table in ("entities", "same_as", "facts")} == {
        "entities": 1,
        "same_as": 1,
        "facts": 1,
    }
    assert lake.read("facts", version=before["facts"]).shape[0] == len(seed.facts)
    versions = lake.versions()
    build(lake)
    assert lake.versions() == versions


def test_a_source_taken_out_leaves_the_lake(data, tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    for sources in (["seed"], ["seed", "freebase", "codex"], ["seed"]):
        build(lake, sources, data)
        assert load(lake).version == gather(sources, data)[0].version
        versions = lake.versions()
        build(lake, sources, data)
        assert lake.versions() == versions


def test_imported_facts_begin_with_their_entities(data):
    (data / "codex_m" / "entities.tsv").write_text(
        "qid\tlabel\taliases\tdescription\tmid\nQ84\tLondon\t\tcapital\t/m/04jpl\nQ958\tSouth Sudan\t\tcountry\t\n"
    )
    (data / "codex_m" / "train.txt").write_text("Q84\tP17\tQ958\n")
    seed = load_seed()
    sudan = seed.entities.loc[seed.entities["label"] == "South Sudan", "id"].iloc[0]
    assert ((seed.same_as["entity_id"] == sudan) & (seed.same_as["external_id"] == "Q958")).any()
    graph, _, _ = gather(["seed", "codex"], data)
    added = graph.facts[graph.facts["source"].str.startswith("CoDEx") & (graph.facts["tail"] == sudan)]
    assert added["valid_from"].dt.strftime("%Y-%m-%d").tolist() == [starts()[sudan]]


def test_refused_rows_are_stored(data, tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    build(lake, ["freebase"], data)
    reasons = lake.read("rejects")["reason"].value_counts().to_dict()
    assert reasons == {
        "not three known numbers": 2,
        "entity without label": 1,
        "head or tail has no label": 1,
        "head and tail are the same entity": 1,
    }


def test_a_fact_is_available_from_its_first_day(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    build(lake)
    facts = lake.read("facts")
    dated = facts.dropna(subset=["valid_from"])
    assert (dated["available_at"].dt.tz_localize(None).dt.normalize() == dated["valid_from"]).all()


@pytest.mark.parametrize(
    ("sources", "message"),
    [(["seed", "yago"], "unknown source 'yago'"), (["codex"], "no such file; write codex:PATH, or point graph.data")],
)
def test_errors_name_the_input(sources, message, tmp_path):
    with pytest.raises(InputError, match=message):
        gather(sources, tmp_path / "nowhere")


def test_no_graph_yet(tmp_path):
    with pytest.raises(Exception, match="kg build"):
        load(Lake(str(tmp_path / "lake")))


@pytest.mark.parametrize(
    ("description", "expected"),
    [("American actress and film director", "person"), ("2010 film by a director", "work"), ("country in Western Africa", "country"), ("state of Mexico", "subdivision"),
     ("American producer of computers", "company"), ("constitutional monarchy in Oceania", "country"), ("1986 song by a singer", "work"), ("", "other")],
)  # fmt: skip
def test_kinds(description, expected):
    assert kind("X", description) == expected


@needs_data
def test_every_real_row_is_accounted_for():
    _, counts, refusals = gather(["seed", "freebase", "codex"], SHARED)
    assert counts["freebase.read"] == 272_115 + 17_535 + 20_466
    assert counts["codex.read"] == 185_584 + 10_310 + 10_311
    for source in SUBGRAPHS:
        assert counts[f"{source}.read"] == counts[f"{source}.taken"] + counts[f"{source}.known"] + counts[f"{source}.refused"]
        assert len(refusals[source]) >= counts[f"{source}.refused"]
