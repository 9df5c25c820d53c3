"""Vectors of entities that were not trained, from their neighbours in the graph."""

import networkx as nx
import numpy as np

from kg.embedding.stored import Embedding


def complete(embedding: Embedding, entity: str, graph: nx.MultiDiGraph) -> np.ndarray | None:
    """The vector of an entity that was not trained: the mean of its neighbours' vectors; None where it has none."""
    row = embedding.row
    if entity in row:
        return embedding.vectors[row[entity]]
    if entity not in graph:
        return None
    near = sorted({n for n in (*graph.successors(entity), *graph.predecessors(entity)) if n in row})
    return embedding.vectors[[row[n] for n in near]].mean(axis=0) if near else None
