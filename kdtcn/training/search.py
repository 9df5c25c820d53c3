"""A small search over options inside the training period of a fold (Optuna).

No row of the test period is read: a configuration is scored on stretches of the training and validation rows, each forecast
by a model fitted on the rows before it, an embargo apart.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import yaml
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from scipy.special import log_expit

from kdtcn import models
from kdtcn.errors import ConfigError, InputError
from kdtcn.features.dataset import Dataset
from kdtcn.lake import Lake
from kdtcn.models import UP
from kdtcn.models.neural import NeuralModel
from kdtcn.models.options import Options
from kdtcn.models.tcn import TcnModel
from kdtcn.training.splits import Split, fixed_origin
from kdtcn.training.store import stored_models

_SQLITE = b"SQLite format 3"
STRETCHES = 3  # parts of the second half of the rows, each scored once
_ANY: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(5e-4, 2e-2, log=True),
    "weight_decay": FloatDistribution(1e-3, 0.5, log=True),
    "dropout": FloatDistribution(0.0, 0.6),
    "abrupt_weight": CategoricalDistribution([0.0, 0.25, 0.5, 1.0]),
    "runs": CategoricalDistribution([2, 4, 8]),
}
_WIDTHS: dict[str, BaseDistribution] = {"channels": CategoricalDistribution([4, 8, 16, 32])}
_BUDGET: dict[str, BaseDistribution] = {
    "parameters": CategoricalDistribution([3_000, 6_000, 12_000, 24_000]),
    "kernel": CategoricalDistribution([2, 3, 5]),
}
_NEWS: dict[str, BaseDistribution] = {
    "pooled": CategoricalDistribution([4, 8, 16]),
    "drop_items": FloatDistribution(0.0, 0.5),
}


@dataclass(frozen=True)
class Tried:
    """A configuration and its score: the mean log loss of P(up), in nats, over stretches and seeds."""

    number: int
    options: dict[str, Any]
    loss: float


def space(model: str) -> dict[str, BaseDistribution]:
    """What is searched for a model; ConfigError where it has no options."""
    family = models.family(model)
    if not issubclass(family, NeuralModel):
        raise ConfigError(f"model {model!r} has no options to search; choose one that is trained by the loop, such as kdtcn")
    return {**_ANY, **(_BUDGET if issubclass(family, TcnModel) else _WIDTHS), **(_NEWS if family.kind else {})}


def stretches(sessions: pd.DatetimeIndex, split: Split, embargo: int, parts: int = STRETCHES) -> list[Split]:
    """Forward splits of the training and validation rows of a fold: the second half in parts, each after all before it.

    InputError where the first has too little before it to be fitted on.
    """
    rows = np.concatenate([split.train, split.valid])
    found = []
    for part in np.array_split(rows[len(rows) // 2 :], parts):
        first, after = sessions[part[0]], sessions[part[-1]] + pd.Timedelta(days=1)
        found.append(fixed_origin(sessions, rows, test_from=first, test_until=after, embargo=embargo))
    return found


class Search:
    """A study that is kept in a database under `home`, so that a search that was ended goes on where it was."""

    def __init__(
        self, home: Path, model: str, data: Dataset, split: Split, inputs: str, *, options: Mapping[str, Any], seeds: int = 1
    ) -> None:
        """inputs: a hash of what training sees; options: those that are set already and stay unless they are searched."""
        self.model, self.data, self.options, self.seeds = model, data, dict(options), seeds
        self.space = space(model)
        Options.of(self.options)
        self.parts = stretches(data.sessions, split, data.window)
        self.name = f"{model} {inputs[:12]} {seeds} {json.dumps(self.options, sort_keys=True)}"
        self.study = self._open(home / "search" / "trials.db")

    def _open(self, path: Path) -> optuna.Study:
        path.parent.mkdir(parents=True, exist_ok=True)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if path.exists() and path.read_bytes()[: len(_SQLITE)] not in (_SQLITE, b""):
            raise InputError(f"{path}: is no database of trials; move it away to begin anew")
        try:
            storage = RDBStorage(f"sqlite:///{path}")
            study = optuna.create_study(storage=storage, study_name=self.name, load_if_exists=True)
        except (StorageInternalError, RuntimeError) as error:
            raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]}); move it away to begin anew") from None
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)  # what a kill left behind
        # each start of the process draws other configurations, and equal ones where it starts from equal trials
        study.sampler = optuna.samplers.TPESampler(seed=len(study.trials), n_startup_trials=8)
        return study

    @property
    def tried(self) -> list[Tried]:
        """All configurations scored so far, in order."""
        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [_tried(trial) for trial in done]

    @property
    def fits(self) -> int:
        """Models fitted for one configuration."""
        return len(self.parts) * self.seeds

    def run(self, trials: int) -> Iterator[Tried]:
        """Try configurations until `trials` are scored in all; the first is what is set now, so that the rest stands beside it."""
        for _ in range(len(self.tried), trials):
            if not self.tried:
                self.study.enqueue_trial(self._set_now(), skip_if_exists=True)
            trial = self.study.ask(self.space)
            loss = self._loss({**self.options, **trial.params})
            yield _tried(self.study.tell(trial, loss))

    def _set_now(self) -> dict[str, Any]:
        """The current value of every option searched; one outside its range is left to the sampler."""
        now = Options.of(self.options).as_dict()
        return {name: now[name] for name, choice in self.space.items() if _within(choice, now[name])}

    def _loss(self, options: Mapping[str, Any]) -> float:
        losses = []
        for part in self.parts:
            for seed in range(self.seeds):
                model = models.create(self.model)
                model.fit(self.data, part.train, part.valid, seed=seed, options=options)
                logits, up = model.logits(self.data, part.test)[:, UP], self.data.up[part.test] == 1
                losses.append(-log_expit(np.where(up, logits, -logits)).mean())
        return float(np.mean(losses))

    def yaml(self, best: Tried) -> str:
        """The options of a configuration as a piece of a settings file; `training.epochs` stays where it is."""
        found = {**self.options, **best.options}
        told = {name: float(f"{value:.3g}") if isinstance(value, float) else value for name, value in found.items()}
        told.pop("epochs", None)
        return yaml.safe_dump({"training": {"options": told}}, sort_keys=False)


def _within(choice: BaseDistribution, value: Any) -> bool:
    if isinstance(choice, FloatDistribution):
        return choice.low <= value <= choice.high
    return isinstance(choice, CategoricalDistribution) and value in choice.choices


def _tried(trial: FrozenTrial) -> Tried:
    assert trial.value is not None
    return Tried(trial.number, dict(trial.params), trial.value)


def seconds_each(lake: Lake, model: str) -> float | None:
    """How long this lake's models of a family took to train, on average; None where there is none."""
    rows = stored_models(lake)
    took = [json.loads(text).get("seconds") for text in rows.loc[rows["family"] == model, "config"]]
    known = [seconds for seconds in took if seconds is not None]
    return float(np.mean(known)) if known else None
