"""How the events of a session hang together: their tuples and the facts that connect their entities, as graph and as sentences."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import networkx as nx

from kg import FOREVER, subgraph

MAX_NODES = 26  # what an eye can take in; the sentences and the table hold the rest
MAX_SENTENCES = 60
MAX_REST = 100  # tuples and facts beyond the picture that are kept for those who ask for all
RESERVED = 4  # nodes kept free for entities that connect the others
_ARTICLE = re.compile(r"^is (an? |the )?")  # "is a member of" reads as "member of" on an arrow
TEXT = "text:"  # prefix of a node that is linked to no entity
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
    """The picture (nodes and edges, capped), the sentences, and how many of the session's tuples the picture leaves out.

    rest: the tuples, then the facts between entities that tuples name, beyond the picture; rest_nodes: their further ends.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    left_out: int = 0
    rest: tuple[Edge, ...] = ()
    rest_nodes: tuple[Node, ...] = ()


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
    edges = _distinct([edge for event in events for edge in _tuple_edges(event)])
    linked = _linked_ids(events, graph)
    facts = (
        _fact_edges(subgraph(graph, sorted(linked), max_nodes=max(max_nodes, len(linked))), relation_labels or {})
        if linked
        else []
    )
    named = {end for edge in edges for end in (edge.head, edge.tail)}
    facts = [fact for fact in facts if all(end in named or not _person(graph, end) for end in (fact.head, fact.tail))]
    labels = _labels(events, graph)
    weight = {event.event_id: abs(event.effect) for event in events}
    chosen, chosen_facts = _choose(edges, facts, weight, max_nodes)
    names = dict.fromkeys(end for edge in [*chosen, *chosen_facts] for end in (edge.head, edge.tail))
    nodes = tuple(_node(name, labels, graph) for name in names)
    direct = [fact for fact in facts if fact.head in named and fact.tail in named]
    bridging = [fact for fact in chosen_facts if fact not in direct]
    said = _sentences(edges, direct, bridging, labels, weight, set(names))[:max_sentences]
    drawn = {(edge.head, edge.tail, edge.label) for edge in chosen}
    told = {event.event_id: {(e.head, e.tail, e.label) for e in _tuple_edges(event)} for event in events}
    rest = [edge for edge in (*edges, *direct) if edge not in chosen and edge not in chosen_facts][:MAX_REST]
    more = dict.fromkeys(end for edge in rest for end in (edge.head, edge.tail) if end not in names)
    return Linkage(
        nodes,
        (*chosen, *chosen_facts),
        tuple(said),
        left_out=sum(bool(ends) and not ends & drawn for ends in told.values()),
        rest=tuple(rest),
        rest_nodes=tuple(_node(name, labels, graph) for name in more),
    )


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
    return [f"{TEXT}{words.lower()}"] if words else []


def _linked_ids(events: Iterable[EventLinks], graph: nx.MultiDiGraph) -> set[str]:
    return {entity for event in events for entity, _ in (*event.subject_entities, *event.object_entities) if entity in graph}


def _person(graph: nx.MultiDiGraph, name: str) -> bool:
    """A person whom no headline names ties two countries together by an accident of birth: no bridge."""
    return "person" in _types(graph.nodes.get(name, {}))


def _types(attributes: Mapping[str, object]) -> tuple[str, ...]:
    types = attributes.get("types") or ()
    return tuple(types.split("|")) if isinstance(types, str) else tuple(types)  # type: ignore[arg-type]


def _fact_edges(found: nx.MultiDiGraph, relation_labels: Mapping[str, str]) -> list[Edge]:
    """One fact for each pair of entities, in a stable order: a dated one tells more than one that always holds."""
    edges: dict[frozenset[str], Edge] = {}
    for head, tail, key, attributes in sorted(found.edges(keys=True, data=True), key=lambda edge: tuple(map(str, edge[:3]))):
        relation = str(attributes.get("relation", key))
        label = _ARTICLE.sub("", relation_labels.get(relation, relation.replace("_", " ")))
        edge = Edge(str(head), str(tail), label, "fact", since=_year(attributes.get("valid_from")))
        known = edges.get(frozenset((edge.head, edge.tail)))
        if edge.head != edge.tail and (known is None or (edge.since and not known.since)):
            edges[frozenset((edge.head, edge.tail))] = edge
    return list(edges.values())


