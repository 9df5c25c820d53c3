"""What differs between two versions of a table: rows that came, that went, and that changed."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from kdtcn.lake.lake import Lake, reading, shape_of
from kdtcn.lake.rows import by_key, differs, in_both, in_order, to_pandas
from kdtcn.lake.schemas import Table


@dataclass(frozen=True)
class Diff:
    """`added` and `removed` hold whole rows; `changed` a row for each value: the key, column, before, after."""

    added: pd.DataFrame
    removed: pd.DataFrame
    changed: pd.DataFrame


def diff(lake: Lake, table: str, first: int, last: int) -> Diff:
    """How version `last` of a table differs from version `first`; -1 is the table before its first write.

    `ingested_at` does not count. Only files that are not in both versions are read. LakeError for a version that is not there.
    """
    shape = shape_of(table)
    with reading(lake, table):
        before, after = _apart(shape, *(None if v < 0 else lake.dataset(table, v) for v in (first, last)))
    keys = list(shape.key)
    now, then = in_both(shape, after, before)
    changes = [to_pandas(now.slice(0, 0).select(keys)).assign(column="", before=None, after=None)]
    for name in (n for n in shape.schema.names if n not in (*keys, "ingested_at")):
        unequal = differs(now.column(name), then.column(name))
        rows = to_pandas(
            in_order(shape, now.filter(unequal).select([*keys, name]).append_column("before", then.column(name).filter(unequal)))
        )
        if len(rows):
            after_values, before_values = rows[name].astype(object), rows["before"].astype(object)
            changes.append(rows[keys].assign(column=name, before=before_values, after=after_values))
    return Diff(
        to_pandas(in_order(shape, by_key(shape, after, before, "left anti"))),
        to_pandas(in_order(shape, by_key(shape, before, after, "left anti"))),
        pd.concat(changes, ignore_index=True).sort_values([*keys, "column"], ignore_index=True),
    )


def _apart(shape: Table, first: ds.Dataset | None, last: ds.Dataset | None) -> tuple[pa.Table, pa.Table]:
    """The rows of either version that lie in files which the other has not."""
    files = [{} if data is None else {f.path: f for f in data.get_fragments()} for data in (first, last)]
    both = set(files[0]) & set(files[1])
    rows = []
    for data, held in zip((first, last), files, strict=True):
        own = [fragment for path, fragment in held.items() if path not in both]
        if data is None or not own:
            rows.append(shape.schema.empty_table())
        else:
            rows.append(ds.FileSystemDataset(own, data.schema, data.format, data.filesystem).to_table())
    return rows[0], rows[1]
