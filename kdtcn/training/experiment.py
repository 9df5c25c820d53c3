"""All models and seeds of all folds of any number of walks: train what is missing, store models and their forecasts."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from kdtcn import models
from kdtcn.config import Alignment, EvaluationSettings, Settings
from kdtcn.features.dataset import Dataset
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.models.options import Options
from kdtcn.progress import say, track
from kdtcn.training import curves
from kdtcn.training.crew import Crew
from kdtcn.training.fold import FoldRecord, Preparation, Sight, usable_rows
from kdtcn.training.jobs import Job, Run, jobs_for, run_job
from kdtcn.training.splits import Split, splits
from kdtcn.training.store import load_stored, model_id, model_row, prediction_rows, stored_models

BATCH, EVERY = 40, 20.0  # runs and seconds between two writes: what a kill can lose


@dataclass(frozen=True)
class Walk:
    """One way through time under one alignment: its test periods follow from `evaluation`."""

    alignment: Alignment
    evaluation: EvaluationSettings


@dataclass
class Task:
    """A fold to be trained: equal training rows of several walks are one, tested on all that any of them asks for."""

    alignment: Alignment
    split: Split
    record: FoldRecord | None = None
    identity: dict[Job, str] = field(default_factory=dict)
    left: int = 0  # jobs that are not done yet

    def __str__(self) -> str:
        assert self.record is not None
        first, last = self.record.sessions[self.split.test[[0, -1]]]
        return f"{self.alignment}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def train_configured(lake: Lake, settings: Settings, sight: Sight) -> list[str]:
    """Ids of all models of the configured origin under all configured alignments, one alignment after the other."""
    walks = [Walk(alignment, settings.evaluation) for alignment in settings.evaluation.alignments]
    return [name for names in train(lake, settings, sight, walks) for name in names]


def train_folds(lake: Lake, settings: Settings, alignment: Alignment, sight: Sight) -> list[str]:
    """Ids of all models of all folds of the configured origin under one alignment, the last fold's last."""
    return train(lake, settings, sight, [Walk(alignment, settings.evaluation)])[0]


def train(lake: Lake, settings: Settings, sight: Sight, walks: Sequence[Walk]) -> list[list[str]]:
    """Train every model and seed of `training` on every fold of the walks; what is in the lake is not trained again.

    Returns for each walk the ids of its models, in order of time, then of `training.models` and seeds. Folds are prepared
    in the same processes that train, ahead of the training, so that none waits for an embedding.
    """
    Options.of(settings.training.options)  # a misspelt option fails before an hour's work, not after
    tasks, of_walk = folds_of(lake, settings, walks)
    names = settings.training.models
    each = len(jobs_for(names, range(settings.training.seeds), [""]))
    workers = settings.training.workers
    kinds = {kind for name in names if (kind := models.family(name).kind) is not None}
    if len(tasks) > 1:
        say(f"{len(tasks)} folds with {each} models each, {workers} {'processes' if workers > 1 else 'process'}")
    make = Make(lake.url, settings, sight, [(task.alignment, task.split) for task in tasks])
    with Crew(make, kinds, workers) as crew:
        for _ in track(_done(lake, settings, tasks, crew), "training", total=len(tasks) * each):
            pass
    found = [[name for number in numbers for name in tasks[number].identity.values()] for numbers in of_walk]
    for line in curves.said(curves.stored(lake, [name for ids in found for name in ids])):
        say(f"learning curves, {line}")
    return found


def folds_of(lake: Lake, settings: Settings, walks: Sequence[Walk]) -> tuple[list[Task], list[list[int]]]:
    """The folds to be trained, and the numbers of those of each walk, in order of time."""
    prices = market(lake, settings)
    usable = usable_rows(prices, settings)
    tasks: list[Task] = []
    number: dict[tuple[str, bytes, bytes], int] = {}
    of_walk = []
    for walk in walks:
        mine = []
        for split in splits(prices.sessions, usable, settings.model_copy(update={"evaluation": walk.evaluation})):
            key = (walk.alignment, split.train.tobytes(), split.valid.tobytes())
            if key in number:
                task = tasks[number[key]]
                task.split = Split(split.train, split.valid, np.union1d(task.split.test, split.test))
            else:
                number[key] = len(tasks)
                tasks.append(Task(walk.alignment, split))
            mine.append(number[key])
        of_walk.append(mine)
    return tasks, of_walk


@dataclass
class Make:
    """Makes folds by number, in whatever process it is called; the tables of an alignment are read once."""

    url: str
    settings: Settings
    sight: Sight
    folds: list[tuple[Alignment, Split]]
    _read: dict[Alignment, Preparation] = field(default_factory=dict)

    def __call__(self, number: int) -> tuple[Dataset, FoldRecord]:
        alignment, split = self.folds[number]
        if alignment not in self._read:
            self._read.clear()  # one alignment comes after the other
            self._read[alignment] = Preparation.of(Lake(self.url), self.settings, alignment, self.sight)
        fold = self._read[alignment].fold(split)
        return fold.data, fold.record


