"""The knowledge graph: seed facts, importers, as-of views, entity linking, embeddings."""

from kg.graph import Graph, load_seed
from kg.linker import Link, Linker

__all__ = ["Graph", "Link", "Linker", "load_seed"]
