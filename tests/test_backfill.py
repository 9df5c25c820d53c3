"""A backfill killed at random moments, then run again, leaves the lake of one that nobody disturbed; and which model it uses."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from flows import server
from flows.span import STAGES, range_of, stages_of
from kdtcn.config import Settings, load
from kdtcn.errors import InputError, ModelError
from kdtcn.lake import Lake
from kdtcn.lake.schemas import TABLES
from kdtcn.training.as_of import models_for, require_models

pytestmark = pytest.mark.xdist_group("backfill")

SETTINGS = {
    "name": "killed",
    "home": "home",
    "sources": {
        "symbol": "KDW",
        "prices": [{"provider": "csv", "symbol": "KDW", "options": {"path": "world/prices.csv", "source": "world"}}],
        "news": [{"provider": "csv", "options": {"path": "world/headlines.csv.gz", "source": "world"}}],
    },
    "nlp": {"workers": 1, "batch_size": 64},
    "features": {"price_window": 20, "window": 5, "text_dim": 16},
    "graph": {"epochs": 2, "dim": 8},
    "training": {"models": ["kdtcn"], "seeds": 1, "epochs": 2, "workers": 1},
    "evaluation": {"alignments": ["forecast"]},
    "explain": {"samples": 8, "placebo": 5},
    "report": {"synthetic": True},
}
MADE = {"events", "extractions", "links", "predictions", "labels", "effects"}  # what the stages of a backfill store
WHEN = ["ingested_at", "made_at", "data_versions", "price_version"]  # when, and beside what, a row was made


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small world, a trained model, and nothing yet of what a backfill makes."""
    from kdtcn.demo.world import make
    from kdtcn.events.pending import extract_pending
    from kdtcn.sources.fetch import fetch
    from kdtcn.training.experiment import train_folds
    from kdtcn.training.fold import Sight
    from kdtcn.training.store import promote
    from kg import build
    from kg import load as load_graph
    from kg.pending import link_pending

    folder = tmp_path_factory.mktemp("base")
    summary = make(folder / "world", truth=folder / "truth", seed=5, sessions=100)
    (folder / "small.yaml").write_text(
        yaml.safe_dump(SETTINGS | {"evaluation": {"alignments": ["forecast"], "test_from": summary.test_from}})
    )
    with contextlib.chdir(folder):
        settings = load(Path("small.yaml"))
        lake = Lake(settings.lake_url)
        fetch(lake, settings)
        build(lake)
        extract_pending(lake, settings)
        link_pending(lake, load_graph(lake), threshold=settings.graph.threshold)
        promote(lake, train_folds(lake, settings, "forecast", Sight.of(lake, settings))[-1])
    for table in MADE:
        shutil.rmtree(folder / "home" / "lake" / table, ignore_errors=True)
    shutil.rmtree(folder / "home" / "cache", ignore_errors=True)
    return folder


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, watched: Path) -> Iterator[str]:
    with server.running(tmp_path_factory.mktemp("server")) as address:
        yield address


def start(folder: Path, api: str) -> subprocess.Popen[str]:
    """The backfill of the last 15 sessions of the world."""
    days = Lake(str(folder / "home" / "lake")).read("prices", columns=["session"])["session"].sort_values()
    return subprocess.Popen(
        [
            sys.executable, "-m", "kdtcn", "backfill", "--from", f"{days.iloc[-15]:%Y-%m-%d}", "--to", f"{days.iloc[-1]:%Y-%m-%d}",
            "--config", "small.yaml", "--json",
        ],
        cwd=folder, env={**os.environ, "PREFECT_API_URL": api}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def finish(child: subprocess.Popen[str]) -> list[dict]:
    told, errors = child.communicate(timeout=300)
    assert child.returncode == 0, errors[-3000:]
    return json.loads(told)


@pytest.fixture(scope="module")
def undisturbed(base: Path, api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[dict]]:
    """Hashes of the tables after one backfill that nobody disturbed, and what it said it did."""
    folder = copy(base, tmp_path_factory.mktemp("undisturbed"))
    rows = finish(start(folder, api))
    return hashes(folder), rows


def copy(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder, dirs_exist_ok=True)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """Of each table the hash of its rows in order, without when they were made."""
    lake, found = Lake(str(folder / "home" / "lake")), {}
    for name in set(TABLES) - {"runs"}:
        rows = lake.read(name)
        timed = ["available_at"] if name in ("predictions", "labels", "effects") else []
        rows = rows.drop(columns=[c for c in (*WHEN, *timed, "weights") if c in rows])
        keys = [key for key in TABLES[name].key if key in rows]
        rows = rows.sort_values(keys, kind="stable")
        found[name] = hashlib.sha256(rows.to_json(orient="values", double_precision=15).encode()).hexdigest()
    return found


def stages_done(lake: Lake) -> int:
    """How many stages the run under way has behind it."""
    told = lake.read("runs", columns=["started", "status", "row_counts"]).sort_values("started")
    told = told[told["status"] == "running"]
    return len(json.loads(told["row_counts"].iloc[-1]).get("stages", ())) if len(told) else -1


def kill_in(folder: Path, api: str, stage: int, chance: random.Random, lasts: float) -> str:
    """SIGKILL in the given stage, after a random part of what it lasts; returns where it was hit."""
    lake, child = Lake(str(folder / "home" / "lake")), start(folder, api)
    before = lake.count("runs")
    while child.poll() is None and (lake.count("runs") == before or stages_done(lake) < stage):
        time.sleep(0.02)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=chance.uniform(0, 0.7 * lasts))
    if child.poll() is not None:
        return "not"  # the rest was too quick
    child.send_signal(signal.SIGKILL)  # the process alone: nobody else cleans up after it
    child.communicate()
    return STAGES[stage]


