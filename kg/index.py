"""What the linker reads, on disk: the names, entities, terms of office and neighbours of one graph in one SQLite file.

It is derived from the graph and kept by its version: opened where it is there, built where it is not, never changed.
"""

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kg.aliases import OWN, SHAPES, SURNAME, Name, Named, People, family_name, given_name, names_of
from kg.graph import Graph, named, relation_kind
from kg.surface import deletions

LAYOUT = 1  # raised when the tables or the rules for names change: older files are built anew
CACHE = 1 << 16  # lookups remembered, each kind
PAGES = 64 << 10  # KiB of pages in memory while building
TYPO_LETTERS = 8  # letters that a name has at least to be found with one of them wrong

# how likely a bare name means a thing of this first type in world news; only ratios matter
PRIOR = {
    "country": 100.0, "territory": 60.0, "bloc": 60.0, "organisation": 60.0, "armed group": 60.0, "region": 50.0, "continent": 60.0, "central bank": 50.0,
    "agency": 45.0, "index": 45.0, "legislature": 45.0, "military": 40.0, "person": 30.0, "company": 30.0, "party": 30.0, "website": 30.0, "conflict": 30.0, "subdivision": 30.0,
    "people": 25.0, "currency": 25.0, "city": 8.0, "timezone": 1.0, "work": 2.0, "other": 4.0,
}  # fmt: skip
DEFAULT_PRIOR = 20.0
FORMER = 0.2  # a state that is gone
IMPORTED = 0.25  # what only an imported sub-graph knows
CAPITAL = 25.0  # added for the seat of a state's government, less for a small one
OFFICES = frozenset({"head_of_state", "head_of_government", "head_of", "holds_office_in", "leads_party"})
MISSPELT = frozenset({"country", "territory", "continent"})

TABLES = """
CREATE TABLE entities (number INTEGER PRIMARY KEY, id TEXT NOT NULL, label TEXT NOT NULL, types TEXT NOT NULL, prior REAL NOT NULL, start INTEGER NOT NULL, own INTEGER NOT NULL);
CREATE TEMP TABLE raw (key TEXT, entity INTEGER, quality REAL, shape INTEGER, first TEXT, size INTEGER);
CREATE TABLE names (key TEXT, entity INTEGER, quality REAL, shape INTEGER, PRIMARY KEY (key, entity)) WITHOUT ROWID;
CREATE TABLE longest (first TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID;
CREATE TABLE shortened (key TEXT, entity INTEGER, quality REAL, PRIMARY KEY (key, entity)) WITHOUT ROWID;
CREATE TABLE given (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE terms (entity INTEGER, first INTEGER, last INTEGER);
CREATE TABLE near (entity INTEGER, other INTEGER, known INTEGER, PRIMARY KEY (entity, other)) WITHOUT ROWID;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
"""


class Entity(NamedTuple):
    """What ranking needs of an entity; `start` is the first day it was there or spoken of (ordinal, 0 for always)."""

    id: str
    label: str
    types: tuple[str, ...]
    prior: float
    start: int
    own: bool


