"""Forecasts and explanations of a range of past sessions, each as it could have been made then.

Every stage reads what it has to do from the lake and stores it in parts (a month, or some thousand headlines), so that a run
that was killed goes on where it was.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import flow

from flows import tasks
from flows.metrics import measured
from flows.span import Range, plan, range_of, stages_of, without_model
from kdtcn.config import load
from kdtcn.errors import SourceError
from kdtcn.lake import Run
from kdtcn.progress import say, track
from kdtcn.training.as_of import AS_OF


@dataclass(frozen=True)
class Done:
    """What one stage did: `done` and `skipped` count `what`; skipped is what was there before, or could not be."""

    stage: str
    what: str
    done: int
    skipped: int = 0
    note: str = ""
    seconds: float = 0.0


@flow(name="backfill", validate_parameters=False)
def backfill(
    first: str,
    last: str,
    config: str = "configs/djia.yaml",
    sets: list[str] | None = None,
    stages: list[str] | None = None,
    force: bool = False,
    model: str = AS_OF,
) -> list[dict[str, Any]]:
    """Run the stages for every session from `first` to `last`; what is done already is skipped. A row a stage: done, skipped."""
    settings = load(Path(config), sets or [])
    lake = tasks.lake_of(settings)
    wanted = stages_of(stages)
    work = plan(lake, settings, config, range_of(first, last), wanted, model, force)
    with measured(lake, settings), Run(lake, f"backfill {first} {last}", settings.fingerprint()) as run:
        rows = []
        for stage in track(wanted, f"backfill {first} to {last}"):
            began = time.monotonic()
            rows.append(asdict(replace(RUN[stage](work), seconds=round(time.monotonic() - began, 1))))
            run.note(stages=rows)
    return rows


def fetch(work: Range) -> Done:
    """Prices and headlines of the range from the configured providers."""
    try:
        found = tasks.pull(work.settings, f"{work.first_read:%Y-%m-%d}", f"{work.sessions[-1]:%Y-%m-%d}")
    except SourceError as error:  # what the lake holds is still worth the other stages
        say(f"no provider answered: {error}")
        return Done("fetch", "rows", 0, note=f"no provider answered: {error}")
    counts, failed = list(found.counts.values()), "; ".join(f"{name} was left out: {why}" for name, why in found.failed.items())
    note = failed or ("" if counts else "the configuration names no provider")
    return Done("fetch", "rows", sum(c.stored for c in counts), sum(c.known for c in counts), note)


def extract(work: Range) -> Done:
    """Event tuples of the months' headlines."""
    found = tasks.extract(work.settings, work.months)
    return Done("extract", "headlines", found["headlines"], work.stored("headlines") - found["headlines"])


def link(work: Range) -> Done:
    """Entity links of the months' events; the graph is stored first where there is none."""
    if work.lake.version("facts") < 0:
        tasks.build_graph(work.settings)
    found = tasks.link(work.settings, work.months)
    return Done("link", "events", found["events"], work.stored("events") - found["events"])


def settle(work: Range) -> Done:
    """Labels of the sessions whose close is known."""
    new = tasks.settle(work.settings, work.sessions)
    return Done("settle", "labels", new, len(work.sessions) - new)


def predict(work: Range) -> Done:
    """Forecasts, month by month; vectors of entities that a month names first are learnt before."""
    from kdtcn.training.forecast import standing

    def one(model: str, sessions: pd.DatetimeIndex) -> int:
        there = 0 if work.force else len(standing(work.lake, work.settings, model, sessions))
        if there < len(sessions):
            tasks.learn(work.settings, model, sessions)
            tasks.forecast(work.settings, model, sessions, work.force)
        return len(sessions) - there

    return _by_month(work, "predict", one)


def explain(work: Range) -> Done:
    """Event effects, month by month."""
    return _by_month(work, "explain", lambda model, sessions: tasks.explain(work.settings, model, sessions, work.force))


def report(work: Range) -> Done:
    """The pages of the sessions that are explained, of one model after the other."""
    from kdtcn.explain.pending import newest_effects

    pages = 0
    for model in dict.fromkeys(model for model, _ in work.parts):
        there = newest_effects(work.lake, model, work.settings.explain.method)["session"]
        shown = pd.DatetimeIndex(work.models.index[(work.models == model) & work.models.index.isin(there)])
        if len(shown):
            tasks.report(work.settings, work.config, model, shown)
        pages += len(shown)
    return Done("report", "pages", pages, len(work.sessions) - pages)


def _by_month(work: Range, stage: str, one: Callable[[str, pd.DatetimeIndex], int]) -> Done:
    parts = work.parts
    total = sum(len(sessions) for _, sessions in parts)
    shown: Iterable[tuple[str, pd.DatetimeIndex]] = track(parts, f"{stage}, sessions", total, weigh=lambda part: len(part[1]))
    done = sum(one(model, sessions) for model, sessions in shown)
    return Done(stage, "sessions", done, len(work.sessions) - done, without_model(work.models))


RUN: dict[str, Callable[[Range], Done]] = {
    "fetch": fetch,
    "extract": extract,
    "link": link,
    "settle": settle,
    "predict": predict,
    "explain": explain,
    "report": report,
}
