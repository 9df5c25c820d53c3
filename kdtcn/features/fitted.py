"""What is fitted once a fold and shared by all its models and seeds: text vectors and the graph embedding."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.errors import ModelError
from kdtcn.features import text as lsa
from kdtcn.features.dataset import Dataset
from kdtcn.features.market import Market
from kdtcn.features.news import News
from kdtcn.features.reach import Reach, unheard
from kdtcn.features.text import TextVectors
from kdtcn.features.vectors import EVENT_RELATION, dataset, event_triples
from kdtcn.lake import Lake
from kdtcn.sessions import NEW_YORK
from kg import Embedding, Graph, Recipe, embed, update

UNTELLING = ["in_time_zone"]  # relations that tell nothing of an entity beyond its place


@dataclass(frozen=True)
class Fitted:
    """Text vectors and graph embedding as of a cut; nothing available later has entered either."""

    fitted_id: str
    cut: pd.Timestamp
    text: TextVectors
    embedding: Embedding
    graph: Graph
    undated: str
    reading: str  # extractor and linker of the events that these vectors are made for
    tuples: str = "relations"  # how event tuples were fitted: `graph.tuples`
    later: Mapping[str, tuple[pd.Timestamp, np.ndarray]] = field(
        default_factory=dict
    )  # learnt since: the first session, the vector

    @property
    def graph_cut(self) -> pd.Timestamp:
        """The day whose graph was fitted."""
        return _day(self.cut)

    @cached_property
    def known_graph(self) -> nx.MultiDiGraph:
        """The graph as it stood at the cut."""
        return self.graph.as_of(self.graph_cut, undated=self.undated)

    def dataset(self, market: Market, news: News, window: int) -> Dataset:
        """The inputs of every model, in the vector spaces of this fold."""
        rows = {name: (int(market.sessions.searchsorted(first)), vector) for name, (first, vector) in self.later.items()}
        return dataset(market, news, self.text, self.embedding, self.reach.vector, window=window, later=rows)

    @cached_property
    def reach(self) -> Reach:
        """Where the vector of an entity comes from."""
        names = dict(zip(self.graph.entities["id"], self.graph.entities["label"], strict=True))
        return Reach(self.embedding, self.known_graph, names, self.text, self.later)

    def learn(self, news: News, session: pd.Timestamp, position: int, decided: pd.Timestamp) -> tuple["Fitted", pd.DataFrame]:
        """Vectors for what the events of a session name and nothing trained knows, from what was known when it was decided.

        position: the session's in `news`. Returns these vectors with the new ones among `later`, and rows for `vectors`;
        what was there stays as it is, and no event of an earlier session will be read with a new vector.
        """
        said = news.events[(news.events["position"] == position) & (news.events["available_at"] <= decided)]
        mine = news.links[news.links["event_id"].isin(said["event_id"])]
        fresh = unheard(self.embedding, self.later, mine["entity_id"])
        tuples = event_triples(said, mine)
        known = {*self.embedding.relations, *self.later}
        types = [relation not in known for relation in tuples[:, 1]]
        if not fresh and not any(types):
            return self, pd.DataFrame(columns=["entity_id", "model_id", "vector", "available_at"])
        facts = self._said_of(fresh, _day(decided)) if fresh else np.empty((0, 3), dtype=str)
        of_fresh = np.isin(tuples[:, [0, 2]], fresh).any(axis=1)
        if self.tuples != "joint":  # events tell where an entity lies only where no fact does
            of_fresh &= ~np.isin(tuples[:, [0, 2]], [name for name in fresh if name in facts]).any(axis=1)
        base = self._grown()
        told = np.vstack([facts, tuples[of_fresh | np.array(types, bool)]])
        grown = update(base, told, known=_facts(self.known_graph)).embedding
        new = dict(zip(grown.entities[len(base.entities) :], grown.vectors[len(base.entities) :], strict=True))
        moves = zip(grown.relations[len(base.relations) :], grown.relation_vectors[len(base.relations) :], strict=True)
        new |= {name: vector for name, vector in moves if name.startswith(EVENT_RELATION)}
        rows = pd.DataFrame(
            {"entity_id": list(new), "model_id": later_id(self.fitted_id), "vector": list(new.values()), "available_at": decided}
        )
        return replace(self, later={**self.later, **{name: (session, vector) for name, vector in new.items()}}), rows

    def _said_of(self, entities: list[str], day: pd.Timestamp) -> np.ndarray:
        """(n, 3) telling facts, as they stood on a day, between these entities and each other or known ones."""
        known = self.graph.as_of(day, undated=self.undated)
        near = known.edge_subgraph(
            edge
            for name in entities
            if name in known
            for edges in (known.in_edges, known.out_edges)
            for edge in edges(name, keys=True)
        )
        placed = {*self.embedding.row, *self.later, *entities}
        told = [(h, r, t) for h, r, t in _facts(near).tolist() if r not in UNTELLING and h in placed and t in placed]
        return np.array(told, dtype=str).reshape(-1, 3)

    def _grown(self) -> Embedding:
        """The embedding with what was learnt since behind it."""
        names = {kind: [n for n in self.later if n.startswith(EVENT_RELATION) == kind] for kind in (False, True)}
        vectors = {kind: [self.later[name][1] for name in names[kind]] for kind in names}
        return replace(
            self.embedding,
            entities=[*self.embedding.entities, *names[False]],
            relations=[*self.embedding.relations, *names[True]],
            vectors=np.vstack([self.embedding.vectors, *vectors[False]]).astype(np.float32),
            relation_vectors=np.vstack([self.embedding.relation_vectors, *vectors[True]]).astype(np.float32),
        )

    def store(self, lake: Lake, config_hash: str) -> None:
        """Two rows in `models` (text, graph) and a row an entity in `vectors`."""
        now = pd.Timestamp.now("UTC")
        common = {
            "config_hash": config_hash,
            "alignment": "any",
            "trained_until": self.graph_cut,
            "graph_cut": self.graph_cut,
            "seed": 0,
            "status": "fitted",
            "available_at": now,
        }
        about = json.dumps(
            {
                "cut": self.cut.isoformat(),
                "graph_version": self.graph.version,
                "undated": self.undated,
                "reading": self.reading,
                "tuples": self.tuples,
            }
        )
        rows = [
            {"model_id": f"{self.fitted_id}-text", "family": "text-lsa", "config": about, "weights": self.text.save(), **common},
            {
                "model_id": f"{self.fitted_id}-graph",
                "family": "graph-embedding",
                "config": about,
                "weights": self.embedding.save(),
                **common,
            },
        ]
        vectors = {
            "entity_id": self.embedding.entities,
            "model_id": f"{self.fitted_id}-graph",
            "vector": list(self.embedding.vectors),
            "available_at": now,
        }
        lake.upsert("vectors", pd.DataFrame(vectors))
        lake.upsert("models", pd.DataFrame(rows))  # last: a fold that is in `models` counts as stored


def fit(news: News, graph: Graph, cut: pd.Timestamp, settings: Settings, fitted_id: str, reading: str) -> Fitted:
    """Fit on headlines, events and facts available at or before `cut`."""
    texts = news.headlines.loc[news.headlines["available_at"] <= cut, "text"].tolist()
    text = lsa.fit(texts, dim=settings.features.text_dim, max_features=settings.features.text_features)
    known = graph.as_of(_day(cut), undated=settings.graph.undated)
    tuples = event_triples(news.events[news.events["available_at"] <= cut], news.links)
    chosen = settings.graph
    fit_graph = partial(embed, recipe=Recipe.of(model=chosen.model, dimensions=chosen.dim, epochs=chosen.epochs), seed=0)
    if settings.graph.tuples == "joint":
        embedding = fit_graph(np.unique(np.vstack([_facts(known), tuples]), axis=0))
    else:
        # random meetings in the news would pull the entities of a class apart: facts alone place the entities
        embedding = with_event_relations(fit_graph(_telling(_facts(known), set(tuples[:, [0, 2]].ravel().tolist()))), tuples)
    return Fitted(fitted_id, cut, text, embedding, graph, settings.graph.undated, reading, settings.graph.tuples)


def with_event_relations(embedding: Embedding, tuples: np.ndarray) -> Embedding:
    """The embedding with the relations of event types beside those of facts.

    r = mean(t - h) over the tuples of a type minimises their squared TransE distance |h + r - t|^2 with the entities held.
    """
    row = {entity: i for i, entity in enumerate(embedding.entities)}
    moves: dict[str, list[np.ndarray]] = {}
    for head, relation, tail in tuples:
        if head in row and tail in row:
            moves.setdefault(str(relation), []).append(embedding.vectors[row[tail]] - embedding.vectors[row[head]])
    names = sorted(moves)
    vectors = [np.mean(moves[name], axis=0, dtype=np.float32) for name in names]
    both = np.vstack([embedding.relation_vectors, *vectors]).astype(np.float32)
    return replace(embedding, relations=[*embedding.relations, *names], relation_vectors=both)


def _facts(known: nx.MultiDiGraph) -> np.ndarray:
    return np.array([(head, relation, tail) for head, tail, relation in known.edges(keys=True)], dtype=str).reshape(-1, 3)


def _telling(facts: np.ndarray, linked: set[str]) -> np.ndarray:
    """Facts without time zones and without entities that have no second fact and no part in the news: they tell nothing of others."""
    facts = facts[~np.isin(facts[:, 1], UNTELLING)]
    names, counts = np.unique(facts[:, [0, 2]], return_counts=True)
    lonely = set(names[counts == 1].tolist()) - linked
    return facts[[head not in lonely and tail not in lonely for head, _, tail in facts]]


def load(lake: Lake, fitted_id: str, graph: Graph, reading: str) -> Fitted:
    """Read a stored fold. ModelError where it is missing, or was made with another graph, extractor or linker."""
    rows = lake.read("models", where=ds.field("model_id").isin([f"{fitted_id}-text", f"{fitted_id}-graph"])).set_index("model_id")
    if len(rows) < 2:
        raise ModelError(f"{lake.url}: the text vectors and embedding {fitted_id!r} are missing; run `kdtcn train` again")
    about = json.loads(rows["config"].iloc[0])
    if about["graph_version"] != graph.version:
        raise ModelError(
            f"embedding {fitted_id!r} belongs to graph {about['graph_version']}, the lake now holds {graph.version}; run `kdtcn train` again"
        )
    if about["reading"] != reading:
        raise ModelError(
            f"embedding {fitted_id!r} was made for events of {about['reading']}, this configuration reads with {reading}; run `kdtcn train` again"
        )
    weights = {str(name): bytes(data) for name, data in rows["weights"].items()}
    text = TextVectors.load(weights[f"{fitted_id}-text"])
    embedding = Embedding.load(weights[f"{fitted_id}-graph"])
    added = lake.read(
        "vectors", columns=["entity_id", "vector", "available_at"], where=ds.field("model_id") == later_id(fitted_id)
    )
    added = added.sort_values(["available_at", "entity_id"])
    first = pd.DatetimeIndex(added["available_at"]).tz_convert(NEW_YORK).normalize().tz_localize(None)
    vectors = [np.asarray(vector, np.float32) for vector in added["vector"]]
    later = dict(zip(added["entity_id"].astype(str), zip(first, vectors, strict=True), strict=True))
    return Fitted(
        fitted_id,
        pd.Timestamp(about["cut"]),
        text,
        embedding,
        graph,
        about["undated"],
        reading,
        about.get("tuples", "relations"),
        later,
    )


def later_id(fitted_id: str) -> str:
    """The model id in `vectors` of what nightly updates learnt for a fold; a row counts from the session decided then."""
    return f"{fitted_id}-later"


def _day(moment: pd.Timestamp) -> pd.Timestamp:
    """The last New York date that was over, or under way, just before a point in time: at midnight the day that ends."""
    return (moment - pd.Timedelta(microseconds=1)).tz_convert(NEW_YORK).normalize().tz_localize(None)
