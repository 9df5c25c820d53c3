"""Entities and facts of several sources in one graph: whatever shares an outside id is the same entity."""

from collections.abc import Callable, Iterable
from functools import cached_property

import pandas as pd

from kg.aliases import demonyms, fold
from kg.graph import Graph, frames, starts
from kg.importers.base import Counts, Refused, Row, Statement, Thing
from kg.seed.draft import entity_id
from kg.words import COMMON

MERGED_ALIAS = 4  # letters from which an imported alias is added to an entity of the seed: shorter ones are mostly codes
PLACES = frozenset({"country", "territory", "city", "subdivision", "region", "continent", "sea", "place"})
OURS = "kdtcn"  # the scheme of our own ids, for graphs that were exported from here

Refuse = Callable[[Refused], None]


class Merge:
    """A graph while sources flow in; what the seed knows already it knows better."""

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
        self._seed = frozenset(self.entities)
        self._dated = {key[:3] for key in self.facts if key[3]}

    def take(self, rows: Iterable[Row], source: str, refuse: Refuse) -> Counts:
        """Merge one source as a stream; a fact may come before the entities that it names. Counts are of facts, refusals of both."""
        counts = Counts()
        waiting: list[Statement] = []

        def reject(row: Refused) -> None:
            counts.reasons[row.reason] += 1
            if row.fact:
                counts.refused += 1
            refuse(row)

        for row in rows:
            if isinstance(row, Thing):
                self._thing(row, source, reject)
            elif isinstance(row, Statement):
                counts.read += 1
                if self._find(row.head) is None or self._find(row.tail) is None:
                    waiting.append(row)
                else:
                    self._statement(row, source, counts, reject)
            else:
                counts.read += row.fact
                reject(row)
        for row in waiting:
            self._statement(row, source, counts, reject)
        self._dated |= {key[:3] for key in self.facts if key[3]}
        return counts

    def _find(self, identifier: tuple[str, str]) -> str | None:
        if identifier[0] == OURS:
            return identifier[1] if identifier[1] in self.entities else None
        return self.ids.get(identifier)

    def _statement(self, row: Statement, source: str, counts: Counts, reject: Refuse) -> None:
        head, tail = self._find(row.head), self._find(row.tail)
        reason = ""
        if head is None or tail is None:
            reason = "head or tail has no label"
        elif head == tail:
            reason = "head and tail are the same entity"
        elif row.valid_to and row.valid_to < row.valid_from:
            reason = "ends before it begins"
        if reason or head is None or tail is None:
            reject(
                Refused("\t".join(filter(None, (row.head[1], row.relation, row.tail[1], row.valid_from, row.valid_to))), reason)
            )
            return
        # nothing is true of what is not there yet
        begins = max(row.valid_from, starts().get(head, ""), starts().get(tail, ""))
        if row.valid_to and row.valid_to < begins:
            reject(
                Refused(
                    "\t".join((row.head[1], row.relation, row.tail[1], row.valid_from, row.valid_to)),
                    "ends before its entities began",
                )
            )
            return
        key = (head, row.relation, tail, begins)
        # another source may say the same with dates: then it is known, and better
        if (
            key in self.facts
            or (not row.valid_from and key[:3] in self._dated)
            or (row.valid_from and head in self._seed and self._overlaps(key, row.valid_to))
        ):
            counts.known += 1
            return
        self.facts[key] = (row.valid_to, source)
        if row.valid_from and (head, row.relation, tail, "") in self.facts:
            del self.facts[head, row.relation, tail, ""]  # a dated fact says more than an undated one
        counts.taken += 1

    def _overlaps(self, key: tuple[str, str, str, str], end: str) -> bool:
        """Whether the seed has a spell of the same fact that shares days with this one: sources differ by a day or a month."""
        spells = self._spells.get(key[:3], ())
        return any((not end or first <= end) and (not last or key[3] <= last) for first, last in spells)

    @cached_property
    def _spells(self) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
        found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
        for (head, relation, tail, first), (last, _) in self.facts.items():
            if first and head in self._seed and tail in self._seed:
                found.setdefault((head, relation, tail), []).append((first, last))
        return found

    def _thing(self, thing: Thing, source: str, reject: Refuse) -> None:
        found = dict.fromkeys(known for i in thing.ids if (known := self._find(i)) is not None)
        if len(found) > 1:  # its ids name two things that are known as two: trust the first
            reject(Refused(" = ".join(":".join(i) for i in thing.ids), "its ids belong to different entities", fact=False))
        held = next(iter(found), "")
        if not held:
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
            more = [
                a
                for a in (thing.label, *thing.aliases)
                if a != entity["label"] and (held not in self._seed or self._adds(a, entity))
            ]
            entity["aliases"] = "|".join(dict.fromkeys([*own, *more]))
            entity["description"] = entity["description"] or thing.description
            if entity["types"] == "other" and held not in self._seed:
                entity["types"] = thing.types  # another row knows more of it
        for identifier in thing.ids:
            if identifier[0] != OURS:
                self.ids.setdefault(identifier, held)

    def _adds(self, alias: str, entity: dict[str, str]) -> bool:
        """Whether an imported alias is a name for an entity of the seed, and not a code, a list of places, an adjective, or somebody else's name."""
        if len(alias) < MERGED_ALIAS or any(mark in alias for mark in ",/:@|"):
            return False
        words = [fold(word) for word in alias.replace("-", " ").split()]
        if " ".join(words) in self._taken or all(word in COMMON for word in words):
            return False
        kind = entity["types"].split("|")[0]
        if kind == "person":
            return len(words) > 1 and bool(set(words) & {fold(word) for word in entity["label"].split()})
        return len(words) > 1 or kind in PLACES or alias.isupper()

    @cached_property
    def _taken(self) -> frozenset[str]:
        """The folded names of the seed, and the adjectives of its countries."""
        names = (
            fold(name.replace("-", " "))
            for identifier in self._seed
            for name in (self.entities[identifier]["label"], *self.entities[identifier]["aliases"].split("|"))
        )
        return frozenset((*names, *demonyms()))

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
