"""CSV: a folder with entities.csv and facts.csv, the way to bring facts of one's own."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from kdtcn.errors import InputError
from kg.importers.base import Refused, Row, Statement, Thing

ENTITIES = ("id", "label")
FACTS = ("head", "relation", "tail")
PLAIN = frozenset({"id", "label", "types", "description", "aliases"})


def read(folder: Path) -> Iterator[Row]:
    """Things, then statements. Days are ISO days; an empty cell is unknown.

    entities.csv: id, label; optional types and aliases (several joined by a bar), description, and one column for each outside
    scheme (wikidata, freebase, geonames, iso3166-1, kdtcn): an entity that shares one is the same entity.
    facts.csv: head, relation, tail; optional valid_from, valid_to. head and tail are ids of entities.csv, or SCHEME:ID.
    """
    own = f"csv:{folder.resolve().name}"
    for number, row in _rows(folder / "entities.csv", ENTITIES):
        if not (row["id"] and row["label"]):
            yield Refused(f"entities.csv:{number}", "an entity needs an id and a label", fact=False)
            continue
        outside = tuple((scheme, row[scheme]) for scheme in row if scheme not in PLAIN and row[scheme])
        aliases = tuple(filter(None, row.get("aliases", "").split("|")))
        yield Thing(
            (*outside, (own, row["id"])), row["label"], aliases, row.get("description", ""), row.get("types", "") or "other"
        )
    for number, row in _rows(folder / "facts.csv", FACTS):
        days = [row.get(column, "") for column in ("valid_from", "valid_to")]
        if not all(row[column] for column in FACTS):
            yield Refused(f"facts.csv:{number}", "a fact needs head, relation and tail")
        elif not all(map(_day, days)):
            yield Refused(f"facts.csv:{number}: {','.join(days)}", "a date that is no ISO day")
        else:
            yield Statement(_end(row["head"], own), row["relation"], _end(row["tail"], own), *days)


def _end(cell: str, own: str) -> tuple[str, str]:
    scheme, sign, identifier = cell.partition(":")
    if scheme == "kd":  # our own ids have a colon
        return "kdtcn", cell
    return (scheme, identifier) if sign else (own, cell)


def _day(text: str) -> bool:
    try:
        return not text or datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file with their line, cells stripped; InputError where the file or a column is missing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in needed if column not in (reader.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: no column {missing[0]!r}; its columns must hold {', '.join(needed)}")
            for row in reader:
                yield reader.line_num, {name: (cell or "").strip() for name, cell in row.items() if isinstance(name, str)}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; a csv source is a folder with entities.csv and facts.csv") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
