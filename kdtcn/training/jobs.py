"""One training job and what comes out of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kdtcn import models
from kdtcn.errors import KdtcnError
from kdtcn.features.dataset import Dataset
from kdtcn.models import ABRUPT, UP
from kdtcn.training.calibration import calibrate, probability
from kdtcn.training.splits import Split


@dataclass(frozen=True)
class Job:
    """Fit this model with this seed on the dataset of this key (an alignment, or an alignment and a fold)."""

    model: str
    seed: int
    key: str

    def __str__(self) -> str:
        return f"{self.model} seed {self.seed} {self.key}"


@dataclass(frozen=True)
class Run:
    """A fitted model as plain data: raw logits (n, 2) of rows `idx`, the temperatures apart from them, the state.

    seconds: processor time of fitting, calibrating and forecasting.
    """

    job: Job
    idx: np.ndarray
    logits: np.ndarray
    temperature: float
    abrupt_temperature: float
    config: dict[str, Any]
    state: bytes
    curve: list[dict[str, float]] = field(repr=False)
    best_epoch: int = 0
    seconds: float = 0.0
    n_parameters: int = 0

    @property
    def p_up(self) -> np.ndarray:
        return probability(self.logits[:, UP], self.temperature)

    @property
    def p_abrupt(self) -> np.ndarray:
        return probability(self.logits[:, ABRUPT], self.abrupt_temperature)

    def model(self) -> models.Model:
        return models.load(self.config, self.state)


def jobs_for(names: Sequence[str], seeds: Sequence[int], keys: Sequence[str]) -> list[Job]:
    """Every model x seed x key; a model that no seed changes runs once, with the first."""
    return [
        Job(name, seed, key) for key in keys for name in names for seed in (seeds if models.family(name).seeded else seeds[:1])
    ]


def run_job(job: Job, data: Dataset, split: Split, idx: np.ndarray, options: Mapping[str, Any] | None = None) -> Run:
    """Fit, calibrate on validation, predict rows `idx`. Errors name the job."""
    start = time.process_time()  # of this process: what runs beside it does not count
    try:
        model = models.create(job.model)
        history = model.fit(data, split.train, split.valid, seed=job.seed, options=options)
        valid = model.logits(data, split.valid)
        logits = model.logits(data, idx)
    except KdtcnError as error:
        raise type(error)(f"{job}: {error}") from None
    # The sign rules and always-up set how sure they are themselves; scaling them is as harmless as scaling the others.
    return Run(
        job,
        np.asarray(idx, dtype=np.int64),
        logits,
        calibrate(valid[:, UP], data.up[split.valid]),
        calibrate(valid[:, ABRUPT], data.abrupt[split.valid]),
        model.config(),
        model.to_bytes(),
        history.rows,
        history.best_epoch,
        time.process_time() - start,
        model.n_parameters,
    )
