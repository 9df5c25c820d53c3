"""What a backfill is to do: the sessions, the months whose headlines they read, the model of each, the stages.

Without Prefect, so that a command can say what is wrong, or what it would do, before a server is started.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.features.news import months_of
from kdtcn.lake import Lake
from kdtcn.sessions import parse_day, previous
from kdtcn.sessions import sessions as sessions_between
from kdtcn.training.as_of import models_for, require_models

STAGES = ("fetch", "extract", "link", "settle", "predict", "explain", "report")
NEED_A_MODEL = {"predict", "explain", "report"}


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


def plan(
    lake: Lake, settings: Settings, config: str, sessions: pd.DatetimeIndex, stages: Sequence[str], model: str, force: bool
) -> Range:
    """The range with a model for each session; ModelError where a stage needs one and there is none at all."""
    if not NEED_A_MODEL & set(stages):
        return Range(lake, settings, config, sessions, pd.Series("", index=sessions), force)
    models = models_for(lake, settings, sessions, model)
    require_models(lake, models)
    return Range(lake, settings, config, sessions, models, force)


def without_model(models: pd.Series) -> str:
    """A line on the sessions that no model could forecast then; empty where each had one."""
    lost = models.index[models == ""]
    if len(lost) == 0:
        return ""
    return f"{len(lost)} without a model then, {lost[0]:%Y-%m-%d} to {lost[-1]:%Y-%m-%d}: left out; name one with --model"


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
