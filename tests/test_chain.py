"""The whole chain as its users run it: one small world, from the command line to the pages, killed and started again."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
import yaml

from flows import server
from kdtcn.lake import Lake
from kdtcn.lake.schemas import TABLES
from tests.watch import Watch

pytestmark = pytest.mark.xdist_group("chain")

SETTINGS = {
    "name": "small",
    "sources": {
        "symbol": "KDW",
        "prices": [{"provider": "csv", "symbol": "KDW", "options": {"path": "world/prices.csv", "source": "world"}}],
        "news": [{"provider": "csv", "options": {"path": "world/headlines.csv.gz", "source": "world"}}],
    },
    "nlp": {"workers": 1},
    "features": {"price_window": 20, "window": 5, "text_dim": 16},
    "graph": {"epochs": 3, "dim": 16},
    "training": {"models": ["always-up", "reversal", "tcn", "kdtcn"], "seeds": 1, "epochs": 3, "workers": 1},
    "evaluation": {"alignments": ["forecast", "same_day"]},
    "explain": {"samples": 16, "placebo": 10},
    "report": {"last": 3, "largest": 2, "synthetic": True},
}
UNTIMED = (
    "ingested_at",
    "made_at",
    "available_at",
    "promoted_at",
    "data_versions",
    "config",
    "price_version",
)  # differ between equal runs


def kdtcn(folder: Path, *arguments: str, api: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command; with `api` on a Prefect server that runs already, which saves the start of another."""
    environment = (
        {**os.environ, "PREFECT_API_URL": api} if api else {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    )
    found = subprocess.run(
        [sys.executable, "-m", "kdtcn", *arguments], cwd=folder, capture_output=True, text=True, timeout=600, env=environment
    )
    assert found.returncode == 0, found.stderr[-3000:]
    return found


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server.running(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small world and a configuration for it."""
    from kdtcn.demo.world import make

    folder = tmp_path_factory.mktemp("chain")
    summary = make(folder / "world", truth=folder / "truth", seed=3, sessions=220)
    settings = SETTINGS | {"evaluation": SETTINGS["evaluation"] | {"test_from": summary.test_from}}
    (folder / "small.yaml").write_text(yaml.safe_dump(settings))
    return folder


@pytest.fixture(scope="module")
def truth(world: Path) -> Watch:
    """Watches the truth from before the first run on."""
    return Watch(world / "truth")


@pytest.fixture(scope="module")
def ran(world: Path, truth: Watch) -> Path:
    """The world after `kdtcn run`; the last line of its output names the report."""
    found = kdtcn(world, "run", "--config", "small.yaml")
    report = re.search(r"report: (\S+index\.html)", found.stdout.replace("\n", ""))
    assert report is not None, found.stdout
    assert Path(report[1]).exists()
    assert "Traceback" not in found.stderr
    return world


def lake(folder: Path) -> Lake:
    return Lake(str(folder / "var" / "small" / "lake"))


def contents(of: Lake) -> dict[str, list[tuple]]:
    """The rows of every table without what tells one run from another."""
    found = {}
    for name in TABLES:
        if name == "runs":
            continue
        rows = of.read(name)
        numbers = rows.select_dtypes("float").columns
        rows[numbers] = rows[numbers].round(6)
        rows = rows.drop(
            columns=[
                c
                for c in UNTIMED
                if c in rows and not (c == "available_at" and name in ("headlines", "events", "links", "prices"))
            ]
        )
        found[name] = sorted(map(str, rows.drop(columns=[c for c in ("weights", "vector") if c in rows]).itertuples(index=False)))
    return found


def test_a_page_is_made_again_from_its_provenance_and_what_was_altered_is_named(
    ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdtcn.config import load
    from kdtcn.report.verify import verify

    monkeypatch.chdir(ran)
    settings = load(Path("small.yaml"))
    site = shutil.copytree(settings.folder / "report", tmp_path / "report")
    page = sorted((site / "sessions").glob("*.html"))[-1]
    of, beside = Lake(settings.lake_url), page.with_suffix(".json")
    assert verify(page, of, settings, "small.yaml") == []

    told = json.loads(beside.read_text(encoding="utf-8"))
    told["page"]["p_up"] += 0.01
    told["page"]["events"][0]["effect"] += 0.5
    beside.write_text(json.dumps(told), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("The model expects", "The prophet expects", 1), encoding="utf-8")
    found = {one.what: one for one in verify(page, of, settings, "small.yaml")}
    event = told["page"]["events"][0]["event_id"]
    assert {"p_up, computed anew", "p_up", f"effect of {event}, computed anew", "events[1].effect"} <= set(found)
    altered = [one for what, one in found.items() if what.startswith(page.name)]
    assert len(altered) == 1
    assert "prophet" in altered[0].page
    assert "prophet" not in altered[0].made
    assert len(found) == 5


def test_every_stage_left_its_rows(ran: Path) -> None:
    tables = {name: lake(ran).count(name) for name in TABLES}
    assert all(tables[name] > 0 for name in set(TABLES) - {"rejects", "headline_scores", "ledger"}), tables
    assert tables["extractions"] == tables["headlines"]
    linked = set(lake(ran).read("links")["event_id"])
    assert linked == set(lake(ran).read("events")["event_id"])


def test_the_report_has_a_page_a_session_that_says_it_is_synthetic(ran: Path) -> None:
    site = ran / "var" / "small" / "report"
    pages = sorted(site.glob("sessions/*.html"))
    assert len(pages) >= 3
    for page in pages:
        assert "ynthetic" in page.read_text()
    figures = json.loads(pages[0].with_suffix(".json").read_text())["page"]
    own, older = sum(e["effect"] for e in figures["events"]), sum(o["effect"] for o in figures["older"])
    assert own + older == pytest.approx(figures["logit"] - figures["base"], abs=1e-4)  # the base was computed, not derived


def test_a_second_run_adds_no_version(ran: Path, api: str) -> None:
    before = lake(ran).versions()
    kdtcn(ran, "run", "--config", "small.yaml", api=api)
    after = lake(ran).versions()
    assert {k: v for k, v in after.items() if k != "runs"} == {k: v for k, v in before.items() if k != "runs"}


def test_the_evaluation_table_stands_beside_its_baselines(ran: Path) -> None:
    rows = pd.DataFrame(json.loads(kdtcn(ran, "evaluate", "--config", "small.yaml", "--json").stdout))
    assert {"always-up", "reversal", "tcn", "kdtcn"} <= set(rows["model"])
    assert {"forecast", "same_day"} == set(rows["alignment"])
    assert rows["n"].gt(0).any()
    told = " ".join(kdtcn(ran, "evaluate", "--config", "small.yaml").stdout.split())
    for said in ("forecast: vectors of", "same_day: vectors of", "trained"):
        assert said in told


def test_a_search_says_what_does_better_and_changes_no_table_but_runs(ran: Path) -> None:
    from kdtcn.training.tried import tried

    before = lake(ran).versions()
    rows = json.loads(kdtcn(ran, "search", "--model", "tcn", "--trials", "2", "--config", "small.yaml", "--json").stdout)
    assert [row["loss"] for row in rows] == sorted(row["loss"] for row in rows)
    assert {row["number"] for row in rows} == {0, 1}
    assert {k: v for k, v in lake(ran).versions().items() if k != "runs"} == {k: v for k, v in before.items() if k != "runs"}
    assert tried(lake(ran)) == 2


def test_the_nightly_settles_the_session_before_and_forecasts_the_next(ran: Path, api: str) -> None:
    last = lake(ran).read("prices")["session"].max()
    from kdtcn.sessions import calendar

    coming = calendar().next_session(last)
    kdtcn(ran, "nightly", "--session", f"{coming:%Y-%m-%d}", "--config", "small.yaml", api=api)
    made = lake(ran).read("predictions")
    assert (made["session"] == coming).sum() == 1
    assert (lake(ran).read("labels")["session"] == last).any()
    page = ran / "var" / "small" / "report" / "sessions" / f"{coming:%Y-%m-%d}.html"
    assert page.exists()


def test_a_backfill_agrees_with_the_experiment_and_is_done_once(ran: Path, api: str) -> None:
    made = lake(ran).read("predictions")
    live = json.loads(kdtcn(ran, "models", "list", "--config", "small.yaml", "--json").stdout)
    name = next(row["model_id"] for row in live if row["status"] == "live")
    mine = made[made["model_id"] == name].sort_values("session")
    first, last = (f"{mine['session'].iloc[i]:%Y-%m-%d}" for i in (2, 7))
    again = json.loads(
        kdtcn(
            ran,
            "backfill",
            "--from",
            first,
            "--to",
            last,
            "--config",
            "small.yaml",
            "--stages",
            "predict",
            "--force",
            "--json",
            api=api,
        ).stdout
    )
    assert [(row["stage"], row["done"]) for row in again] == [("predict", 6)]
    both = lake(ran).read("predictions")
    both = both[(both["model_id"] == name) & both["session"].between(first, last)].groupby("session")["p_up"]
    assert (both.count() == 2).all()
    # the experiment saw the whole period, the backfill only what was known at its last session: the forecasts are the same
    assert (both.max() - both.min()).max() < 1e-6
    rows = json.loads(kdtcn(ran, "backfill", "--from", first, "--to", last, "--config", "small.yaml", "--json", api=api).stdout)
    assert {row["stage"]: row["done"] for row in rows}["extract"] == 0
    before = lake(ran).versions()
    kdtcn(ran, "backfill", "--from", first, "--to", last, "--config", "small.yaml", api=api)
    after = lake(ran).versions()
    assert {k: v for k, v in after.items() if k != "runs"} == {k: v for k, v in before.items() if k != "runs"}


@pytest.mark.parametrize(
    "table", [pytest.param("extractions", marks=pytest.mark.slow), pytest.param("links", marks=pytest.mark.slow), "predictions"]
)
def test_a_killed_run_goes_on_where_it_was(ran: Path, world: Path, tmp_path: Path, table: str, api: str) -> None:
    """SIGKILL as soon as a stage has written its first rows, then run again: the lake is that of an undisturbed run."""
    (tmp_path / "world").symlink_to(world / "world")
    (tmp_path / "small.yaml").write_text((world / "small.yaml").read_text())
    child = subprocess.Popen(
        [sys.executable, "-m", "kdtcn", "run", "--config", "small.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PREFECT_API_URL": api},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while lake(tmp_path).version(table) < 1:
        assert time.monotonic() < deadline, f"{table} was never written"
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"the run ended with {child.wait(timeout=0.05)} before it could be killed")
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    kdtcn(tmp_path, "run", "--config", "small.yaml", api=api)
    undisturbed, resumed = contents(lake(ran)), contents(lake(tmp_path))
    for name in ("prices", "headlines", "extractions", "events", "links", "entities", "facts", "models"):
        assert resumed[name] == undisturbed[name], name
    for name in ("predictions", "effects", "labels"):  # the nightly and the backfill above have added some to the other
        assert set(resumed[name]) <= set(undisturbed[name]), name
        assert len(set(resumed[name])) == len(resumed[name]), name


def test_serve_schedules_the_nightly_in_new_york_time_and_ends_in_order(ran: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "kdtcn", "serve", "--config", "small.yaml"],
        cwd=ran,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert child.stderr is not None
        address = ""
        for line in child.stderr:
            address = address or "".join(re.findall(r"http://127\.0\.0\.1:\d+", line))
            if "nightly at" in line:
                break
        deployments: list[dict] = []
        deadline = time.monotonic() + 60
        while len(deployments) < 3 and time.monotonic() < deadline:
            deployments = httpx.post(f"{address}/api/deployments/filter", json={}, timeout=10).json()
        flows = {row["entrypoint"].split(":")[-1]: row for row in deployments}
        assert set(flows) == {"nightly", "backfill", "experiment"}
        schedule = flows["nightly"]["schedules"][0]["schedule"]
        assert (schedule["cron"], schedule["timezone"]) == ("30 0 * * 1-5", "America/New_York")
        os.killpg(child.pid, signal.SIGINT)
        assert child.wait(timeout=60) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def test_no_stage_ever_opened_the_truth(ran: Path, truth: Watch) -> None:
    """Last in this file: run, nightly, backfill, evaluation, kills and serve, their workers too, are behind it."""
    assert truth.opened() == set()
    (ran / "truth" / "causes.csv").read_bytes()
    assert truth.opened() == {"causes.csv"}  # the watch does see
