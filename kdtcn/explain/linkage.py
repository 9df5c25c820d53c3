"""How the events of a session hang together: their tuples and the facts that connect their entities, as graph and as sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import networkx as nx

MAX_NODES = 26  # what an eye can take in; the sentences and the table hold the rest
MAX_SENTENCES = 14
PAIRS = 3  # a slot may name several entities: draw at most so many edges for one tuple


@dataclass(frozen=True)
class EventLinks:
    """A tuple with the entities of its slots, best first: (entity_id, label) pairs."""

    event_id: str
    subject: str
    predicate: str
    object: str
    subject_entities: tuple[tuple[str, str], ...] = ()
    object_entities: tuple[tuple[str, str], ...] = ()
    negated: bool = False
    effect: float = 0.0


@dataclass(frozen=True)
class Node:
    """An entity of the graph, or a text that is linked to none."""

    id: str
    label: str
    kind: str  # entity | text
    description: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A tuple (kind event, with its event_id) or a fact (kind fact, `since` is a year or empty)."""

    head: str
    tail: str
    label: str
    kind: str  # event | fact
    event_id: str = ""
    since: str = ""


@dataclass(frozen=True)
class Sentence:
    """A chain of the graph in words: parts are (role, text) with role node, event or fact; arrows are part of the text."""

    parts: tuple[tuple[str, str], ...]
    event_ids: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(f"*{text}*" if role == "node" else text for role, text in self.parts)


