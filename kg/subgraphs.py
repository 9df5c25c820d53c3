"""What connects entities: bounded sub-graphs, paths, and background facts ranked by how much they tell."""

import datetime
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import combinations, pairwise

import networkx as nx

from kg.graph import Graph, relation_kind

# true and empty: they connect nearly everything with nearly everything
UNINFORMATIVE = frozenset(
    {
        "in_time_zone",
        "language_spoken",
        "people_of",
        "gender",
        "profession",
        "occupation",
        "type_of_union",
        "language_used",
        "instance_of",
    }
)
HUB = 60  # a path through a node with more neighbours than this says little: "both are located in Asia"
WIDEST = 4000  # nodes looked at for one pair, so that a search in a large graph stays short


def informative(relation: str) -> bool:
    return relation not in UNINFORMATIVE and not relation.startswith(
        (
            "fb:common",
            "fb:base/schemastaging",
            "fb:people/person/gender",
            "fb:education/educational_degree",
            "fb:education/field_of_study",
        )
    )


def view(graph: Graph | nx.MultiDiGraph, day: datetime.date | None = None) -> nx.MultiDiGraph:
    """The networkx graph to walk on: as given, or the whole graph as of a day (default today)."""
    return graph if isinstance(graph, nx.MultiDiGraph) else graph.as_of(day or datetime.date.today())


def _neighbours(graph: nx.MultiDiGraph, node: str) -> set[str]:
    """Nodes one informative fact away, in either direction."""
    ahead = {other for _, other, relation in graph.out_edges(node, keys=True) if informative(relation)}
    behind = {other for other, _, relation in graph.in_edges(node, keys=True) if informative(relation)}
    return (ahead | behind) - {node}


def _cost(graph: nx.MultiDiGraph, path: Sequence[str]) -> tuple[float, int, tuple[str, ...]]:
    """What a path costs: the logs of the degrees of its inner nodes, then its length; the ids break ties."""
    return sum(math.log1p(graph.degree(node)) for node in path[1:-1]), len(path), tuple(path)


def _simple_paths(
    graph: nx.MultiDiGraph, start: str, goal: str, max_length: int, near: Callable[[str], set[str]] | None = None
) -> list[list[str]]:
    """Node paths of at most `max_length` facts, met from both ends, without passing through hubs.

    `near` tells a node's neighbours where the caller keeps them for many pairs.
    """
    if start not in graph or goal not in graph or start == goal:
        return []
    near = near or (lambda node: _neighbours(graph, node))
    found: list[list[str]] = []
    near_goal = near(goal)
    frontier: list[list[str]] = [[start]]
    seen = 0
    for length in range(1, max_length + 1):
        following: list[list[str]] = []
        for path in frontier:
            here = near(path[-1])
            if goal in here:
                found.append([*path, goal])
            if length == max_length:
                continue
            # the last step but one only needs nodes next to the goal
            onward = here & near_goal if length == max_length - 1 else here
            for node in sorted(onward):
                if node in path or node == goal or (graph.degree(node) > HUB and node not in near_goal):
                    continue
                following.append([*path, node])
                seen += 1
                if seen > WIDEST:
                    break
        frontier = following
    return sorted(found, key=lambda path: _cost(graph, path))


def paths(
    graph: Graph | nx.MultiDiGraph, a: str, b: str, *, max_length: int = 3, limit: int = 5
) -> list[list[tuple[str, str, str]]]:
    """Why `a` and `b` belong together: at most `limit` paths of (head, relation, tail) facts, the most telling first.

    A fact keeps its own direction whichever way the path walks it.
    """
    walk = view(graph)
    found = []
    for nodes in _simple_paths(walk, a, b, max_length)[:limit]:
        found.append([_fact(walk, one, two) for one, two in pairwise(nodes)])
    return found


def _fact(graph: nx.MultiDiGraph, one: str, two: str) -> tuple[str, str, str]:
    """The fact between two nodes that tells most: a dated one before a static one, then by name."""
    facts = [
        (head, relation, tail)
        for head, tail in ((one, two), (two, one))
        if graph.has_edge(head, tail)
        for relation in graph[head][tail]
        if informative(relation)
    ]
    return min(facts, key=lambda fact: (relation_kind(fact[1]) == "static", fact))


def telling(graph: nx.MultiDiGraph, head: str, relation: str, tail: str) -> float:
    """How telling a fact is in [0, 1]: rare relations of its tail tell more, and dated facts more than static ones.

    "Head of state of France" has one head at a time; "located in Asia" has hundreds.
    """
    if not informative(relation):
        return 0.0
    sharing = sum(1 for _, _, key in graph.in_edges(tail, keys=True) if key == relation)
    bonus = 1.0 if relation_kind(relation) == "dated" else 0.6
    return bonus / (1.0 + math.log1p(sharing))


def background(graph: Graph | nx.MultiDiGraph, entity: str, limit: int = 5) -> list[tuple[str, str, str]]:
    """The facts about an entity, most telling first."""
    walk = view(graph)
    if entity not in walk:
        return []
    facts = [(h, r, t) for h, t, r in walk.out_edges(entity, keys=True)] + [
        (h, r, t) for h, t, r in walk.in_edges(entity, keys=True)
    ]
    ranked = sorted({f for f in facts if informative(f[1])}, key=lambda f: (-telling(walk, *f), f))
    return ranked[:limit]


def subgraph(
    graph: Graph | nx.MultiDiGraph, entity_ids: Iterable[str], *, max_nodes: int = 40, max_length: int = 2
) -> nx.MultiDiGraph:
    """The facts that connect the given entities, with at most `max_nodes` nodes; given entities always stay.

    Node pairs are joined by their cheapest paths of up to `max_length` facts, shortest pairs first; uninformative relations are left out.
    """
    walk = view(graph)
    given = [e for e in dict.fromkeys(entity_ids) if e in walk]
    kept = dict.fromkeys(given)
    near = cache(lambda node: _neighbours(walk, node))  # sixty entities are 1,770 pairs of the same few sets
    candidates = sorted(
        (path for a, b in combinations(sorted(given), 2) for path in _simple_paths(walk, a, b, max_length, near)[:3]),
        key=lambda path: (len(path), _cost(walk, path)),
    )
    used: list[list[str]] = []
    for path in candidates:
        new = [node for node in path if node not in kept]
        if len(kept) + len(new) <= max(max_nodes, len(given)):
            kept.update(dict.fromkeys(new))
            used.append(path)
    picked = nx.MultiDiGraph(**walk.graph)
    picked.add_nodes_from((node, walk.nodes[node]) for node in kept)
    for path in used:
        for one, two in pairwise(path):
            for head, tail in ((one, two), (two, one)):
                if walk.has_edge(head, tail):
                    picked.add_edges_from((head, tail, key, data) for key, data in walk[head][tail].items() if informative(key))
    return picked
