"""Who plays in the synthetic world: classes defined by graph relations, outsiders, and everybody's names in headlines."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
FILE = FOLDER / "cast.json"
# slots of the frames by what fills them
KINDS = {
    "A": "country",
    "B": "country",
    "P": "leader",
    "Q": "leader",
    "T": "city",
    "C": "company",
    "D": "company",
    "G": "organisation",
    "K": "bank",
}


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
    """Entities of the whole time, and those that appear in the test period only."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class Cast:
    rules: tuple[Rule, ...]
    classes: dict[str, Group]  # by rule
    outsiders: dict[str, Group]  # by event type
    pools: dict[str, tuple[str, ...]]  # by kind
    names: dict[str, tuple[str, ...]]  # the first is the usual one
    leaders: pd.DataFrame  # person, first, last
    graph_version: str  # of the graph it was picked from

    @property
    def events(self) -> list[str]:
        return list(dict.fromkeys(rule.event for rule in self.rules))

    @cached_property
    def kept(self) -> frozenset[str]:
        """Everybody who appears in the test period only."""
        return frozenset(node for group in (*self.classes.values(), *self.outsiders.values()) for node in group.unseen)

    def leading(self, day: pd.Timestamp) -> list[str]:
        """Who leads a state on that day."""
        known = self.leaders
        return sorted(set(known.loc[(known["first"] <= day) & ~(known["last"] < day), "person"]))


@cache
def rules() -> tuple[Rule, ...]:
    """The planted causes, rules.csv."""
    with (FOLDER / "rules.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            Rule(row["rule"], row["event"], row["kind"], row["relation"], row["tail"], float(row["size"]))
            for row in csv.DictReader(stream)
        )


def assemble(rng: np.random.Generator) -> Cast:
    """The cast of cast.json; who of each class and of the outsiders is kept for the test period is drawn."""
    known: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    leaders = pd.DataFrame(known["leaders"], columns=["person", "first", "last"])
    for column in ("first", "last"):
        leaders[column] = pd.to_datetime(leaders[column].replace("", None))
    return Cast(
        rules=rules(),
        classes={name: _split(nodes, rng) for name, nodes in known["classes"].items()},
        outsiders={event: _split(nodes, rng) for event, nodes in known["outsiders"].items()},
        pools={kind: tuple(nodes) for kind, nodes in known["pools"].items()},
        names={node: tuple(names) for node, names in known["names"].items()},
        leaders=leaders,
        graph_version=known["graph_version"],
    )


def _split(nodes: Sequence[str], rng: np.random.Generator) -> Group:
    """A third is kept for the test period."""
    order = [nodes[i] for i in rng.permutation(len(nodes))]
    kept = round(len(order) / 3)
    return Group(seen=tuple(sorted(order[kept:])), unseen=tuple(sorted(order[:kept])))
