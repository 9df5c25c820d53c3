"""Which vector an entity of an event gets: its own, one learnt since the cut, its neighbours', its name's, or none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
import pandas as pd

from kdtcn.features.text import TextVectors
from kg import Embedding, complete

SOURCES = ("trained", "learnt since", "neighbours", "name", "unknown")
RIDGE = 1.0  # of the map from a name's text vector to a graph vector: names tell little, so it is kept flat


@dataclass(frozen=True)
class Reach:
    """Vectors of entities as of a cut, in the order of the design: trained, else neighbours, else text, else unknown.

    later: entities and event types that a nightly update learnt after the cut, with the session from which each counts.
    """

    embedding: Embedding
    graph: nx.MultiDiGraph  # as it stood at the cut
    names: Mapping[str, str]
    text: TextVectors
    later: Mapping[str, tuple[pd.Timestamp, np.ndarray]]

    def vector(self, entity: str) -> np.ndarray | None:
        """The vector known at the cut; None where nothing is known, for which the event encoder has learnt a meaning."""
        found = complete(self.embedding, entity, self.graph)
        return self._by_name(entity) if found is None else found

    def source(self, entity: str) -> str:
        """Where the vector of an entity comes from, one of SOURCES."""
        if entity in self.embedding.row:
            return "trained"
        if entity in self.later:
            return "learnt since"
        if complete(self.embedding, entity, self.graph) is not None:
            return "neighbours"
        return "unknown" if self._by_name(entity) is None else "name"

    def coverage(self, links: pd.DataFrame, n_events: int) -> dict[str, int]:
        """How many linked entities of events have their vector from where, and how many of the two slots an event name none."""
        counts = links["entity_id"].value_counts()
        found = dict.fromkeys(SOURCES, 0)
        for entity, count in counts.items():
            found[self.source(str(entity))] += int(count)
        slots = len(links.loc[links["role"].isin(["subject", "object"]), ["event_id", "role"]].drop_duplicates())
        return {**found, "slots without entity": 2 * n_events - slots}

    def _by_name(self, entity: str) -> np.ndarray | None:
        """The graph vector that names like this one tend to have; None for a name without a word known at the cut."""
        if entity not in self.names:
            return None
        text = self.text.transform([self.names[entity]])
        return None if not text.any() else (np.append(text[0], 1.0) @ self._map).astype(np.float32)

    @cached_property
    def _map(self) -> np.ndarray:
        """(text dimensions + 1, d): ridge regression of trained vectors on the text vectors of their names."""
        known = [i for i, entity in enumerate(self.embedding.entities) if entity in self.names]
        x = self.text.transform([self.names[self.embedding.entities[i]] for i in known]).astype(np.float64)
        x = np.hstack([x, np.ones((len(x), 1))])
        return np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ self.embedding.vectors[known])


def shares(counts: Mapping[str, int]) -> str:
    """Counts of coverage as one line: what share of the linked entities has its vector from where."""
    linked = sum(counts[name] for name in SOURCES)
    if not linked:
        return "no event names an entity"
    told = ", ".join(f"{name} {counts[name] / linked:.1%}" for name in SOURCES if counts[name])
    return f"vectors of {linked:,} linked entities: {told}; {counts['slots without entity']:,} slots name no entity"


def unheard(embedding: Embedding, later: Iterable[str], entities: Iterable[str]) -> list[str]:
    """Those of the entities that neither training nor an update knows, sorted."""
    return sorted(set(entities) - embedding.row.keys() - set(later))
