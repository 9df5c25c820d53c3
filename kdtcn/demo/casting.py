"""Picks from the graph who can play in the synthetic world, and writes it to cast.json.

The file is committed, so that a seed graph that grows does not remake the world; a test holds its classes against the graph.
`python -m kdtcn.demo.casting` writes it again.
"""

import csv
import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from kdtcn.demo.cast import FILE, FOLDER, Rule, rules
from kdtcn.errors import InputError
from kg import Graph, load_seed

SPAN = pd.Timestamp("2010-01-01"), pd.Timestamp("2015-12-31")  # classes must hold throughout, leaders must lead at some time
COUNTRIES, COMPANIES, CITIES, ORGANISATIONS = 130, 130, 60, 20  # best-known ones, by the number of facts
OUTSIDERS = 48  # actors of an event type who belong to none of its classes
LEAST, MOST = 9, 36  # members of a class: enough to split, and few enough to be told of several times


def candidates(graph: Graph) -> dict[str, Any]:
    """Classes, outsiders, pools, names and leaders, as cast.json holds them.

    Whoever was in a class for a part of the time only, or is in two classes of one event type, takes no part in that
    event type: its effect would depend on the day, or on two rules.
    """
    begin, end = (graph.as_of(day) for day in SPAN)
    names = _names(graph)
    degree = dict(end.degree())
    notable = sorted(names, key=lambda node: (-degree.get(node, 0), node))
    by_type = {
        kind: [node for node in notable if kind in graph.types[node] and "former country" not in graph.types[node]]
        for kind in ("country", "company")
    }
    classes: dict[str, list[str]] = {}
    outsiders: dict[str, list[str]] = {}
    for event in dict.fromkeys(rule.event for rule in rules()):
        mine = [rule for rule in rules() if rule.event == event]
        ever = {rule.name: members(graph, graph.facts, rule) for rule in mine}
        for rule in mine:
            rivals = set().union(*(ever[other.name] for other in mine if other is not rule))
            throughout = set.intersection(*(members(graph, graph.facts_as_of(day), rule) for day in SPAN)) - rivals
            classes[rule.name] = sorted([node for node in by_type[rule.kind] if node in throughout][:MOST])
            if len(classes[rule.name]) < LEAST:
                raise InputError(
                    f"rules.csv: rule {rule.name!r}: the graph has {len(classes[rule.name])} members of its class, at least {LEAST} are needed"
                )
        inside = set().union(*ever.values())
        outsiders[event] = sorted([node for node in by_type[mine[0].kind] if node not in inside][:OUTSIDERS])
    players = {node for group in (*classes.values(), *outsiders.values()) for node in group}
    edges = [(head, tail, key) for head, tail, key in begin.edges(keys=True) if head in names or tail in names]
    pools = {
        kind: sorted({*by_type[kind][:size], *(players & set(by_type[kind]))})
        for kind, size in (("country", COUNTRIES), ("company", COMPANIES))
    }
    lands = set(pools["country"])
    pools["city"] = _best(notable, {head for head, tail, key in edges if key == "capital_of" and tail in lands}, CITIES)
    pools["organisation"] = _best(
        notable, {tail for _, tail, key in edges if key == "member_of" and "bloc" in graph.types[tail]}, ORGANISATIONS
    )
    pools["bank"] = sorted(set(graph.facts.loc[graph.facts["relation"] == "central_bank_of", "head"]) & set(names))
    leaders = _leaders(graph, lands, names)
    everybody = {node for pool in pools.values() for node in pool} | {row[0] for row in leaders}
    return {
        "graph_version": graph.version,
        "classes": classes,
        "outsiders": outsiders,
        "pools": pools,
        "leaders": leaders,
        "names": {node: names[node] for node in sorted(everybody)},
    }


def members(graph: Graph, facts: pd.DataFrame, rule: Rule) -> set[str]:
    """The entities with (entity, relation, tail) among these facts."""
    tails = [node for node, label in graph.labels.items() if label == rule.tail]
    if len(tails) != 1:
        raise InputError(
            f"rules.csv: rule {rule.name!r}: {len(tails)} entities of the graph are called {rule.tail!r}, expected one"
        )
    return set(facts.loc[(facts["relation"] == rule.relation) & (facts["tail"] == tails[0]), "head"])


def _best(notable: Iterable[str], wanted: set[str], size: int) -> list[str]:
    return sorted([node for node in notable if node in wanted][:size])


def _leaders(graph: Graph, countries: set[str], names: dict[str, list[str]]) -> list[list[str]]:
    """[person, first day, last day or empty] of those who led a state of the cast within the span."""
    facts = graph.facts
    rows = facts[
        facts["relation"].isin(["head_of_state", "head_of_government"])
        & facts["tail"].isin(countries)
        & facts["head"].isin(names)
    ]
    rows = rows[
        ~rows["head"].map(graph.labels).str.contains(" of ")
    ]  # monarchs who are told apart by their land are rarely written so
    rows = rows[(rows["valid_from"] <= SPAN[1]) & ~(rows["valid_to"] < SPAN[0])]
    first, last = (rows[column].dt.strftime("%Y-%m-%d").fillna("") for column in ("valid_from", "valid_to"))
    spans = set(zip(rows["head"], first, last, strict=True))
    return [list(span) for span in sorted(spans)]


def _names(graph: Graph) -> dict[str, list[str]]:
    """What headlines may call each entity; those whose row in names.csv is empty do not play."""
    with (FOLDER / "names.csv").open(encoding="utf-8", newline="") as stream:
        chosen = {row["label"]: [name for name in row["names"].split("|") if name] for row in csv.DictReader(stream)}
    entities = graph.entities
    found = {}
    for node, label, aliases in zip(entities["id"], entities["label"], entities["aliases"], strict=True):
        known = {label, *aliases.split("|")}
        usable = [name for name in chosen.get(label, [label]) if name in known and "(" not in name]
        if usable:
            found[node] = usable
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(candidates(load_seed()), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
