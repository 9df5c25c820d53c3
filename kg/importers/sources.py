"""The names in `graph.sources`: which reader a name means, and where its file is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from kdtcn.errors import InputError
from kg.importers import codex, dump, freebase, ntriples, sparql, table, wikidata5m
from kg.importers.base import Row


class Reader(NamedTuple):
    """How one format is read; `place` is where it lies under graph.data when no path is given, empty where a path is needed."""

    read: Callable[[Path], Iterator[Row]]
    title: str
    place: str = ""


READERS = {
    "freebase": Reader(freebase.read, "FB15k-237 (Freebase CC BY, labels Wikidata CC0)", "fb15k237"),
    "codex": Reader(codex.read, "CoDEx-M (Wikidata CC0)", "codex_m"),
    "wikidata-json": Reader(dump.read, "Wikidata JSON (CC0)"),
    "wikidata5m": Reader(wikidata5m.read, "Wikidata5m (Wikidata CC0)"),
    "sparql": Reader(sparql.read, "Wikidata Query Service (CC0)"),
    "ntriples": Reader(ntriples.read, "N-Triples"),
    "csv": Reader(table.read, "CSV"),
}


def open_source(name: str, data: Path) -> tuple[Iterator[Row], str]:
    """The rows of a source, and its name as facts carry it; `name` is a format, or `format:path` with the path absolute, from here or under `data`.

    Raises InputError for a format nobody knows, a format that needs a path, and a path where nothing is.
    """
    form, _, written = name.partition(":")
    reader = READERS.get(form)
    if reader is None:
        raise InputError(f"graph.sources: unknown source {form!r}; known are seed, {', '.join(READERS)}")
    if not (written or reader.place):
        raise InputError(f"graph.sources: {form} needs a path; write {form}:PATH")
    path = Path(written) if written and Path(written).exists() else data / (written or reader.place)
    if not path.exists():
        raise InputError(f"graph.sources: {name}: {path}: no such file; write {form}:PATH, or point graph.data to its folder")
    return reader.read(path), f"{reader.title} {path.name}" if written else reader.title
