"""SQL reads every table and reaches nothing else."""

from pathlib import Path

import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.lake.query import query
from kdtcn.lake.schemas import TABLES
from tests.lake.made import heads, ordered_hash


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT headline_id FROM headlines WHERE month = '2016-02'", [("c",)]),
        ("SELECT month, count(*) FROM headlines GROUP BY month ORDER BY month", [("2016-01", 2), ("2016-02", 1)]),
        ("WITH x AS (SELECT count(*) AS n FROM events) SELECT n FROM x", [(0,)]),
        ("FROM headlines SELECT max(headline_id);", [("c",)]),
        ("SELECT available_at::VARCHAR FROM headlines LIMIT 1", [("2016-01-01 00:00:00+00",)]),
    ],
)
def test_a_select_is_answered(lake: Lake, sql: str, expected: list[tuple]) -> None:
    lake.upsert("headlines", heads("a", "b"))
    lake.upsert("headlines", heads("c", month="2016-02"))
    assert list(query(lake, sql).itertuples(index=False, name=None)) == expected


def test_every_table_is_a_view(lake: Lake) -> None:
    assert sorted(query(lake, "SHOW TABLES").iloc[:, 0]) == sorted(TABLES)


HOSTILE = [
    "SELECT * FROM read_csv('{outside}')",
    "SELECT * FROM read_text('{outside}')",
    "SELECT * FROM read_blob('{outside}')",
    "SELECT * FROM read_json('{outside}')",
    "SELECT * FROM sniff_csv('{outside}')",
    "SELECT * FROM '{outside}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM parquet_scan('{folder}/lake/headlines/*/*.parquet')",
    "SELECT * FROM parquet_metadata('{outside}')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/new.csv''')",
    "SELECT * FROM (SELECT * FROM read_text('{outside}'))",
    "WITH x AS (FROM read_text('{outside}')) SELECT * FROM x",
    "SELECT getenv('AWS_SECRET_ACCESS_KEY')",
    "SELECT * FROM secret_frame",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/new.csv'",
    "COPY headlines TO '{folder}/new.csv'",
    "COPY (SELECT 1) TO '{folder}/new.parquet'",
    "COPY headlines FROM '{outside}'",
    "EXPORT DATABASE '{folder}/new'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/new.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{outside}'",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "PRAGMA enable_external_access = true",
    "SET temp_directory = '{folder}'",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW headlines AS SELECT 1",
    "INSERT INTO headlines VALUES (1)",
    "UPDATE headlines SET text = ''",
    "DELETE FROM headlines",
    "DROP VIEW headlines",
    "TRUNCATE headlines",
    "CALL pragma_version()",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/new.csv'",
    "SELECT 1; SELECT 2",
    "",
    "--",
    "SELECT nothing FROM headlines",
    "SELEKT 1",
    "SELECT '",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_what_is_not_a_read_of_the_tables_is_refused(lake: Lake, tmp_path: Path, sql: str) -> None:
    secret_frame = heads("python's own")  # DuckDB would find a frame by its name
    outside = tmp_path / "outside.csv"
    outside.write_text("not,for,you\n")
    lake.upsert("headlines", heads("a"))
    before, files = ordered_hash(lake, "headlines"), sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as refused:
        query(lake, sql.format(outside=outside, folder=tmp_path))
    assert len(str(refused.value).splitlines()) == 1
    assert "not,for,you" not in str(refused.value)
    assert (ordered_hash(lake, "headlines"), sorted(tmp_path.rglob("*"))) == (before, files)
    assert len(secret_frame) == 1
