"""All models and seeds of one fold: train what is missing, store models and their forecasts of the test period."""

from itertools import islice

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Alignment, Settings
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.training.fold import Fold, Preparation, Sight
from kdtcn.training.jobs import Job, Run, jobs_for
from kdtcn.training.runs import fit_each
from kdtcn.training.store import load_stored, model_id, model_row, prediction_rows, stored_models

BATCH = 10  # runs between two writes: what a kill can lose


def train_folds(lake: Lake, settings: Settings, alignment: Alignment, sight: Sight) -> list[str]:
    """Ids of all models of all folds of one alignment, the last fold's last."""
    prepared = Preparation.of(lake, settings, alignment, sight)
    trained = []
    for number, split in enumerate(prepared.splits):
        if len(prepared.splits) > 1:
            first, last = prepared.market.sessions[split.test[[0, -1]]]
            say(f"{alignment}: test period {number + 1} of {len(prepared.splits)}, {first:%Y-%m-%d} to {last:%Y-%m-%d}")
        trained += train_all(lake, settings, prepared.fold(number))
    return trained


def train_all(lake: Lake, settings: Settings, fold: Fold) -> list[str]:
    """Ids of all models of the fold, in the order of `training.models` and seeds; those in the lake are not trained again."""
    jobs = jobs_for(settings.training.models, range(settings.training.seeds), [fold.alignment])
    identity = {job: model_id(fold, settings, job.model, job.seed) for job in jobs}
    there = set(stored_models(lake)["model_id"])
    missing = [job for job in jobs if identity[job] not in there]
    if len(missing) < len(jobs):
        say(f"{fold.alignment}: {len(jobs) - len(missing)} of {len(jobs)} models are trained already")
    _forecast_rest(lake, fold, [name for name in identity.values() if name in there])
    if not missing:
        return list(identity.values())
    finished = fit_each(
        missing,
        {fold.alignment: fold.data},
        {fold.alignment: fold.split},
        idx_by_key={fold.alignment: fold.split.test},
        workers=settings.training.workers,
        options={"epochs": settings.training.epochs, **settings.training.options},
        description=f"training, {fold.alignment}",
    )
    while runs := list(islice(finished, BATCH)):
        _store(lake, settings, fold, runs, identity)
    return list(identity.values())


def _forecast_rest(lake: Lake, fold: Fold, names: list[str]) -> None:
    """Forecasts of test sessions that came, or whose news came, after these models were trained."""
    made = lake.read("predictions", columns=["session", "model_id"])
    rest = []
    for name in names:
        seen = fold.data.sessions[fold.split.test].isin(made.loc[made["model_id"] == name, "session"])
        if not seen.all():
            rows = fold.split.test[~seen]
            model, config = load_stored(lake, name)
            rest.append(
                prediction_rows(
                    name, fold.data.sessions[rows], model.logits(fold.data, rows), tuple(config["temperature"]), lake.versions()
                )
            )
    if rest:
        lake.upsert("predictions", pd.concat(rest, ignore_index=True))


def _store(lake: Lake, settings: Settings, fold: Fold, runs: list[Run], identity: dict[Job, str]) -> None:
    forecasts, rows = [], []
    for run in runs:
        name, temperature = identity[run.job], (run.temperature, run.abrupt_temperature)
        about = {"temperature": temperature, "window": fold.data.window, "curve": run.curve, "best_epoch": run.best_epoch}
        cost = {"seconds": round(run.seconds, 2), "parameters": run.n_parameters}
        rows.append(model_row(fold, settings, name, run.job.model, run.job.seed, {**run.config, **about, **cost}, run.state))
        forecasts.append(prediction_rows(name, fold.data.sessions[run.idx], run.logits, temperature, lake.versions()))
    # forecasts first: a model that is stored counts as done; a kill in between leaves forecasts that are not made twice
    made = pd.concat(forecasts, ignore_index=True)
    there = lake.read("predictions", columns=["session", "model_id"], where=ds.field("model_id").isin(made["model_id"].unique()))
    known = pd.MultiIndex.from_frame(made[["session", "model_id"]]).isin(pd.MultiIndex.from_frame(there))
    lake.upsert("predictions", made[~known])
    lake.upsert("models", pd.DataFrame(rows))
