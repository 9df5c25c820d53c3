"""The nightly update of a fold: vectors for what a session's events name and its embedding does not know."""

from dataclasses import dataclass

import pandas as pd

from kdtcn.config import Settings
from kdtcn.features import fitted as folds
from kdtcn.lake import Lake
from kdtcn.sessions import decision_time
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import standing
from kdtcn.training.store import load_stored


@dataclass(frozen=True)
class Renewal:
    """What the nights of some sessions taught: the ids that got vectors, and how the linked entities are covered now."""

    learnt: list[str]
    coverage: dict[str, int]


def renew(
    lake: Lake, settings: Settings, sight: Sight, model_id: str, sessions: pd.DatetimeIndex, *, dry_run: bool = False
) -> Renewal:
    """Learn, session by session, what each one's events name for the first time; stored vectors never change.

    Each vector is made from what was known at its session's decision time and counts from that session on, so forecasts
    of earlier sessions stay as they were made, and a second run finds nothing to do. A session whose forecast stands teaches
    nothing: what its forecast did not know, the account of that forecast must not know either.
    """
    _, config = load_stored(lake, model_id)
    open_ = sessions.difference(standing(lake, settings, model_id, sessions))
    return renew_fold(lake, settings, sight, str(config["fitted_id"]), open_, dry_run=dry_run)


def renew_fold(
    lake: Lake, settings: Settings, sight: Sight, fitted_id: str, sessions: pd.DatetimeIndex, *, dry_run: bool = False
) -> Renewal:
    """As `renew`, for a fold by its own id."""
    fitted = folds.load(lake, fitted_id, sight.graph, sight.reading)
    rows, covered = [], dict[str, int]()
    for session in sessions[sessions > fitted.graph_cut]:
        decided = decision_time(session, settings.decision.at)
        said = sight.news(lake, settings, "forecast", pd.DatetimeIndex([session]), decided)
        fitted, new = fitted.learn(said, session, 0, decided)
        rows.append(new)
        now = fitted.reach.coverage(said.links, len(said.events))
        covered = {name: covered.get(name, 0) + count for name, count in now.items()}
    learnt = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["entity_id"])
    if len(learnt) and not dry_run:
        lake.upsert("vectors", learnt)
    return Renewal(learnt["entity_id"].tolist(), covered)