def check_kills(
    base: Path, folder: Path, api: str, undisturbed: tuple[dict[str, str], list[dict]], stages: list[int], seed: int
) -> list[str]:
    """Kill once in each of the stages, run to the end, and compare."""
    copy(base, folder)
    chance, lasts = random.Random(seed), [row["seconds"] for row in undisturbed[1]]
    hit = [kill_in(folder, api, stage, chance, lasts[stage]) for stage in stages]
    finish(start(folder, api))
    found = hashes(folder)
    assert {name for name in found if found[name] != undisturbed[0][name]} == set(), hit
    return hit


def test_an_undisturbed_backfill_did_every_stage(undisturbed: tuple[dict[str, str], list[dict]]) -> None:
    by = {row["stage"]: row for row in undisturbed[1]}
    assert list(by) == list(STAGES)
    assert by["fetch"]["done"] == 0
    assert by["fetch"]["skipped"] > 0  # the lake had the prices and headlines
    assert by["extract"]["done"] > 100
    assert by["link"]["done"] > 100
    assert (by["predict"]["done"], by["explain"]["done"], by["report"]["done"]) == (15, 15, 15)
    assert 14 <= by["settle"]["done"] <= 15


def test_three_kills_change_nothing(base: Path, api: str, undisturbed: tuple, tmp_path: Path) -> None:
    seed = int(os.environ.get("KDTCN_TEST_SEED", "0")) or int(time.time())
    stages = sorted(random.Random(seed).sample([1, 2, 4, 5], 3))  # those that store in parts
    print(f"KDTCN_TEST_SEED={seed}")
    assert "not" not in check_kills(base, tmp_path, api, undisturbed, stages, seed)


@pytest.mark.slow
def test_thirty_kills_across_all_stages_change_nothing(base: Path, api: str, undisturbed: tuple, tmp_path: Path) -> None:
    hit: list[str] = []
    for seed in range(5):
        hit += check_kills(base, tmp_path / str(seed), api, undisturbed, [0, 1, 2, 4, 5, 6], seed)
    for seed in range(5, 100):
        if sum(name != "not" for name in hit) >= 30:
            break
        hit += check_kills(base, tmp_path / str(seed), api, undisturbed, [1, 3, 5], seed)
    assert sum(name != "not" for name in hit) >= 30
    assert set(hit) >= {"extract", "link", "predict", "explain"}


def test_what_is_asked_before_the_server_starts_does_not_import_prefect() -> None:
    """Prefect reads the address of its server when it is imported; imported too early it starts another one of its own."""
    code = "import sys, flows.span, flows.ready, flows.server, kdtcn.cli.operate; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0


# -- what leaves the machine ------------------------------------------------------------------------------------------

