"""CoDEx-M: a sub-graph of Wikidata as TSV, with labels for a quarter of its entities."""

import json
from collections.abc import Iterator
from pathlib import Path

from kg.importers.base import Refused, Row, Thing, lines, types_of
from kg.importers.properties import statement

SPLITS = ("train.txt", "valid.txt", "test.txt")


def read(folder: Path) -> Iterator[Row]:
    """Things first, then statements; classes are labelled from types.json, an entity without any label is refused with its facts."""
    relations = json.loads("\n".join(lines(folder / "relations.json")))
    classes = json.loads("\n".join(lines(folder / "types.json")))
    labelled: set[str] = set()
    for number, line in enumerate(lines(folder / "entities.tsv")):
        if number == 0:
            continue
        cells = line.split("\t")
        if len(cells) != 5 or not cells[0] or not cells[1]:
            yield Refused(f"entities.tsv:{number + 1}: {line[:200]}", "not five columns with id and label", fact=False)
            continue
        qid, label, aliases, description, mid = cells
        ids = (("wikidata", qid), *((("freebase", mid),) if mid else ()))
        labelled.add(qid)
        yield Thing(ids, label, tuple(filter(None, aliases.split("|"))), description, types_of(label, description))
    for qid, row in classes.items():
        if qid not in labelled and row["label"]:
            yield Thing((("wikidata", qid),), row["label"], (), row["description"] or "", "class")
    for split in SPLITS:
        for number, line in enumerate(lines(folder / split)):
            cells = line.split("\t")
            if len(cells) != 3 or cells[1] not in relations:
                yield Refused(f"{split}:{number + 1}: {line[:200]}", "not head, known relation, tail")
                continue
            head, relation, tail = cells
            yield statement(head, relation, tail, relations[relation]["label"])
