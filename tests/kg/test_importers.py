"""Readers of public graphs in files: what a row becomes, and what is refused."""

import bz2
import gzip
import json

import pytest

from kdtcn.errors import InputError
from kg import export, load_seed
from kg.importers import dump, ntriples, table, wikidata5m
from kg.importers.base import Statement, Thing
from kg.importers.properties import statement
from kg.store import gather
from tests.kg.rows import split

W = "wikidata"


# -- Wikidata's JSON dump ---------------------------------------------------------------------------------------


def claim(value: str, rank: str = "normal", start: str = "", end: str = "", precision: int = 11) -> dict:
    def time(text: str) -> list[dict]:
        if text == "?":
            return [{"snaktype": "somevalue"}]
        return [{"snaktype": "value", "datavalue": {"value": {"time": text, "precision": precision}}}]

    qualifiers = {name: time(text) for name, text in (("P580", start), ("P582", end)) if text}
    return {
        "rank": rank,
        "mainsnak": {"snaktype": "value", "datavalue": {"value": {"id": value}}},
        **({"qualifiers": qualifiers} if qualifiers else {}),
    }


def item(identifier: str, label: str, claims: dict, **more: object) -> str:
    named = {"en": {"value": label}} if label else {}
    return json.dumps(
        {"type": "item", "id": identifier, "labels": named, "descriptions": {}, "aliases": {}, "claims": claims, **more}
    )


DUMP = "\n".join(
    [
        "[",
        item(
            "Q900",
            "Ruritania",
            {
                "P35": [
                    claim("Q901", start="+1990-01-01T00:00:00Z", end="+1999-05-00T00:00:00Z", precision=10),
                    claim("Q902", rank="preferred", start="+1999-06-01T00:00:00Z"),
                    claim("Q903", rank="deprecated"),
                    claim("Q904", start="+1980-01-01T00:00:00Z", end="?"),
                    claim("Q905", start="+1900-00-00T00:00:00Z", precision=7),
                ],
                "P30": [claim("Q46", rank="preferred"), claim("Q48")],
                "P9999": [claim("Q1")],
                "P646": [{"rank": "normal", "mainsnak": {"snaktype": "value", "datavalue": {"value": "/m/rur"}}}],
            },
            descriptions={"en": {"value": "country in Europe"}},
            aliases={"en": [{"value": "Kingdom of Ruritania"}]},
        )
        + ",",
        item("Q901", "", []) + ",",
        '{"type": "item", "id": "Q9',
        json.dumps({"type": "property", "id": "P1"}) + ",",
        item("Q902", "Rudolf", []),
        "]",
    ]
)


@pytest.mark.parametrize(("name", "opens"), [("d.json", open), ("d.json.gz", gzip.open), ("d.json.bz2", bz2.open)])
def test_dump(name, opens, tmp_path):
    path = tmp_path / name
    with opens(path, "wt", encoding="utf-8") as stream:
        stream.write(DUMP)
    things, facts, refused = split(dump.read(path))
    assert things[0] == Thing(
        ((W, "Q900"), ("freebase", "/m/rur")), "Ruritania", ("Kingdom of Ruritania",), "country in Europe", "country|place"
    )
    assert [thing.label for thing in things] == ["Ruritania", "Rudolf"]
    assert facts == [
        Statement((W, "Q900"), "located_in", (W, "Q46")),  # the best rank alone, where there are no dates
        Statement((W, "Q901"), "head_of_state", (W, "Q900"), "1990-01-31", "1999-05-31"),
        Statement((W, "Q902"), "head_of_state", (W, "Q900"), "1999-06-01"),
    ]
    assert [row.reason for row in refused] == [
        "it ended, nobody says when",
        "a date vaguer than a year",
        "entity without label",
        "not an item of the dump",
    ]


def test_a_dump_that_was_cut_off(tmp_path):
    whole = gzip.compress(DUMP.encode() * 50)
    (tmp_path / "cut.json.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.json\.gz: cannot be read to its end"):
        list(dump.read(tmp_path / "cut.json.gz"))


def test_facts_may_come_before_their_entities(tmp_path):
    """Q901 has no label; Q902 comes after the fact that names it."""
    (tmp_path / "d.json").write_text(DUMP)
    graph, counts, refusals = gather([f"wikidata-json:{tmp_path / 'd.json'}"])
    name = f"wikidata-json:{tmp_path / 'd.json'}"
    assert counts[f"{name}.read"] == counts[f"{name}.taken"] + counts[f"{name}.known"] + counts[f"{name}.refused"]
    (row,) = graph.facts.itertuples(index=False)
    assert (graph.labels[row.head], row.relation, graph.labels[row.tail], str(row.valid_from.date())) == (
        "Rudolf",
        "head_of_state",
        "Ruritania",
        "1999-06-01",
    )
    assert "head or tail has no label" in {r.reason for r in refusals[name]}


# -- Wikidata5m and CSV -----------------------------------------------------------------------------------------


