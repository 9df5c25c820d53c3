"""The graph as of a day, sub-graphs, paths and background facts, on a small graph of its own and on the seed."""

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import InputError
from kg import background, paths, subgraph
from kg.graph import Graph, frames, load_seed, relation_kind
from kg.subgraphs import informative

ENTITIES = ["a", "b", "c", "d", "hub", *(f"leaf{i}" for i in range(80))]


def small(facts: list[tuple[str, str, str, str, str]]) -> Graph:
    entities = pd.DataFrame(
        [(e, e.upper(), "other", "", "", "test") for e in ENTITIES],
        columns=["id", "label", "types", "description", "aliases", "source"],
    )
    rows = pd.DataFrame(
        [(*fact, "test") for fact in facts], columns=["head", "relation", "tail", "valid_from", "valid_to", "source"]
    )
    return frames(entities, rows, pd.DataFrame(columns=["entity_id", "scheme", "external_id"], dtype=str))


GRAPH = small(
    [
        ("a", "member_of", "b", "1973-01-01", "2020-01-31"),
        ("a", "member_of", "c", "", ""),
        ("a", "located_in", "d", "", ""),
        ("a", "in_time_zone", "c", "", ""),
        ("d", "borders", "c", "", ""),
        *((f"leaf{i}", "located_in", "hub", "", "") for i in range(80)),
        ("b", "located_in", "hub", "", ""),
        ("c", "located_in", "hub", "", ""),
    ]
)


@pytest.mark.parametrize(
    ("day", "holds"), [("1972-12-31", False), ("1973-01-01", True), ("2020-01-31", True), ("2020-02-01", False)]
)
def test_a_dated_fact_holds_on_its_days(day, holds):
    assert GRAPH.as_of(day).has_edge("a", "b", key="member_of") is holds


def test_an_end_not_yet_known_is_hidden():
    edge = GRAPH.as_of("2016-06-24")["a"]["b"]["member_of"]
    assert (str(edge["valid_from"]), edge["valid_to"]) == ("1973-01-01", None)
    assert str(GRAPH.as_of("2020-01-31")["a"]["b"]["member_of"]["valid_to"]) == "2020-01-31"


def test_undated_facts_of_dated_relations():
    assert not GRAPH.as_of("2016-06-24").has_edge("a", "c", key="member_of")
    assert GRAPH.as_of("2016-06-24", undated="include").has_edge("a", "c", key="member_of")
    assert GRAPH.as_of("2016-06-24").has_edge("a", "d", key="located_in")
    with pytest.raises(InputError, match="exclude or include"):
        GRAPH.as_of("2016-06-24", undated="maybe")


@given(st.dates(min_value=pd.Timestamp("1980-01-01").date(), max_value=pd.Timestamp("2030-01-01").date()))
@settings(max_examples=15, deadline=None)
def test_a_view_never_shows_what_comes_later(day):
    seen = load_seed().facts_as_of(day)
    on = pd.Timestamp(day)
    assert not (seen["valid_from"] > on).any()
    assert not (seen["valid_to"] > on).any()


def test_nodes_and_edges_carry_what_a_page_needs():
    view = load_seed().as_of("2016-06-24")
    assert isinstance(view, nx.MultiDiGraph)
    head, tail, key, data = next(iter(view.edges(keys=True, data=True)))
    assert key == data["relation"]
    assert data["source"]
    assert set(view.nodes[head]) == {"label", "types", "description"} == set(view.nodes[tail])


def test_version_is_of_the_content():
    shuffled = Graph(GRAPH.entities.sample(frac=1, random_state=1), GRAPH.facts.sample(frac=1, random_state=1), GRAPH.same_as)
    assert shuffled.version == GRAPH.version
    assert len(GRAPH.version) == 12
    assert Graph(GRAPH.entities, GRAPH.facts.iloc[1:], GRAPH.same_as).version != GRAPH.version


@pytest.mark.parametrize(
    ("relation", "kind"),
    [("member_of", "dated"), ("borders", "static"), ("supplier_of", "dated"), ("headquartered_in", "unknown"), ("fb:people/person/place_of_birth", "static"), ("never_seen", "unknown"),
     ("fb:government/politician/government_positions_held./government/government_position_held/basic_title", "dated")],
)  # fmt: skip
def test_relation_kinds(relation, kind):
    assert relation_kind(relation) == kind


def test_paths_leave_out_what_tells_nothing_and_rank_hubs_last():
    view = GRAPH.as_of("2016-06-24")
    assert paths(view, "a", "c")[0] == [("a", "located_in", "d"), ("d", "borders", "c")]
    assert all(step[1] != "in_time_zone" for path in paths(view, "a", "c") for step in path)
    assert paths(view, "leaf0", "leaf1", max_length=2) == [[("leaf0", "located_in", "hub"), ("leaf1", "located_in", "hub")]]
    assert paths(view, "a", "a") == []
    assert paths(view, "a", "nobody") == []


def test_paths_between_real_entities():
    seed = load_seed()
    view = seed.as_of("2016-06-24")
    name = {label: i for i, label in reversed(list(seed.labels.items()))}
    told = [
        [(seed.labels[h], r, seed.labels[t]) for h, r, t in path]
        for path in paths(view, name["J. K. Rowling"], name["United Kingdom"])
    ]
    assert told[0] == [("J. K. Rowling", "citizen_of", "United Kingdom")]
    assert any(("Scottish independence", "concerns", "United Kingdom") in path for path in told)


def test_a_subgraph_keeps_the_given_and_is_bounded():
    seed = load_seed()
    view = seed.as_of("2016-06-24")
    given_ids = [seed.entities["id"].iloc[i] for i in range(0, 9000, 300)]
    found = subgraph(view, [*given_ids, "kd:nobody"], max_nodes=40)
    assert set(given_ids) <= set(found.nodes)
    assert len(found) <= 40
    assert all(informative(key) for _, _, key in found.edges(keys=True))
    assert subgraph(view, reversed(given_ids), max_nodes=40).edges == found.edges or len(found) == 40


@pytest.mark.parametrize(
    ("relation", "tells"),
    [("member_of", True), ("instance_of", False), ("fb:education/educational_degree/people_with_this_degree./education/education/student", False),
     ("fb:military/military_conflict/combatants", True), ("in_time_zone", False)],
)  # fmt: skip
def test_what_tells_nothing(relation, tells):
    assert informative(relation) is tells


def test_background_ranks_rare_facts_first():
    view = load_seed().as_of("2016-06-24")
    name = {label: i for i, label in reversed(list(load_seed().labels.items()))}
    assert background(view, name["Janet Yellen"], 1) == [(name["Janet Yellen"], "head_of", name["Federal Reserve"])]
    assert background(view, "kd:nobody") == []