HOOK = """
import os, sys
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        address = args[0] if event == "socket.getaddrinfo" else args[1]
        with open(os.environ["WATCHED"], "a") as file:
            file.write(f"{address[0] if isinstance(address, tuple) else address}\\n")
sys.addaudithook(watch)
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost", "None", "0.0.0.0"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every process started below, the Prefect server too, notes whom it calls; and a proxy waits for what calls without Python."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(HOOK)
    with socket.create_server(("127.0.0.1", 0)) as proxy, pytest.MonkeyPatch.context() as patch:
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, address)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.getcwd()}")
        patch.setenv("WATCHED", str(folder / "calls"))
        yield folder / "calls"
        with pytest.raises(BlockingIOError):  # nobody came
            proxy.accept()


def test_no_process_calls_anybody_outside(undisturbed: tuple, watched: Path) -> None:
    called = set(watched.read_text().split())
    assert "127.0.0.1" in called  # the watch does see
    assert called - LOOPBACK == set()


# -- which model ----------------------------------------------------------------------------------------------------


def stored(folder: Path, *rows: tuple[str, str, str, str | None]) -> Lake:
    """A lake with models: id, last training session, status, when promoted."""
    lake = Lake(str(folder / "lake"))
    frame = pd.DataFrame(
        {
            "model_id": [name for name, *_ in rows],
            "family": ["tcn" if name.startswith("tcn") else "kdtcn" for name, *_ in rows],
            "alignment": ["same_day" if "same" in name else "forecast" for name, *_ in rows],
            "trained_until": pd.to_datetime([until for _, until, *_ in rows]),
            "graph_cut": pd.Timestamp("2010-01-04"),
            "seed": 0,
            "config": "{}",
            "weights": b"",
            "config_hash": "",
            "status": [status for _, _, status, _ in rows],
            "promoted_at": pd.to_datetime([at for *_, at in rows], utc=True, format="ISO8601"),
            "available_at": pd.Timestamp("2026-01-01", tz="UTC"),
        }
    )
    lake.upsert("models", frame)
    return lake


DAYS = pd.DatetimeIndex(["2014-06-02", "2015-06-01", "2016-06-01"])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # nothing was live in those years: the models that a walk forward trained stand where they would have been
        ([("a", "2013-12-31", "trained", None), ("b", "2014-12-31", "trained", None), ("c", "2015-12-31", "live", "2026-01-01")], ["a", "b", "c"]),
        # trained on the session itself: not live then
        ([("b", "2015-06-01", "live", "2026-01-01")], ["", "", "b"]),
        # a promotion before the session counts as it was, though a model trained later exists
        (
            [("old", "2013-01-02", "retired", "2015-01-05"), ("new", "2015-12-31", "live", "2016-05-31"), ("other", "2015-01-30", "trained", None)],
            ["old", "old", "new"],
        ),
        # in force from the decision time on, not before: promoted at noon, New York, of the session's day
        ([("old", "2013-01-02", "retired", "2014-01-02"), ("new", "2015-12-31", "live", "2016-06-01T16:00")], ["old", "old", "old"]),
        # of another family and never promoted, or of the same day: never live
        ([("tcn-1", "2013-01-02", "trained", None), ("same-1", "2013-01-02", "live", "2013-02-02")], ["", "", ""]),
    ],
    ids=["walk forward", "trained on it", "as it was", "by its decision", "never live"],
)  # fmt: skip
def test_as_of_is_the_model_that_was_or_would_have_been_live(tmp_path: Path, rows: list, expected: list[str]) -> None:
    lake = stored(tmp_path, *rows)
    assert models_for(lake, Settings(), DAYS).tolist() == expected


def test_without_any_model_the_remedy_is_named(tmp_path: Path) -> None:
    lake = stored(tmp_path, ("b", "2016-06-01", "live", "2026-01-01"))
    with pytest.raises(ModelError, match=r"2016-06-01.*--model.*--stages"):
        require_models(lake, models_for(lake, Settings(), DAYS))


@pytest.mark.parametrize(
    ("model", "told"), [("nobody", "models list"), ("same-1", "same day"), ("late", "2014-06-02 is no forecast")]
)
def test_a_named_model_that_cannot_forecast_the_range_is_refused(tmp_path: Path, model: str, told: str) -> None:
    lake = stored(tmp_path, ("same-1", "2013-01-02", "trained", None), ("late", "2015-01-02", "trained", None))
    with pytest.raises(ModelError, match=told):
        models_for(lake, Settings(), DAYS, model)
    assert models_for(lake, Settings(), DAYS[1:], "late").tolist() == ["late", "late"]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [("2016-03-01", "2016-01-01", "swap"), ("2016-07-02", "2016-07-03", "no NYSE session"), ("soon", "2016-07-03", "ISO")],
)
def test_a_range_that_is_none_is_refused(first: str, last: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        range_of(first, last)


def test_stages_come_in_their_order_however_they_are_named() -> None:
    assert stages_of(["explain,extract", "link"]) == ["extract", "link", "explain"]
    assert stages_of(None) == list(STAGES)
    with pytest.raises(InputError, match="fetch, extract"):
        stages_of(["forecast"])
