"""Effects of every model that reads news: those of the model that forecasts, complete, and the same by every method."""

from dataclasses import replace

import numpy as np
import pytest

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.explain.effects import event_effects
from kdtcn.features.dataset import Dataset, Items
from kdtcn.models.tcn import TcnModel
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=4, seed=3)
TRAIN, VALID = np.arange(10, 110), np.arange(115, 130)
ROW = 140
READING = [name for name in models.available() if models.family(name).kind]
FAST = {"epochs": 6, "parameters": 2000, "learning_rate": 0.02}
SNAPSHOTS = {"schedule": "restarts", "cycle": 3, "snapshots": True}
ASKED = [(name, {}) for name in READING] + [("kdtcn", SNAPSHOTS), ("han", SNAPSHOTS)]


@pytest.fixture(scope="module", params=ASKED, ids=[f"{name}{' snapshots' * bool(more)}" for name, more in ASKED])
def model(request: pytest.FixtureRequest) -> models.Model:
    name, more = request.param
    made = models.create(name)
    made.fit(DATA, TRAIN, VALID, seed=1, options={**FAST, **more})
    return made


def without(data: Dataset, kind: str, rows: np.ndarray) -> Dataset:
    """The dataset as if these items had never been told."""
    items = data.items[kind]
    gone = np.zeros(len(items.ids), dtype=bool)
    gone[rows] = True
    offsets = items.offsets - np.concatenate([[0], np.cumsum(gone)])[items.offsets]
    return replace(data, items={**data.items, kind: Items(items.ids[~gone], items.vectors[~gone], offsets)})


def test_what_reads_news_is_known() -> None:
    assert READING == ["emd-lstm", "han", "wb-tcn", "eb-tcn", "kdeb-tcn", "kdtcn"]


def test_the_ends_are_the_models_own_forecasts(model: models.Model) -> None:
    """All news of the window, and none of it, by the mask and by leaving it out of the data."""
    assert model.kind is not None
    found = event_effects(model, DATA, ROW, method="leave-one-out", placebo=0)
    offsets = DATA.items[model.kind].offsets
    window = np.arange(offsets[ROW - DATA.window + 1], offsets[ROW + 1])
    assert found.logit == pytest.approx(model.logits(DATA, np.array([ROW]))[0, 0], abs=1e-5)
    bare = model.logits(without(DATA, model.kind, window), np.array([ROW]))[0, 0]
    assert found.base == pytest.approx(bare, abs=1e-5)
    assert abs(found.logit - found.base) > 1e-3


def test_an_event_left_out_by_its_mask_is_one_that_was_never_told(model: models.Model) -> None:
    assert model.kind is not None
    found = event_effects(model, DATA, ROW, method="leave-one-out", placebo=0)
    mine = DATA.items[model.kind].of(ROW)
    rows = np.arange(mine.start, mine.stop)
    logits = [model.logits(without(DATA, model.kind, rows[j : j + 1]), np.array([ROW]))[0, 0] for j in range(len(rows))]
    np.testing.assert_allclose(found.effects, found.logit - np.array(logits), atol=2e-5)
    assert np.abs(found.effects).max() > 1e-4


def test_methods_are_complete_and_near_each_other(model: models.Model) -> None:
    exact = event_effects(model, DATA, ROW, method="exact", placebo=0)
    sampled = event_effects(model, DATA, ROW, method="shapley", samples=64, placebo=20)
    smooth = event_effects(model, DATA, ROW, method="integrated-gradients", placebo=0)
    assert max(abs(found.gap) for found in (exact, sampled, smooth)) < 1e-3
    assert (np.abs(sampled.effects - exact.effects) <= 4 * sampled.stderr + 1e-5).all()
    assert np.corrcoef(smooth.effects, exact.effects)[0, 1] > 0.8
    assert (sampled.low < sampled.high).all()


def test_excitation_says_for_which_models_it_is_defined(model: models.Model) -> None:
    """Shares of the temporal convolutions; the gates of any other network are refused by name."""
    if not isinstance(model, TcnModel):
        with pytest.raises(
            ModelError, match=f"'{model.family}': excitation back-propagation is defined for .* another effect method"
        ):
            event_effects(model, DATA, ROW, method="excitation")
        return
    found = event_effects(model, DATA, ROW, method="excitation")
    shares = np.concatenate([found.effects, found.older_effects])
    assert (shares >= 0).all() or (shares <= 0).all()
    assert 0 < np.abs(shares).sum() <= 1 + 1e-6
    assert np.isnan(found.low).all()
