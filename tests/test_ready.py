"""What is wrong in a configuration is one line before any work: no run is noted, no server started, no row stored."""

import os
import sys
from pathlib import Path

import pytest

from kdtcn.cli import main
from kdtcn.cli.checks import checks
from kdtcn.lake import Lake

WRONG = [
    ("training: {models: [oracle, kdtcn]}", "oracle"),
    ("training: {options: {epocs: 3}}", "epocs"),
    ("serve: {without_news: oracle}", "oracle"),
    ("sources: {prices: [{provider: crystal-ball}]}", "crystal-ball"),
    ("sources: {news: [{provider: rss, options: {feed: x}}]}", "feed"),
    ("sources: {news: [{provider: csv, options: {path: nowhere.csv}}]}", "nowhere.csv"),
    ("nlp: {model: no-such-pipeline}", "no-such-pipeline"),
    ("graph: {sources: [freebsd]}", "freebsd"),
    ("home: taken/below", "taken"),
    ("trainig: {}", "trainig"),
    ("training: {seeds: many}", "training.seeds"),
]
COMMANDS = {
    "run": ["run"],
    "nightly": ["nightly", "--session", "2016-06-24"],
    "backfill": ["backfill", "--from", "2016-01-04", "--to", "2016-01-29"],
    "serve": ["serve"],
}


def told(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["kdtcn", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    return capsys.readouterr().err.strip()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("KDTCN_", "PREFECT_API_URL"))]:
        monkeypatch.delenv(name)  # they would win over the files
    (tmp_path / "taken").write_text("a file")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("text", "named"), WRONG, ids=[named for _, named in WRONG])
def test_a_wrong_configuration_is_told_before_any_task(
    folder: Path, command: str, text: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wrong.yaml").write_text(text)
    error = told([*COMMANDS[command], "--config", "wrong.yaml"], monkeypatch, capsys)
    assert named in error
    assert len(error.splitlines()) == 1
    assert Lake(str(folder / "var" / "djia" / "lake")).versions() == {}  # not even a run is noted
    assert not (folder / "var" / "djia" / "prefect").exists()


def test_a_range_that_ends_before_it_begins_is_told_before_any_task(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "right.yaml").write_text("name: right")
    assert "swap" in told(
        ["backfill", "--from", "2016-03-01", "--to", "2016-01-04", "--config", "right.yaml"], monkeypatch, capsys
    )
    assert Lake("var/right/lake").versions() == {}


@pytest.mark.parametrize(("text", "named"), [*WRONG, ("decision: {at: '10:00'}", "decision")], ids=lambda value: "")
def test_the_doctor_fails_the_configuration_and_says_why(folder: Path, text: str, named: str) -> None:
    (folder / "wrong.yaml").write_text(text)
    rows = checks(folder / "wrong.yaml", [])
    failed = [row for row in rows if row["state"] == "fail"]
    assert any(named in row["found"] for row in failed)
    assert {row["state"] for row in rows} <= {"ok", "warn", "fail"}


def test_the_doctor_looks_at_everything_and_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "fresh.yaml").write_text("name: fresh")
    rows = {row["what"]: row for row in checks(folder / "fresh.yaml", [])}
    assert list(rows) == [
        "configuration", "versions", "disk", "clock", "calendar", "language pipeline", "providers", "Prefect", "lake", "model",
    ]  # fmt: skip
    assert "kdtcn import" in rows["lake"]["found"]
    assert "kdtcn train" in rows["model"]["found"]
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    answer = {row["what"]: row for row in checks(folder / "fresh.yaml", [])}["Prefect"]
    assert (answer["state"], "unset PREFECT_API_URL" in answer["found"]) == ("fail", True)
