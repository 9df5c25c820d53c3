"""How weights start and move: initialisation schemes, optimisers, schedules, penalties, class weights."""

import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.errors import ConfigError, ModelError
from kdtcn.models.batches import Source, runs
from kdtcn.models.descent import FLOOR, initialise
from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.loop import class_weights, loss
from kdtcn.models.neural import NeuralModel
from kdtcn.models.options import Options
from tests.models.worlds import world

DATA, _ = world(sessions=200, mean_items=3, seed=4)
TRAIN, VALID = np.arange(10, 150), np.arange(155, 195)
SMALL = {"parameters": 2000}
STILL = {"learning_rate": 1e-12}  # nothing improves after the first epoch


def fit(name: str = "tcn", valid: np.ndarray = VALID, **options: Any) -> tuple[NeuralModel, models.History]:
    model = models.create(name)
    assert isinstance(model, NeuralModel)
    return model, model.fit(DATA, TRAIN, valid, options={**SMALL, **options})


def rates(epochs: int, **options: Any) -> np.ndarray:
    """The learning rate of each epoch as a share of its start."""
    _, history = fit(epochs=epochs, patience=99, **STILL, **options)
    return np.array([row["rate"] for row in history.rows]) / STILL["learning_rate"]


@pytest.mark.parametrize(("name", "rate"), [("adamw", 4e-3), ("adam", 4e-3), ("rmsprop", 2e-3), ("adagrad", 0.02), ("sgd", 0.1)])
def test_every_optimiser_learns_and_repeats_itself(name: str, rate: float) -> None:
    (one, history), (two, _) = (
        fit(epochs=25, optimiser=name, learning_rate=rate, dropout=0.0, valid=VALID[:0]) for _ in range(2)
    )
    assert history.rows[-1]["train"] < history.rows[0]["train"] - 0.03
    assert one.to_bytes() == two.to_bytes()


def test_the_optimisers_are_those_named() -> None:
    states = {name: fit(epochs=2, optimiser=name)[0].to_bytes() for name in ("adamw", "adam", "rmsprop", "adagrad", "sgd")}
    assert len(set(states.values())) == 5
    assert fit(epochs=2, optimiser="sgd", momentum=0.5)[0].to_bytes() != states["sgd"]


def test_the_default_is_adamw_with_decay_of_matrices_alone() -> None:
    """Stored models stay comparable: the loop of the defaults, written out."""
    model, _ = fit(epochs=2, valid=VALID[:0])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        source, other = Source(DATA, None), models.create("tcn", **SMALL, epochs=2)
        assert isinstance(other, NeuralModel)
        network = other.build(model.dims)
        other._prepare(network, source, DATA, TRAIN)
        other.volatility = model.volatility
        start = other._start(DATA, np.arange(len(DATA)))
        labels = torch.from_numpy(np.stack([DATA.up, DATA.abrupt], axis=1).astype(np.float32))
        groups = [
            {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ]
        mover, generator = torch.optim.AdamW(groups, lr=4e-3, fused=True), np.random.default_rng(0)
        network.train()
        for _ in range(2):
            for idx in runs(TRAIN, 32, 4, generator):
                mover.zero_grad()
                loss(network(source.batch(idx)) + start[idx], labels[idx], 0.5).backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                mover.step()
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, model.state()[name]), name


def test_halving_waits_and_stops_at_the_floor() -> None:
    assert rates(9, halve_after=3).tolist() == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert rates(16, halve_after=1)[-4:] == pytest.approx([FLOOR] * 4)
    assert rates(16, halve_after=1).min() == pytest.approx(1 / 1024)


def test_the_other_schedules_follow_their_formulas() -> None:
    epoch = np.arange(8)
    np.testing.assert_allclose(rates(8, schedule="constant"), 1.0)
    np.testing.assert_allclose(rates(8, schedule="inverse", decay=0.5), 1 / (1 + 0.5 * epoch))
    wave = FLOOR + (1 - FLOOR) * (1 + np.cos(np.pi * epoch / 8)) / 2
    np.testing.assert_allclose(rates(8, schedule="cosine"), wave, rtol=1e-6)
    np.testing.assert_allclose(rates(16, schedule="restarts", cycle=8), np.tile(wave, 2), rtol=1e-6)


@pytest.mark.parametrize("penalty", [{"l1": 0.03}, {"weight_decay": 5.0}, {"weight_decay": 0.3, "optimiser": "adam"}])
def test_penalties_shrink_the_weights(penalty: dict[str, Any]) -> None:
    def size(**options: Any) -> float:
        network = fit("lstm", valid=VALID[:0], epochs=15, **options)[0].fitted()
        return float(sum(p.abs().sum() for p in network.parameters() if p.ndim > 1).detach())

    assert size(**{"weight_decay": 0.0, **penalty}) < 0.8 * size(weight_decay=0.0)