def _year(day: object) -> str:
    text = "" if day is None or str(day).startswith(FOREVER) else str(day)[:4]
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
    if name.startswith(TEXT):
        return Node(name, labels[name], "text")
    attributes = graph.nodes.get(name, {})
    return Node(name, labels.get(name, name), "entity", str(attributes.get("description") or ""), _types(attributes))


def _choose(events: list[Edge], facts: list[Edge], weight: Mapping[str, float], max_nodes: int) -> tuple[list[Edge], list[Edge]]:
    """Edges for the picture: greedily the tuple that ties in most, until the nodes are spent; then the facts between them.

    A tuple is worth the entities it adds that a fact ties to another one the news names, less half of each text it adds, which
    leads nowhere; of two worth the same, the one with the larger effect. So a currency that falls comes before the tenth
    claim about its country. An entity without a tuple of its own comes in only as a bridge between pieces that nothing
    else ties together.
    """
    named = {end for edge in events for end in (edge.head, edge.tail)}
    tied = {end for fact in facts if fact.head in named and fact.tail in named for end in (fact.head, fact.tail)}
    meets = Counter(end for edge in events for end in {edge.head, edge.tail})
    kept: list[Edge] = []
    seen: set[str] = set()

    def worth(edge: Edge) -> tuple[float, float, str]:
        new = {edge.head, edge.tail} - seen
        texts = sum(end.startswith(TEXT) and meets[end] == 1 for end in new)
        return len(new & tied) - texts / 2, weight.get(edge.event_id, 0.0), edge.event_id

    left = sorted(events, key=lambda e: (e.event_id, e.head, e.tail))
    while left:
        fits = [edge for edge in left if len(seen | {edge.head, edge.tail}) <= max_nodes - RESERVED]
        if not fits:
            break
        best = max(fits, key=worth)
        seen |= {best.head, best.tail}
        kept += [edge for edge in left if {edge.head, edge.tail} <= seen]
        left = [edge for edge in left if not {edge.head, edge.tail} <= seen]
    joined = nx.Graph((e.head, e.tail) for e in [*kept, *facts] if e.head in seen and e.tail in seen)
    for bridge, ends in _bridges(events, facts).items():
        ends = ends & seen
        if len(seen) < max_nodes and len({frozenset(nx.node_connected_component(joined, end)) for end in ends}) > 1:
            seen.add(bridge)
            joined.add_edges_from((bridge, end) for end in ends)
    return kept, [fact for fact in facts if fact.head in seen and fact.tail in seen]


def _bridges(events: list[Edge], facts: list[Edge]) -> dict[str, set[str]]:
    """Entities that no tuple names but facts tie to at least two that one names; those with the fewest such ties first.

    What ties three countries together says more of them than what ties thirty.
    """
    named = {end for edge in events for end in (edge.head, edge.tail)}
    ends: dict[str, set[str]] = {}
    for fact in facts:
        for here, there in ((fact.head, fact.tail), (fact.tail, fact.head)):
            if here not in named and there in named:
                ends.setdefault(here, set()).add(there)
    return dict(sorted(((b, e) for b, e in ends.items() if len(e) > 1), key=lambda item: (len(item[1]), item[0])))


