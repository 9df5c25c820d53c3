"""Rows on their way in and out: frames to Arrow in a table's schema, and the comparison of rows by key."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from kdtcn.errors import LakeError
from kdtcn.lake.schemas import Table


def to_arrow(shape: Table, frame: pd.DataFrame) -> pa.Table:
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


def to_pandas(rows: pa.Table) -> pd.DataFrame:
    """Dates as naive datetime64, times as UTC."""
    casts = [field.with_type(pa.timestamp("ns")) if pa.types.is_date(field.type) else field for field in rows.schema]
    return rows.cast(pa.schema(casts)).to_pandas()


def in_order(shape: Table, rows: pa.Table) -> pa.Table:
    """The rows by key."""
    return rows.sort_by([(name, "ascending") for name in shape.key])


def near(shape: Table, rows: pa.Table) -> tuple[list[tuple[str, str, object]], pc.Expression | None]:
    """Where rows with the keys of these can be stored: a predicate that picks files, and a filter for what is read of them.

    Files are picked by month and by session, of which every file states the least and the largest, so that the cost of a
    write follows what is written and not what the table holds.
    """
    files: list[tuple[str, str, object]] = []
    condition: pc.Expression | None = None
    for name in dict.fromkeys((*shape.partition, *shape.key)):
        column = rows.column(name)
        if pa.types.is_string(column.type):
            values = pc.unique(column)
            part = ds.field(name).isin(values)
            if name in shape.partition:
                files.append((name, "in", values.to_pylist()))
        elif pa.types.is_date(column.type):
            least, most = pc.min_max(column).values()
            part = (ds.field(name) >= least) & (ds.field(name) <= most)
            files += [(name, ">=", least.as_py()), (name, "<=", most.as_py())]
        else:
            continue
        condition = part if condition is None else condition & part
    return files, condition


def by_key(shape: Table, rows: pa.Table, others: pa.Table, how: str) -> pa.Table:
    """The rows whose key is ("left semi") or is not ("left anti") among `others`, in their order."""
    keys = list(shape.key)
    numbered = rows.select(keys).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    return rows.take(numbered.join(others.select(keys), keys=keys, join_type=how).sort_by("row").column("row"))


def in_both(shape: Table, rows: pa.Table, others: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The rows of either table whose key the other has too, side by side."""
    keys = list(shape.key)
    numbered = [
        table.select(keys).append_column(name, pa.array(range(table.num_rows), pa.int64()))
        for table, name in ((rows, "row"), (others, "at"))
    ]
    both = numbered[0].join(numbered[1], keys=keys, join_type="inner").sort_by("row")
    return rows.take(both.column("row")), others.take(both.column("at"))


def differs(mine: pa.ChunkedArray, theirs: pa.ChunkedArray) -> pa.ChunkedArray:
    """Row by row whether two columns differ; two gaps are equal, whether null or NaN."""
    left, right = pc.is_null(mine, nan_is_null=True), pc.is_null(theirs, nan_is_null=True)
    if pa.types.is_nested(mine.type):  # Arrow compares no lists
        unequal = pa.chunked_array(
            [pa.array([a != b for a, b in zip(mine.to_pylist(), theirs.to_pylist(), strict=True)], pa.bool_())]
        )
    else:
        unequal = pc.fill_null(pc.not_equal(mine, theirs), False)
    return pc.or_(pc.xor(left, right), pc.and_not(unequal, pc.and_(left, right)))


def changed_rows(shape: Table, rows: pa.Table, others: pa.Table, content: list[str]) -> pa.Table:
    """Of the rows whose key is among `others`, those that differ in one of the columns `content`."""
    mine, theirs = in_both(shape, rows, others)
    any_differs = pa.chunked_array([pa.array([False] * mine.num_rows, pa.bool_())])
    for name in content:
        any_differs = pc.or_(any_differs, differs(mine.column(name), theirs.column(name)))
    return mine.filter(any_differs)