def test_init_draws_matrices_by_the_scheme_and_nothing_else() -> None:
    torch.manual_seed(0)
    model = Kdtcn(**SMALL)
    fresh = model.build({"item": 24, "window": DATA.window, **model.widths(24, DATA.window)})

    def drawn(scheme: Any) -> Any:
        network = copy.deepcopy(fresh)
        initialise(network, scheme, but=network.output)
        return network

    for name, weight in drawn("default").state_dict().items():
        assert torch.equal(weight, fresh.state_dict()[name])
    for scheme in ("xavier", "kaiming", "orthogonal", "normal"):
        network = drawn(scheme)
        for name, p in network.named_parameters():
            untouched = p.ndim < 2 or name.startswith("output")
            assert torch.equal(p, fresh.get_parameter(name)) == untouched, (scheme, name)
    orthogonal = drawn("orthogonal")
    for weight in (orthogonal.news.hidden.weight, orthogonal.backbone.blocks[0].first.weight.flatten(1)):
        rows = weight if weight.shape[0] <= weight.shape[1] else weight.T
        torch.testing.assert_close(rows @ rows.T, torch.eye(len(rows)), atol=1e-5, rtol=0)
    assert float(drawn("normal").news.hidden.weight.detach().std()) == pytest.approx(0.05, rel=0.2)
    bound = (6 / sum(fresh.news.hidden.weight.shape)) ** 0.5 if fresh.news else 0.0
    assert float(drawn("xavier").news.hidden.weight.detach().abs().max()) == pytest.approx(bound, rel=0.1)


def test_class_weights_make_both_classes_weigh_the_same() -> None:
    labels = torch.tensor([[1.0, 0.0]] * 6 + [[0.0, 0.0]] * 2 + [[-1.0, -1.0]] * 3)
    weights = class_weights(labels)
    torch.testing.assert_close(weights, torch.tensor([[2.0, 2 / 3], [0.5, 0.0]]))  # no abrupt session was seen
    # A forecast that is sure of the commoner class gains nothing by it.
    for lean in (2.0, -2.0):
        value = loss(torch.tensor([[lean, 0.0]]).repeat(11, 1), labels, 0.0, weights)
        expected = (np.log1p(np.exp(-2)) + np.log1p(np.exp(2))) / 2
        assert float(value) == pytest.approx(expected, rel=1e-5)


def test_p_abrupt_may_start_from_har() -> None:
    """Without a step the network adds nothing: P(abrupt) is that of HAR, also after saving; P(up) is as before."""
    still = {"epochs": 1, "learning_rate": 0.0}
    model, har = fit(volatility="har", **still)[0], models.create("har")
    har.fit(DATA, TRAIN, VALID)
    expected = har.logits(DATA, VALID)[:, 1]
    added = model.logits(DATA, VALID)[:, 1] - expected
    assert np.abs(added).max() < 0.2  # the output's own small weights
    assert np.abs(expected).max() > 1
    again = models.load(json.loads(json.dumps(model.config())), model.to_bytes())
    np.testing.assert_array_equal(again.logits(DATA, VALID), model.logits(DATA, VALID))
    assert again.history == har.history > DATA.window
    np.testing.assert_array_equal(model.logits(DATA, VALID)[:, 0], fit(**still)[0].logits(DATA, VALID)[:, 0])
    assert "volatility" not in model.state()


def test_balanced_classes_start_at_one_half() -> None:
    model, _ = fit(epochs=1, learning_rate=0.0, class_weights="balanced")
    assert abs(model.logits(DATA, VALID)[:, 0].mean()) < abs(fit(epochs=1, learning_rate=0.0)[0].logits(DATA, VALID)[:, 0].mean())
    assert fit(epochs=2, class_weights="balanced")[0].to_bytes() != fit(epochs=2)[0].to_bytes()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimiser": "lion"}, "'optimiser': expected one of adamw, adam, rmsprop, adagrad, sgd, got 'lion'"),
        ({"schedule": 3}, "'schedule': expected one of halving, inverse, cosine, restarts, constant, got 3"),
        ({"init": "zeros"}, "'init': expected one of default, xavier"),
        ({"class_weights": True}, "'class_weights': expected one of none, balanced, got True"),
        ({"volatility": "garch"}, "'volatility': expected one of regression, har, got 'garch'"),
        ({"snapshots": 1}, "'snapshots': expected true or false, got 1"),
        ({"snapshots": True}, "'snapshots': one member a cycle needs schedule: restarts, not halving"),
        ({"optimiser": "sgd", "momentum": 0.0}, "'momentum': 0 leaves"),
        ({"momentum": 1.0}, "'momentum': 1.0 is out of range"),
        ({"learning_rate": float("nan")}, "'learning_rate': nan is out of range"),
        ({"l1": -0.1}, "'l1': -0.1 is out of range"),
        ({"cycle": 0}, "'cycle': 0 is out of range"),
    ],
)
def test_bad_choices_are_named(given: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Options.of(given)


def test_a_rate_that_explodes_is_named() -> None:
    with pytest.raises(ModelError, match=r"loss is .* in epoch \d; lower learning_rate"):
        fit(epochs=9, optimiser="sgd", learning_rate=1e30, clip=1e30)
