"""Many training jobs in parallel processes, one torch thread each, with one progress bar.

A job's result depends on its model, seed and data alone, so the number of workers never changes it.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.progress import track
from kdtcn.training import shared
from kdtcn.training.jobs import Job, Run, run_job
from kdtcn.training.splits import Split

_work: dict[str, Any] = {}  # what a worker process was started with


def fit_each(
    jobs: Sequence[Job],
    data_by_key: Mapping[str, Dataset],
    split_by_key: Mapping[str, Split],
    *,
    idx_by_key: Mapping[str, np.ndarray] | None = None,
    workers: int = 1,
    options: Mapping[str, Any] | None = None,
    description: str = "training",
) -> Iterator[Run]:
    """Yield runs as they end, so that a caller can store each before the next.

    idx_by_key: the rows to predict, validation and test rows by default. The first job that fails ends the rest.
    """
    for job in jobs:
        models.family(job.model)  # an unknown name fails before an hour's work, not after
        if job.key not in data_by_key or job.key not in split_by_key:
            raise ModelError(f"{job}: no dataset or split has the key {job.key!r}")
    rows = {key: np.concatenate([split.valid, split.test]) for key, split in split_by_key.items()} | dict(idx_by_key or {})
    workers = min(workers, len(jobs))
    runs: Iterator[Run]
    if workers <= 1:
        runs = (run_job(job, data_by_key[job.key], split_by_key[job.key], rows[job.key], options) for job in jobs)
    else:
        runs = _parallel(jobs, data_by_key, split_by_key, rows, workers, options)
    yield from track(runs, description, total=len(jobs))


def _parallel(
    jobs: Sequence[Job],
    data_by_key: Mapping[str, Dataset],
    split_by_key: Mapping[str, Split],
    rows: Mapping[str, np.ndarray],
    workers: int,
    options: Mapping[str, Any] | None,
) -> Iterator[Run]:
    """Runs as they end. Workers are spawned, not forked: a fork of a process that used torch's threads can hang."""
    kinds = {kind for job in jobs if (kind := models.family(job.model).kind) is not None}
    with tempfile.TemporaryDirectory(prefix="kdtcn-") as folder:
        written: dict[int, Path] = {}
        for number, data in enumerate(data_by_key.values()):
            shared.put(data, Path(folder) / str(number), kinds, written)
        numbers = {key: str(number) for number, key in enumerate(data_by_key)}
        start = (folder, numbers, dict(split_by_key), dict(rows), dict(options or {}))
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(start,))
        try:
            # The longest first, so that no worker is left alone with a long one at the end.
            order = sorted(jobs, key=lambda job: (not models.family(job.model).seeded, models.family(job.model).kind is None))
            for future in as_completed([pool.submit(_one, job) for job in order]):
                yield future.result()
        except BrokenProcessPool:
            raise ModelError(
                "a training process was ended from outside (out of memory?); lower training.workers and run again"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(start: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    _work["start"], _work["data"] = start, {}


def _one(job: Job) -> Run:
    folder, numbers, splits, rows, options = _work["start"]
    if job.key not in _work["data"]:
        _work["data"][job.key] = shared.get(Path(folder) / numbers[job.key])
    return run_job(job, _work["data"][job.key], splits[job.key], rows[job.key], options)
