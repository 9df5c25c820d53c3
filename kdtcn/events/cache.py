"""Readings by text: a text that this extractor has read before, on whatever day and in whatever lake, is not parsed again.

One SQLite file an extractor, beside the lake's other local files. It only saves time: it may be deleted, and a file that is no database is
replaced.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kdtcn.events.reading import Reader
from kdtcn.events.tuples import EventTuple

Chunk = TypeVar("Chunk")

TABLE = "CREATE TABLE IF NOT EXISTS readings (text BLOB PRIMARY KEY, events TEXT NOT NULL) WITHOUT ROWID"
# SQLite takes this many parameters in any build.
AT_ONCE = 500
# Several flows may write at once; one write takes milliseconds.
WAIT_SECONDS = 30.0


class ReadingCache:
    """Event tuples by the text they were read from."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, texts: Iterable[str]) -> dict[str, list[EventTuple]]:
        """The tuples of those texts that were read before; the cost is that of the texts asked for, not of all that are stored."""
        by_key = {_key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, list[EventTuple]] = {}
        for at in range(0, len(keys), AT_ONCE):
            some = keys[at : at + AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(f"SELECT text, events FROM readings WHERE text IN ({marks})", some)  # noqa: S608
            found.update((by_key[key], [EventTuple(*event) for event in json.loads(events)]) for key, events in rows)
        return found

    def add(self, readings: Mapping[str, list[EventTuple]]) -> None:
        """Keep what was read; a text that is there already stays as it is."""
        rows = ((_key(text), json.dumps(events)) for text, events in readings.items())
        with self._connection:
            self._connection.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?)", rows)


def read_through(
    chunks: Iterable[tuple[Chunk, list[str]]], cache: ReadingCache, read: Reader
) -> Iterator[tuple[Chunk, list[list[EventTuple]]]]:
    """Each chunk with the event tuples of its texts, in order: looked up where known, each other text read.

    Chunks are taken as the reader asks for texts, so that its workers go on with the next while this one is being stored.
    """
    begun: deque[_Begun] = deque()

    def unread() -> Iterator[str]:
        for chunk, texts in chunks:
            known = cache.known(texts)
            new = [text for text in dict.fromkeys(texts) if text not in known]
            begun.append(_Begun(chunk, texts, known, new))
            yield from new

    def complete() -> Iterator[tuple[Chunk, list[list[EventTuple]]]]:
        while begun and len(begun[0].readings) == len(begun[0].new):
            done = begun.popleft()
            found = dict(zip(done.new, done.readings, strict=True))
            cache.add(found)
            yield done.chunk, [found[text] if text in found else done.known[text] for text in done.texts]

    for reading in read(unread()):
        yield from complete()  # chunks without a new text come before the one that this text is of
        begun[0].readings.append(reading.events)
        yield from complete()
    yield from complete()


@dataclass
class _Begun:
    """A chunk whose texts are being read."""

    chunk: Any
    texts: list[str]
    known: dict[str, list[EventTuple]]
    new: list[str]
    readings: list[list[EventTuple]] = field(default_factory=list)


@contextmanager
def open_cache(folder: Path, extractor: str) -> Iterator[ReadingCache]:
    """The cache of one extractor version, in a file of its own in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{extractor}.sqlite"
    try:
        connection = _connect(path)
    except sqlite3.OperationalError:
        raise  # locked, or no room: the file may be sound
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        connection = _connect(path)
    with closing(connection):
        yield ReadingCache(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
    try:
        connection.execute(TABLE)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
