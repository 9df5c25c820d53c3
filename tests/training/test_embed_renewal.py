"""Nights that learn: another future teaches a night nothing, a second run finds nothing to do, old forecasts stay as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from kdtcn.features import fitted as folds
from kdtcn.lake import Lake
from kdtcn.sessions import decision_time
from kdtcn.training.fold import Fold, Sight, prepare
from kdtcn.training.renewal import renew_fold
from tests.test_no_future import CUT, DAYS, SETTINGS, build

FIRST = CUT - 1  # the first of two nights
NIGHTS = DAYS[FIRST : CUT + 1]


def ignorant(folder: Path, future: int) -> tuple[Lake, Sight, Fold]:
    """A lake and a stored fold whose embedding never saw half of the entities that the news names."""
    lake, sight = build(folder, future)
    fold = prepare(lake, SETTINGS, "forecast", sight)
    whole = fold.fitted.embedding
    unseen = set(sorted(set(fold.news.links["entity_id"]))[::2])
    keep = [i for i, name in enumerate(whole.entities) if name not in unseen]
    less = replace(whole, entities=[whole.entities[i] for i in keep], vectors=whole.vectors[keep])
    fitted = replace(fold.fitted, fitted_id="fold-less", embedding=less)
    fitted.store(lake, "hash")
    return lake, sight, replace(fold, fitted=fitted)


def stored(lake: Lake) -> pd.DataFrame:
    rows = lake.read("vectors")
    return rows[rows["model_id"] == folds.later_id("fold-less")].sort_values("entity_id").reset_index(drop=True)


def test_a_night_knows_no_future_and_changes_no_past(tmp_path: Path) -> None:
    lake, sight, fold = ignorant(tmp_path / "one", 0)
    before = fold.fitted.dataset(fold.market, fold.news, SETTINGS.features.window).items["graph"]
    would = renew_fold(lake, SETTINGS, sight, "fold-less", NIGHTS, dry_run=True).learnt
    assert stored(lake).empty
    learnt = renew_fold(lake, SETTINGS, sight, "fold-less", NIGHTS).learnt
    assert learnt == would
    assert learnt, "the news of these nights names entities that were never trained"
    rows = stored(lake)
    assert sorted(learnt) == rows["entity_id"].tolist()
    assert set(rows["available_at"]) <= {decision_time(night) for night in NIGHTS}

    version = lake.version("vectors")
    again = renew_fold(lake, SETTINGS, sight, "fold-less", NIGHTS)
    assert again.learnt == []
    assert lake.version("vectors") == version
    assert again.coverage["learnt since"] > 0

    after = folds.load(lake, "fold-less", sight.graph, sight.reading).dataset(fold.market, fold.news, SETTINGS.features.window)
    first = int(before.offsets[FIRST])
    np.testing.assert_array_equal(before.vectors[:first], after.items["graph"].vectors[:first])
    assert not np.array_equal(before.vectors[first:], after.items["graph"].vectors[first:])

    other, sight, _ = ignorant(tmp_path / "two", 5)
    renew_fold(other, SETTINGS, sight, "fold-less", NIGHTS)
    same = stored(other)
    assert same["entity_id"].tolist() == rows["entity_id"].tolist()
    np.testing.assert_array_equal(np.vstack(same["vector"]), np.vstack(rows["vector"]))
