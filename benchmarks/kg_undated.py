"""What showing undated facts of dated relations changes: python benchmarks/kg_undated.py [seed freebase codex].

Two tables. First, what would be wrong: the seed's dated facts are taken as the truth, their days are forgotten, and on each day it is
counted how many of them `include` would show although they did not hold, and how many `exclude` would hide although they did.
Second, what it brings: facts in the view of a day, and pairs of entities of that day's real headlines that the view connects.
"""

import csv
import os
import sys
from itertools import combinations
from pathlib import Path

import networkx as nx
import pandas as pd

from kg import Linker, load_seed, paths
from kg.graph import Graph, relation_kind
from kg.store import gather

SHARED = Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data"))
DAYS = [f"{year}-07-01" for year in range(2009, 2017)]
PAIRS = 60  # pairs looked at on one day


def truth() -> pd.DataFrame:
    """How many of the seed's dated facts, had they no dates, would be wrongly shown or wrongly hidden."""
    seed = load_seed()
    kinds = seed.facts["relation"].map(relation_kind)
    dated = seed.facts[kinds.eq("dated") & seed.facts["valid_from"].notna()]
    triples = dated.drop_duplicates(["head", "relation", "tail"])
    rows = []
    for day in DAYS:
        on = pd.Timestamp(day)
        held = dated[(dated["valid_from"] <= on) & ~(dated["valid_to"] < on)].drop_duplicates(["head", "relation", "tail"])
        later = triples.merge(
            dated[dated["valid_from"] <= on][["head", "relation", "tail"]].drop_duplicates(), how="left", indicator=True
        )
        rows.append(
            {
                "day": day,
                "facts": len(triples),
                "false if included": f"{1 - len(held) / len(triples):.1%}",
                "of them not begun": int((later["_merge"] == "left_only").sum()),
                "hidden if excluded": len(held),
            }
        )
    return pd.DataFrame(rows)


def headlines(day: str) -> list[str]:
    with (SHARED / "djia" / "RedditNews.csv").open(encoding="utf-8", newline="") as stream:
        return [row["News"] for row in csv.DictReader(stream) if row["Date"] == day]


def connected(graph: Graph, linker: Linker, day: str) -> list[dict[str, object]]:
    """Of pairs of entities that the day's headlines name, how many have a path of at most two facts, in either view."""
    named = sorted({link.entity_id for text in headlines(day) for link in linker.link(text, day=day, context=text)})
    pairs = list(combinations(named, 2))[:: max(1, len(named) * (len(named) - 1) // 2 // PAIRS)]
    rows = []
    for undated in ("exclude", "include"):
        view = graph.as_of(day, undated)
        rows.append(_row(view, pairs, day, undated))
    return rows


def _row(view: nx.MultiDiGraph, pairs: list[tuple[str, str]], day: str, undated: str) -> dict[str, object]:
    found = [paths(view, one, two, max_length=2, limit=1) for one, two in pairs]
    return {
        "day": day,
        "undated": undated,
        "facts": view.number_of_edges(),
        "pairs": len(pairs),
        "connected": sum(map(bool, found)),
    }


def main(sources: list[str]) -> None:
    print(truth().to_string(index=False))
    graph, _, _ = gather(sources, SHARED / "kg")
    linker = Linker(graph)
    rows = pd.DataFrame([row for day in DAYS for row in connected(graph, linker, day)])
    print(rows.to_string(index=False))
    print(rows.groupby("undated")[["facts", "pairs", "connected"]].sum().to_string())
    print("links are the same in both: the linker never uses undated facts of dated relations")


if __name__ == "__main__":
    main(sys.argv[1:] or ["seed"])
