"""The explanation stage: effects of every session asked for that has none of this model and method yet."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.explain.effects import Effects, event_effects
from kdtcn.explain.placebo import SESSIONS
from kdtcn.explain.seeds import METHOD as SEEDS_METHOD
from kdtcn.explain.seeds import seed_effects, siblings
from kdtcn.features.news import months_of
from kdtcn.features.vectors import OF_HEADLINES
from kdtcn.lake import Lake
from kdtcn.progress import track
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import Outlook, newest, outlook
from kdtcn.training.store import stored_models

UNRANKED = 99  # a headline without popularity comes after those with one
OLDER = "session:"  # prefix of the rows that hold an older session's effect as a whole
BASE, LOGIT = "no-news", "forecast"  # rows that hold the two ends which the effects lead from and to


def newest_effects(lake: Lake, model_id: str, method: str) -> pd.DataFrame:
    """The effects that were made last for each session."""
    rows = lake.read("effects", where=(ds.field("model_id") == model_id) & (ds.field("method") == method))
    return rows[rows["made_at"] == rows.groupby("session")["made_at"].transform("max")] if len(rows) else rows


def explainers(lake: Lake, method: str, sessions: pd.DatetimeIndex, prefer: str) -> pd.Series:
    """The forecasting model whose effects a session has: `prefer` where it is one of several, else the latest; none, no row."""
    where = (ds.field("method") == method) & ds.field("session").isin([day.date() for day in sessions])
    rows = lake.read("effects", columns=["session", "model_id", "made_at"], where=where & (ds.field("event_id") == LOGIT))
    models = stored_models(lake)
    rows = rows[rows["model_id"].isin(models.loc[models["alignment"] == "forecast", "model_id"])]
    rows = rows.assign(mine=rows["model_id"] == prefer).sort_values(["session", "mine", "made_at"], kind="stable")
    return rows.drop_duplicates("session", keep="last").set_index("session")["model_id"]


def popularity(lake: Lake, months: Sequence[str]) -> pd.Series:
    """The last known rank of each headline of the months, by headline_id. It orders reports; no model reads it."""
    scores = lake.read("headline_scores", columns=["headline_id", "seen_at", "rank"], where=ds.field("month").isin(list(months)))
    return scores.sort_values("seen_at").drop_duplicates("headline_id", keep="last").set_index("headline_id")["rank"]


def explain_pending(
    lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, force: bool = False
) -> int:
    """Compute and store the missing effects, a session at a time; returns how many sessions were explained.

    A session whose forecast was made anew with another result is explained anew.
    """
    method = settings.explain.method
    forecasts = newest(lake, model_id).set_index("session")["logit_up"].reindex(sessions)
    done = newest_effects(lake, model_id, method)
    explained = done[done["event_id"] == LOGIT].set_index("session")["effect"].reindex(sessions)
    same = np.isclose(forecasts.to_numpy(), explained.to_numpy(), rtol=0, atol=1e-4)
    missing = sessions if force else sessions[~same]
    if len(missing) == 0:
        return 0
    # of all sessions, not of the missing alone: a run that was killed goes on with the same inputs, to the last bit
    view = outlook(lake, settings, sight, model_id, sessions, before=SESSIONS)
    if view.model.kind is None:  # reads no news, so no event moved it
        lake.upsert("effects", _without_news(model_id, method, forecasts[forecasts.index.isin(missing)].dropna()))
        return len(missing)
    ranks, seeds = item_ranks(lake, view), siblings(lake, view)
    for session in track(missing, "event effects", len(missing)):
        rows = effect_rows(session_effects(view, session, settings, method, ranks), model_id, ranks, view)
        lake.upsert("effects", pd.concat([rows, *_of_seeds(seeds, view, session, rows)], ignore_index=True))
    return len(missing)


def session_effects(view: Outlook, session: pd.Timestamp, settings: Settings, method: str, ranks: np.ndarray) -> Effects:
    """The effects as they are stored: with the configured draws and one seed, so that they come out the same whenever they are made."""
    return event_effects(
        view.model,
        view.data,
        view.data.position(session),
        method=method,
        samples=settings.explain.samples,
        placebo=settings.explain.placebo,
        popularity=ranks,
        seed=0,
    )


def _without_news(model_id: str, method: str, logits: pd.Series) -> pd.DataFrame:
    """Rows of `effects` for forecasts from prices alone: with and without the news is one logit."""
    made = pd.Timestamp.now("UTC")
    rows = pd.DataFrame({"session": logits.index, "effect": logits.to_numpy()})
    both = pd.concat([rows.assign(event_id=name) for name in (BASE, LOGIT)], ignore_index=True)
    return both.assign(model_id=model_id, method=method, made_at=made, available_at=made)


def _of_seeds(models: Mapping[str, Any], view: Outlook, session: pd.Timestamp, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of the session's events on the models trained from other seeds, and on this one where they use another method."""
    others = {name: model for name, model in models.items() if name != view.model_id or rows["method"].iloc[0] != SEEDS_METHOD}
    if len(models) < 2:
        return []
    found = seed_effects(others, view, session)
    return [
        found.assign(session=session, method=SEEDS_METHOD, made_at=rows["made_at"].iloc[0], available_at=rows["made_at"].iloc[0])
    ]


def item_ranks(lake: Lake, view: Outlook) -> np.ndarray:
    """(N,) the popularity rank of each item of the model's kind."""
    ranks = popularity(lake, months_of(view.data.sessions[0], view.data.sessions[-1]))
    items = view.news.headlines if view.model.kind in OF_HEADLINES else view.news.events
    return items["headline_id"].map(ranks).fillna(UNRANKED).to_numpy(int)


def effect_rows(found: Effects, model_id: str, ranks: np.ndarray, view: Outlook) -> pd.DataFrame:
    """The effects of one session as rows of `effects`: its events, its older sessions by date, and the two logits they join."""
    kind = view.model.kind
    assert kind is not None, "event_effects refuses a model that reads no news"
    mine = view.data.items[kind].of(view.data.position(found.session))
    made = pd.Timestamp.now("UTC")
    own = pd.DataFrame(
        {
            "event_id": list(found.event_ids),
            "effect": found.effects,
            "stderr": found.stderr,
            "placebo_low": found.low,
            "placebo_high": found.high,
            "popularity": ranks[mine],
        }
    )
    older = pd.DataFrame(
        {
            "event_id": [f"{OLDER}{day:%Y-%m-%d}" for day in found.older_sessions],
            "effect": found.older_effects,
            "popularity": found.older_counts,  # of an older session: how many items it had
        }
    )
    ends = pd.DataFrame({"event_id": [BASE, LOGIT], "effect": [found.base, found.logit]})
    rows = pd.concat([part for part in (own, older, ends) if len(part)], ignore_index=True)
    return rows.assign(session=found.session, model_id=model_id, method=found.method, made_at=made, available_at=made)
