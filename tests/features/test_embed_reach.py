"""Vectors of entities never trained: neighbours, then names, then none; learnt at night from what was known, for later sessions alone."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.features.fitted import Fitted, load
from kdtcn.features.news import News
from kdtcn.features.reach import shares
from kdtcn.features.text import fit as fit_text
from kdtcn.features.vectors import graph_items
from kdtcn.lake import Lake
from kdtcn.sessions import decision_time
from kg import Graph, Recipe, embed

PEOPLE = [f"p{i}" for i in range(12)]
SESSION = pd.Timestamp("2015-06-10")
DECIDED = decision_time(SESSION)


def graph() -> Graph:
    """Two countries with six people each; from 2015-06-01 `new` lives in the first, from 2016 on `late` does."""
    names = {**{p: f"person {p}" for p in PEOPLE}, "A": "land of apples", "B": "land of bears"}
    names |= {"new": "somebody", "late": "nobody", "fair": "apples fair", "odd": "xyzzy"}
    entities = pd.DataFrame(
        {"id": list(names), "label": list(names.values()), "types": "person", "aliases": "", "description": "", "source": "test"}
    )
    rows = [(p, "citizen_of", "AB"[i % 2], pd.NaT) for i, p in enumerate(PEOPLE)]
    rows += [("new", "citizen_of", "A", pd.Timestamp("2015-06-01")), ("late", "citizen_of", "A", pd.Timestamp("2016-01-01"))]
    facts = pd.DataFrame(rows, columns=["head", "relation", "tail", "valid_from"])
    facts["valid_from"] = pd.to_datetime(facts["valid_from"])
    facts["valid_to"], facts["source"] = pd.NaT, "test"
    facts["valid_to"] = pd.to_datetime(facts["valid_to"])
    return Graph(entities, facts, pd.DataFrame(columns=["entity_id", "scheme", "external_id"]))


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    known = graph()
    triples = [(p, "citizen_of", "AB"[i % 2]) for i, p in enumerate(PEOPLE)] + [("p0", "event:meet", "p2")]
    text = fit_text(
        ["land of apples and bears", "person of the land", "a fair of apples", "bears and apples"] * 3, dim=4, max_features=100
    )
    trained = embed(triples, Recipe(dimensions=8, epochs=40, batch=8), seed=1)
    cut = pd.Timestamp("2015-01-01 05:00", tz="UTC")
    return Fitted("fold-1", cut, text, trained, known, "include", "reading", "relations")


def news(*triples: tuple[str, str, str], at: pd.Timestamp = DECIDED) -> News:
    """Events of one session, both arguments linked."""
    n = len(triples)
    events = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(n)],
            "event_type": [t[1] for t in triples],
            "negated": False,
            "position": 0,
            "available_at": at,
        }
    )
    links = pd.DataFrame(
        [(f"e{i}", role, name) for i, t in enumerate(triples) for role, name in (("subject", t[0]), ("object", t[2]))],
        columns=["event_id", "role", "entity_id"],
    )
    return News("forecast", pd.DataFrame(), events, links)


def test_neighbours_then_name_then_unknown(fitted: Fitted) -> None:
    reach = fitted.reach
    assert [reach.source(e) for e in ("p0", "fair", "odd", "nowhere")] == ["trained", "name", "unknown", "unknown"]
    assert reach.vector("odd") is None
    name = reach.vector("fair")
    assert name is not None
    lands = {land: fitted.embedding.vectors[fitted.embedding.row[land]] for land in "AB"}
    assert np.linalg.norm(name - lands["A"]) < np.linalg.norm(name - lands["B"]), "apples are named after A"
    after = Fitted(**{**vars_of(fitted), "cut": pd.Timestamp("2015-06-05", tz="UTC")})
    assert after.reach.source("new") == "neighbours"


def vars_of(fitted: Fitted) -> dict:
    return {name: getattr(fitted, name) for name in Fitted.__dataclass_fields__}


def test_coverage_counts_every_link_once(fitted: Fitted) -> None:
    said = news(("p0", "meet", "p1"), ("new", "meet", "fair"), ("odd", "meet", "p1"))
    counts = fitted.reach.coverage(said.links[said.links["event_id"] != "e0"], 3)
    assert counts == {"trained": 1, "learnt since": 0, "neighbours": 0, "name": 1, "unknown": 2, "slots without entity": 2}
    assert shares(counts) == "vectors of 4 linked entities: trained 25.0%, name 25.0%, unknown 50.0%; 2 slots name no entity"
    assert shares(fitted.reach.coverage(said.links[:0], 3)) == "no event names an entity"


def test_a_night_learns_what_it_names_first_from_what_is_known(fitted: Fitted) -> None:
    grown, rows = fitted.learn(news(("new", "meet", "p1"), ("late", "meet", "p3")), SESSION, 0, DECIDED)
    assert rows["entity_id"].tolist() == ["late", "new"]
    assert (rows["available_at"] == DECIDED).all()
    vectors = dict(zip(rows["entity_id"], rows["vector"], strict=True))
    embedding = fitted.embedding
    move = embedding.relation_vectors[embedding.relation_row["citizen_of"]]
    distance = {land: np.abs(vectors["new"] + move - embedding.vectors[embedding.row[land]]).sum() for land in "AB"}
    assert distance["A"] < distance["B"], "its citizenship is known by then"
    without, _ = Fitted(**{**vars_of(fitted), "graph": Graph(graph().entities, graph().facts.iloc[:-1], graph().same_as)}).learn(
        news(("new", "meet", "p1"), ("late", "meet", "p3")), SESSION, 0, DECIDED
    )
    assert np.array_equal(without.later["late"][1], grown.later["late"][1]), "a fact of 2016 says nothing in 2015"
    again, nothing = grown.learn(news(("new", "meet", "p1")), SESSION + pd.Timedelta(days=1), 0, DECIDED)
    assert again is grown
    assert nothing.empty


def test_what_comes_after_the_decision_teaches_nothing(fitted: Fitted) -> None:
    same, rows = fitted.learn(news(("new", "meet", "p1"), at=DECIDED + pd.Timedelta(minutes=1)), SESSION, 0, DECIDED)
    assert same is fitted
    assert rows.empty


def test_an_event_type_never_seen_is_learnt_too(fitted: Fitted) -> None:
    grown, rows = fitted.learn(news(("p0", "sue", "p1")), SESSION, 0, DECIDED)
    assert rows["entity_id"].tolist() == ["event:sue"]
    assert set(grown.later) == {"event:sue"}


def test_a_vector_counts_from_its_session_on(fitted: Fitted) -> None:
    said = news(("new", "sue", "p1"), ("new", "sue", "p1"))
    events = said.events.assign(position=[3, 4])
    later = {"new": (4, np.full(8, 2.0, np.float32)), "event:sue": (4, np.eye(1, 8, dtype=np.float32)[0])}
    found = graph_items(events, said.links, fitted.embedding, lambda _: None, later)
    subject, middle, _, flags = np.split(found, [8, 16, 24], axis=1)
    assert not subject[0].any()
    assert not middle[0].any()
    np.testing.assert_allclose(subject[1], 2 * np.sqrt(8), rtol=1e-6)
    assert middle[1, 0] > 0
    assert flags[:, 0].tolist() == [0, 1]


def test_stored_and_read_back(fitted: Fitted, tmp_path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    fitted.store(lake, "hash")
    grown, rows = fitted.learn(news(("new", "sue", "p1")), SESSION, 0, DECIDED)
    lake.upsert("vectors", rows)
    again = load(lake, "fold-1", fitted.graph, "reading")
    assert set(again.later) == set(grown.later) == {"new", "event:sue"}
    for name, (first, vector) in grown.later.items():
        assert again.later[name][0] == first == SESSION
        np.testing.assert_array_equal(again.later[name][1], vector)
    assert np.array_equal(again.embedding.vectors, fitted.embedding.vectors)
    version = lake.version("vectors")
    lake.upsert("vectors", rows)
    assert lake.version("vectors") == version
