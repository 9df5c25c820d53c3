"""Forecasts and explanations of a range of past sessions, each as it could have been made then."""

from pathlib import Path

import pandas as pd
from prefect import flow

from flows import tasks
from kdtcn.config import load
from kdtcn.errors import InputError
from kdtcn.features.news import months_of
from kdtcn.lake import Run
from kdtcn.progress import say
from kdtcn.sessions import previous
from kdtcn.sessions import sessions as sessions_between

STAGES = ("extract", "link", "settle", "forecast", "explain", "report")


@flow(name="backfill", validate_parameters=False)
def backfill(
    first: str,
    last: str,
    config: str = "configs/djia.yaml",
    sets: list[str] | None = None,
    stages: list[str] | None = None,
    force: bool = False,
) -> dict[str, int]:
    """Run the stages for every session from `first` to `last`; what is done already is skipped. Returns counts."""
    from kdtcn.training.store import in_force

    settings = load(Path(config), sets or [])
    chosen = range_of(first, last)
    wanted = stages_of(stages)
    lake = tasks.lake_of(settings)
    counts = {"sessions": len(chosen)}
    with Run(lake, f"backfill {first} {last}", settings.fingerprint()) as run:
        months = months_of(previous(chosen[0], settings.features.window), chosen[-1])
        if "extract" in wanted:
            counts["extracted headlines"] = tasks.extract(settings, months)["headlines"]
        if "link" in wanted:
            counts["linked events"] = tasks.link(settings, months)["events"]
        if "settle" in wanted:
            counts["new labels"] = tasks.settle(settings, chosen)
        if {"forecast", "explain", "report"} & set(wanted):
            # one model for the range: the one that was in force before its first session
            live = str(in_force(lake, chosen[0])["model_id"])
            say(f"model {live}")
            if "forecast" in wanted:
                counts["learnt"] = tasks.learn(settings, live, chosen)
                counts["forecasts"] = len(tasks.forecast(settings, live, chosen, force))
            if "explain" in wanted:
                counts["newly explained"] = tasks.explain(settings, live, chosen, force)
            if "report" in wanted:
                tasks.report(settings, config, live, chosen)
        run.rows.update(counts)
    return counts


def range_of(first: str, last: str) -> pd.DatetimeIndex:
    """The sessions of the range; InputError where there is none."""
    found = sessions_between(first, last)
    if len(found) == 0:
        raise InputError(f"no NYSE session from {first} to {last}; give a range that holds one, such as 2016-01-04 to 2016-03-31")
    return found


def stages_of(stages: list[str] | None) -> list[str]:
    """The stages asked for, in their order; InputError for one that does not exist."""
    for stage in stages or ():
        if stage not in STAGES:
            raise InputError(f"stage {stage!r} is unknown; the stages are {', '.join(STAGES)}")
    return [stage for stage in STAGES if not stages or stage in stages]
