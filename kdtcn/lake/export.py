"""A table as one Parquet or CSV file, a batch at a time."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from kdtcn.errors import InputError
from kdtcn.lake.lake import Lake, reading, shape_of

WRITERS: dict[str, Callable] = {".parquet": pq.ParquetWriter, ".csv": csv.CSVWriter}


def export(
    lake: Lake, table: str, target: Path, *, as_of: datetime | pd.Timestamp | None = None, version: int | None = None
) -> int:
    """Write the rows of a table (known at `as_of`, in `version`) into `target`, .parquet or .csv; returns how many.

    Rows come in the order of the table's files, and memory does not grow with the table. The file appears under its name
    when it is whole. InputError for another suffix, a folder that is not there, or columns that have no CSV form.
    """
    shape = shape_of(table)
    make = WRITERS.get(target.suffix)
    if make is None:
        raise InputError(f"{target}: the suffix says the format; expected {' or '.join(WRITERS)}")
    if target.suffix == ".csv":
        for field in shape.schema:
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
                raise InputError(f"{target}: column {field.name!r} of {table!r} has no CSV form; export to .parquet")
    stored = lake.dataset(table, version)
    known = None
    if as_of is not None:
        known = ds.field("available_at") <= pa.scalar(pd.Timestamp(as_of).as_unit("us"), type=pa.timestamp("us", tz="UTC"))
    part = target.with_name(target.name + ".part")
    rows = 0
    try:
        with part.open("wb") as sink, make(sink, shape.schema) as writer:
            if stored is not None:
                with reading(lake, table):
                    for batch in stored.scanner(filter=known, batch_readahead=1, fragment_readahead=1).to_batches():
                        writer.write_batch(batch)
                        rows += batch.num_rows
        part.replace(target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)
    return rows
