"""Readers of public graphs: what a row becomes, what is refused, and a query service that misbehaves."""

import bz2
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from kdtcn.errors import InputError, SourceError
from kg import export, load_seed
from kg.importers import dump, ntriples, sparql, table, wikidata5m
from kg.importers.base import Refused, Statement, Thing
from kg.importers.properties import statement
from kg.store import gather

W = "wikidata"


def split(rows) -> tuple[list[Thing], list[Statement], list[Refused]]:
    found = list(rows)
    return tuple([row for row in found if isinstance(row, kind)] for kind in (Thing, Statement, Refused))  # type: ignore[return-value]


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


# -- a query service --------------------------------------------------------------------------------------------

ITEMS = [(f"Q90{n}", f"Land {n}") for n in range(25)]


def bindings(rows: list[dict[str, str]]) -> bytes:
    cells = [{name: {"type": "literal", "value": value} for name, value in row.items()} for row in rows]
    return json.dumps({"head": {"vars": []}, "results": {"bindings": cells}}).encode()


class Wdqs(BaseHTTPRequestHandler):
    """Answers like query.wikidata.org; `troubles` come first, one a request, and pages above `most` items never come whole."""

    troubles: list[str]
    most = 10_000
    asked: list[str]
    over: threading.Event

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = form["query"][0]
        type(self).asked.append(query)
        assert form["format"] == ["json"]
        trouble = self.troubles.pop(0) if self.troubles else ""
        size = int(query.split("LIMIT ")[1].split()[0]) if "LIMIT" in query else query.count("wd:Q")
        body = self.page(query)
        if trouble == "stall":
            self.over.wait(10)
            return None
        if trouble == "429":
            return self.answer(429, b"slow down", {"Retry-After": "0"})
        if trouble == "500" or size > self.most:
            return self.answer(500, b"java.util.concurrent.TimeoutException", {})
        if trouble == "html":
            return self.answer(200, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
        if trouble == "cut":
            return self.answer(200, body[: len(body) // 2], {})
        return self.answer(200, body, {})

    def page(self, query: str) -> bytes:
        if "LIMIT" in query:
            limit, offset = (int(query.split(word)[1].split()[0]) for word in ("LIMIT ", "OFFSET "))
            rows = [
                {"item": sparql.ENTITY + q, "label": label, "about": "country in Europe"}
                for q, label in ITEMS[offset : offset + limit]
            ]
            return bindings(rows)
        facts = []
        for q, _ in ITEMS:
            if f"wd:{q} " in query.split("}")[0] + " ":
                facts.append(
                    {
                        "item": sparql.ENTITY + q,
                        "prop": f"{sparql.ENTITY}P463",
                        "value": f"{sparql.ENTITY}Q458",
                        "label": "European Union",
                        "from": "1995-01-01T00:00:00Z",
                        "fromPrecision": "9",
                    }
                )
        facts.append({"item": sparql.ENTITY + ITEMS[0][0], "prop": f"{sparql.ENTITY}P17", "value": "http://example.org/unknown"})
        return bindings(facts)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/sparql-results+json",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch) -> Iterator[tuple[type[Wdqs], str]]:
    handler = type("Handler", (Wdqs,), {"troubles": [], "asked": [], "over": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}/sparql"
    handler.over.set()
    server.shutdown()
    server.server_close()


def request(tmp_path, url: str, **more: object):
    path = tmp_path / "lands.yaml"
    path.write_text(
        json.dumps({"where": "?item wdt:P31 wd:Q6256 .", "endpoint": url, "interval": 0, "page": 10, "attempts": 2, **more})
    )
    return path


def test_pages_of_items_and_their_facts(service, tmp_path):
    handler, url = service
    things, facts, refused = split(sparql.read(request(tmp_path, url)))
    assert [t.label for t in things if t.label.startswith("Land")] == [label for _, label in ITEMS]
    assert {(f.head, f.relation, f.tail, f.valid_from) for f in facts} == {
        ((W, q), "member_of", (W, "Q458"), "1995-12-31") for q, _ in ITEMS
    }
    assert {r.reason for r in refused} == {"no fact between two items"}
    assert sum("LIMIT" in q for q in handler.asked) == 3
    assert "OFFSET 20" in handler.asked[-2]


@pytest.mark.parametrize("trouble", ["429", "500", "cut", "html"])
def test_trouble_that_passes(trouble, service, tmp_path, monkeypatch):
    handler, url = service
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    handler.troubles = [trouble]
    things, _, _ = split(sparql.read(request(tmp_path, url, page=20)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)


def test_a_service_that_stalls_is_dropped_and_asked_again(service, tmp_path, monkeypatch):
    handler, url = service
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    handler.troubles = ["stall"]
    things, facts, _ = split(sparql.read(request(tmp_path, url, page=40, timeout=0.3)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert len(facts) == len(ITEMS)
    assert handler.asked[0] == handler.asked[1]  # the page that stalled, once more


def test_pages_shrink_where_the_service_stalls(service, tmp_path):
    handler, url = service
    handler.troubles = ["stall"]
    things, _, _ = split(sparql.read(request(tmp_path, url, page=40, attempts=1, timeout=0.3)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert ["LIMIT 40" in handler.asked[0], "LIMIT 20" in handler.asked[1]] == [True, True]


def test_a_service_that_stalls_for_good_is_given_up(service, tmp_path):
    handler, url = service
    handler.troubles = ["stall"] * 9
    with pytest.raises(SourceError, match=r"127\.0\.0\.1.*timed out"):
        list(sparql.read(request(tmp_path, url, page=40, attempts=1, timeout=0.2)))
    assert [int(query.split("LIMIT ")[1].split()[0]) for query in handler.asked] == [40, 20, 10]


def test_pages_shrink_where_the_service_gives_up(service, tmp_path):
    handler, url = service
    handler.most = 12
    things, facts, _ = split(sparql.read(request(tmp_path, url, page=40, attempts=1)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert len(facts) == len(ITEMS)
    handler.most = 3
    with pytest.raises(SourceError, match="answered 500"):
        list(sparql.read(request(tmp_path, url, page=40, attempts=1)))


def test_a_page_without_rows_is_the_end(service, tmp_path, monkeypatch):
    _, url = service
    monkeypatch.setattr(Wdqs, "page", lambda *_: bindings([]))
    assert list(sparql.read(request(tmp_path, url))) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("endpoint: http://127.0.0.1/\n", "where: Field required"),
        ("{", "not YAML"),
        ("where: x\npages: 3\n", "pages: Extra inputs"),
    ],
)
def test_a_request_that_is_none(text, message, tmp_path):
    (tmp_path / "q.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        list(sparql.read(tmp_path / "q.yaml"))
