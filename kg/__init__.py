"""The knowledge graph: seed facts, importers, as-of views, entity linking, embeddings."""

from kg.graph import Graph, load_seed

__all__ = ["Graph", "load_seed"]
