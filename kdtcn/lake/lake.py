"""Delta tables behind three verbs: `read` (as of a time or a version), `upsert` (which writes only what is new) and `replace`."""

import dataclasses
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from kdtcn.errors import LakeError
from kdtcn.lake.rows import by_key, changed_rows, in_order, near, to_arrow, to_pandas
from kdtcn.lake.schemas import SCHEMA_VERSION, TABLES, Table

ATTEMPTS = 12  # optimistic concurrency: the loser of a commit race waits a little, reads again and tries again
PROPERTIES = {
    "kdtcn.schema": str(SCHEMA_VERSION),
    "delta.enableExpiredLogCleanup": "false",  # every version that a report names can be read again
    "delta.checkpointInterval": "20",  # opening reads what was logged since: few files, each a request on an object store
}
REMOTE = {"max_retries": "4", "retry_timeout": "30s"}  # of the object-store client, whose own limits hold a command for minutes


@dataclass(frozen=True)
class Written:
    """What a write did, in rows; `version` is the table's version after it."""

    stored: int
    updated: int
    known: int
    version: int
    removed: int = 0


class Lake:
    """All state of one configuration, under a folder or an object-store URL.

    Credentials of an object store come from the environment (AWS_ACCESS_KEY_ID and the like), never from the URL.
    The table logs are kept for good, so that every version a report names can be read again.
    """

    def __init__(self, url: str) -> None:
        if "://" in url and (urlsplit(url).username or urlsplit(url).query):
            raise LakeError("lake.url: credentials do not belong there; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")
        self.url = url.rstrip("/")

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    # -- reading ----------------------------------------------------------------------------------------------

    def read(
        self,
        table: str,
        *,
        as_of: datetime | pd.Timestamp | None = None,
        version: int | None = None,
        columns: Iterable[str] | None = None,
        where: pc.Expression | None = None,
    ) -> pd.DataFrame:
        """The rows of a table that were known at `as_of` (available_at at or before it), in the table's `version`.

        Dates come back as naive datetime64, times as UTC. A table never written is an empty frame. Row order is by key.
        """
        shape = shape_of(table)
        wanted = list(columns) if columns is not None else shape.schema.names
        stored = self.dataset(table, version)
        if stored is None:
            return to_pandas(shape.schema.empty_table().select(wanted))
        condition = where
        if as_of is not None:
            known = ds.field("available_at") <= pa.scalar(pd.Timestamp(as_of).as_unit("us"), type=pa.timestamp("us", tz="UTC"))
            condition = known if condition is None else condition & known
        read = list(dict.fromkeys([*wanted, *shape.key]))
        with reading(self, table):
            rows = stored.to_table(columns=read, filter=condition)
        return to_pandas(in_order(shape, rows).select(wanted))

    def dataset(self, table: str, version: int | None = None) -> ds.Dataset | None:
        """A table as an Arrow dataset, to be read in parts; None before its first write.

        Columns that came after that version are null.
        """
        shape = shape_of(table)
        opened = self.delta(table, version)
        return None if opened is None else opened.to_pyarrow_dataset(schema=shape.schema)

    def version(self, table: str) -> int:
        """The table's version; -1 before its first write."""
        opened = self.delta(table)
        return -1 if opened is None else opened.version()

    def versions(self) -> dict[str, int]:
        """The version of every table written so far, for provenance."""
        return {name: version for name in TABLES if (version := self.version(name)) >= 0}

    def count(self, table: str) -> int:
        """Rows in the table, from its log alone."""
        opened = self.delta(table)
        return 0 if opened is None else opened.count()

    def history(self, table: str) -> list[dict[str, object]]:
        """The commits of a table, newest first."""
        opened = self.delta(table)
        return [] if opened is None else opened.history()

    def require(self, table: str, remedy: str) -> None:
        """LakeError with a remedy where a table has never been written."""
        if self.version(table) < 0:
            raise LakeError(f"{self.url}: table {table!r} is empty; {remedy}")

    def delta(self, table: str, version: int | None = None, *, any_layout: bool = False) -> DeltaTable | None:
        """The Delta table itself; None before its first write.

        Raises LakeError where it is damaged, and where its layout is another than this version's: `any_layout` leaves that
        to the caller. A past `version` may have an older layout.
        """
        uri = f"{self.url}/{shape_of(table).name}"
        try:
            opened = DeltaTable(uri, version=version, storage_options=REMOTE if "://" in self.url else None)
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            if version is not None and version > (newest := self.version(table)):
                raise LakeError(f"{uri}: there is no version {version}; the newest is {newest}") from None
            which = "" if version is None else f", version {version}"
            raise LakeError(f"{uri}{which}: cannot be opened ({reason(error)})") from None
        if version is None and not any_layout:
            self._check_layout(table, opened)
        return opened

    def _check_layout(self, table: str, opened: DeltaTable) -> None:
        written = layout_of(opened)
        if written > SCHEMA_VERSION:
            raise LakeError(
                f"{self.url}: table {table!r} was written by a newer version (schema {written}, this one reads {SCHEMA_VERSION}); upgrade kdtcn"
            )
        lacking = missing_columns(table, opened)
        if written < SCHEMA_VERSION or lacking:
            how = f"it lacks {lacking[0]!r}" if lacking else f"schema {written}, this version has {SCHEMA_VERSION}"
            raise LakeError(
                f"{self.url}: table {table!r} has an older layout ({how}); "
                "`kdtcn lake migrate` brings the lake up to date, with --dry-run it says what it would do"
            )

    # -- writing ----------------------------------------------------------------------------------------------

    def upsert(self, table: str, frame: pd.DataFrame) -> Written:
        """Store the rows whose key is new, and changed rows where the table allows it; the rest is known already.

        Missing columns are null, `ingested_at` is set here. Duplicate keys inside `frame`: the first row stands.
        When nothing is new no version is added. Raises LakeError where a key is null or a column is unknown.
        """
        shape = shape_of(table)
        rows = to_arrow(shape, frame)
        return self._attempt(shape, rows, len(frame) - rows.num_rows, self._upsert_once)

    def replace(self, table: str, frame: pd.DataFrame) -> Written:
        """Make the table hold exactly these rows, in one commit: new ones come in, changed ones change, all others go.

        Rows that stay as they are keep their `ingested_at`; `available_at` counts as content. When nothing differs no version
        is added. Raises LakeError for an append-only table, and where `upsert` does.
        """
        shape = shape_of(table)
        if shape.append_only:
            raise LakeError(f"table {table!r} is append-only and cannot be replaced; use upsert")
        rows = to_arrow(shape, frame)
        return self._attempt(shape, rows, len(frame) - rows.num_rows, self._replace_once)

    def _attempt(self, shape: Table, rows: pa.Table, repeated: int, write: Callable[[Table, pa.Table], Written]) -> Written:
        """Write, and where another writer was faster read and write again; `repeated` rows of the frame count as known."""
        for attempt in range(ATTEMPTS):
            try:
                written = write(shape, rows)
                return dataclasses.replace(written, known=written.known + repeated)
            except CommitFailedError:
                time.sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))
            except (DeltaError, OSError) as error:
                raise LakeError(f"{self.url}: table {shape.name!r} cannot be written ({reason(error)})") from None
        raise LakeError(f"{self.url}: table {shape.name!r} is being written by others all the time; run the command again")

    def _upsert_once(self, shape: Table, rows: pa.Table) -> Written:
        """One attempt: compare with the version read here, and commit only if nobody has written since.

        Rows are appended as they are. The library's own merge would do the comparison too, but stores text as string
        views, on which later filters fail.
        """
        target = self.delta(shape.name) or self._create(shape)
        if not rows.num_rows:
            return Written(0, 0, 0, target.version())
        files, condition = near(shape, rows)
        content = (
            [] if shape.append_only else [n for n in shape.schema.names if n not in (*shape.key, "ingested_at", "available_at")]
        )
        dataset = target.to_pyarrow_dataset(schema=shape.schema, file_pruning_predicate=files or None)
        stored = dataset.to_table(columns=[*shape.key, *content], filter=condition)
        new = by_key(shape, rows, stored, "left anti")
        changed = changed_rows(shape, rows, stored, content) if content else rows.slice(0, 0)
        if new.num_rows + changed.num_rows == 0:
            return Written(0, 0, rows.num_rows, target.version())
        if changed.num_rows:  # only tables that are small enough to be written whole may change
            whole = target.to_pyarrow_dataset(schema=shape.schema).to_table()
            _commit(target, pa.concat_tables([by_key(shape, whole, changed, "left anti"), changed, new]), "overwrite")
        else:
            _commit(target, new, "append")
        return Written(new.num_rows, changed.num_rows, rows.num_rows - new.num_rows - changed.num_rows, target.version())

    def _replace_once(self, shape: Table, rows: pa.Table) -> Written:
        """One attempt, like `_upsert_once`: nothing is committed when anybody has written since the version read here."""
        target = self.delta(shape.name) or self._create(shape)
        stored = target.to_pyarrow_dataset(schema=shape.schema).to_table()
        new = by_key(shape, rows, stored, "left anti")
        changed = changed_rows(shape, rows, stored, [n for n in shape.schema.names if n not in (*shape.key, "ingested_at")])
        wanted = by_key(shape, stored, rows, "left semi")
        removed = stored.num_rows - wanted.num_rows
        if new.num_rows + changed.num_rows + removed == 0:
            return Written(0, 0, rows.num_rows, target.version())
        kept = by_key(shape, wanted, changed, "left anti")
        _commit(target, pa.concat_tables([kept, changed, new]), "overwrite")
        return Written(new.num_rows, changed.num_rows, kept.num_rows, target.version(), removed)

    def _create(self, shape: Table) -> DeltaTable:
        if "://" not in self.url:
            Path(self.url).mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            f"{self.url}/{shape.name}",
            shape.schema,
            mode="ignore",
            partition_by=list(shape.partition) or None,
            configuration=PROPERTIES,
            raise_if_key_not_exists=False,
            storage_options=REMOTE if "://" in self.url else None,
        )


