"""`kdtcn lake verify`: what the lake must fulfil, looked for in every row and between the tables."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from kdtcn.lake.lake import Lake, reading
from kdtcn.lake.query import connect
from kdtcn.lake.rules import broken
from kdtcn.lake.schemas import TABLES
from kdtcn.progress import track
from kdtcn.sessions import calendar, closes, session_of, sessions

BATCH = 65_536  # rows in memory at a time

# rows that point to what is not there: table, what is missing, and the rows
POINTERS = {
    ("headline_scores", "its headline"): "SELECT headline_id FROM headline_scores ANTI JOIN headlines USING (headline_id)",
    ("events", "its headline"): "SELECT event_id FROM events ANTI JOIN headlines USING (headline_id)",
    ("links", "its event"): "SELECT event_id FROM links ANTI JOIN events USING (event_id)",
    ("effects", "its model"): "SELECT model_id FROM effects ANTI JOIN models USING (model_id)",
    ("predictions", "its model"): "SELECT model_id FROM predictions ANTI JOIN models USING (model_id)",
    ("ledger", "its model"): "SELECT model_id FROM ledger ANTI JOIN models USING (model_id)",
    ("facts", "its head"): "SELECT head FROM facts ANTI JOIN entities ON head = entity_id",
    ("facts", "its tail"): "SELECT tail FROM facts ANTI JOIN entities ON tail = entity_id",
    ("same_as", "its entity"): "SELECT entity_id FROM same_as ANTI JOIN entities USING (entity_id)",
}


@dataclass(frozen=True)
class Finding:
    """`rows` rows of a table break a rule; `example` is the key of one."""

    table: str
    check: str
    rows: int
    example: str


def verify(lake: Lake) -> list[Finding]:
    """Everything that is wrong with the rows of a lake; empty when nothing is. Reads all, a part at a time."""
    found: list[Finding] = []
    connection = connect(lake)
    try:
        for name in track(TABLES, "tables"):
            with reading(lake, name):
                found += [*_rows(lake, name), *_keys(connection, name)]
        found += [*_sessions(connection), *_headlines(connection), *_pointers(connection)]
    finally:
        connection.close()
    return found


def _rows(lake: Lake, table: str) -> Iterator[Finding]:
    """Types, gaps and ranges, row by row."""
    counts: dict[tuple[str, str], int] = {}
    examples: dict[tuple[str, str], str] = {}
    stored = lake.dataset(table)
    if stored is None:
        return
    key = TABLES[table].key
    for part in _parts(stored):
        rows = part.to_pandas(types_mapper=pd.ArrowDtype)
        for (column, check), cases in broken(table, rows).groupby(["column", "check"]):
            what = (str(column), str(check))
            counts[what] = counts.get(what, 0) + len(cases)
            row = cases["row"].iloc[0]
            examples.setdefault(what, "" if pd.isna(row) else " ".join(str(rows.at[int(row), name]) for name in key))
    for (column, check), count in counts.items():
        yield Finding(table, f"{column}: {check}" if column else check, count, examples[column, check])


def _parts(stored: ds.Dataset) -> Iterator[pa.Table]:
    """The rows in parts of about BATCH, from however many small files."""
    batches: list[pa.RecordBatch] = []
    for batch in stored.to_batches(batch_size=BATCH, batch_readahead=1, fragment_readahead=1):
        batches.append(batch)
        if sum(b.num_rows for b in batches) >= BATCH:
            yield pa.Table.from_batches(batches)
            batches = []
    if batches:
        yield pa.Table.from_batches(batches)


def _keys(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Finding]:
    """Keys that stand in more than one row."""
    keys = ", ".join(f'"{name}"' for name in TABLES[table].key)
    # names come from the schemas, not from a user
    twice = connection.sql(f"SELECT {keys}, count(*) AS n FROM {table} GROUP BY {keys} HAVING n > 1 ORDER BY {keys}").fetchall()  # noqa: S608
    if twice:
        yield Finding(table, "key stored once", len(twice), " ".join(map(str, twice[0][:-1])))


def _sessions(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Of every symbol and source: sessions without a price from its first to its last, and prices on days without session."""
    days = connection.sql("SELECT DISTINCT symbol, source, session FROM prices ORDER BY ALL").df()
    for (symbol, source), rows in days.groupby(["symbol", "source"]):
        have = pd.DatetimeIndex(rows["session"])
        should = sessions(have.min(), have.max())
        for check, which in (
            ("a price for every session", should.difference(have)),
            ("a session for every price", have.difference(should)),
        ):
            if len(which):
                yield Finding("prices", check, len(which), f"{symbol} {source} {which[0]:%Y-%m-%d}")


def _headlines(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Headlines that no session of the calendar can read: known before it begins, or after its last decision."""
    times = connection.sql("SELECT available_at, count(*) AS n, min(headline_id) AS example FROM headlines GROUP BY ALL").df()
    if times.empty:
        return
    first = closes(calendar().sessions[:1])[0]
    outside = times[session_of(times["available_at"]).isna() | (times["available_at"] < first - pd.Timedelta(days=4))]
    if len(outside):
        yield Finding("headlines", "a session that can read it", int(outside["n"].sum()), str(outside["example"].iloc[0]))


def _pointers(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for (table, what), rows in POINTERS.items():
        lost = connection.sql(f"SELECT count(*), min(#1) FROM ({rows})").fetchall()[0]  # noqa: S608
        if lost[0]:
            yield Finding(table, f"{what} is stored", int(lost[0]), str(lost[1]))
