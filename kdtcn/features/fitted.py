"""What is fitted once a fold and shared by all its models and seeds: text vectors and the graph embedding."""

import json
from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def known_graph(self) -> nx.MultiDiGraph:
        """The graph as it stood at the cut."""
        return self.graph.as_of(_day(self.cut), undated=self.undated)

    def dataset(self, market: Market, news: News, window: int) -> Dataset:
        """The inputs of every model, in the vector spaces of this fold."""
        return dataset(market, news, self.text, self.embedding, self._complete, window=window)

    def _complete(self, entity: str) -> np.ndarray | None:
        return complete(self.embedding, entity, self.known_graph)

    def store(self, lake: Lake, config_hash: str) -> None:
        """Two rows in `models` (text, graph) and a row an entity in `vectors`."""
        now = pd.Timestamp.now("UTC")
        common = {"config_hash": config_hash, "alignment": "any", "trained_until": _day(self.cut), "graph_cut": _day(self.cut), "seed": 0, "status": "fitted", "available_at": now}
        about = json.dumps({"cut": self.cut.isoformat(), "graph_version": self.graph.version, "undated": self.undated})
        rows = [
            {"model_id": f"{self.fitted_id}-text", "family": "text-lsa", "config": about, "weights": self.text.save(), **common},
            {"model_id": f"{self.fitted_id}-graph", "family": "graph-embedding", "config": about, "weights": self.embedding.save(), **common},
        ]
        lake.upsert("models", pd.DataFrame(rows))
        vectors = {"entity_id": self.embedding.entities, "model_id": f"{self.fitted_id}-graph", "vector": list(self.embedding.vectors), "available_at": now}
        lake.upsert("vectors", pd.DataFrame(vectors))


def fit(news: News, graph: Graph, cut: pd.Timestamp, settings: Settings, fitted_id: str) -> Fitted:
    """Fit on headlines, events and facts available at or before `cut`."""
    texts = news.headlines.loc[news.headlines["available_at"] <= cut, "text"].tolist()
    text = lsa.fit(texts, dim=settings.features.text_dim, max_features=settings.features.text_features)
    known = graph.as_of(_day(cut), undated=settings.graph.undated)
    facts = np.array([(head, relation, tail) for head, tail, relation in known.edges(keys=True)], dtype=str).reshape(-1, 3)
    events = news.events[news.events["available_at"] <= cut]
    triples = np.unique(np.vstack([facts, event_triples(events, news.links)]), axis=0)
    embedding = embed(triples, model=settings.graph.model, dim=settings.graph.dim, epochs=settings.graph.epochs, seed=0)
    return Fitted(fitted_id, cut, text, embedding, graph, settings.graph.undated)


def load(lake: Lake, fitted_id: str, graph: Graph) -> Fitted:
    """Read a stored fold. ModelError where it is missing or was made with another graph."""
    rows = lake.read("models", where=ds.field("model_id").isin([f"{fitted_id}-text", f"{fitted_id}-graph"])).set_index("model_id")
    if len(rows) < 2:
        raise ModelError(f"{lake.url}: the text vectors and embedding {fitted_id!r} are missing; run `kdtcn train` again")
    about = json.loads(rows["config"].iloc[0])
    if about["graph_version"] != graph.version:
        raise ModelError(f"embedding {fitted_id!r} belongs to graph {about['graph_version']}, the lake now holds {graph.version}; run `kdtcn train` again")
    weights = {str(name): bytes(data) for name, data in rows["weights"].items()}
    text = TextVectors.load(weights[f"{fitted_id}-text"])
    embedding = Embedding.load(weights[f"{fitted_id}-graph"])
    return Fitted(fitted_id, pd.Timestamp(about["cut"]), text, embedding, graph, about["undated"])


def _day(moment: pd.Timestamp) -> pd.Timestamp:
    """The last New York date that was over, or under way, just before a point in time: at midnight the day that ends."""
    return (moment - pd.Timedelta(microseconds=1)).tz_convert(NEW_YORK).normalize().tz_localize(None)
