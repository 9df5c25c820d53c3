"""Ordinary English words that are also names ("May", "Apple", "Total"): as a lone word they need support from their context."""

from pathlib import Path

COMMON = frozenset((Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split())
