"""The command line as a user meets it: help everywhere, one line for what can be mended, exit code 2."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

HELP = [
    [], ["run"], ["import"], ["import", "djia"], ["import", "prices"], ["import", "news"], ["import", "kg"], ["fetch"], ["extract"],
    ["kg"], ["kg", "build"], ["kg", "stats"], ["kg", "show"], ["kg", "neighbours"], ["kg", "path"], ["kg", "link"],
    ["train"], ["evaluate"], ["backtest"], ["study"], ["ledger"], ["ledger", "show"], ["ledger", "verify"], ["predict"],
    ["explain"], ["abrupt"], ["models"], ["models", "list"], ["models", "available"], ["models", "promote"],
    ["nightly"], ["backfill"], ["serve"], ["report"], ["report", "build"], ["report", "open"], ["report", "verify"], ["status"], ["doctor"], ["config", "schema"], ["lake"], ["lake", "tables"],
    ["lake", "history"], ["lake", "diff"], ["lake", "sql"], ["lake", "compact"], ["lake", "vacuum"], ["lake", "export"], ["lake", "verify"],
    ["lake", "migrate"], ["search"], ["repeats"], ["paper"], ["zoo"], ["audit", "model"], ["demo"], ["demo", "make"], ["demo", "check"],
]  # fmt: skip


def kdtcn(*arguments: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kdtcn", *arguments], capture_output=True, text=True, cwd=cwd, input=stdin, timeout=300
    )


@pytest.mark.parametrize("command", HELP, ids=" ".join)
def test_every_command_has_help(command: list[str]) -> None:
    from typer.testing import CliRunner

    from kdtcn import cli

    for module in pkgutil.iter_modules(cli.__path__):  # each registers its commands
        importlib.import_module(f"kdtcn.cli.{module.name}")
    found = CliRunner().invoke(cli.app, [*command, "--help"])
    assert found.exit_code == 0, found.output
    leaf = command and command[-1] not in ("import", "kg", "models", "report", "lake", "ledger", "demo")
    assert "Example" in found.output or not leaf, "a command shows an example"


BAD = [
    (["run", "--config", "nowhere.yaml"], "nowhere.yaml"),
    (["run", "--set", "training.sedes=3"], "training.sedes"),
    (["import", "djia", "nowhere"], "nowhere"),
    (["import", "prices", "nowhere.csv"], "nowhere.csv"),
    (["import", "news", "nowhere.csv"], "nowhere.csv"),
    (["extract", "--input", "nowhere.jsonl"], "nowhere.jsonl"),
    (["predict", "2016-07-04"], "2016-07-01 and 2016-07-05"),
    (["predict", "2016-06-24"], "train"),
    (["nightly", "--session", "2016-07-04", "--config", "CONFIG"], "2016-07-05"),
    (["backfill", "--from", "2016-07-02", "--to", "2016-07-03"], "no NYSE session"),
    (["backfill", "--from", "2016-01-04", "--to", "2016-01-08", "--workers", "2", "--dask", "tcp://127.0.0.1:9"], "give one"),
    (["backfill", "--from", "2016-01-04", "--to", "2016-01-08", "--stages", "forecast"], "predict"),
    (["backfill", "--from", "tomorrow", "--to", "2016-07-03"], "tomorrow"),
    (["train"], "import"),
    (["train", "--set", "training.models=[oracle]"], "training.live"),
    (["train", "--set", "training.models=[oracle,kdtcn]"], "always-up"),
    (["run", "--config", "CONFIG", "--set", "training.models=[oracle,kdtcn]"], "oracle"),
    (["evaluate"], "import"),
    (["repeats"], "import"),
    (["search", "--model", "reversal"], "has no options to search"),
    (["report", "open"], "run"),
    (["models", "promote", "nobody"], "nobody"),
    (["lake", "history", "nothing"], "nothing"),
    (["lake", "diff", "prices", "1"], "prices"),
    (["lake", "sql", "DROP TABLE prices"], "SELECT"),
    (["lake", "export", "prices", "--output", "p.csv"], "prices"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_can_be_mended_is_one_line_and_exit_code_2(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kdtcn.cli import main

    (tmp_path / "configs").mkdir()
    for name in ("djia", "demo", "live"):
        (tmp_path / "configs" / f"{name}.yaml").write_text(f"name: {name}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["kdtcn", *[a.replace("CONFIG", "configs/djia.yaml") for a in arguments]])
    with pytest.raises(SystemExit) as stopped:
        main()
    error = capsys.readouterr().err.strip()
    assert stopped.value.code == 2
    assert named in error
    assert len(error.splitlines()) == 1, error


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    found = kdtcn("--version", cwd=tmp_path)
    assert found.returncode == 0
    assert found.stdout.startswith("kdtcn ")
    bad = kdtcn("extract", "--config", str(Path("configs/djia.yaml").resolve()), "--input", "-", stdin="not json\n", cwd=tmp_path)
    assert bad.returncode == 2
    assert "line 1" in bad.stderr
    assert "Traceback" not in bad.stderr