@dataclass(frozen=True)
class Linkage:
    """The picture (nodes and edges, capped), the sentences, and how many of the session's tuples the picture leaves out."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    left_out: int = 0


def link_events(
    events: Sequence[EventLinks],
    graph: nx.MultiDiGraph,
    *,
    relation_labels: Mapping[str, str] | None = None,
    max_nodes: int = MAX_NODES,
    max_sentences: int = MAX_SENTENCES,
) -> Linkage:
    """The tuples of a session and the facts of `graph` (as of the decision day) that connect their entities.

    Tuples that the facts or each other's entities tie together come first, then those with the larger effects.
    """
    from kg import subgraph

    edges = _distinct([edge for event in events for edge in _tuple_edges(event)])
    linked = _linked_ids(events, graph)
    facts = (
        _fact_edges(subgraph(graph, sorted(linked), max_nodes=max(max_nodes, len(linked))), relation_labels or {})
        if linked
        else []
    )
    labels = _labels(events, graph)
    weight = {event.event_id: abs(event.effect) for event in events}
    chosen, chosen_facts = _choose(edges, facts, weight, max_nodes)
    names = dict.fromkeys(end for edge in [*chosen, *chosen_facts] for end in (edge.head, edge.tail))
    nodes = tuple(_node(name, labels, graph) for name in names)
    said = _sentences(edges, facts, labels, weight)[:max_sentences]
    drawn = {(edge.head, edge.tail, edge.label) for edge in chosen}
    shown = {event.event_id for event in events if any((e.head, e.tail, e.label) in drawn for e in _tuple_edges(event))}
    return Linkage(nodes, (*chosen, *chosen_facts), tuple(said), left_out=len({e.event_id for e in events} - shown))


def _tuple_edges(event: EventLinks) -> list[Edge]:
    heads = [entity for entity, _ in event.subject_entities] or _text_node(event.subject)
    tails = [entity for entity, _ in event.object_entities] or _text_node(event.object)
    label = f"not: {event.predicate}" if event.negated else event.predicate
    pairs = [(head, tail) for head, tail in product(heads, tails) if head != tail][:PAIRS]
    return [Edge(head, tail, label, "event", event.event_id) for head, tail in pairs]


def _distinct(edges: Iterable[Edge]) -> list[Edge]:
    """The same tuple from several headlines is one edge: the first, which is the most popular."""
    return list({(edge.head, edge.tail, edge.label): edge for edge in reversed(list(edges))}.values())[::-1]


def _text_node(text: str) -> list[str]:
    words = " ".join(text.split())
    return [f"text:{words.lower()}"] if words else []


def _linked_ids(events: Iterable[EventLinks], graph: nx.MultiDiGraph) -> set[str]:
    return {entity for event in events for entity, _ in (*event.subject_entities, *event.object_entities) if entity in graph}


def _fact_edges(found: nx.MultiDiGraph, relation_labels: Mapping[str, str]) -> list[Edge]:
    """One edge a pair and relation, in a stable order."""
    edges = {}
    for head, tail, key, attributes in found.edges(keys=True, data=True):
        relation = str(attributes.get("relation", key))
        label = relation_labels.get(relation, relation.replace("_", " "))
        edges[head, tail, relation] = Edge(str(head), str(tail), label, "fact", since=_year(attributes.get("valid_from")))
    # a symmetric relation such as `borders` is stored both ways: one line is enough
    return [edge for (head, tail, relation), edge in sorted(edges.items()) if head < tail or (tail, head, relation) not in edges]


def _year(day: object) -> str:
    text = "" if day is None else str(day)[:4]
    return text if text.isdigit() else ""


def _labels(events: Iterable[EventLinks], graph: nx.MultiDiGraph) -> dict[str, str]:
    labels: dict[str, str] = {}
    for event in events:
        for text in (event.subject, event.object):
            for name in _text_node(text):
                labels.setdefault(name, " ".join(text.split()))
        for entity, label in (*event.subject_entities, *event.object_entities):
            labels.setdefault(entity, label)
    for name, attributes in graph.nodes(data=True):
        if attributes.get("label"):
            labels[name] = str(attributes["label"])
    return labels


def _node(name: str, labels: Mapping[str, str], graph: nx.MultiDiGraph) -> Node:
    if name.startswith("text:"):
        return Node(name, labels[name], "text")
    attributes = graph.nodes.get(name, {})
    types = attributes.get("types") or ()
    types = tuple(types.split("|")) if isinstance(types, str) else tuple(types)
    return Node(name, labels.get(name, name), "entity", str(attributes.get("description") or ""), types)


def _choose(events: list[Edge], facts: list[Edge], weight: Mapping[str, float], max_nodes: int) -> tuple[list[Edge], list[Edge]]:
    """Edges for the picture: greedily the tuple that is best tied in, until the nodes are spent; then the facts between them.

    A fact that leads through an entity without a tuple of its own is kept where both its ends are in the picture
    already, or where it completes a path between two of them.
    """
    meets: dict[str, int] = {}
    for edge in [*events, *facts]:
        for end in (edge.head, edge.tail):
            meets[end] = meets.get(end, 0) + 1
    order = sorted(
        events,
        key=lambda e: (-((meets[e.head] > 1) + (meets[e.tail] > 1)), -weight.get(e.event_id, 0.0), e.event_id),
    )
    bridges = _bridges(events, facts)
    budget = max_nodes - min(len(bridges), max_nodes // 4)
    kept: list[Edge] = []
    seen: set[str] = set()
    for edge in order:
        new = {edge.head, edge.tail} - seen
        if len(seen) + len(new) <= budget:
            seen |= new
            kept.append(edge)
    for bridge, ends in bridges.items():
        if len(ends & seen) > 1 and len(seen) < max_nodes:
            seen.add(bridge)
    return kept, [fact for fact in facts if fact.head in seen and fact.tail in seen]


def _bridges(events: list[Edge], facts: list[Edge]) -> dict[str, set[str]]:
    """Entities that no tuple names but facts tie to at least two that one names; the best tied first."""
    named = {end for edge in events for end in (edge.head, edge.tail)}
    ends: dict[str, set[str]] = {}
    for fact in facts:
        for here, there in ((fact.head, fact.tail), (fact.tail, fact.head)):
            if here not in named and there in named:
                ends.setdefault(here, set()).add(there)
    return dict(sorted(((b, e) for b, e in ends.items() if len(e) > 1), key=lambda item: (-len(item[1]), item[0])))


def _sentences(events: list[Edge], facts: list[Edge], labels: Mapping[str, str], weight: Mapping[str, float]) -> list[Sentence]:
    """Chains of a fact with a tuple between the same two, then of a fact with two tuples or one, then tuples alone.

    Larger effects come first within each.
    """
    touching: dict[str, list[Edge]] = {}
    for edge in sorted(events, key=lambda e: (-weight.get(e.event_id, 0.0), e.event_id)):
        touching.setdefault(edge.head, []).append(edge)
        touching.setdefault(edge.tail, []).append(edge)
    chains: list[tuple[bool, int, float, Sentence]] = []
    for fact in facts:
        sentence, between = _chain(fact, touching, labels)
        if sentence:
            strength = max(weight.get(name, 0.0) for name in sentence.event_ids)
            chains.append((not between, -len(sentence.event_ids), -strength, sentence))
    chains.sort(key=lambda item: (*item[:3], item[3].text))
    told = {name for *_, sentence in chains for name in sentence.event_ids}
    alone = [
        Sentence((("node", labels[e.head]), ("event", f"— {e.label} →"), ("node", labels[e.tail])), (e.event_id,))
        for e in sorted(events, key=lambda e: (-weight.get(e.event_id, 0.0), e.event_id))
        if e.event_id not in told
    ]
    return [sentence for *_, sentence in chains] + alone


def _chain(fact: Edge, touching: Mapping[str, list[Edge]], labels: Mapping[str, str]) -> tuple[Sentence | None, bool]:
    """The fact with a tuple at its tail and, where it is another one, a tuple at its head; and whether one runs between the two."""
    at_tail = next((e for e in touching.get(fact.tail, ())), None)
    at_head = next((e for e in touching.get(fact.head, ()) if at_tail is None or e.event_id != at_tail.event_id), None)
    between = next((e for e in touching.get(fact.tail, ()) if fact.head in (e.head, e.tail)), None)
    if between is not None:  # the tuple runs between the same two: the case of a member that leaves its union
        at_tail, at_head = between, None
    if at_tail is None and at_head is None:
        return None, False
    since = f" since {fact.since}" if fact.since else ""
    parts: list[tuple[str, str]] = []
    if at_head is not None:
        forward = at_head.tail == fact.head
        other = at_head.head if forward else at_head.tail
        parts += [("node", labels[other]), ("event", f"— {at_head.label} →" if forward else f"← {at_head.label} —")]
    parts += [("node", labels[fact.head]), ("fact", f"— {fact.label}{since} →"), ("node", labels[fact.tail])]
    if at_tail is not None:
        back = at_tail.tail == fact.tail
        other = at_tail.head if back else at_tail.tail
        parts += [("event", f"← {at_tail.label} —" if back else f"— {at_tail.label} →"), ("node", labels[other])]
    ids = tuple(e.event_id for e in (at_head, at_tail) if e is not None)
    return Sentence(tuple(parts), ids), between is not None