def _done(lake: Lake, settings: Settings, tasks: list[Task], crew: Crew) -> Iterator[None]:
    """Hand out all work, store what comes back, and yield once for every model that is there with all its forecasts."""
    waiting = iter(range(len(tasks)))
    made = _Unstored(lake, settings)
    if len(tasks) == 1:  # processes start only where something is left to train
        yield from _hand_out(lake, settings, tasks, next(waiting), crew.prepare_here(0), crew)
    for number in list(islice(waiting, crew.workers)):
        crew.prepare((number, None), number)
    try:
        for (number, job), result in crew.results():
            task = tasks[number]
            if job is None:
                yield from _hand_out(lake, settings, tasks, number, result, crew)
                # the fold after those already under way, behind the jobs of this one
                if (coming := next(waiting, None)) is not None:
                    crew.prepare((coming, None), coming)
                continue
            made.add(task, job, result)
            task.left -= 1
            if not task.left:
                crew.drop(number)
            yield
    finally:  # what is done is kept, whatever ends the rest
        made.store()


def _hand_out(lake: Lake, settings: Settings, tasks: list[Task], number: int, record: FoldRecord, crew: Crew) -> Iterator[None]:
    """Submit what is missing of a prepared fold; yield for each of its models that lacks nothing."""
    task = tasks[number]
    task.record = record
    if record.coverage:
        say(f"{task}: {record.coverage}")
    jobs = jobs_for(settings.training.models, range(settings.training.seeds), [record.alignment])
    task.identity = {job: model_id(record, settings, job.model, job.seed) for job in jobs}
    there = set(stored_models(lake)["model_id"]) & set(task.identity.values())
    made = _forecast(lake, there)
    options = {"epochs": settings.training.epochs, **settings.training.options}
    # The longest first, so that no process is left alone with a long one at the end.
    for job in sorted(jobs, key=lambda job: (not models.family(job.model).seeded, models.family(job.model).kind is None)):
        name, test = task.identity[job], task.split.test
        if name not in there:
            crew.submit((number, job), number, fit, job, task.split, options)
            task.left += 1
            continue
        seen = record.sessions[test].isin(made.loc[made["model_id"] == name, "session"])
        if seen.all():
            yield
        else:  # sessions that came, or whose news came, after it was trained
            crew.submit((number, job), number, forecast_rest, lake.url, name, test[~seen])
            task.left += 1
    if not task.left:
        crew.drop(number)


def _forecast(lake: Lake, names: set[str]) -> pd.DataFrame:
    """Which sessions these models have forecast: session, model_id."""
    where = ds.field("model_id").isin(pa.array(sorted(names), pa.string()))
    return lake.read("predictions", columns=["session", "model_id"], where=where)


def fit(data: Dataset, job: Job, split: Split, options: dict) -> Run:
    return run_job(job, data, split, split.test, options)


def forecast_rest(data: Dataset, url: str, name: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Rows, logits and temperatures of a model that is stored already."""
    model, config = load_stored(Lake(url), name)
    return rows, model.logits(data, rows), config["temperature"]


class _Unstored:
    """Results on their way into the lake, a batch at a time."""

    def __init__(self, lake: Lake, settings: Settings) -> None:
        self.lake, self.settings = lake, settings
        self.versions = lake.versions()
        self.clear()

    def clear(self) -> None:
        self.forecasts: list[pd.DataFrame] = []
        self.models: list[dict[str, object]] = []
        self.since = time.monotonic()

    def add(self, task: Task, job: Job, result: Run | tuple) -> None:
        assert task.record is not None
        name = task.identity[job]
        if isinstance(result, Run):
            temperature = [result.temperature, result.abrupt_temperature]
            config = {
                **result.config,
                "temperature": temperature,
                "window": task.record.window,
                "curve": result.curve,
                "best_epoch": result.best_epoch,
                "seconds": round(result.seconds, 2),
                "parameters": result.n_parameters,
            }
            self.models.append(model_row(task.record, self.settings, name, job.model, job.seed, config, result.state))
            rows, logits = result.idx, result.logits
        else:
            rows, logits, temperature = result
        sessions = task.record.sessions[rows]
        self.forecasts.append(prediction_rows(name, sessions, logits, (temperature[0], temperature[1]), self.versions))
        if len(self.forecasts) >= BATCH or time.monotonic() - self.since > EVERY:
            self.store()

    def store(self) -> None:
        """Forecasts first: a model that is stored counts as done; a kill in between leaves forecasts that are not made twice."""
        if self.forecasts:
            made = pd.concat(self.forecasts, ignore_index=True)
            there = _forecast(self.lake, set(made["model_id"]))
            known = pd.MultiIndex.from_frame(made[["session", "model_id"]]).isin(pd.MultiIndex.from_frame(there))
            self.lake.upsert("predictions", made[~known])
        if self.models:
            self.lake.upsert("models", pd.DataFrame(self.models))
        self.clear()
