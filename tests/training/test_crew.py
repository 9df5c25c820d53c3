"""Tasks on folds: the same whatever the number of processes, complete, failing by name, and leaving nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from kdtcn import models
from kdtcn.errors import ConfigError, ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.training import Job, Run, Split, fixed_origin, jobs_for, run_job, shared
from kdtcn.training.crew import PREFIX, Crew
from tests.models.worlds import world

FAST = {"epochs": 3, "parameters": 2000}
KINDS = ["text+graph"]
JOBS = [
    (0, Job("reversal", 0, "first")),
    (0, Job("kdtcn", 0, "first")),
    (1, Job("kdtcn", 1, "second")),
    (0, Job("lstm", 1, "first")),
    (1, Job("arima", 0, "second")),
]


@dataclass
class Worlds:
    """Folds 0 and 1 are worlds of two seeds."""

    def __call__(self, number: int) -> tuple[Dataset, Split]:
        data, _ = world(sessions=220, mean_items=4, seed=8 + number)
        return data, fixed_origin(data.sessions, data.usable(), test_from=data.sessions[170], embargo=data.window)


FOLDS = [Worlds()(number) for number in (0, 1)]


def fit(data: Dataset, job: Job, split: Split, options: dict) -> Run:
    return run_job(job, data, split, split.test, options)


def die(data: Dataset) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fit_all(jobs: list[tuple[int, Job]], workers: int, options: dict = FAST) -> list[Run]:
    """The runs in the order of the jobs, which a crew does not keep."""
    found: dict[tuple[int, Job], Run] = {}
    with Crew(Worlds(), KINDS, workers) as crew:
        for number in (0, 1):
            crew.prepare((number, None), number)
        for (number, job), result in crew.results():
            if job is None:
                for mine in (mine for mine in jobs if mine[0] == number):
                    crew.submit(mine, number, fit, mine[1], result, options)
            else:
                found[number, job] = result
    return [found[job] for job in jobs]


def same(a: Run, b: Run) -> bool:
    return (
        a.job == b.job
        and np.array_equal(a.idx, b.idx)
        and np.array_equal(a.logits, b.logits)
        and (a.temperature, a.abrupt_temperature, a.config, a.state, a.curve, a.best_epoch, a.n_parameters)
        == (b.temperature, b.abrupt_temperature, b.config, b.state, b.curve, b.best_epoch, b.n_parameters)
    )


def left() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of folds lie apart from those of other tests that run beside these."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_number_of_processes_changes_nothing_and_no_folder_stays() -> None:
    alone, together = fit_all(JOBS, 1), fit_all(JOBS, 2)
    assert [run.job for run in together] == [job for _, job in JOBS]
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
    assert left() == set()


def test_a_run_is_all_that_is_needed_later() -> None:
    data, split = FOLDS[0]
    run = run_job(Job("kdtcn", 3, "first"), data, split, split.test, FAST)
    np.testing.assert_array_equal(run.idx, split.test)
    model = models.load(json.loads(json.dumps(run.config)), run.state)
    np.testing.assert_array_equal(model.logits(data, run.idx), run.logits)
    assert [row["epoch"] for row in run.curve] == [1, 2, 3]
    assert run.n_parameters == model.n_parameters
    assert run.seconds > 0
    # calibrated probabilities are apart from the raw logits, and lean the same way
    np.testing.assert_array_equal(run.p_up >= 0.5, run.logits[:, 0] >= 0)
    np.testing.assert_allclose(np.log(run.p_abrupt / (1 - run.p_abrupt)) * run.abrupt_temperature, run.logits[:, 1], rtol=1e-6)


def test_models_that_no_seed_changes_run_once() -> None:
    jobs = jobs_for(["reversal", "tcn"], [0, 1, 2], ["forecast", "same_day"])
    assert len(jobs) == len(set(jobs)) == 8
    assert [str(job) for job in jobs[:2]] == ["reversal seed 0 forecast", "tcn seed 0 forecast"]


@pytest.mark.parametrize(
    ("workers", "job", "options", "error", "message"),
    [
        (1, Job("kdtcm", 0, "first"), {}, ModelError, "'kdtcm' is unknown"),
        (2, Job("kdtcn", 0, "first"), {"epoch": 1}, ConfigError, "kdtcn seed 0 first: training option 'epoch' is unknown"),
    ],
)
def test_a_failing_job_is_named(workers: int, job: Job, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit_all([JOBS[0], (0, job)], workers, options)
    assert left() == set()


def test_a_killed_process_is_an_error_not_a_hang() -> None:
    with pytest.raises(ModelError, match="ended from outside"):
        _kill_one()


def _kill_one() -> None:
    with Crew(Worlds(), KINDS, 2) as crew:
        crew.prepare_here(0)
        crew.submit("killed", 0, die)
        list(crew.results())


SLEEPER = """
import sys, time
from tests.training.test_crew import KINDS, Worlds, asleep
from kdtcn.training.crew import Crew
if __name__ == "__main__":
    with Crew(Worlds(), KINDS, 2) as crew:
        crew.prepare_here(0)
        crew.submit("pid", 0, asleep, sys.argv[1])
        list(crew.results())
"""


def asleep(data: Dataset, path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    signal.pause()


def test_a_killed_parent_leaves_no_process_and_the_next_one_removes_its_folder(tmp_path: Path) -> None:
    script, told = tmp_path / "sleeper.py", tmp_path / "pid"
    script.write_text(SLEEPER)
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(script), str(told)], env=env) as parent:
        pid = _told(told, parent)
        parent.kill()
    assert left() != set()
    _ended(pid)
    with Crew(Worlds(), KINDS, 2):
        assert len(left()) == 1
    assert left() == set()


def _told(path: Path, parent: subprocess.Popen) -> int:
    """The number that a process writes into a file."""
    while not (path.exists() and path.read_text()):
        with pytest.raises(subprocess.TimeoutExpired):  # it is alive and at it
            parent.wait(timeout=0.05)
    return int(path.read_text())


def _ended(pid: int) -> None:
    """Wait until a process that is no child of ours is gone; a zombie that nobody reaps is gone too."""
    state = Path(f"/proc/{pid}/stat")
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] not in "ZX":
        os.sched_yield()


def test_a_dataset_survives_the_disk(tmp_path: Path) -> None:
    data, _ = FOLDS[0]
    shared.put(data, tmp_path / "0", {"text", "graph"})
    back = shared.get(tmp_path / "0")
    for name in ("prices", "d", "c", "up", "abrupt", "sigma"):
        np.testing.assert_array_equal(getattr(back, name), getattr(data, name))
    assert (back.sessions == data.sessions).all()
    assert (back.first, back.window, back.threshold) == (data.first, data.window, data.threshold)
    assert set(back.items) == {"text", "graph"}
    np.testing.assert_array_equal(back.items["text"].offsets, data.items["text"].offsets)
    np.testing.assert_array_equal(back.items["text"].vectors, data.items["text"].vectors)
