"""prefect.yaml, as Prefect itself takes it, on a loopback server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.flows.conftest import Stage

pytestmark = pytest.mark.xdist_group("nights")

ROOT = Path(__file__).parents[2]


def prefect(nights: Stage, folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PREFECT_API_URL": nights.api, "PWD": str(folder), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_every_deployment_is_taken_by_a_real_server(nights: Stage, tmp_path: Path) -> None:
    for name in ("prefect.yaml", "flows", "configs"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, tmp_path / name)
    prefect(nights, tmp_path, "work-pool", "create", "kdtcn", "--type", "process")
    prefect(nights, tmp_path, "deploy", "--all")
    rows = httpx.post(f"{nights.api}/deployments/filter", json={}, timeout=30).json()
    mine = {row["entrypoint"]: row for row in rows if row["work_pool_name"] == "kdtcn"}
    assert set(mine) == {f"flows/{name}.py:{name}" for name in ("nightly", "backfill", "experiment")}
    for row in mine.values():
        assert row["global_concurrency_limit"]["limit"] == 1
        assert row["concurrency_options"]["collision_strategy"] == "ENQUEUE"
        assert (ROOT / row["parameters"]["config"]).is_file()
        assert row["pull_steps"] == [{"prefect.deployments.steps.set_working_directory": {"directory": str(tmp_path)}}]
    (schedule,) = mine["flows/nightly.py:nightly"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("30 0 * * 1-5", "America/New_York")
    assert schedule["active"]