class Index:
    """Lookups in one file, each remembered; safe to share between threads for reading."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for lookup in ("names", "longest", "shortened", "given", "entity", "terms", "near"):
            setattr(self, lookup, lru_cache(maxsize=CACHE)(getattr(self, lookup)))

    @classmethod
    def of(cls, graph: Graph, folder: Path | None = None) -> "Index":
        """The index of a graph: the file in `folder` that belongs to its version, built first where it is missing; in memory without a folder."""
        if folder is None:
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            fill(connection, graph)
            return cls(connection)
        path = folder / f"names-{graph.version}-{LAYOUT}.sqlite"
        if not _whole(path):
            write(path, graph)
            for other in folder.glob("names-*.sqlite"):
                if other != path:  # of a graph that is no more
                    other.unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "Index":
        return cls(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False))

    def names(self, key: str) -> tuple[Name, ...]:
        """Who bears the folded name."""
        rows = self._connection.execute("SELECT entity, quality, shape FROM names WHERE key = ? ORDER BY entity", (key,))
        return tuple(Name(entity, quality, SHAPES[shape]) for entity, quality, shape in rows)

    def longest(self, first: str) -> int:
        """The most tokens of a name that begins with this one; 0 where none does."""
        row = self._connection.execute("SELECT size FROM longest WHERE first = ?", (first,)).fetchone()
        return row[0] if row else 0

    def shortened(self, key: str) -> tuple[tuple[int, float], ...]:
        """(entity, quality) of the names that are `key` once a letter is left out."""
        return tuple(self._connection.execute("SELECT entity, quality FROM shortened WHERE key = ? ORDER BY entity", (key,)))

    def given(self, word: str) -> bool:
        """Whether a person of the graph has this given name."""
        return self._connection.execute("SELECT 1 FROM given WHERE word = ?", (word,)).fetchone() is not None

    def entity(self, number: int) -> Entity:
        row = self._connection.execute("SELECT id, label, types, prior, start, own FROM entities WHERE number = ?", (number,))
        identifier, label, types, prior, start, own = row.fetchone()
        return Entity(identifier, label, tuple(types.split("|")), prior, start, bool(own))

    def numbers(self, ids: Iterable[str]) -> list[int]:
        """The numbers of entities by id, in order; an unknown id has none."""
        wanted = list(ids)
        marks = ",".join("?" * len(wanted))
        rows = dict(self._connection.execute(f"SELECT id, number FROM entities WHERE id IN ({marks})", wanted))  # noqa: S608
        return [rows[i] for i in wanted if i in rows]

    def terms(self, number: int) -> tuple[tuple[int, int], ...]:
        """First and last days (ordinals) of the offices that somebody held."""
        return tuple(self._connection.execute("SELECT first, last FROM terms WHERE entity = ?", (number,)))

    def near(self, number: int) -> dict[int, int]:
        """The entities one fact away, with the day (ordinal) from which that was known; 0 for always."""
        return dict(self._connection.execute("SELECT other, known FROM near WHERE entity = ?", (number,)))

    def count(self) -> int:
        """How many names there are."""
        return int(self._connection.execute("SELECT count(DISTINCT key) FROM names").fetchone()[0])


def _whole(path: Path) -> bool:
    """Whether a file is a finished index of this layout."""
    if not path.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM about WHERE name = 'layout'").fetchone()
    except sqlite3.DatabaseError:
        return False
    return row == (str(LAYOUT),)


def write(path: Path, graph: Graph) -> None:
    """Build an index beside its place and move it there whole, so that nobody ever opens half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".names-", suffix=".part")
    os.close(handle)
    try:
        with contextlib.closing(sqlite3.connect(name)) as connection:
            fill(connection, graph)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def fill(connection: sqlite3.Connection, graph: Graph) -> None:
    """Write the tables; names pass through as a stream and are sorted by SQLite, so that memory does not grow with them."""
    # a file that is moved into place when whole needs no journal
    connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{PAGES};" + TABLES)
    number = {identifier: i for i, identifier in enumerate(graph.entities["id"])}
    seats = set(graph.facts.loc[graph.facts["relation"] == "capital_of", "head"])
    people = People(
        {name for entity in _named(graph, seats) if (name := given_name(entity))},
        {name for entity in _named(graph, seats) if (name := family_name(entity))},
    )
    first = named()
    connection.executemany(
        "INSERT INTO entities VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (i, identifier, entity.label, "|".join(entity.types), entity.prior, _ordinal(first.get(identifier)), entity.own)
            for i, (identifier, entity) in enumerate(zip(graph.entities["id"], _named(graph, seats), strict=True))
        ),
    )
    connection.executemany("INSERT INTO given VALUES (?)", ((word,) for word in sorted(people.given)))
    connection.executemany(
        "INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?)",
        (
            (" ".join(words), i, quality, SHAPES.index(shape), words[0], len(words))
            for i, entity in enumerate(_named(graph, seats))
            for words, quality, shape in names_of(entity, people)
        ),
    )
    connection.execute("INSERT INTO longest SELECT first, max(size) FROM raw GROUP BY first ORDER BY first")
    # the same name in two spellings ("US", "us"): the looser shape, the surer quality
    connection.execute(
        "INSERT INTO names SELECT key, entity, max(quality), max(shape) FROM raw GROUP BY key, entity ORDER BY key, entity"
    )
    connection.execute("DROP TABLE raw")
    connection.executemany("INSERT OR IGNORE INTO shortened VALUES (?, ?, ?)", _shortened(connection))
    _facts(connection, graph, number)
    connection.execute("INSERT INTO about VALUES ('layout', ?)", (str(LAYOUT),))
    connection.commit()