def shape_of(table: str) -> Table:
    """The table's shape; LakeError for a name that is none."""
    try:
        return TABLES[table]
    except KeyError:
        raise LakeError(f"no table {table!r}; the tables are {', '.join(TABLES)}") from None


def layout_of(opened: DeltaTable) -> int:
    """The schema version a table was written with."""
    return int((opened.metadata().configuration or {}).get("kdtcn.schema", 0))


def missing_columns(table: str, opened: DeltaTable) -> list[str]:
    """Columns of the table's shape that it was not written with."""
    there = {field.name for field in opened.schema().fields}
    return [name for name in shape_of(table).schema.names if name not in there]


@contextmanager
def reading(lake: Lake, table: str) -> Iterator[None]:
    """LakeError where a file of a table is gone or damaged while rows are read."""
    try:
        yield
    except FileNotFoundError as error:
        raise LakeError(f"{lake.url}: a file of {table} is gone; was this version vacuumed? ({reason(error)})") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise LakeError(f"{lake.url}: {table} cannot be read ({reason(error)})") from None


def reason(error: Exception) -> str:
    """What the storage library says, as one short line."""
    text = re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error))
    return " ".join(text.split())[:240]


def _commit(target: DeltaTable, rows: pa.Table, mode: str) -> None:
    """Write in one commit, or CommitFailedError where another writer has committed since `target` was opened."""
    write_deltalake(target, rows, mode=mode, commit_properties=CommitProperties(max_commit_retries=0))  # type: ignore[call-overload]
