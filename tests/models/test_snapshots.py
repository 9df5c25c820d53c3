"""Snapshot ensembles: one member a cycle, the mean of their logits, saved and explained like any other model."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.explain.game import Game
from kdtcn.models.base import History
from kdtcn.models.neural import NeuralModel
from kdtcn.models.snapshots import Snapshots
from tests.models.worlds import world

DATA, _ = world(sessions=200, mean_items=3, seed=4)
TRAIN, VALID, TEST = np.arange(10, 140), np.arange(145, 170), np.arange(175, 200)
CYCLES = {"schedule": "restarts", "cycle": 3, "snapshots": True, "parameters": 2000, "learning_rate": 0.01}


def fit(name: str, valid: np.ndarray = VALID, **options: Any) -> tuple[NeuralModel, History]:
    model = models.create(name)
    assert isinstance(model, NeuralModel)
    return model, model.fit(DATA, TRAIN, valid, options={**CYCLES, **options})


def members(model: NeuralModel) -> list[NeuralModel]:
    """Each member as a model of its own."""
    ensemble = model.fitted()
    assert isinstance(ensemble, Snapshots)
    found = []
    for member in ensemble.members:
        one = models.create(model.family, **model.options.as_dict())
        assert isinstance(one, NeuralModel)
        one.dims, one.volatility, one.network = {**model.dims, "members": 1}, model.volatility, member  # type: ignore[assignment]
        found.append(one)
    return found


@pytest.mark.parametrize("name", ["tcn", "kdtcn"])
def test_one_member_a_cycle_and_the_mean_of_their_logits(name: str) -> None:
    model, history = fit(name, epochs=9, patience=1)
    assert len(history.rows) == 9  # early stopping would end the cycles
    each = [member.logits(DATA, TEST) for member in members(model)]
    assert len(each) == 3
    assert len({logits.tobytes() for logits in each}) == 3
    np.testing.assert_allclose(model.logits(DATA, TEST), np.mean(each, axis=0), atol=1e-6)
    assert model.n_parameters == 3 * members(model)[0].n_parameters


def test_a_member_is_the_best_of_its_cycle() -> None:
    alone, history = fit("tcn", epochs=6, snapshots=False, patience=99)
    both, _ = fit("tcn", epochs=6)
    curve = [row["valid"] for row in history.rows]
    best = members(both)[0 if int(np.argmin(curve)) < 3 else 1]
    np.testing.assert_array_equal(best.logits(DATA, TEST), alone.logits(DATA, TEST))


def test_without_validation_rows_a_member_is_the_end_of_its_cycle() -> None:
    short, _ = fit("tcn", VALID[:0], epochs=3)
    assert not isinstance(short.fitted(), Snapshots)  # one cycle is one network
    long, _ = fit("tcn", VALID[:0], epochs=6)
    np.testing.assert_array_equal(members(long)[0].logits(DATA, TEST), short.logits(DATA, TEST))


def test_saved_and_loaded_is_equal() -> None:
    model, _ = fit("kdtcn", epochs=6)
    again = models.load(json.loads(json.dumps(model.config())), model.to_bytes())
    np.testing.assert_array_equal(again.logits(DATA, TEST), model.logits(DATA, TEST))
    assert again.to_bytes() == model.to_bytes()


def test_an_explanation_meets_the_mean_of_the_members() -> None:
    model, _ = fit("kdtcn", epochs=6)
    row = int(TEST[4])
    game, parts = Game(model, DATA, row), [Game(member, DATA, row) for member in members(model)]
    masks = (torch.rand(6, game.players, generator=torch.Generator().manual_seed(0)) > 0.4).float()
    masks[0] = 1.0
    torch.testing.assert_close(game.value(masks), torch.stack([part.value(masks) for part in parts]).mean(dim=0))
    torch.testing.assert_close(game.smooth_value(masks).detach(), game.value(masks), atol=1e-5, rtol=1e-4)
    assert float(game.value(masks)[0]) == pytest.approx(model.logits(DATA, np.array([row]))[0, 0], abs=1e-5)
