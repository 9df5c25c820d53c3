"""The knowledge graph: seed facts, importers, as-of views, entity linking, sub-graphs, embeddings."""

from kg.embedding import Embedding, Recipe, complete, embed, update
from kg.graph import FOREVER, Graph, load_seed
from kg.linking import Link, Linker
from kg.store import build, load
from kg.subgraphs import background, paths, subgraph

__all__ = [
    "FOREVER",
    "Embedding",
    "Graph",
    "Link",
    "Linker",
    "Recipe",
    "background",
    "build",
    "complete",
    "embed",
    "load",
    "load_seed",
    "paths",
    "subgraph",
    "update",
]