def _sentences(
    events: list[Edge],
    direct: list[Edge],
    bridging: list[Edge],
    labels: Mapping[str, str],
    weight: Mapping[str, float],
    drawn: set[str],
) -> list[Sentence]:
    """Chains of a fact with a tuple between the same two, then of a fact with two tuples or one, then bridges, then tuples alone.

    What the picture shows comes first within each, then larger effects.
    """
    order = sorted(events, key=lambda e: (-weight.get(e.event_id, 0.0), e.event_id))
    touching: dict[str, list[Edge]] = {}
    for edge in order:
        touching.setdefault(edge.head, []).append(edge)
        touching.setdefault(edge.tail, []).append(edge)
    chains: list[tuple[bool, bool, int, float, Sentence]] = []
    for fact in direct:
        sentence, between = _chain(fact, touching, labels)
        if sentence:
            strength = max(weight.get(name, 0.0) for name in sentence.event_ids)
            shown = fact.head in drawn and fact.tail in drawn
            chains.append((not between, not shown, -len(sentence.event_ids), -strength, sentence))
    chains.sort(key=lambda item: (*item[:4], item[4].text))
    told = {name for *_, sentence in chains for name in sentence.event_ids}
    alone = [
        Sentence((("node", labels[e.head]), ("event", f"— {e.label} →"), ("node", labels[e.tail])), (e.event_id,))
        for e in order
        if e.event_id not in told
    ]
    return [sentence for *_, sentence in chains] + _bridge_sentences(bridging, touching, labels) + alone


def _bridge_sentences(bridging: list[Edge], touching: Mapping[str, list[Edge]], labels: Mapping[str, str]) -> list[Sentence]:
    """Two facts that meet in an entity without a tuple: what two parts of the news have in common."""
    ends: dict[str, list[tuple[str, Edge]]] = {}
    for fact in bridging:
        bridge, end = (fact.head, fact.tail) if fact.tail in touching else (fact.tail, fact.head)
        ends.setdefault(bridge, []).append((end, fact))
    found = []
    for bridge, sides in ends.items():
        (one, first), *others = sides
        for two, second in others:
            parts = [
                ("node", labels[one]),
                _arrow(first, one),
                ("node", labels[bridge]),
                _arrow(second, bridge),
                ("node", labels[two]),
            ]
            ids = dict.fromkeys(touching[end][0].event_id for end in (one, two))
            found.append(Sentence(tuple(parts), tuple(ids)))
    return found


def _arrow(fact: Edge, start: str) -> tuple[str, str]:
    words = f"{fact.label} since {fact.since}" if fact.since else fact.label
    return "fact", f"— {words} →" if fact.head == start else f"← {words} —"


def _chain(fact: Edge, touching: Mapping[str, list[Edge]], labels: Mapping[str, str]) -> tuple[Sentence | None, bool]:
    """The fact with a tuple at its tail and, where it is another one, a tuple at its head; and whether one runs between the two."""
    at_tail = next((e for e in touching.get(fact.tail, ())), None)
    at_head = next((e for e in touching.get(fact.head, ()) if at_tail is None or e.event_id != at_tail.event_id), None)
    between = next((e for e in touching.get(fact.tail, ()) if fact.head in (e.head, e.tail)), None)
    if between is not None:  # the tuple runs between the same two: the case of a member that leaves its union
        at_tail, at_head = between, None
    if at_tail is None and at_head is None:
        return None, False
    parts: list[tuple[str, str]] = []
    if at_head is not None:
        forward = at_head.tail == fact.head
        other = at_head.head if forward else at_head.tail
        parts += [("node", labels[other]), ("event", f"— {at_head.label} →" if forward else f"← {at_head.label} —")]
    parts += [("node", labels[fact.head]), _arrow(fact, fact.head), ("node", labels[fact.tail])]
    if at_tail is not None:
        back = at_tail.tail == fact.tail
        other = at_tail.head if back else at_tail.tail
        parts += [("event", f"← {at_tail.label} —" if back else f"— {at_tail.label} →"), ("node", labels[other])]
    ids = tuple(e.event_id for e in (at_head, at_tail) if e is not None)
    return Sentence(tuple(parts), ids), between is not None
