"""How well the embedding knows what the test period's events name: the share of linked entities with a vector of their own."""

import json
from collections import Counter

import pandas as pd

from kdtcn.config import Settings
from kdtcn.evaluation.stored import last_trained
from kdtcn.features import fitted as folds
from kdtcn.features.reach import shares
from kdtcn.lake import Lake
from kdtcn.training.fold import Sight


def coverage(lake: Lake, settings: Settings, predictions: pd.DataFrame) -> dict[str, Counter[str]]:
    """Counts by source of the vectors (`kdtcn.features.reach.SOURCES`) over the sessions of `predictions`, for each alignment.

    Where the origin moves, each session's events are read with the fold trained last before it. Models that were not
    fitted on a fold count for nothing. ModelError where a fold's vectors are missing or belong to another graph.
    """
    rows = lake.read("models", columns=["model_id", "alignment", "trained_until", "config"])
    rows = rows[rows["model_id"].isin(last_trained(lake))]
    rows = rows.assign(fold=[json.loads(config).get("fitted_id", "") for config in rows["config"]])
    rows = rows[rows["fold"] != ""].drop_duplicates(["alignment", "fold"]).sort_values("trained_until")
    found: dict[str, Counter[str]] = {}
    sight = Sight.of(lake, settings) if len(rows) else None
    for alignment in settings.evaluation.alignments:
        mine = rows[rows["alignment"] == alignment]
        asked = pd.DatetimeIndex(predictions.loc[predictions["alignment"] == alignment, "session"].unique()).sort_values()
        ends = [*mine["trained_until"].iloc[1:], pd.Timestamp.max][: len(mine)]
        for fold, after, until in zip(mine["fold"], mine["trained_until"], ends, strict=True):
            sessions = asked[(asked > after) & (asked <= until)]
            if sight is None or sessions.empty:
                continue
            said = sight.news(lake, settings, alignment, sessions)
            fitted = folds.load(lake, fold, sight.graph, sight.reading)
            found.setdefault(alignment, Counter()).update(fitted.reach.coverage(said.links, len(said.events)))
    return found


def in_words(found: dict[str, Counter[str]]) -> str:
    """A line for each alignment."""
    return "\n".join(f"{alignment}: {shares(counts)}" for alignment, counts in found.items())
