"""Who plays in the synthetic world: classes defined by graph relations, outsiders, and everybody's names in headlines."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

from kdtcn.errors import InputError
from kg import Graph

FOLDER = Path(__file__).parent
# slots of the frames by what fills them; the entity types are those of the seed graph
KINDS = {"A": "country", "B": "country", "P": "leader", "Q": "leader", "T": "city", "C": "company", "D": "company", "G": "organisation", "K": "bank"}
COUNTRIES, COMPANIES, CITIES = 130, 130, 60  # best-known ones, by the number of facts; class members always play
OUTSIDERS = 48  # actors of an event type who belong to none of its classes


@dataclass(frozen=True)
class Rule:
    """`event` told of an entity with (entity, relation, tail) in the graph moves the session by `size` sigma."""

    name: str
    event: str
    kind: str
    relation: str
    tail: str
    size: float


@dataclass(frozen=True)
class Group:
    """Entities that may be told of in an event type before the test period, and those that may only in it."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class Cast:
    rules: tuple[Rule, ...]
    classes: dict[str, Group]  # by rule
    outsiders: dict[str, Group]  # by event type
    pools: dict[str, tuple[str, ...]]  # by kind
    names: dict[str, tuple[str, ...]]  # the first is the usual one
    leaders: pd.DataFrame  # person, country, valid_from, valid_to

    @property
    def events(self) -> list[str]:
        return list(dict.fromkeys(rule.event for rule in self.rules))

    def leading(self, day: pd.Timestamp) -> list[str]:
        """Who leads a state of the cast on that day."""
        known = self.leaders
        rows = known[(known.valid_from <= day) & (known.valid_to.isna() | (known.valid_to > day))]
        return sorted(rows.person.unique())


def rules() -> tuple[Rule, ...]:
    """The planted causes, rules.csv."""
    with (FOLDER / "rules.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            Rule(row["rule"], row["event"], row["kind"], row["relation"], row["tail"], float(row["size"])) for row in csv.DictReader(stream)
        )


def assemble(graph: Graph, first: date, last: date, rng: np.random.Generator) -> Cast:
    """Cast the world from a graph: a class holds who is in it on the first day and on the last.

    Whoever was in a class for a part of the time only, or is in two classes of one event type, takes no part in that
    event type: its effect would depend on the day, or on two rules.
    """
    chosen = rules()
    entities = graph.entities.set_index("entity_id")
    begin, end = graph.as_of(first), graph.as_of(last)
    notable = sorted(end.nodes, key=lambda node: (-end.degree(node), node))
    members = {rule.name: _members(graph, begin, end, rule, entities) for rule in chosen}
    touched = {rule.name: _ever(graph, rule, entities) for rule in chosen}
    by_type = {
        "country": [node for node in notable if "country" in _types(entities, node)],
        "company": [node for node in notable if "company" in _types(entities, node)],
    }
    classes, outsiders = {}, {}
    for event in dict.fromkeys(rule.event for rule in chosen):
        mine = [rule for rule in chosen if rule.event == event]
        for rule in mine:
            rivals = set().union(*(touched[other.name] for other in mine if other is not rule))
            own = [node for node in by_type[rule.kind] if node in members[rule.name] and node not in rivals]
            if len(own) < 6:
                raise InputError(f"rules.csv: rule {rule.name!r}: the graph has only {len(own)} members of its class, at least 6 are needed")
            classes[rule.name] = _split(own, rng)
        inside = set().union(*(touched[rule.name] for rule in mine))
        outside = [node for node in by_type[mine[0].kind] if node not in inside][:OUTSIDERS]
        outsiders[event] = _split(outside, rng)
    players = {node for group in (*classes.values(), *outsiders.values()) for node in (*group.seen, *group.unseen)}
    pools = {
        "country": _pool(by_type["country"], COUNTRIES, players),
        "company": _pool(by_type["company"], COMPANIES, players),
    }
    capitals = {city: country for city, country, key in begin.edges(keys=True) if key == "capital_of" and country in pools["country"]}
    pools["city"] = tuple(city for city in notable if city in capitals)[:CITIES]
    pools["organisation"] = tuple(sorted({head for _, head, key in begin.edges(keys=True) if key == "member_of"} & set(notable[:2000])))
    pools["bank"] = tuple(sorted({bank for bank, land, key in begin.edges(keys=True) if key == "central_bank_of" and land in pools["country"]}))
    leaders = _leaders(graph, set(pools["country"]))
    everybody = {node for pool in pools.values() for node in pool} | set(leaders.person)
    return Cast(chosen, classes, outsiders, pools, _names(entities, everybody), leaders)


def _types(entities: pd.DataFrame, node: str) -> list[str]:
    return _items(entities["types"], node)


def _items(column: pd.Series, node: str) -> list[str]:
    """A cell that holds several values, as a list or joined by bars."""
    cell = column.loc[node]
    return cell.split("|") if isinstance(cell, str) else list(cell)


def _tail(entities: pd.DataFrame, rule: Rule) -> str:
    found = list(entities.index[entities.label == rule.tail])
    if len(found) != 1:
        raise InputError(f"rules.csv: rule {rule.name!r}: {len(found)} entities of the graph are called {rule.tail!r}, expected one")
    return str(found[0])


def _members(graph: Graph, begin: nx.MultiDiGraph, end: nx.MultiDiGraph, rule: Rule, entities: pd.DataFrame) -> set[str]:
    tail = _tail(entities, rule)
    heads = [{head for head, _, key in view.in_edges(tail, keys=True) if key == rule.relation} for view in (begin, end)]
    return heads[0] & heads[1]


def _ever(graph: Graph, rule: Rule, entities: pd.DataFrame) -> set[str]:
    """Whoever the graph calls a member at any time."""
    facts = graph.facts
    return set(facts.loc[(facts.relation == rule.relation) & (facts["tail"] == _tail(entities, rule)), "head"])


def _split(nodes: Sequence[str], rng: np.random.Generator) -> Group:
    """A third is kept for the test period."""
    order = [nodes[i] for i in rng.permutation(len(nodes))]
    kept = round(len(order) / 3)
    return Group(seen=tuple(sorted(order[kept:])), unseen=tuple(sorted(order[:kept])))


def _pool(notable: Sequence[str], size: int, players: set[str]) -> tuple[str, ...]:
    return tuple(sorted(set(notable[:size]) | (players & set(notable))))


def _leaders(graph: Graph, countries: set[str]) -> pd.DataFrame:
    facts = graph.facts
    rows = facts[facts.relation.isin(["head_of_state", "head_of_government"]) & facts["tail"].isin(countries)]
    frame = rows.rename(columns={"head": "person", "tail": "country"})[["person", "country", "valid_from", "valid_to"]]
    frame = frame.assign(valid_from=pd.to_datetime(frame.valid_from), valid_to=pd.to_datetime(frame.valid_to))
    return frame.dropna(subset=["valid_from"]).sort_values(["valid_from", "person"]).reset_index(drop=True)


def _names(entities: pd.DataFrame, nodes: set[str]) -> dict[str, tuple[str, ...]]:
    """The label, and the other names that names.csv allows headlines to use where the graph knows them as aliases."""
    with (FOLDER / "names.csv").open(encoding="utf-8", newline="") as stream:
        allowed = {row["label"]: row["names"].split("|") for row in csv.DictReader(stream)}
    found = {}
    for node in sorted(nodes):
        label = str(entities["label"].loc[node])
        known = set(_items(entities["aliases"], node))
        found[node] = (label, *(name for name in allowed.get(label, []) if name in known))
    return found
