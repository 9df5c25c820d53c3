"""Delta tables behind three verbs: `read` (as of a time or a version), `upsert` (which writes only what is new) and `replace`."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from kdtcn.errors import LakeError
from kdtcn.lake.schemas import SCHEMA_VERSION, TABLES, Table

ATTEMPTS = 6  # optimistic concurrency: the loser of a commit race reads again and tries again


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

    The table logs are kept for good, so that every version a report names can be read again.
    """

    def __init__(self, url: str) -> None:
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
        shape = _shape(table)
        wanted = list(columns) if columns is not None else shape.schema.names
        opened = self._open(shape, version)
        if opened is None:
            return _to_pandas(shape.schema.empty_table().select(wanted))
        condition = where
        if as_of is not None:
            known = ds.field("available_at") <= pa.scalar(pd.Timestamp(as_of).as_unit("us"), type=pa.timestamp("us", tz="UTC"))
            condition = known if condition is None else condition & known
        read = list(dict.fromkeys([*wanted, *shape.key]))
        rows = opened.to_pyarrow_dataset().to_table(columns=read, filter=condition)
        return _to_pandas(rows.sort_by([(name, "ascending") for name in shape.key]).select(wanted))

    def version(self, table: str) -> int:
        """The table's version; -1 before its first write."""
        opened = self._open(_shape(table))
        return -1 if opened is None else opened.version()

    def versions(self) -> dict[str, int]:
        """The version of every table written so far, for provenance."""
        return {name: version for name in TABLES if (version := self.version(name)) >= 0}

    def count(self, table: str) -> int:
        """Rows in the table, from its log alone."""
        opened = self._open(_shape(table))
        return 0 if opened is None else opened.count()

    def history(self, table: str) -> list[dict[str, object]]:
        """The commits of a table, newest first."""
        opened = self._open(_shape(table))
        return [] if opened is None else opened.history()

    def require(self, table: str, remedy: str) -> None:
        """LakeError with a remedy where a table has never been written."""
        if self.version(table) < 0:
            raise LakeError(f"{self.url}: table {table!r} is empty; {remedy}")

    # -- writing ----------------------------------------------------------------------------------------------

    def upsert(self, table: str, frame: pd.DataFrame) -> Written:
        """Store the rows whose key is new, and changed rows where the table allows it; the rest is known already.

        Missing columns are null, `ingested_at` is set here. Duplicate keys inside `frame`: the first row stands.
        When nothing is new no version is added. Raises LakeError where a key is null or a column is unknown.
        """
        shape = _shape(table)
        rows = _to_arrow(shape, frame)
        return self._attempt(shape, rows, len(frame) - rows.num_rows, self._upsert_once)

    def replace(self, table: str, frame: pd.DataFrame) -> Written:
        """Make the table hold exactly these rows, in one commit: new ones come in, changed ones change, all others go.

        Rows that stay as they are keep their `ingested_at`; `available_at` counts as content. When nothing differs no version
        is added. Raises LakeError for an append-only table, and where `upsert` does.
        """
        shape = _shape(table)
        if shape.append_only:
            raise LakeError(f"table {table!r} is append-only and cannot be replaced; use upsert")
        rows = _to_arrow(shape, frame)
        return self._attempt(shape, rows, len(frame) - rows.num_rows, self._replace_once)

    def _attempt(self, shape: Table, rows: pa.Table, repeated: int, write: Callable[[Table, pa.Table], Written]) -> Written:
        """Write, and where another writer was faster read and write again; `repeated` rows of the frame count as known."""
        for attempt in range(ATTEMPTS):
            try:
                written = write(shape, rows)
                return dataclasses.replace(written, known=written.known + repeated)
            except CommitFailedError:
                if attempt == ATTEMPTS - 1:
                    raise LakeError(
                        f"{self.url}: table {shape.name!r} is being written by others all the time; run the command again"
                    ) from None
        raise AssertionError("unreachable")

    def _upsert_once(self, shape: Table, rows: pa.Table) -> Written:
        """One attempt: compare with the version read here, and commit only if nobody has written since.

        Rows are appended as they are. The library's own merge would do the comparison too, but stores text as string
        views, on which later filters fail.
        """
        target = self._open(shape) or self._create(shape)
        content = (
            [] if shape.append_only else [n for n in shape.schema.names if n not in (*shape.key, "ingested_at", "available_at")]
        )
        new, changed = self._anti_join(shape, target, rows, content)
        if new.num_rows + changed.num_rows == 0:
            return Written(0, 0, rows.num_rows, target.version())
        if changed.num_rows:  # only tables that are small enough to be written whole may change
            stored = target.to_pyarrow_dataset().to_table().cast(shape.schema)
            data, mode = pa.concat_tables([_by_key(shape, stored, changed, "left anti"), changed, new]), "overwrite"
        else:
            data, mode = new, "append"
        write_deltalake(target, data, mode=mode, commit_properties=CommitProperties(max_commit_retries=0))  # type: ignore[call-overload]
        return Written(new.num_rows, changed.num_rows, rows.num_rows - new.num_rows - changed.num_rows, self.version(shape.name))

    def _replace_once(self, shape: Table, rows: pa.Table) -> Written:
        """One attempt, like `_upsert_once`: nothing is committed when anybody has written since the version read here."""
        target = self._open(shape) or self._create(shape)
        new, changed = self._anti_join(
            shape, target, rows, [n for n in shape.schema.names if n not in (*shape.key, "ingested_at")]
        )
        stored = target.to_pyarrow_dataset().to_table().cast(shape.schema)
        wanted = _by_key(shape, stored, rows, "left semi")
        removed = stored.num_rows - wanted.num_rows
        if new.num_rows + changed.num_rows + removed == 0:
            return Written(0, 0, rows.num_rows, target.version())
        kept = _by_key(shape, wanted, changed, "left anti")
        commit = CommitProperties(max_commit_retries=0)
        write_deltalake(target, pa.concat_tables([kept, changed, new]), mode="overwrite", commit_properties=commit)
        return Written(new.num_rows, changed.num_rows, kept.num_rows, self.version(shape.name), removed)

    def _anti_join(self, shape: Table, target: DeltaTable, rows: pa.Table, content: list[str]) -> tuple[pa.Table, pa.Table]:
        """The rows whose key is not stored, and those that are stored with another content."""
        keys = list(shape.key)
        condition = None
        for column in shape.partition:
            part = ds.field(column).isin(pc.unique(rows.column(column)))
            condition = part if condition is None else condition & part
        stored = target.to_pyarrow_dataset().to_table(columns=keys + content, filter=condition)
        stored = stored.cast(pa.schema([shape.schema.field(name) for name in keys + content]))
        numbered = rows.append_column("row", pa.array(range(rows.num_rows), pa.int64()))
        fresh = numbered.select([*keys, "row"]).join(stored.select(keys), keys=keys, join_type="left anti").sort_by("row")
        new = rows.take(fresh.column("row"))
        if not content or new.num_rows == rows.num_rows:
            return new, rows.slice(0, 0)
        both = numbered.select([*keys, "row"]).join(
            stored.append_column("at", pa.array(range(stored.num_rows), pa.int64())).select([*keys, "at"]),
            keys=keys,
            join_type="inner",
        )
        mine, theirs = rows.take(both.column("row")), stored.take(both.column("at"))
        differs = pa.array([False] * both.num_rows)
        for name in content:
            left, right = mine.column(name), theirs.column(name)
            unequal = pc.fill_null(pc.not_equal(left, right), False)
            one_null = pc.xor(pc.is_null(left, nan_is_null=True), pc.is_null(right, nan_is_null=True))
            both_nan = pc.and_(pc.is_null(left, nan_is_null=True), pc.is_null(right, nan_is_null=True))
            differs = pc.or_(differs, pc.and_not(pc.or_(unequal, one_null), both_nan))
        return new, mine.filter(differs)

    # -- the files --------------------------------------------------------------------------------------------

    def _uri(self, shape: Table) -> str:
        return f"{self.url}/{shape.name}"

    def _open(self, shape: Table, version: int | None = None) -> DeltaTable | None:
        try:
            opened = DeltaTable(self._uri(shape), version=version)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            which = "" if version is None else f", version {version}"
            raise LakeError(f"{self._uri(shape)}{which}: cannot be opened ({str(error).splitlines()[0][:160]})") from None
        written = int((opened.metadata().configuration or {}).get("kdtcn.schema", 0))
        if written > SCHEMA_VERSION:
            raise LakeError(
                f"{self.url}: table {shape.name!r} was written by a newer version (schema {written}, this one reads {SCHEMA_VERSION}); upgrade kdtcn"
            )
        return opened

    def _create(self, shape: Table) -> DeltaTable:
        if "://" not in self.url:
            Path(self.url).mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            self._uri(shape),
            shape.schema,
            mode="ignore",
            partition_by=list(shape.partition) or None,
            configuration={"kdtcn.schema": str(SCHEMA_VERSION), "delta.enableExpiredLogCleanup": "false"},
            raise_if_key_not_exists=False,
        )


