"""Both pages of named sessions: what could be known before, and what the day itself said. Models are chosen by date, and told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kdtcn.config import Alignment, Settings
from kdtcn.errors import ModelError
from kdtcn.explain.pending import explain_pending
from kdtcn.lake import Lake
from kdtcn.report.build import build_site
from kdtcn.training.as_of import models_for
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import forecast
from kdtcn.training.store import stored_models


@dataclass(frozen=True)
class Case:
    """A page to make: its model, or an empty one where no model can make it, and why."""

    session: pd.Timestamp
    alignment: Alignment
    model_id: str
    note: str = ""

    @property
    def page(self) -> str:
        return f"{self.session:%Y-%m-%d}" + ("" if self.alignment == "forecast" else "-same-day") if self.model_id else ""


def cases(lake: Lake, settings: Settings, sessions: pd.DatetimeIndex) -> Iterator[Case]:
    """For each session and each configured alignment the page that can honestly be made.

    A forecast comes from a model trained on earlier sessions only, or not at all. A same-day page explains and may use a model
    that was trained on the session itself, where none was trained before it; the page then says so.
    """
    models = stored_models(lake)
    until = models.set_index("model_id")["trained_until"]
    before = models_for(lake, settings, sessions)
    for session in sessions:
        if "forecast" in settings.evaluation.alignments:
            name = str(before[session])
            why = (
                f"trained until {until[name]:%Y-%m-%d}" if name else "no forecast: every stored model was trained on it or later"
            )
            yield Case(session, "forecast", name, why)
        if "same_day" in settings.evaluation.alignments:
            yield _same_day(models[models["family"] == settings.training.live], session)


def _same_day(models: pd.DataFrame, session: pd.Timestamp) -> Case:
    """The model trained last before the session; else the one trained first, which has seen it."""
    rows = models[models["alignment"] == "same_day"].sort_values(["trained_until", "seed"], kind="stable")
    if rows.empty:
        return Case(session, "same_day", "", "no same-day model is stored")
    earlier = rows[rows["trained_until"] < session]
    if earlier.empty:
        first = rows.iloc[0]
        return Case(
            session,
            "same_day",
            first["model_id"],
            f"trained on it, until {first['trained_until']:%Y-%m-%d}: no test of the model",
        )
    last = earlier[earlier["trained_until"] == earlier["trained_until"].max()].iloc[0]
    return Case(session, "same_day", last["model_id"], f"trained until {last['trained_until']:%Y-%m-%d}")


def make_pages(lake: Lake, settings: Settings, config_path: str, found: list[Case]) -> Path:
    """Forecast and explain what is missing, and write the pages into the site, beside those that stand there; returns its index.

    ModelError where no page can be made.
    """
    by_model: dict[str, list[pd.Timestamp]] = {}
    for case in found:
        if case.model_id:
            by_model.setdefault(case.model_id, []).append(case.session)
    if not by_model:
        raise ModelError(
            f"{lake.url}: no stored model can speak of these sessions; run `kdtcn train --config {config_path}` first"
        )
    sight, index = Sight.of(lake, settings), Path()
    for name, days in by_model.items():
        for day in days:  # years may lie between two: each is read by itself
            one = pd.DatetimeIndex([day])
            forecast(lake, settings, sight, name, one)
            explain_pending(lake, settings, sight, name, one)
    for _ in range(2 if len(by_model) > 1 else 1):  # a page leads to those that stand when it is written: all do the second time
        for name, days in by_model.items():
            index = build_site(lake, settings, config_path, name, pd.DatetimeIndex(days))
    return index
