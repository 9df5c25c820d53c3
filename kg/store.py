"""The graph in the lake: build it from the seed and imported sub-graphs, and read it back."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.progress import track
from kg.graph import Graph, frames, load_seed, starts
from kg.importers import codex, freebase
from kg.importers.base import Counts, Refused, Row, Statement, Thing
from kg.seed.draft import entity_id

READERS = {
    "freebase": (freebase.read, "fb15k237", "FB15k-237 (Freebase CC BY, labels Wikidata CC0)"),
    "codex": (codex.read, "codex_m", "CoDEx-M (Wikidata CC0)"),
}
ALWAYS = pd.Timestamp("1970-01-01", tz="UTC")  # rows that nobody had to wait for
MERGED_ALIAS = 4  # letters from which an imported alias is added to an entity of the seed: shorter ones are mostly codes


def default_data() -> Path:
    return Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "kg"


class Merge:
    """Entities of several sources in one: whatever shares an outside id is the same entity."""

    def __init__(self, seed: Graph | None) -> None:
        self.entities: dict[str, dict[str, str]] = {}
        self.ids: dict[tuple[str, str], str] = {}
        self.facts: dict[tuple[str, str, str, str], tuple[str, str]] = {}
        if seed is not None:
            self.entities = {row["id"]: {str(k): str(v) for k, v in row.items()} for row in seed.entities.to_dict("records")}
            self.ids = {(s, x): e for e, s, x in seed.same_as[["entity_id", "scheme", "external_id"]].itertuples(index=False)}
            days = [seed.facts[c].dt.strftime("%Y-%m-%d").fillna("") for c in ("valid_from", "valid_to")]
            for head, relation, tail, start, end, source in zip(
                *(seed.facts[c] for c in ("head", "relation", "tail")), *days, seed.facts["source"], strict=True
            ):
                self.facts[head, relation, tail, start] = (end, source)

    def take(self, rows: Iterable[Row], source: str) -> tuple[Counts, list[Refused]]:
        """Merge one source; counts are of its facts, refusals of facts and entities alike."""
        counts, refused = Counts(), []
        for row in rows:
            if isinstance(row, Thing):
                self._thing(row, source)
                continue
            if isinstance(row, Statement):
                counts.read += 1
                head, tail = self.ids.get(row.head), self.ids.get(row.tail)
                if head is not None and tail is not None and head != tail:
                    key = (head, row.relation, tail, max(starts().get(head, ""), starts().get(tail, "")))
                    # the seed may say the same with dates: then it is known, and better
                    if key in self.facts or (head, row.relation, tail) in self._dated:
                        counts.known += 1
                    else:
                        self.facts[key] = ("", source)
                        counts.taken += 1
                    continue
                reason = "head and tail are the same entity" if head is not None and head == tail else "head or tail has no label"
                row = Refused("\t".join((row.head[1], row.relation, row.tail[1])), reason)
                counts.refused += 1
            elif not row.raw.startswith(("/m/", "entities.tsv")):
                counts.read += 1
                counts.refused += 1
            counts.reasons[row.reason] += 1
            refused.append(row)
        return counts, refused

    @property
    def _dated(self) -> set[tuple[str, str, str]]:
        if not hasattr(self, "_seed_facts"):
            self._seed_facts = {key[:3] for key in self.facts if key[3]}
        return self._seed_facts

    def _thing(self, thing: Thing, source: str) -> None:
        held = next((self.ids[i] for i in thing.ids if i in self.ids), None)
        if held is None:
            held = entity_id(":".join(thing.ids[0]))
            names = dict.fromkeys(a for a in thing.aliases if a != thing.label)
            self.entities[held] = {
                "id": held,
                "label": thing.label,
                "types": thing.types,
                "description": thing.description,
                "aliases": "|".join(names),
                "source": source,
            }
        else:
            entity = self.entities[held]
            own = [a for a in entity["aliases"].split("|") if a]
            more = [a for a in (thing.label, *thing.aliases) if len(a) >= MERGED_ALIAS and a != entity["label"]]
            entity["aliases"] = "|".join(dict.fromkeys([*own, *more]))
            entity["description"] = entity["description"] or thing.description
        for identifier in thing.ids:
            self.ids.setdefault(identifier, held)

    def graph(self) -> Graph:
        """What was merged, as a graph."""
        entities = pd.DataFrame([self.entities[name] for name in sorted(self.entities)])
        facts = pd.DataFrame(
            [(*key, *rest) for key, rest in sorted(self.facts.items())],
            columns=["head", "relation", "tail", "valid_from", "valid_to", "source"],
        )
        same_as = pd.DataFrame(
            sorted((e, s, x) for (s, x), e in self.ids.items()), columns=["entity_id", "scheme", "external_id"]
        )
        return frames(entities, facts, same_as)


def gather(sources: Sequence[str], data_dir: Path | None = None) -> tuple[Graph, dict[str, int], dict[str, list[Refused]]]:
    """The graph of the named sources in memory, with counts and what was refused."""
    unknown = [s for s in sources if s != "seed" and s not in READERS]
    if unknown:
        raise InputError(f"graph.sources: unknown source {unknown[0]!r}; known are seed, {', '.join(READERS)}")
    if list(sources) == ["seed"]:
        seed = load_seed()
        return seed, {"entities": len(seed.entities), "facts": len(seed.facts)}, {}
    merge = Merge(load_seed() if "seed" in sources else None)
    counts: dict[str, int] = {}
    refusals: dict[str, list[Refused]] = {}
    for source in (s for s in READERS if s in sources):
        read, folder, name = READERS[source]
        done, refusals[source] = merge.take(track(read((data_dir or default_data()) / folder), f"reading {source}"), name)
        counts |= {
            f"{source}.read": done.read,
            f"{source}.taken": done.taken,
            f"{source}.known": done.known,
            f"{source}.refused": done.refused,
        }
    graph = merge.graph()
    return graph, {"entities": len(graph.entities), "facts": len(graph.facts), **counts}, refusals


def build(lake: Lake, sources: Sequence[str] = ("seed",), data_dir: Path | None = None) -> dict[str, int]:
    """Make the lake hold the graph of the named sources and nothing else, with what was refused; writes nothing that is there already."""
    graph, counts, refusals = gather(sources, data_dir)
    lake.replace("entities", graph.entities.rename(columns={"id": "entity_id"}).assign(available_at=ALWAYS))
    lake.replace("same_as", graph.same_as.assign(available_at=ALWAYS))
    facts = graph.facts.assign(fact_id=fact_ids(graph.facts))
    facts["available_at"] = pd.to_datetime(facts["valid_from"]).dt.tz_localize("UTC").astype("datetime64[us, UTC]").fillna(ALWAYS)
    lake.replace("facts", facts)
    for source, refused in refusals.items():
        rows = [(_hash(source, r.raw, r.reason), f"kg:{source}", r.raw, r.reason) for r in refused]
        if rows:
            lake.upsert(
                "rejects", pd.DataFrame(rows, columns=["reject_id", "source", "raw", "reason"]).assign(available_at=ALWAYS)
            )
    return counts


def load(lake: Lake, version: int | None = None) -> Graph:
    """The graph as it lies in the lake; InputError before the first build."""
    lake.require("facts", "run `kdtcn kg build` first")
    entities = lake.read("entities").rename(columns={"entity_id": "id"})
    return frames(entities, lake.read("facts", version=version), lake.read("same_as"))


def fact_ids(facts: pd.DataFrame) -> list[str]:
    """fact_id = hash(head, relation, tail, valid_from or a sentinel)."""
    starts = pd.to_datetime(facts["valid_from"]).dt.strftime("%Y-%m-%d").fillna("-")
    return [_hash(*row) for row in zip(facts["head"], facts["relation"], facts["tail"], starts, strict=True)]


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()
