"""Wikidata5m: triples of items as TSV, with the aliases of entities and relations, and the texts of entities where they lie beside."""

from collections.abc import Iterator
from pathlib import Path

from kdtcn.errors import InputError
from kg.importers.base import Refused, Row, Thing, lines, types_of
from kg.importers.properties import statement

TOLD = 200  # characters of a text that tell what kind of thing it is about


def read(folder: Path) -> Iterator[Row]:
    """Things first, then statements of every *train*, *valid* and *test* file; InputError where the alias files are missing.

    wikidata5m_entity.txt and wikidata5m_relation.txt hold an id and its names, wikidata5m_text.txt an id and a text.
    """
    triples = [path for part in ("train", "valid", "test") for path in sorted(folder.glob(f"*{part}*.txt*"))]
    if not triples:
        raise InputError(f"{folder}: no triples; expected files such as wikidata5m_transductive_train.txt")
    names = {cells[0]: cells[1] for line in lines(_one(folder, "*relation*.txt*")) if len(cells := line.split("\t")) > 1}
    about = folder / "wikidata5m_text.txt"
    texts = {q: text[:TOLD] for q, _, text in (line.partition("\t") for line in lines(about))} if about.exists() else {}
    entities = _one(folder, "*entity*.txt*")
    for number, line in enumerate(lines(entities)):
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].startswith("Q") or not cells[1]:
            yield Refused(f"{entities.name}:{number + 1}: {line[:200]}", "not an id and a name", fact=False)
            continue
        text = texts.get(cells[0], "")
        yield Thing(
            (("wikidata", cells[0]),), cells[1], tuple(filter(None, cells[2:])), text.partition(". ")[0], types_of(cells[1], text)
        )
    for path in triples:
        for number, line in enumerate(lines(path)):
            cells = line.split("\t")
            if len(cells) != 3 or not all(cells):
                yield Refused(f"{path.name}:{number + 1}: {line[:200]}", "not head, relation, tail")
                continue
            head, relation, tail = cells
            yield statement(head, relation, tail, names.get(relation, ""))


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError(f"{folder}: no file {pattern}; take the alias files of Wikidata5m beside its triples")
    return found[0]
