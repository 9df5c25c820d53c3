"""Bringing an older lake up to date: on request, table by table, safe to be interrupted and run again."""

from dataclasses import dataclass

import pyarrow as pa
from deltalake import DeltaTable, Schema

from kdtcn.errors import LakeError
from kdtcn.lake.lake import PROPERTIES, Lake, layout_of, missing_columns, shape_of
from kdtcn.lake.schemas import SCHEMA_VERSION, TABLES


@dataclass(frozen=True)
class Migration:
    """What a table needs, or has been given: the schema version it had, and the columns that came in, null in older rows."""

    table: str
    written: int
    columns: tuple[str, ...]


def migrate(lake: Lake, *, dry_run: bool = False) -> list[Migration]:
    """Give every older table the layout of this version; returns what was (with `dry_run`: would be) done.

    Rows are kept as they are and past versions stay readable. A table gets its number last, so that one that was
    interrupted is finished by the next call. Raises LakeError, before anything is changed, for a table that is newer or that
    this version cannot bring up to date.
    """
    opened = {name: table for name in TABLES if (table := lake.delta(name, any_layout=True)) is not None}
    plan = [step for name, table in opened.items() if (step := _step(lake, name, table)) is not None]
    if not dry_run:
        for step in plan:
            table = opened[step.table]
            if step.columns:
                schema = shape_of(step.table).schema
                table.alter.add_columns(list(Schema.from_arrow(pa.schema([schema.field(c) for c in step.columns])).fields))
            table.alter.set_table_properties(PROPERTIES, raise_if_not_exists=False)
    return plan


def _step(lake: Lake, name: str, opened: DeltaTable) -> Migration | None:
    written, missing, shape = layout_of(opened), missing_columns(name, opened), shape_of(name)
    if written > SCHEMA_VERSION:
        raise LakeError(f"{lake.url}: table {name!r} was written by a newer version (schema {written}); upgrade kdtcn")
    if written == SCHEMA_VERSION and not missing:
        return None
    stored = pa.schema(opened.schema().to_arrow())
    wrong = [c for c in missing if not shape.schema.field(c).nullable]
    wrong += [f.name for f in shape.schema if f.name in stored.names and stored.field(f.name).type != f.type]
    if wrong or tuple(opened.metadata().partition_columns) != shape.partition:
        what = f"its column {wrong[0]!r}" if wrong else "its partitioning"
        raise LakeError(f"{lake.url}: table {name!r} cannot be brought up to date: {what} does not fit; import into a new lake")
    return Migration(name, written, tuple(missing))
