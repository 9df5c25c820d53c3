"""The known answer of the whole chain, from text to explanation: what was planted in a world is found in it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kdtcn.demo.trial import settings_of, world_of
from kdtcn.errors import InputError

ROOT = Path(__file__).parents[2]
NEEDED = "training.models=[always-up, tcn, eb-tcn, kdtcn]"  # the models that a finding is about


def findings(home: Path, worlds: int, seeds: int, *more: str) -> dict[str, dict]:
    """What `kdtcn demo check` says of so many worlds; it fails where a finding does not hold."""
    each = [word for world in range(worlds) for word in ("--world", str(world))]
    command = [sys.executable, "-m", "kdtcn", "demo", "check", *each, "--seeds", str(seeds), "--home", str(home), "--json", *more]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout, run.stderr[-3000:]
    found = json.loads(run.stdout)["findings"]
    print(*(f"{f['what']}: {f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}] n={f['n']} {f['worlds']}" for f in found), sep="\n")
    assert run.returncode == (0 if all(f["holds"] for f in found) else 1), run.stderr[-3000:]
    assert not [f"{f['what']}: {f['value']:.3f}, wanted {f['wanted']}" for f in found if not f["holds"]]
    assert len(found) == 7
    return {f["what"]: f for f in found}


@pytest.mark.xdist_group("known answer")
def test_the_chain_finds_what_was_planted(tmp_path: Path) -> None:
    """Small count: the world that ships, three training seeds, fewer permutations an effect."""
    found = findings(tmp_path, 1, 3, "--sample", "16", "--set", NEEDED, "--set", "explain.samples=64", "--set", "nlp.workers=1")
    assert found["KDTCN on the way from always-up (0) to Bayes-optimal (1)"]["wanted"] == ">= 0.60"


@pytest.mark.slow
def test_the_chain_finds_what_was_planted_in_three_worlds(tmp_path: Path) -> None:
    """Full count: three worlds, ten training seeds each."""
    found = findings(tmp_path, 3, 10, "--set", NEEDED)
    assert found["KDTCN on the way from always-up (0) to Bayes-optimal (1)"]["wanted"] == ">= 0.70"
    assert all(len(finding["worlds"]) == 3 for finding in found.values())


def test_a_home_holds_one_world_a_folder(tmp_path: Path) -> None:
    folder = world_of(tmp_path / "world-1", 1)
    assert world_of(folder, 1) == folder
    with pytest.raises(InputError, match="holds the world of seed 1, not of 2"):
        world_of(folder, 2)
    settings = settings_of(ROOT / "configs/demo.yaml", ["training.seeds=4"], folder)
    assert settings.training.seeds == 4
    assert Path(settings.lake_url) == folder / "lake"
    assert Path(settings.sources.prices[0].options["path"]).exists()
    assert Path(settings.sources.news[0].options["path"]).exists()
