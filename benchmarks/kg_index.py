"""Speed and size of the linker's index of names: python benchmarks/kg_index.py [aliases, default 5000000] -> one line of figures.

The names are made here: invented words, two to a name, several names to an entity. Mentions are drawn from 200,000 of them.
"""

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from kg.graph import FACT_COLUMNS, Graph
from kg.index import Index
from kg.linking import Linker

PER_ENTITY = 5
SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "ke",
    "li",
    "mo",
    "nu",
    "pa",
    "qua",
    "re",
    "si",
    "to",
    "vu",
    "wa",
    "xe",
    "yo",
    "zi",
)


def made(aliases: int) -> Graph:
    """A graph of entities with PER_ENTITY names each and no facts."""
    draw = np.random.default_rng(7)
    syllables = np.array(SYLLABLES, dtype=object)

    def words(count: int) -> np.ndarray:
        parts = syllables[draw.integers(0, len(SYLLABLES), (count, 4))]
        return np.char.capitalize((parts[:, 0] + parts[:, 1] + parts[:, 2] + parts[:, 3]).astype(str)).astype(object)

    names = (words(aliases) + " " + words(aliases)).reshape(-1, PER_ENTITY)
    entities = pd.DataFrame(
        {
            "id": [f"kd:{i:010x}" for i in range(len(names))],
            "label": names[:, 0],
            "types": "company",
            "description": "",
            "aliases": ["|".join(row) for row in names[:, 1:]],
            "source": "hand",
        }
    )
    nothing = pd.DataFrame({column: pd.Series(dtype=object) for column in FACT_COLUMNS})
    return Graph(entities, nothing.astype({"valid_from": "datetime64[us]", "valid_to": "datetime64[us]"}))


def memory() -> float:
    """The most memory this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def mentions(graph: Graph, folder: Path, count: int = 50_000) -> float:
    """Mentions linked in a second, each another name, on one core."""
    linker = Linker(graph, folder=folder)
    texts = random.Random(7).sample([a for cell in graph.entities["aliases"] for a in cell.split("|")], count)
    began = time.perf_counter()
    found = sum(len(linker.link(text, day="2015-06-01")) for text in texts)
    seconds = time.perf_counter() - began
    print(f"{count} mentions, {found} linked")
    return count / seconds


def main(aliases: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rate = mentions(made(200_000), folder / "small")
        print(f"200,000 aliases: {rate:,.0f} mentions/s on one core")
        graph = made(aliases)
        held = memory()
        began = time.perf_counter()
        Index.of(graph, folder / "large")
        built = time.perf_counter() - began
        began = time.perf_counter()
        Index.of(graph, folder / "large")
        opened = time.perf_counter() - began
        size = sum(path.stat().st_size for path in (folder / "large").iterdir()) / 2**20
        print(
            f"{aliases:,} aliases: built in {built:.0f} s, {size:,.0f} MiB on disk, at most {memory():.2f} GiB in memory "
            f"({held:.2f} of it the graph itself); opened again in {opened:.3f} s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)