def _named(graph: Graph, seats: set[str]) -> Iterator[Named]:
    rows = graph.entities
    for identifier, label, aliases, types, description, source in zip(
        *(rows[column] for column in ("id", "label", "aliases", "types", "description", "source")), strict=True
    ):
        kinds, own = tuple(types.split("|")), source.startswith(OWN)
        written = tuple(filter(None, aliases.split("|")))
        yield Named(label, written, kinds, own, _prior(kinds, description, own, identifier in seats))


def _prior(types: tuple[str, ...], description: str, own: bool, seat: bool) -> float:
    weight = PRIOR.get(types[0], DEFAULT_PRIOR)
    if "former country" in types:
        weight *= FORMER
    found = re.search(r"population (\d+)", description)
    if found:
        weight += min(int(found.group(1)) / 100_000, 60.0)
        if seat:
            weight += min(int(found.group(1)) / 20_000, CAPITAL)
    return weight if own else IMPORTED * weight


def _shortened(connection: sqlite3.Connection) -> Iterator[tuple[str, int, float]]:
    """Long one-word names of countries and continents, and of persons who held an office, with each letter left out in turn."""
    rows = connection.execute(
        "SELECT key, entity, quality, types FROM names JOIN entities ON number = entity"
        " WHERE own AND key NOT LIKE '% %' AND length(key) >= ?",
        (TYPO_LETTERS,),
    ).fetchall()
    for key, entity, quality, types in rows:
        kind = types.split("|")[0]
        if (kind in MISSPELT and quality > SURNAME) or (kind == "person" and quality >= SURNAME):
            for short in (key, *deletions(key)):
                yield short, entity, quality


def _facts(connection: sqlite3.Connection, graph: Graph, number: dict[str, int]) -> None:
    """Terms of office and neighbours, each with the first day they were known; undated facts of dated relations are not used."""
    facts = graph.facts
    kinds = {name: relation_kind(str(name)) for name in facts["relation"].unique()}
    used = facts[~(facts["relation"].map(kinds).eq("dated") & facts["valid_from"].isna())]
    used = used[used["head"].isin(number) & used["tail"].isin(number)]
    begins = [_ordinal(day) for day in used["valid_from"]]
    ends = [_ordinal(day) or 10_000_000 for day in used["valid_to"]]
    heads, tails = ([number[i] for i in used[side]] for side in ("head", "tail"))
    office = used["relation"].isin(OFFICES)
    connection.executemany(
        "INSERT INTO terms VALUES (?, ?, ?)",
        ((h, b, e) for h, b, e, held in zip(heads, begins, ends, office, strict=True) if held),
    )
    connection.execute("CREATE INDEX terms_entity ON terms (entity)")
    connection.executemany(
        "INSERT INTO near VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET known = min(known, excluded.known)",
        (row for h, t, b in zip(heads, tails, begins, strict=True) for row in ((h, t, b), (t, h, b))),
    )


def _ordinal(day: object) -> int:
    return 0 if day is None or pd.isna(day) else pd.Timestamp(day).toordinal()  # type: ignore[call-overload,arg-type]
