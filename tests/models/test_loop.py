"""The gradient loop: what it starts from, when it stops, what it keeps, and its options."""

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.errors import ConfigError, ModelError
from kdtcn.models.batches import Source
from kdtcn.models.loop import hide, loss
from kdtcn.models.neural import NeuralModel
from kdtcn.models.options import Options
from tests.models.worlds import world

DATA, _ = world(sessions=200, mean_items=4, seed=4)
TRAIN, VALID = np.arange(10, 150), np.arange(155, 195)
NEURAL = [name for name in models.available() if models.family(name).seeded]
FREE = {"dropout": 0.0, "drop_items": 0.0, "drop_sessions": 0.0, "weight_decay": 0.0}


def fit(name: str, train: np.ndarray = TRAIN, valid: np.ndarray = VALID, **options: float) -> tuple[NeuralModel, models.History]:
    model = models.create(name)
    assert isinstance(model, NeuralModel)
    return model, model.fit(DATA, train, valid, options=options)


def validation_loss(model: NeuralModel) -> tuple[float, float]:
    logits = torch.from_numpy(model.logits(DATA, VALID)).float()
    labels = torch.from_numpy(np.stack([DATA.up, DATA.abrupt], 1)[VALID].astype(np.float32))
    return float(loss(logits, labels, model.options.abrupt_weight)), float(loss(logits, labels, 0.0))


def test_loss_is_the_two_cross_entropies_without_unknown_labels() -> None:
    logits = torch.tensor([[0.0, 2.0], [1.0, -1.0], [3.0, 0.5]])
    labels = torch.tensor([[1.0, -1.0], [0.0, 1.0], [-1.0, 0.0]])

    def nats(z: float, y: float) -> float:
        return float(np.log1p(np.exp(-z if y else z)))

    up, abrupt = (nats(0.0, 1) + nats(1.0, 0)) / 2, (nats(-1.0, 1) + nats(0.5, 0)) / 2
    assert float(loss(logits, labels, 0.5)) == pytest.approx(up + 0.5 * abrupt)
    assert float(loss(logits, -torch.ones(3, 2), 0.5)) == 0.0


@pytest.mark.parametrize("name", NEURAL)
def test_the_first_loss_is_that_of_knowing_nothing(name: str) -> None:
    model, _ = fit(name, epochs=1, learning_rate=0.0)
    assert validation_loss(model)[1] == pytest.approx(np.log(2), rel=0.05)


@pytest.mark.parametrize("name", NEURAL)
def test_sixteen_sessions_can_be_learned_by_heart(name: str) -> None:
    rows = TRAIN[:16]
    model, _ = fit(name, rows, rows[:0], epochs=250, run=16, runs=1, learning_rate=0.01, channels=32, **FREE)
    logits = model.logits(DATA, rows)
    p = 1 / (1 + np.exp(-np.where(DATA.up[rows] == 1, 1, -1) * logits[:, 0]))
    assert -np.log(p).mean() < 0.01


def test_the_best_weights_are_restored() -> None:
    model, history = fit("kdtcn", epochs=30, patience=5, learning_rate=0.01)
    curve = [row["valid"] for row in history.rows]
    assert history.best_epoch == int(np.argmin(curve)) + 1
    assert len(curve) == min(30, history.best_epoch + 5)  # stopped after `patience` epochs without a better one
    assert validation_loss(model)[0] == pytest.approx(min(curve), rel=1e-5)


def test_the_rate_is_halved_when_nothing_improves() -> None:
    # A rate of zero improves nothing after the first epoch.
    _, history = fit("tcn", epochs=20, patience=7, halve_after=3, learning_rate=1e-12)
    assert [round(row["rate"] / 1e-12, 4) for row in history.rows] == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_without_validation_rows_all_epochs_are_run() -> None:
    _, history = fit("tcn", valid=VALID[:0], epochs=6, patience=1)
    assert len(history.rows) == history.best_epoch == 6
    assert "valid" not in history.rows[0]


def test_no_known_label_is_an_error() -> None:
    with pytest.raises(ModelError, match="no training session has a known label"):
        fit("tcn", TRAIN[:0])


def test_single_items_and_whole_sessions_are_hidden_in_training() -> None:
    torch.manual_seed(0)
    batch = Source(DATA, "text").batch(TRAIN)
    assert batch.session is not None
    hidden = hide(batch, Options(drop_items=0.0, drop_sessions=0.3)).mask
    assert hidden is not None
    per_session = [set(hidden[batch.session == k].tolist()) for k in range(len(batch.rows))]
    assert all(len(values) <= 1 for values in per_session)
    assert 0.6 < float(hidden.mean()) < 0.8
    single = hide(batch, Options(drop_items=0.1, drop_sessions=0.0)).mask
    assert single is not None
    assert 0.85 < float(single.mean()) < 0.95
    prices = Source(DATA, None).batch(TRAIN)
    assert hide(prices, Options()) is prices


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": 3}, "'epoch' is unknown; known are .*epochs"),
        ({"epochs": 0}, "'epochs': 0 is out of range"),
        ({"dropout": 1.0}, "'dropout': 1.0 is out of range"),
        ({"dropout": "much"}, "'dropout': expected a number, got 'much'"),
        ({"runs": 1.5}, "'runs': expected an integer, got 1.5"),
        ({"learning_rate": -1}, "'learning_rate': -1 is out of range"),
        ({"clip": True}, "'clip': expected a number, got True"),
    ],
)
def test_bad_options_are_named(given: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Options.of(given)


def test_the_callers_random_state_and_threads_are_left_alone() -> None:
    torch.manual_seed(11)
    before, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(11)
    fit("tcn", epochs=1)
    torch.testing.assert_close(torch.rand(3), before)
    assert torch.get_num_threads() == threads