def test_wikidata5m(tmp_path):
    (tmp_path / "wikidata5m_entity.txt").write_text("Q900\tRuritania\tKingdom of Ruritania\nbroken\nQ901\tStrelsau\n")
    (tmp_path / "wikidata5m_relation.txt").write_text("P36\tcapital\nP800\tnotable work\tmajor work\n")
    (tmp_path / "wikidata5m_text.txt").write_text("Q901\tStrelsau is a city in Ruritania. It is old.\n")
    (tmp_path / "wikidata5m_transductive_train.txt").write_text("Q900\tP36\tQ901\nQ900\tP800\n")
    (tmp_path / "wikidata5m_transductive_valid.txt").write_text("Q900\tP800\tQ901\n")
    things, facts, refused = split(wikidata5m.read(tmp_path))
    assert [(t.label, t.types, t.aliases) for t in things] == [
        ("Ruritania", "other", ("Kingdom of Ruritania",)),
        ("Strelsau", "city|place", ()),
    ]
    assert facts == [statement("Q900", "P36", "Q901"), Statement((W, "Q900"), "notable_work", (W, "Q901"))]
    assert facts[0].relation == "capital_of"
    assert facts[0].head == (W, "Q901")
    assert [row.reason for row in refused] == ["not an id and a name", "not head, relation, tail"]


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "entities.csv").write_text(
        "id,label,types,aliases,wikidata\nr,Ruritania,country|place,Kingdom of Ruritania,Q99999900\nuk,Britain,,,Q145\n,Nowhere,,,\n"
    )
    (folder / "facts.csv").write_text(
        "head,relation,tail,valid_from,valid_to\nr,member_of,wikidata:Q142,2004-05-01,\nr,borders,uk,,\nr,borders,x,,\n"
        "r,member_of,uk,2004-5-1,\nr,allied_with,uk,2010-01-01,2009-01-01\n,borders,uk,,\n"
    )
    return folder


def test_csv(own):
    name = f"csv:{own}"
    graph, counts, refusals = gather(["seed", name])
    seed = load_seed()
    assert len(graph.entities) == len(seed.entities) + 1  # Britain is the seed's
    assert {k.rpartition(".")[2]: v for k, v in counts.items() if k.startswith(name)} == {
        "read": 6,
        "taken": 2,
        "known": 0,
        "refused": 4,
    }
    assert sorted(r.reason for r in refusals[name]) == [
        "a date that is no ISO day",
        "a fact needs head, relation and tail",
        "an entity needs an id and a label",
        "ends before it begins",
        "head or tail has no label",
    ]
    new = graph.facts[graph.facts["source"] == "CSV mine"]
    assert {(graph.labels[h], r, graph.labels[t]) for h, r, t in zip(new["head"], new["relation"], new["tail"], strict=True)} == {
        ("Ruritania", "member_of", "France"),
        ("Ruritania", "borders", "United Kingdom"),
    }


def test_csv_without_its_columns(tmp_path):
    (tmp_path / "entities.csv").write_text("id,name\n")
    with pytest.raises(InputError, match=r"entities\.csv: no column 'label'"):
        list(table.read(tmp_path))


@pytest.mark.parametrize(
    ("source", "message"),
    [("yago", "unknown source 'yago'"), ("csv", "csv needs a path"), ("ntriples:/nowhere.nt", "no such file")],
)
def test_sources_are_named_right(source, message, tmp_path):
    with pytest.raises(InputError, match=message):
        gather([source], tmp_path)


# -- N-Triples --------------------------------------------------------------------------------------------------

TRIPLES = """<http://www.wikidata.org/entity/Q900> <http://www.w3.org/2000/01/rdf-schema#label> "Ruritania"@en .
<http://www.wikidata.org/entity/Q900> <http://www.w3.org/2000/01/rdf-schema#label> "Ruritanien"@de .
<http://www.wikidata.org/entity/Q900> <http://www.w3.org/2004/02/skos/core#altLabel> "Kingdom of Ruritania"@en-GB .
<http://www.wikidata.org/entity/Q900> <http://www.w3.org/2002/07/owl#sameAs> <http://rdf.freebase.com/ns/m.rur> .
<http://www.wikidata.org/entity/Q900> <http://www.wikidata.org/prop/direct/P463> <http://www.wikidata.org/entity/Q458> .
# a comment
this is no triple
<http://example.org/x> <http://example.org/likes> <http://www.wikidata.org/entity/Q900> .
<http://example.org/x> <http://example.org/age> "7" .
"""


def test_ntriples(tmp_path):
    (tmp_path / "g.nt").write_text(TRIPLES)
    things, facts, refused = split(ntriples.read(tmp_path / "g.nt"))
    assert things == [Thing(((W, "Q900"), ("freebase", "/m/rur")), "Ruritania", ("Kingdom of Ruritania",), "", "other")]
    assert facts == [
        Statement((W, "Q900"), "member_of", (W, "Q458")),
        Statement(("iri", "http://example.org/x"), "rdf:http://example.org/likes", (W, "Q900")),
    ]
    assert [row.reason for row in refused] == ["not a triple", "no fact between two named things"]


def test_what_is_exported_comes_back(tmp_path):
    """The graph around an entity, written as N-Triples and read again, is known to the last static fact."""
    seed = load_seed()
    whole = seed.as_of("2016-06-24")
    eu = next(i for i, label in seed.labels.items() if label == "European Union")
    part = export.around(whole, eu, 1)
    export.write(part, tmp_path / "eu.nt", "ntriples")
    name = f"ntriples:{tmp_path / 'eu.nt'}"
    graph, counts, _ = gather(["seed", name])
    assert counts[f"{name}.known"] == part.number_of_edges()
    assert counts[f"{name}.taken"] == 0
    assert len(graph.facts) == len(seed.facts)
