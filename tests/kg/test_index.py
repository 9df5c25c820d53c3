"""The names on disk: opened when the graph is the same, built when it is not, whole or not there at all."""

import sqlite3

import pandas as pd
import pytest

from kg.aliases import Named, People, given_name, names_of
from kg.graph import Graph, frames
from kg.index import Index, write
from kg.linking import Linker


def graph(*rows: tuple[str, str, str, str], facts: tuple[tuple[str, ...], ...] = (), source: str = "hand") -> Graph:
    entities = pd.DataFrame(
        [(i, label, types, "", aliases, source) for i, label, types, aliases in rows],
        columns=["id", "label", "types", "description", "aliases", "source"],
    )
    told = pd.DataFrame(
        [(*fact, source) for fact in facts], columns=["head", "relation", "tail", "valid_from", "valid_to", "source"]
    )
    return frames(entities, told.astype(str), pd.DataFrame(columns=["entity_id", "scheme", "external_id"], dtype=str))


LANDS = graph(("kd:1", "Ruritania", "country|place", "RUR|Kingdom of Ruritania"), ("kd:2", "Łódź", "city|place", ""))


def test_the_same_graph_is_opened_and_not_built(tmp_path, monkeypatch):
    first = Linker(LANDS, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.stat()
    monkeypatch.setattr("kg.index.fill", lambda *_: pytest.fail("built again"))
    again = Linker(LANDS, folder=tmp_path)
    assert again.link("Ruritania and Lodz") == first.link("Ruritania and Lodz")
    assert [link.label for link in again.link("Ruritania and Lodz")] == ["Ruritania", "Łódź"]
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_another_graph_takes_its_place(tmp_path):
    Index.of(LANDS, tmp_path)
    other = graph(("kd:3", "Strelsau", "city|place", ""))
    assert Index.of(other, tmp_path).names("ruritania") == ()
    assert [p.name.split("-")[1] for p in tmp_path.iterdir()] == [other.version]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and no more", b"\0" * 5000])
def test_half_a_file_is_built_anew(content, tmp_path):
    Index.of(LANDS, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert len(Index.of(LANDS, tmp_path).names("rur")) == 1


def test_nothing_is_left_of_a_build_that_failed(tmp_path, monkeypatch):
    def broken(connection: sqlite3.Connection, _: Graph) -> None:
        connection.execute("CREATE TABLE entities (number)")
        raise KeyboardInterrupt

    monkeypatch.setattr("kg.index.fill", broken)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "names-x-1.sqlite", LANDS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_cannot_be_changed(tmp_path):
    index = Index.of(LANDS, tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._connection.execute("DELETE FROM names")


def test_lookups():
    known = graph(
        ("kd:1", "Ruritania", "country|place", ""),
        ("kd:2", "Rudolf Rassendyll", "person", ""),
        facts=(("kd:2", "head_of_state", "kd:1", "2001-01-01", "2004-12-31"),),
    )
    index = Index.of(known)
    (name,) = index.names("rassendyll")
    assert index.entity(name.entity).label == "Rudolf Rassendyll"
    assert index.given("rudolf")
    assert not index.given("rassendyll")
    day = pd.Timestamp("2001-01-01").toordinal()
    assert index.near(0) == {1: day}
    assert index.terms(1) == ((day, pd.Timestamp("2004-12-31").toordinal()),)
    assert index.longest("rudolf") == 2
    assert {entity for entity, _ in index.shortened("ruritnia")} == {0}


def keys(label: str, types: str, *aliases: str, own: bool = False, people: People = People()) -> set[str]:  # noqa: B008
    return {" ".join(words) for words, _, _ in names_of(Named(label, aliases, tuple(types.split("|")), own), people)}


@pytest.mark.parametrize(
    ("label", "types", "aliases", "expected"),
    [
        ("French National Assembly", "organisation", ("National Assembly",), {"french national assembly"}),  # whose?
        ("Sydney", "city", ("Sydney, Australia", "UN/LOCODE:AUSYD"), {"sydney"}),
        ("LeBron James", "person", ("King James", "The Chosen One"), {"lebron james", "james", "king james"} - {"james"}),
        ("In America", "work", (), set()),
        ("television presenter", "other", ("TV host",), set()),  # a common noun
        ("President of the United States", "office", ("US President",), set()),
        ("Summit", "city", (), set()),
        ("Strelsau", "city", ("Strelz",), {"strelsau"}),  # one word: the label alone
    ],
)
def test_imported_names_are_taken_with_care(label, types, aliases, expected):
    assert keys(label, types, *aliases) - {"james"} == expected


def test_a_small_city_is_not_a_given_name():
    people = People({"mary"}, {"anderson"})
    assert keys("Anderson", "city", people=people) == set() == keys("Mary", "person", people=people)
    qualities = {quality for _, quality, _ in names_of(Named("Mary", (), ("city",), True, 9.0), people)}
    assert max(qualities) < 0.5


def test_names_without_the_letters_an_archive_loses():
    assert {"francois hollande", "franois hollande", "hollande"} <= keys("François Hollande", "person", own=True)
    assert "cred" not in keys("Écred", "city", own=True)


@pytest.mark.parametrize(
    ("label", "given"), [("Vladimir Putin", "vladimir"), ("Kim Jong-un", ""), ("Pope Francis", ""), ("Madonna", "")]
)
def test_given_names(label, given):
    assert given_name(Named(label, (), ("person",), True)) == given
