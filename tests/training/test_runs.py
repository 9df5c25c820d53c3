"""Many runs: the same whatever the number of workers, complete, in order, and failing early by name."""

import json
import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kdtcn import models
from kdtcn.errors import ConfigError, ModelError
from kdtcn.training import Job, Run, fit_each, fixed_origin, jobs_for, shared
from kdtcn.training import runs as runs_module
from tests.models.worlds import world

FORECAST, _ = world(sessions=220, mean_items=4, seed=8)
# Another alignment moves news between sessions: other offsets over the very same vectors.
SAME_DAY = replace(
    FORECAST, items={k: replace(v, offsets=np.append(v.offsets[1:], v.offsets[-1])) for k, v in FORECAST.items.items()}
)
DATA = {"forecast": FORECAST, "same_day": SAME_DAY}
SPLITS = {
    key: fixed_origin(data.sessions, data.usable(), test_from=data.sessions[170], embargo=data.window)
    for key, data in DATA.items()
}
FAST = {"epochs": 3, "parameters": 2000}
JOBS = [
    Job("reversal", 0, "forecast"),
    Job("kdtcn", 0, "forecast"),
    Job("kdtcn", 1, "same_day"),
    Job("lstm", 1, "forecast"),
    Job("arima", 0, "same_day"),
]


def fit_all(jobs: list[Job], data: dict = DATA, splits: dict = SPLITS, **named: Any) -> list[Run]:
    """The runs in the order of the jobs, which `fit_each` does not keep."""
    runs = {run.job: run for run in fit_each(jobs, data, splits, **named)}
    return [runs[job] for job in jobs]


def same(a: Run, b: Run) -> bool:
    return (
        a.job == b.job
        and np.array_equal(a.idx, b.idx)
        and np.array_equal(a.logits, b.logits)
        and (a.temperature, a.abrupt_temperature, a.config, a.state, a.curve, a.best_epoch, a.n_parameters)
        == (b.temperature, b.abrupt_temperature, b.config, b.state, b.curve, b.best_epoch, b.n_parameters)
    )


def test_the_number_of_workers_changes_nothing() -> None:
    alone = fit_all(JOBS, DATA, SPLITS, workers=1, options=FAST)
    together = fit_all(JOBS, DATA, SPLITS, workers=2, options=FAST)
    assert [run.job for run in together] == JOBS
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))


def test_a_run_is_all_that_is_needed_later() -> None:
    (run,) = fit_all([Job("kdtcn", 3, "forecast")], DATA, SPLITS, options=FAST)
    split = SPLITS["forecast"]
    np.testing.assert_array_equal(run.idx, np.concatenate([split.valid, split.test]))
    model = models.load(json.loads(json.dumps(run.config)), run.state)
    np.testing.assert_array_equal(model.logits(FORECAST, run.idx), run.logits)
    assert [row["epoch"] for row in run.curve] == [1, 2, 3]
    assert run.n_parameters == model.n_parameters
    assert run.seconds > 0
    # calibrated probabilities are apart from the raw logits, and lean the same way
    np.testing.assert_array_equal(run.p_up >= 0.5, run.logits[:, 0] >= 0)
    np.testing.assert_allclose(np.log(run.p_abrupt / (1 - run.p_abrupt)) * run.abrupt_temperature, run.logits[:, 1], rtol=1e-6)


def test_rows_to_predict_can_be_chosen() -> None:
    idx = np.array([200, 180])
    (run,) = fit_all([JOBS[0]], DATA, SPLITS, idx_by_key={"forecast": idx})
    np.testing.assert_array_equal(run.idx, idx)
    assert run.logits.shape == (2, 2)


def test_runs_can_be_stored_one_by_one() -> None:
    first = next(iter(fit_each(JOBS, DATA, SPLITS, options=FAST)))
    assert first.job == JOBS[0]


def test_no_jobs_no_runs() -> None:
    assert fit_all([], DATA, SPLITS, workers=4) == []


def test_models_that_no_seed_changes_run_once() -> None:
    jobs = jobs_for(["reversal", "tcn"], [0, 1, 2], ["forecast", "same_day"])
    assert len(jobs) == len(set(jobs)) == 8
    assert [str(job) for job in jobs[:2]] == ["reversal seed 0 forecast", "tcn seed 0 forecast"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("job", "options", "error", "message"),
    [
        (Job("kdtcm", 0, "forecast"), {}, ModelError, "'kdtcm' is unknown"),
        (Job("kdtcn", 0, "backwards"), {}, ModelError, "no dataset or split has the key 'backwards'"),
        (Job("kdtcn", 0, "forecast"), {"epoch": 1}, ConfigError, "kdtcn seed 0 forecast: training option 'epoch' is unknown"),
    ],
)
def test_a_failing_job_is_named(workers: int, job: Job, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit_all([JOBS[0], job], DATA, SPLITS, workers=workers, options=options)


def _die(job: Job) -> Run:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_killed_worker_is_an_error_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "_one", _die)
    with pytest.raises(ModelError, match="ended from outside"):
        fit_all(JOBS, DATA, SPLITS, workers=2, options=FAST)


def test_a_dataset_survives_the_disk(tmp_path: object) -> None:
    folder = tmp_path / "data"  # type: ignore[operator]
    shared.put(FORECAST, folder / "0", {"text", "graph"}, written := {})
    shared.put(SAME_DAY, folder / "1", {"text"}, written)
    assert (folder / "1" / "text.vectors.npy").is_symlink()  # the vectors are the same array: written once
    for number, data in enumerate((FORECAST, SAME_DAY)):
        back = shared.get(folder / str(number))
        for name in ("prices", "d", "c", "up", "abrupt", "sigma"):
            np.testing.assert_array_equal(getattr(back, name), getattr(data, name))
        assert (back.sessions == data.sessions).all()
        assert (back.first, back.window) == (data.first, data.window)
        np.testing.assert_array_equal(back.items["text"].offsets, data.items["text"].offsets)
        np.testing.assert_array_equal(back.items["text"].vectors, data.items["text"].vectors)
    assert set(shared.get(folder / "0").items) == {"text", "graph"}
