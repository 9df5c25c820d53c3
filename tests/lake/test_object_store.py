"""A lake in an object store: the same commands, the same guarantees, and no credentials in what is printed."""

import json
import multiprocessing
from pathlib import Path

import pytest
from deltalake import DeltaTable

from kdtcn.errors import LakeError
from kdtcn.lake import Lake, Run
from kdtcn.lake.upkeep import _vacuum
from tests.lake.conftest import SECRET
from tests.lake.made import heads, ordered_hash, prices


@pytest.fixture
def kdtcn(monkeypatch: pytest.MonkeyPatch, s3_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Run a command on the lake in the bucket; returns its exit code and what it printed."""
    from kdtcn.cli import main

    (tmp_path / "test.yaml").write_text(f"name: test\nhome: {tmp_path / 'home'}\n")
    monkeypatch.setenv("KDTCN_LAKE__URL", s3_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kdtcn", *arguments, "--config", str(tmp_path / "test.yaml")])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capfd.readouterr()
        assert SECRET not in printed.out + printed.err
        return int(stopped.value.code or 0), printed.out, printed.err

    return run


def test_every_command_works_on_an_object_store(kdtcn, s3_url: str, tmp_path: Path) -> None:
    news = tmp_path / "news.jsonl"
    news.write_text(
        "\n".join(json.dumps({"date": f"2016-06-{day:02d}", "text": f"Rates rise on day {day}"}) for day in range(1, 30))
    )
    assert kdtcn("import", "news", str(news))[0] == 0
    lake = Lake(s3_url)
    lake.upsert("prices", prices("2016-06-23", "2016-06-24"))
    before = ordered_hash(lake, "headlines"), lake.version("headlines")
    assert kdtcn("import", "news", str(news))[0] == 0
    assert (ordered_hash(lake, "headlines"), lake.version("headlines")) == before
    for month in ("2016-06", "2016-06"):
        lake.upsert("headlines", heads(f"later {lake.count('headlines')}", month=month))

    code, out, _ = kdtcn("lake", "tables", "--json")
    assert (code, {row["table"]: row["rows"] for row in json.loads(out)}["headlines"]) == (0, 31)
    code, out, _ = kdtcn("lake", "history", "headlines", "--json")
    assert [row["version"] for row in json.loads(out)] == [3, 2, 1, 0]
    code, out, _ = kdtcn("lake", "diff", "headlines", "1", "3", "--json")
    assert (len(json.loads(out)["added"]), json.loads(out)["removed"]) == (2, [])
    code, out, _ = kdtcn("lake", "sql", "SELECT count(*) AS n FROM headlines WHERE month = '2016-06'", "--json")
    assert json.loads(out) == [{"n": 31}]
    code, out, _ = kdtcn("lake", "compact", "--json")
    assert [(row["table"], row["files"], row["after"]) for row in json.loads(out)] == [("headlines", 3, 1)]
    code, out, _ = kdtcn("lake", "vacuum", "--json", "--dry-run")
    assert (code, json.loads(out)) == (0, [])
    assert {done.table: done.files for done in _vacuum(lake, 0, dry_run=False)}["headlines"] == 3
    assert kdtcn("lake", "export", "headlines", "--output", str(tmp_path / "h.csv"))[0] == 0
    assert len((tmp_path / "h.csv").read_text().splitlines()) == 32
    assert kdtcn("lake", "verify")[0] == 0
    assert kdtcn("lake", "migrate")[0] == 0
    code, out, _ = kdtcn("status", "--json")
    assert (code, json.loads(out)["lake"]) == (0, s3_url)
    DeltaTable(f"{s3_url}/headlines").alter.set_table_properties({"kdtcn.schema": "0"}, raise_if_not_exists=False)
    code, _, err = kdtcn("lake", "tables")
    assert (code, "kdtcn lake migrate" in err) == (2, True)
    assert kdtcn("lake", "migrate")[0] == 0
    assert kdtcn("lake", "tables")[0] == 0


def _write(url: str, name: str, n: int) -> None:
    lake = Lake(url)
    with Run(lake, name, "c") as run:
        for i in range(n):
            lake.upsert("headlines", heads(f"{name}{i}", "shared"))
            run.note(batch=i)


def test_two_writers_at_once_lose_nothing_in_an_object_store(s3_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(s3_url, name, 3)) for name in ("nightly", "backfill")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)
        assert writer.exitcode == 0
    lake = Lake(s3_url)
    expected = ["shared", *(f"{name}{i}" for name in ("nightly", "backfill") for i in range(3))]
    assert sorted(lake.read("headlines")["headline_id"]) == sorted(expected)
    assert dict(lake.read("runs")[["command", "status"]].itertuples(index=False)) == {"nightly": "done", "backfill": "done"}


def test_credentials_do_not_belong_in_the_url() -> None:
    with pytest.raises(LakeError, match="AWS_ACCESS_KEY_ID") as refused:
        Lake(f"s3://tester:{SECRET}@bucket/lake")
    assert SECRET not in str(refused.value)


def test_a_store_that_is_not_there_is_named_without_credentials(kdtcn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, _, err = kdtcn("lake", "tables")
    assert code == 2
    assert "s3://bucket" in err
    assert len(err.strip().splitlines()) == 1
    assert "\x1b" not in err
