"""A lake with an older layout is refused with the command that mends it, and comes through with every row."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from kdtcn.errors import LakeError
from kdtcn.lake import Lake
from kdtcn.lake.migrations import migrate
from kdtcn.lake.schemas import SCHEMA_VERSION, TABLES
from tests.lake.made import T0, heads


def older(
    lake: Lake, table: str, rows: int, *, without: tuple[str, ...] = (), schema: str | None = "1", **written: object
) -> None:
    """Write a table as an early version did: fewer columns, and perhaps no schema number."""
    names = [name for name in TABLES[table].schema.names if name not in without]
    shape = pa.schema([TABLES[table].schema.field(name) for name in names])
    values = {pa.string(): "x", pa.float64(): 0.25, pa.int64(): 3, pa.date32(): T0.date(), pa.timestamp("us", tz="UTC"): T0}
    filled = pa.table(
        {f.name: [f"{f.name}{i}" if f.type == pa.string() else values[f.type] for i in range(rows)] for f in shape}, schema=shape
    )
    written = DeltaTable.create(
        f"{lake.url}/{table}",
        shape,
        configuration=None if schema is None else {"kdtcn.schema": schema},
        raise_if_key_not_exists=False,
    )
    write_deltalake(written, filled, mode="append")


@pytest.fixture
def early(lake: Lake) -> Lake:
    """Effects had no standard error once, and the first lakes had no number."""
    lake.upsert("headlines", heads("a"))
    older(lake, "effects", 3, without=("stderr",))
    older(lake, "predictions", 2, schema=None)
    return lake


def test_an_older_lake_is_refused_with_the_command(early: Lake) -> None:
    for table in ("effects", "predictions"):
        for use in (early.read, early.version, early.count):
            with pytest.raises(LakeError, match="kdtcn lake migrate"):
                use(table)
    with pytest.raises(LakeError, match="kdtcn lake migrate"):
        early.versions()
    with pytest.raises(LakeError, match="kdtcn lake migrate"):
        early.upsert(
            "effects",
            pd.DataFrame({"session": [T0]}).iloc[:0].assign(model_id="", event_id="", method="", made_at=T0, available_at=T0),
        )
    assert DeltaTable(f"{early.url}/effects").version() == 1


def test_migrate_brings_every_table_up_to_date_and_loses_nothing(early: Lake) -> None:
    assert [vars(step) for step in migrate(early, dry_run=True)] == [
        {"table": "predictions", "written": 0, "columns": ()},
        {"table": "effects", "written": SCHEMA_VERSION, "columns": ("stderr",)},
    ]
    assert DeltaTable(f"{early.url}/effects").version() == 1
    assert len(migrate(early)) == 2
    effects = early.read("effects")
    assert effects["stderr"].isna().all()
    assert effects["effect"].tolist() == [0.25] * 3
    assert early.read("effects", version=1)["stderr"].isna().all()
    assert early.count("predictions") == 2
    assert (
        early.upsert("effects", effects.drop(columns="ingested_at").assign(event_id=["n1", "n2", "n3"], stderr=0.1)).stored == 3
    )
    versions = early.versions()
    assert migrate(early) == []
    assert early.versions() == versions


def test_an_interrupted_migration_is_finished_by_the_next(early: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from deltalake.table import TableAlterer

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TableAlterer, "set_table_properties", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate(early)
    with pytest.raises(LakeError, match="kdtcn lake migrate"):
        early.versions()
    migrate(early)
    assert set(early.versions()) == {"headlines", "effects", "predictions"}


def test_what_cannot_be_migrated_is_named_before_anything_changes(early: Lake) -> None:
    older(early, "facts", 1, without=("fact_id",))
    with pytest.raises(LakeError, match="fact_id"):
        migrate(early)
    assert DeltaTable(f"{early.url}/effects").version() == 1


def test_another_partitioning_cannot_be_migrated(lake: Lake, tmp_path: Path) -> None:
    older(lake, "headline_scores", 1, schema=None)
    with pytest.raises(LakeError, match="partitioning"):
        migrate(lake)


def test_a_newer_lake_is_left_alone(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    DeltaTable(f"{lake.url}/headlines").alter.set_table_properties({"kdtcn.schema": "99"}, raise_if_not_exists=False)
    with pytest.raises(LakeError, match="upgrade"):
        migrate(lake)
