"""Tuples and facts of a session as one graph and as sentences."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.explain.linkage import MAX_NODES, EventLinks, Linkage, link_events
from kg import FOREVER

LABELS = {"member_of": "is a member of", "has_currency": "has the currency"}
BRITAIN, UNION, POUND, FRANCE = ("gb", "Britain"), ("eu", "European Union"), ("gbp", "pound sterling"), ("fr", "France")


def _graph() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for name, label, types in (
        ("gb", "Britain", "country"),
        ("eu", "European Union", "bloc"),
        ("gbp", "pound sterling", "currency"),
        ("fr", "France", "country"),
        ("br", "Brazil", "country"),
        ("ua", "Ukraine", "country"),
        ("corn", "corn", "commodity"),
        ("cg", "a man with two passports", "person"),
    ):
        graph.add_node(name, label=label, description=f"about {label}", types=types)
    for head, relation, tail, since in (
        ("gb", "member_of", "eu", "1973-01-01"),
        ("fr", "member_of", "eu", "1958-01-01"),
        ("gb", "has_currency", "gbp", None),
        ("gb", "located_in", "eu", None),
        ("br", "exports", "corn", None),
        ("ua", "exports", "corn", None),
        ("cg", "citizen_of", "br", None),
        ("cg", "citizen_of", "fr", None),
    ):
        graph.add_edge(head, tail, key=relation, relation=relation, valid_from=since)
    return graph


def _event(
    name: str, subject: str, predicate: str, thing: str, heads: tuple = (), tails: tuple = (), **more: object
) -> EventLinks:
    return EventLinks(name, subject, predicate, thing, heads, tails, **more)  # type: ignore[arg-type]


EXIT = _event("e1", "Britain", "exiting from", "the union", (BRITAIN,), (UNION,), effect=-0.2)
DROP = _event("e2", "The pound", "drops", "nearly 5%", (POUND,), effect=-0.1)
HARVEST = (
    _event("e3", "Brazil", "impeaches", "its president", (("br", "Brazil"),)),
    _event("e4", "Ukraine", "signs", "a truce", (("ua", "Ukraine"),)),
)


def _link(*events: EventLinks, **options: int) -> Linkage:
    return link_events(events, _graph(), relation_labels=LABELS, **options)


def test_a_fact_and_a_tuple_between_the_same_two_are_one_sentence() -> None:
    assert _link(EXIT).sentences[0].text == "*Britain* — member of since 1973 → *European Union* ← exiting from — *Britain*"


def test_a_fact_ties_two_tuples_together() -> None:
    said = [sentence.text for sentence in _link(EXIT, DROP).sentences]
    assert "*European Union* ← exiting from — *Britain* — has the currency → *pound sterling* — drops → *nearly 5%*" in said


def test_of_several_facts_between_two_the_dated_one_is_shown() -> None:
    facts = [edge for edge in _link(EXIT).edges if edge.kind == "fact"]
    assert [(edge.label, edge.since) for edge in facts if {edge.head, edge.tail} == {"gb", "eu"}] == [("member of", "1973")]


def test_a_start_before_every_headline_is_not_shown_as_one() -> None:
    """The seed's capitals are in force from its first day; London has not been the capital "since 1985"."""
    graph = _graph()
    graph.edges["gb", "eu", "member_of"]["valid_from"] = FOREVER
    graph.remove_edge("gb", "eu", "located_in")
    (sentence,) = link_events([EXIT], graph, relation_labels=LABELS).sentences
    assert sentence.text == "*Britain* — member of → *European Union* ← exiting from — *Britain*"


def test_an_entity_of_the_graph_bridges_parts_of_the_news_but_a_stranger_does_not() -> None:
    found = _link(EXIT, *HARVEST)
    names = {node.label for node in found.nodes}
    assert "corn" in names
    assert "a man with two passports" not in names
    assert "*Brazil* — exports → *corn* ← exports — *Ukraine*" in [sentence.text for sentence in found.sentences]


def test_text_without_entity_is_a_node_of_its_own() -> None:
    found = _link(DROP)
    assert {(node.label, node.kind) for node in found.nodes} == {("pound sterling", "entity"), ("nearly 5%", "text")}
    assert found.sentences[0].text == "*pound sterling* — drops → *nearly 5%*"


def test_negation_is_said() -> None:
    assert _link(_event("e", "Farmers", "block", "roads", negated=True)).edges[0].label == "not: block"


def test_the_same_tuple_of_two_headlines_is_one_edge() -> None:
    found = _link(EXIT, _event("e9", "Britain", "exiting from", "EU", (BRITAIN,), (UNION,)))
    assert [edge.event_id for edge in found.edges if edge.kind == "event"] == ["e1"]
    assert found.left_out == 0


def test_every_entity_of_a_slot_has_its_edge() -> None:
    found = _link(_event("e", "Britain and France", "warn", "the union", (BRITAIN, FRANCE), (UNION,)))
    assert {(edge.head, edge.tail) for edge in found.edges if edge.kind == "event"} == {("gb", "eu"), ("fr", "eu")}


@pytest.mark.parametrize("events", [(), (_event("e", "", "rains", ""),), (_event("e", "It", "rains", ""),)])
def test_nothing_to_link_is_an_empty_picture(events: tuple[EventLinks, ...]) -> None:
    found = _link(*events)
    assert found.nodes == found.edges == found.sentences == ()


def test_an_entity_that_the_graph_does_not_hold_on_the_day_is_still_drawn() -> None:
    assert [node.label for node in _link(_event("e", "Utopia", "joins", "EU", (("ut", "Utopia"),), (UNION,))).nodes] == [
        "Utopia",
        "European Union",
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdefghij"), st.sampled_from("klmnopqrst"), st.floats(-1, 1)), max_size=80),
    st.integers(6, MAX_NODES),
)
def test_the_picture_is_capped_and_names_its_nodes(tuples: list[tuple[str, str, float]], cap: int) -> None:
    events = [_event(f"e{i:03d}", a, "meets", b, effect=effect) for i, (a, b, effect) in enumerate([*tuples, ("gb", "eu", 0.1)])]
    found = link_events([*events, EXIT, DROP], _graph(), max_nodes=cap)
    ids = {node.id for node in found.nodes}
    assert len(found.nodes) == len(ids) <= cap
    assert {end for edge in found.edges for end in (edge.head, edge.tail)} == ids
    assert found == link_events([*events, EXIT, DROP], _graph(), max_nodes=cap)
