"""The known answer of the whole chain, from text to explanation: what was planted in a world is found in it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kdtcn.demo.trial import settings_of, world_of
from kdtcn.errors import InputError
from tests import figures

ROOT = Path(__file__).parents[2]
NEEDED = "training.models=[always-up, tcn, eb-tcn, kdtcn]"  # the models that a finding is about


def check(home: Path, *arguments: str) -> dict:
    """What `kdtcn demo check` says; it fails where a finding does not hold."""
    command = [sys.executable, "-m", "kdtcn", "demo", "check", "--home", str(home), "--set", NEEDED, "--json", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout, run.stderr[-3000:]
    report: dict = json.loads(run.stdout)
    found = report["findings"]
    print(*(f"{f['what']}: {f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}] n={f['n']} {f['worlds']}" for f in found), sep="\n")
    assert run.returncode == (0 if all(f["holds"] for f in found) else 1), run.stderr[-3000:]
    assert not [f"{f['what']}: {f['value']:.3f}, wanted {f['wanted']}" for f in found if not f["holds"]]
    assert len(found) == 7
    return report


@pytest.mark.xdist_group("known answer")
def test_the_chain_finds_what_was_planted(tmp_path: Path) -> None:
    """Small count: the world that ships, two training seeds, fewer permutations an effect."""
    small = ["--sample", "8", "--set", "explain.samples=64", "--set", "nlp.workers=1", "--set", "training.workers=1"]
    report = check(tmp_path, "--world", "0", "--seeds", "2", *small)
    assert report["findings"][0]["wanted"] == ">= 0.60"


@pytest.mark.slow
def test_the_chain_finds_what_was_planted_in_three_worlds(tmp_path: Path) -> None:
    """Full count: three worlds, ten training seeds each."""
    arguments = ["--world", "0", "--world", "1", "--world", "2", "--seeds", "10", "--sample", "10"]
    report = check(tmp_path, *arguments)
    assert report["findings"][0]["wanted"] == ">= 0.70"
    assert all(len(finding["worlds"]) == 3 for finding in report["findings"])
    figures.record("The world, many seeds", shown(report, arguments))


def shown(report: dict, arguments: list[str]) -> str:
    """The section of docs/FIGURES.md."""

    def number(value: float | None) -> str:
        return "" if value is None or value != value else f"{value:.3f}"

    rows = [
        [f["what"], *map(number, f["worlds"]), number(f["value"]), f"{f['low']:.3f} to {f['high']:.3f}", str(f["n"]), f["wanted"]]
        for f in report["findings"]
    ]
    parts = [
        f"`kdtcn demo check {' '.join(arguments)} --set '{NEEDED}'`: means over 10 training seeds, n sessions, 95 % block bootstrap.",
        figures.table(["finding", "world 0", "world 1", "world 2", "mean", "95 %", "n", "wanted"], rows),
    ]
    for name, first in (("models", "model"), ("tuples", "frames"), ("links", "role")):
        columns = [column for column in report[name][0] if column != first]
        cells = [[str(row[first]), *(f"{row[c]:.0f}" if c == "n" else number(row[c]) for c in columns)] for row in report[name]]
        parts.append(figures.table([first, *columns], cells))
    return "\n\n".join(parts)


def test_a_home_holds_one_world_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDTCN_LAKE__URL", str(tmp_path / "another lake"))
    folder = world_of(tmp_path / "home, of {worlds}" / "world-1", 1)
    assert world_of(folder, 1) == folder
    with pytest.raises(InputError, match="holds the world of seed 1, not of 2"):
        world_of(folder, 2)
    settings = settings_of(ROOT / "configs/demo.yaml", ["training.seeds=4"], folder)
    assert settings.training.seeds == 4
    assert Path(settings.lake_url) == folder / "lake"
    assert Path(settings.sources.prices[0].options["path"]).exists()
    assert Path(settings.sources.news[0].options["path"]).exists()
