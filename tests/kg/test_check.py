"""kg verify finds each kind of defect, kg export writes what other programs read, and neither changes the graph."""

import json

import networkx as nx
import pandas as pd
import pytest
from typer.testing import CliRunner

from kdtcn.cli import app, graph  # noqa: F401  (registers its commands)
from kdtcn.lake import Lake
from kg import build, load_seed, store
from kg.check import problems
from kg.graph import Graph, frames

SOUND = [("a", "A", "city|place", "one"), ("b", "B", "country|place", ""), ("c", "A", "city|place", "another")]


def small(entities: list[tuple[str, ...]], facts: list[tuple[str, ...]], same: list[tuple[str, ...]]) -> Graph:
    rows = pd.DataFrame(entities, columns=["id", "label", "types", "description"]).assign(aliases="", source="test")
    told = pd.DataFrame(facts, columns=["head", "relation", "tail", "valid_from", "valid_to"], dtype=str).assign(source="test")
    return frames(rows, told, pd.DataFrame(same, columns=["entity_id", "scheme", "external_id"], dtype=str))


@pytest.mark.parametrize(
    ("entities", "facts", "same", "kind", "where"),
    [
        ([], [("a", "located_in", "x", "", "")], [], "dangling id", "a located_in x"),
        ([], [], [("x", "wikidata", "Q1")], "dangling id", "wikidata:Q1"),
        ([], [("a", "capital_of", "b", "2001-01-02", "2001-01-01")], [], "reversed date", "A capital_of B"),
        ([("d", "a", "city|place", "one")], [], [], "duplicate label", "A (city|place)"),
        ([], [("a", "loves", "b", "", "")], [], "unknown relation", "loves"),
        ([], [], [("a", "wikidata", "Q1"), ("b", "wikidata", "Q1")], "same_as conflict", "wikidata:Q1"),
        ([], [], [("b", "wikidata", "Q1"), ("b", "wikidata", "Q2")], "same_as conflict", "B"),
        ([], [("a", "part_of", "b", "", ""), ("b", "part_of", "a", "", "")], [], "circle", "part_of"),
    ],
)
def test_each_defect_is_found(entities, facts, same, kind, where):
    assert [(p.kind, p.where) for p in problems(small([*SOUND, *entities], facts, same))] == [(kind, where)]


def test_the_seed_is_sound():
    assert problems(load_seed()) == []
    assert problems(small(SOUND, [("a", "fb:made/up", "b", "", "")], [])) == []


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("KDTCN_HOME", str(tmp_path / "home"))
    return lambda *args: CliRunner().invoke(app, ["kg", *args])


def test_verify_ends_with_one_where_something_is_wrong(run, tmp_path, monkeypatch):
    assert run("verify", "--json").exit_code == 0
    broken = small(SOUND, [("a", "part_of", "b", "", ""), ("b", "part_of", "a", "", "")], [])
    monkeypatch.setattr(store, "gather", lambda *_: (broken, {}, {}))
    build(Lake(str(tmp_path / "home" / "lake")))
    result = run("verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [{"kind": "circle", "where": "part_of", "what": "A, B"}]


@pytest.mark.parametrize("form", ["graphml", "cytoscape", "ntriples"])
def test_export_around_an_entity_on_a_day(form, run, tmp_path):
    result = run(
        "export", "-o", str(tmp_path / "eu"), "--format", form, "--around", "European Union", "--as-of", "2016-06-24", "--json"
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    text = (tmp_path / "eu").read_text(encoding="utf-8")
    assert "United Kingdom" in text
    assert "2020-01-31" not in text  # the end that the day did not know
    if form == "graphml":
        read = nx.read_graphml(tmp_path / "eu")
        assert (len(read), read.number_of_edges()) == (told["entities"], told["facts"])
        assert {data["label"] for _, data in read.nodes(data=True)} >= {"European Union", "France"}
    elif form == "cytoscape":
        read = nx.cytoscape_graph(json.loads(text))
        assert (len(read), read.number_of_edges()) == (told["entities"], told["facts"])
    else:
        assert '<urn:kdtcn:valid_from> "1973-01-01"' in text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--format", "dot"), "choose graphml"),
        (("--around", "Ruritania"), "no entity is called 'Ruritania'"),
        (("-o", "no/such/place"), "cannot be written"),
    ],
)
def test_export_names_what_is_wrong(args, message, run, tmp_path):
    result = run("export", *([] if "-o" in args else ["-o", str(tmp_path / "x")]), *args)
    assert message in str(result.exception) + result.output
