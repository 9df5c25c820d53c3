"""What is fitted once a fold and shared by all its models and seeds: text vectors and the graph embedding."""

import json
from dataclasses import dataclass, replace
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
from kdtcn.features.text import TextVectors
from kdtcn.features.vectors import dataset, event_triples
from kdtcn.lake import Lake
from kdtcn.sessions import NEW_YORK
from kg import Embedding, Graph, complete, embed


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
        return dataset(market, news, self.text, self.embedding, self._complete, window=window)

    def _complete(self, entity: str) -> np.ndarray | None:
        return complete(self.embedding, entity, self.known_graph)

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
            {"cut": self.cut.isoformat(), "graph_version": self.graph.version, "undated": self.undated, "reading": self.reading}
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
    fit_graph = partial(embed, model=chosen.model, dim=chosen.dim, epochs=chosen.epochs, seed=0)
    if settings.graph.tuples == "joint":
        embedding = fit_graph(np.unique(np.vstack([_facts(known), tuples]), axis=0))
    else:
        # random meetings in the news would pull the entities of a class apart: facts alone place the entities
        embedding = with_event_relations(fit_graph(_telling(_facts(known), set(tuples[:, [0, 2]].ravel().tolist()))), tuples)
    return Fitted(fitted_id, cut, text, embedding, graph, settings.graph.undated, reading)


def with_event_relations(embedding: Embedding, tuples: np.ndarray) -> Embedding:
    """The embedding with the relations of event types in place of its own.

    r = mean(t - h) over the tuples of a type minimises their squared TransE distance |h + r - t|^2 with the entities held.
    """
    row = {entity: i for i, entity in enumerate(embedding.entities)}
    moves: dict[str, list[np.ndarray]] = {}
    for head, relation, tail in tuples:
        if head in row and tail in row:
            moves.setdefault(str(relation), []).append(embedding.vectors[row[tail]] - embedding.vectors[row[head]])
    names = sorted(moves)
    vectors = np.array([np.mean(moves[name], axis=0) for name in names], np.float32).reshape(
        len(names), embedding.vectors.shape[1]
    )
    return replace(embedding, relations=names, relation_vectors=vectors)


def _facts(known: nx.MultiDiGraph) -> np.ndarray:
    return np.array([(head, relation, tail) for head, tail, relation in known.edges(keys=True)], dtype=str).reshape(-1, 3)


def _telling(facts: np.ndarray, linked: set[str]) -> np.ndarray:
    """Facts without time zones and without entities that have no second fact and no part in the news: they tell nothing of others."""
    facts = facts[facts[:, 1] != "in_time_zone"]
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
    return Fitted(fitted_id, pd.Timestamp(about["cut"]), text, embedding, graph, about["undated"], reading)


def _day(moment: pd.Timestamp) -> pd.Timestamp:
    """The last New York date that was over, or under way, just before a point in time: at midnight the day that ends."""
    return (moment - pd.Timedelta(microseconds=1)).tz_convert(NEW_YORK).normalize().tz_localize(None)
