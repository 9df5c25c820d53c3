"""All models and seeds of one fold: train what is missing, store models and their forecasts of the test period."""

import pandas as pd

from kdtcn.config import Settings
from kdtcn.lake import Lake
from kdtcn.models import available
from kdtcn.progress import say
from kdtcn.training.fold import Fold
from kdtcn.training.jobs import jobs_for
from kdtcn.training.runs import fit_many
from kdtcn.training.store import model_id, model_row, prediction_rows, stored_models

BATCH = 20  # runs between two writes: what a kill can lose


def train_all(lake: Lake, settings: Settings, fold: Fold) -> list[str]:
    """Ids of all models of the fold, in the order of `training.models` and seeds; those in the lake are not trained again."""
    names = [name for name in available() if name in settings.training.models] + [
        name for name in settings.training.models if name not in available()  # fit_many names the unknown one
    ]
    jobs = jobs_for(names, range(settings.training.seeds), [fold.alignment])
    identity = {job: model_id(fold, settings, job.model, job.seed) for job in jobs}
    there = set(stored_models(lake)["model_id"])
    missing = [job for job in jobs if identity[job] not in there]
    if len(missing) < len(jobs):
        say(f"{fold.alignment}: {len(jobs) - len(missing)} of {len(jobs)} models are trained already")
    for start in range(0, len(missing), BATCH):
        some = missing[start : start + BATCH]
        runs = fit_many(
            some,
            {fold.alignment: fold.data},
            {fold.alignment: fold.split},
            idx_by_key={fold.alignment: fold.split.test},
            workers=settings.training.workers,
            options=_options(settings),
            description=f"training ({fold.alignment}, {start + 1}-{start + len(some)} of {len(missing)})",
        )
        forecasts, rows = [], []
        for run in runs:
            name, temperature = identity[run.job], (run.temperature, run.abrupt_temperature)
            config = {**run.config, "temperature": temperature, "window": fold.data.window, "curve": run.curve, "best_epoch": run.best_epoch, "seconds": round(run.seconds, 2), "parameters": run.n_parameters}
            rows.append(model_row(fold, settings, name, run.job.model, run.job.seed, config, run.state))
            forecasts.append(prediction_rows(name, fold.data.sessions[run.idx], run.logits, temperature, lake.versions()))
        # forecasts first: a model that is stored counts as done
        lake.upsert("predictions", pd.concat(forecasts, ignore_index=True))
        lake.upsert("models", pd.DataFrame(rows))
    return [identity[job] for job in jobs]


def _options(settings: Settings) -> dict[str, object]:
    return {"epochs": settings.training.epochs, **settings.training.options}
