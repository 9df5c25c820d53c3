"""The graph in the lake: build it from the seed and imported sources, and read it back."""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd

from kdtcn.lake import Lake
from kdtcn.progress import track
from kg.graph import Graph, frames, load_seed
from kg.importers.base import Refused
from kg.importers.sources import open_source
from kg.merge import Merge

ALWAYS = pd.Timestamp("1970-01-01", tz="UTC")  # rows that nobody had to wait for
BATCH = 50_000  # refused rows written at a time


def default_data() -> Path:
    return Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "kg"


def gather(
    sources: Sequence[str], data_dir: Path | None = None, refuse: Callable[[str, Refused], None] | None = None
) -> tuple[Graph, dict[str, int], dict[str, list[Refused]]]:
    """The graph of the named sources in memory, with counts; what is refused goes to `refuse` or, without it, into lists by source."""
    opened = [(name, open_source(name, data_dir or default_data())) for name in sources if name != "seed"]
    if list(sources) == ["seed"]:
        seed = load_seed()
        return seed, {"entities": len(seed.entities), "facts": len(seed.facts)}, {}
    merge = Merge(load_seed() if "seed" in sources else None)
    counts: dict[str, int] = {}
    refusals: dict[str, list[Refused]] = {}
    for name, (rows, title) in opened:
        kept: list[Refused] = []
        done = merge.take(track(rows, f"reading {name}"), title, partial(refuse, name) if refuse else kept.append)
        if refuse is None:
            refusals[name] = kept
        counts |= {
            f"{name}.read": done.read,
            f"{name}.taken": done.taken,
            f"{name}.known": done.known,
            f"{name}.refused": done.refused,
        }
    graph = merge.graph()
    return graph, {"entities": len(graph.entities), "facts": len(graph.facts), **counts}, refusals


class Rejects:
    """Refused rows on their way to the lake, a batch at a time."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.rows: list[tuple[str, str, str, str]] = []

    def add(self, source: str, row: Refused) -> None:
        self.rows.append((_hash(source, row.raw, row.reason), f"kg:{source}", row.raw, row.reason))
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            frame = pd.DataFrame(self.rows, columns=["reject_id", "source", "raw", "reason"])
            self.lake.upsert("rejects", frame.assign(available_at=ALWAYS))
        self.rows = []


def build(lake: Lake, sources: Sequence[str] = ("seed",), data_dir: Path | None = None) -> dict[str, int]:
    """Make the lake hold the graph of the named sources and nothing else, with what was refused; writes nothing that is there already."""
    rejects = Rejects(lake)
    graph, counts, _ = gather(sources, data_dir, rejects.add)
    lake.replace("entities", graph.entities.rename(columns={"id": "entity_id"}).assign(available_at=ALWAYS))
    lake.replace("same_as", graph.same_as.assign(available_at=ALWAYS))
    facts = graph.facts.assign(fact_id=fact_ids(graph.facts))
    facts["available_at"] = pd.to_datetime(facts["valid_from"]).dt.tz_localize("UTC").astype("datetime64[us, UTC]").fillna(ALWAYS)
    lake.replace("facts", facts)
    rejects.flush()
    return counts


def load(lake: Lake, version: int | None = None) -> Graph:
    """The graph as it lies in the lake; InputError before the first build."""
    lake.require("facts", "run `kdtcn kg build` first")
    return _read(lake.url, version, tuple(_stand(lake, name) for name in ("entities", "facts", "same_as")))


def _stand(lake: Lake, name: str) -> tuple[str, int]:
    opened = lake.delta(name)
    return ("", -1) if opened is None else (str(opened.metadata().id), opened.version())


@lru_cache(maxsize=1)  # every stage of a night reads the same tables
def _read(url: str, version: int | None, stand: tuple[tuple[str, int], ...]) -> Graph:
    lake = Lake(url)
    entities = lake.read("entities").rename(columns={"entity_id": "id"})
    return frames(entities, lake.read("facts", version=version), lake.read("same_as"))


def fact_ids(facts: pd.DataFrame) -> list[str]:
    """fact_id = hash(head, relation, tail, valid_from or a sentinel)."""
    starts = pd.to_datetime(facts["valid_from"]).dt.strftime("%Y-%m-%d").fillna("-")
    return [_hash(*row) for row in zip(facts["head"], facts["relation"], facts["tail"], starts, strict=True)]


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()
