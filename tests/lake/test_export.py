"""A table in one file, the same rows, whole or not at all."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.lake.export import export
from tests.lake.made import T0, heads

LATER = T0 + pd.Timedelta(days=2)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    lake.upsert("headlines", heads("a", text='with "quotes", commas\nand lines — été'))
    lake.upsert("headlines", heads("b", month="2016-02", at=LATER))
    return lake


def test_parquet_holds_the_rows_and_types_of_the_table(filled: Lake, tmp_path: Path) -> None:
    assert export(filled, "headlines", tmp_path / "h.parquet") == 2
    rows = pq.read_table(tmp_path / "h.parquet").to_pandas().sort_values("headline_id", ignore_index=True)
    pd.testing.assert_frame_equal(rows, filled.read("headlines"))


def test_csv_can_be_read_again(filled: Lake, tmp_path: Path) -> None:
    assert export(filled, "headlines", tmp_path / "h.csv") == 2
    rows = pd.read_csv(tmp_path / "h.csv", keep_default_na=False).sort_values("headline_id", ignore_index=True)
    assert rows["text"].tolist() == filled.read("headlines")["text"].tolist()
    assert list(rows.columns) == list(filled.read("headlines").columns)


def test_a_past_version_and_a_past_time(filled: Lake, tmp_path: Path) -> None:
    assert export(filled, "headlines", tmp_path / "h.parquet", version=1) == 1
    assert export(filled, "headlines", tmp_path / "h.parquet", as_of=T0) == 1
    assert pq.read_table(tmp_path / "h.parquet")["headline_id"].to_pylist() == ["a"]


@pytest.mark.parametrize(
    ("table", "name", "named"),
    [
        ("headlines", "h.xlsx", ".parquet or .csv"),
        ("models", "m.csv", "weights"),
        ("vectors", "v.csv", "vector"),
        ("headlines", "no/h.csv", "no/h.csv"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_no_file(
    filled: Lake, tmp_path: Path, table: str, name: str, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        export(filled, table, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_a_failure_on_the_way_leaves_the_old_file(filled: Lake, tmp_path: Path) -> None:
    target = tmp_path / "h.csv"
    target.write_text("old")
    next(Path(filled.url, "headlines").rglob("part-*.parquet")).write_bytes(b"damaged")
    with pytest.raises(Exception, match="headlines"):
        export(filled, "headlines", target)
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.csv", "lake"]