def _shape(table: str) -> Table:
    try:
        return TABLES[table]
    except KeyError:
        raise LakeError(f"no table {table!r}; the tables are {', '.join(TABLES)}") from None


def _by_key(shape: Table, rows: pa.Table, others: pa.Table, how: str) -> pa.Table:
    """The rows whose key is ("left semi") or is not ("left anti") among `others`, in their order."""
    keys = list(shape.key)
    numbered = rows.select(keys).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    return rows.take(numbered.join(others.select(keys), keys=keys, join_type=how).sort_by("row").column("row"))


def _to_arrow(shape: Table, frame: pd.DataFrame) -> pa.Table:
    """The frame in the table's schema, one row a key; LakeError where it does not fit."""
    unknown = set(frame.columns) - set(shape.schema.names)
    if unknown:
        raise LakeError(
            f"table {shape.name!r} has no column {sorted(unknown)[0]!r}; its columns are {', '.join(shape.schema.names)}"
        )
    now = pd.Timestamp.now("UTC").as_unit("us")
    columns = {}
    for field in shape.schema:
        if field.name == "ingested_at":
            columns[field.name] = pa.array([now] * len(frame), field.type)
        elif field.name not in frame:
            if not field.nullable:
                raise LakeError(f"table {shape.name!r}: column {field.name!r} is missing")
            columns[field.name] = pa.nulls(len(frame), field.type)
        else:
            try:
                columns[field.name] = _column(frame[field.name], field.type)
            except (pa.ArrowException, ValueError, TypeError) as error:
                raise LakeError(
                    f"table {shape.name!r}, column {field.name!r}: expected {field.type}, got {frame[field.name].dtype} ({error})"
                ) from None
        if not field.nullable and columns[field.name].null_count:
            raise LakeError(
                f"table {shape.name!r}: column {field.name!r} must not be empty ({columns[field.name].null_count} rows are)"
            )
    rows = pa.table(columns, schema=shape.schema)
    repeated = frame.duplicated(list(shape.key)).to_numpy()
    return rows.filter(pa.array(~repeated)) if repeated.any() else rows


def _column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind) and pd.api.types.is_datetime64_any_dtype(values):
        return pa.array(values.dt.tz_localize(None), pa.timestamp("us"), from_pandas=True).cast(kind)
    array = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_floating(array.type) and pa.types.is_integer(kind):
        return array.cast(kind)  # an integer column with gaps arrives as float
    return (
        pa.array(values, kind, from_pandas=True)
        if pa.types.is_nested(kind) or pa.types.is_null(array.type)
        else array.cast(kind, safe=not pa.types.is_timestamp(kind))
    )


def _to_pandas(rows: pa.Table) -> pd.DataFrame:
    casts = [field.with_type(pa.timestamp("ns")) if pa.types.is_date(field.type) else field for field in rows.schema]
    return rows.cast(pa.schema(casts)).to_pandas()
