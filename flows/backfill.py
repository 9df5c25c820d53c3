"""Forecasts and explanations of a range of past sessions, each as it could have been made then.

Every stage reads what it has to do from the lake and stores it in parts (a month, or some thousand headlines), so that a run
that was killed goes on where it was.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
from prefect import flow

from flows import tasks
from flows.metrics import measured
from kdtcn.config import Settings, load
from kdtcn.errors import InputError, SourceError
from kdtcn.features.news import months_of
from kdtcn.lake import Lake, Run
from kdtcn.progress import say, track
from kdtcn.sessions import parse_day, previous
from kdtcn.sessions import sessions as sessions_between
from kdtcn.training.as_of import AS_OF

STAGES = ("fetch", "extract", "link", "settle", "predict", "explain", "report")
NEED_A_MODEL = {"predict", "explain", "report"}


@dataclass(frozen=True)
class Done:
    """What one stage did: `done` and `skipped` count `what`; skipped is what was there before, or could not be."""

    stage: str
    what: str
    done: int
    skipped: int = 0
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Range:
    """What is to be back-filled: the sessions, the months whose headlines they read, and the model of each session."""

    lake: Lake
    settings: Settings
    config: str
    sessions: pd.DatetimeIndex
    models: pd.Series
    force: bool

    @property
    def first_read(self) -> pd.Timestamp:
        return previous(self.sessions[0], self.settings.features.window)

    @property
    def months(self) -> list[str]:
        return months_of(self.first_read, self.sessions[-1])

    @property
    def parts(self) -> list[tuple[str, pd.DatetimeIndex]]:
        """Model and sessions, month by month; sessions that had no model are left out."""
        known = self.models[self.models != ""]
        by_month = known.groupby([pd.DatetimeIndex(known.index).to_period("M"), known], sort=False)
        return [(str(model), pd.DatetimeIndex(part.index)) for (_, model), part in by_month]

    def stored(self, table: str) -> int:
        """Rows of a table in these months."""
        where = ds.field("month").isin(self.months)
        return len(self.lake.read(table, columns=["month"], where=where))


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


def plan(
    lake: Lake, settings: Settings, config: str, sessions: pd.DatetimeIndex, stages: Sequence[str], model: str, force: bool
) -> Range:
    """The range with a model for each session; ModelError where a stage needs one and there is none at all."""
    from kdtcn.training.as_of import models_for, require_models

    if not NEED_A_MODEL & set(stages):
        return Range(lake, settings, config, sessions, pd.Series("", index=sessions), force)
    models = models_for(lake, settings, sessions, model)
    require_models(lake, models)
    return Range(lake, settings, config, sessions, models, force)


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


def without_model(models: pd.Series) -> str:
    """A line on the sessions that no model could forecast then; empty where each had one."""
    lost = models.index[models == ""]
    if len(lost) == 0:
        return ""
    return f"{len(lost)} without a model then, {lost[0]:%Y-%m-%d} to {lost[-1]:%Y-%m-%d}: left out; name one with --model"


RUN: dict[str, Callable[[Range], Done]] = {
    "fetch": fetch,
    "extract": extract,
    "link": link,
    "settle": settle,
    "predict": predict,
    "explain": explain,
    "report": report,
}


def range_of(first: str, last: str) -> pd.DatetimeIndex:
    """The sessions of the range; InputError where there is none, and where it ends before it begins."""
    if parse_day(first, "--from") > parse_day(last, "--to"):
        raise InputError(f"from {first} to {last}: the range ends before it begins; swap the dates")
    found = sessions_between(first, last)
    if len(found) == 0:
        raise InputError(f"no NYSE session from {first} to {last}; give a range that holds one, such as 2016-01-04 to 2016-03-31")
    return found


def stages_of(stages: list[str] | None) -> list[str]:
    """The stages asked for, in their order; each may name several with commas. InputError for one that does not exist."""
    asked = [name for text in stages or () for name in text.replace(",", " ").split()]
    for stage in asked:
        if stage not in STAGES:
            raise InputError(f"stage {stage!r} is unknown; the stages are {', '.join(STAGES)}")
    return [stage for stage in STAGES if not asked or stage in asked]
