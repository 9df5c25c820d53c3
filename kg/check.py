"""What is wrong with a graph: ids that lead nowhere, dates the wrong way round, names twice, relations nobody knows, circles."""

from collections.abc import Iterator
from typing import NamedTuple

import networkx as nx
import pandas as pd

from kg.graph import Graph, relations

NESTED = ("part_of", "located_in", "territory_of", "part_of_state")  # relations that must not lead back to where they began
FOREIGN = ("fb:", "rdf:")  # relations that keep the name of their source


class Problem(NamedTuple):
    """One finding: its kind, the entity or fact, and what is wrong."""

    kind: str
    where: str
    what: str


def problems(graph: Graph) -> list[Problem]:
    """Everything found, in a stable order; an empty list is a sound graph."""
    found = [*_dangling(graph), *_reversed(graph), *_twice(graph), *_unknown(graph), *_conflicts(graph), *_circles(graph)]
    return sorted(found)


def _dangling(graph: Graph) -> Iterator[Problem]:
    known = set(graph.entities["id"])
    for side in ("head", "tail"):
        lost = graph.facts[~graph.facts[side].isin(known)]
        for head, relation, tail in zip(lost["head"], lost["relation"], lost["tail"], strict=True):
            yield Problem("dangling id", f"{head} {relation} {tail}", f"its {side} is no entity")
    for entity, scheme, outside in graph.same_as[~graph.same_as["entity_id"].isin(known)].itertuples(index=False):
        yield Problem("dangling id", f"{scheme}:{outside}", f"belongs to {entity}, which is no entity")


def _reversed(graph: Graph) -> Iterator[Problem]:
    wrong = graph.facts[graph.facts["valid_to"] < graph.facts["valid_from"]]
    for row in wrong.to_dict("records"):
        told = _told(graph, row["head"], row["relation"], row["tail"])
        yield Problem("reversed date", told, f"{_day(row['valid_from'])} to {_day(row['valid_to'])}")


def _twice(graph: Graph) -> Iterator[Problem]:
    """Entities that nothing tells apart: the same label, types and description."""
    rows = graph.entities.assign(key=graph.entities["label"].str.casefold())
    same = rows[rows.duplicated(["key", "types", "description"], keep=False)]
    for (_, types, _), group in same.groupby(["key", "types", "description"], sort=True):
        yield Problem("duplicate label", f"{group['label'].iloc[0]} ({types})", " and ".join(sorted(group["id"])))


def _unknown(graph: Graph) -> Iterator[Problem]:
    names = graph.facts["relation"]
    strange = names[~names.isin(list(relations())) & ~names.str.startswith(FOREIGN)]
    for name, count in strange.value_counts().items():
        yield Problem("unknown relation", str(name), f"{count} facts; add it to kg/relations.csv")


def _conflicts(graph: Graph) -> Iterator[Problem]:
    ids = graph.same_as
    shared = ids[ids.duplicated(["scheme", "external_id"], keep=False)]
    for (scheme, outside), group in shared.groupby(["scheme", "external_id"]):
        yield Problem("same_as conflict", f"{scheme}:{outside}", "belongs to " + " and ".join(sorted(group["entity_id"])))
    several = ids[ids["scheme"].eq("wikidata") & ids.duplicated(["entity_id", "scheme"], keep=False)]
    for entity, group in several.groupby("entity_id"):
        told = graph.labels.get(str(entity), str(entity))
        yield Problem("same_as conflict", told, "has several ids of Wikidata: " + ", ".join(sorted(group["external_id"])))


def _circles(graph: Graph) -> Iterator[Problem]:
    for relation in NESTED:
        facts = graph.facts[graph.facts["relation"] == relation]
        for circle in nx.strongly_connected_components(nx.DiGraph(zip(facts["head"], facts["tail"], strict=True))):
            if len(circle) > 1:
                names = sorted(graph.labels.get(node, node) for node in circle)
                yield Problem(
                    "circle", relation, ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
                )


def _told(graph: Graph, head: str, relation: str, tail: str) -> str:
    return f"{graph.labels.get(head, head)} {relation} {graph.labels.get(tail, tail)}"


def _day(stamp: pd.Timestamp) -> str:
    return str(stamp.date())
