"""CoDEx-M: a sub-graph of Wikidata as TSV, with labels for a quarter of its entities."""

import json
from collections.abc import Iterator
from pathlib import Path

from kg.importers.base import Refused, Row, Statement, Thing, lines, types_of

SPLITS = ("train.txt", "valid.txt", "test.txt")
OURS = {
    "P17": "located_in", "P131": "located_in", "P30": "located_in", "P27": "citizen_of", "P463": "member_of", "P47": "borders", "P37": "official_language",
    "P452": "industry", "P159": "headquartered_in", "P749": "owned_by", "P112": "founded_by", "P1056": "produces", "P361": "part_of", "P35": "head_of_state_is",
    "P169": "chief_executive_is", "P36": "capital_is",
}  # fmt: skip


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
            yield Refused(f"entities.tsv:{number + 1}: {line[:200]}", "not five columns with id and label")
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
            name = OURS.get(relation) or relations[relation]["label"].replace(",", "").replace(" ", "_")
            yield Statement(("wikidata", head), name, ("wikidata", tail))
