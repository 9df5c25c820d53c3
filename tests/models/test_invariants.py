"""What is true of one model and not of the next: its own invariant; and that each names its source."""

import re
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.models.cnn import Convolution
from kdtcn.models.lstm import Recurrent
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=4, seed=3)
TRAIN, VALID, TEST = np.arange(10, 110), np.arange(115, 130), np.arange(135, 160)
KINDS = {"tcn": None, "lstm": None, "cnn": None, "wb-tcn": "word", "eb-tcn": "text", "kdeb-tcn": "graph", "kdtcn": "text+graph"}


@pytest.mark.parametrize("name", models.available())
def test_every_model_names_its_source(name: str) -> None:
    text = import_module(models.family(name).__module__).__doc__ or ""
    assert re.search(r"\b(19|20)\d\d\b", text), f"{name}: its module cites no paper by author and year"
    assert (models.family(name).__doc__ or "").strip(), f"{name}: the class does not say what it is"


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_an_ablation_reads_its_own_items_alone(name: str, kind: str | None) -> None:
    model = models.create(name, parameters=2000)
    model.fit(DATA, TRAIN, VALID, options={"epochs": 2})
    before = model.logits(DATA, TEST)
    for other, part in DATA.items.items():
        changed = replace(part, vectors=part.vectors + np.float32(1.0))
        after = model.logits(replace(DATA, items={**DATA.items, other: changed}), TEST)
        assert np.array_equal(after, before) == (other != kind)


def test_the_lstm_reads_the_state_after_the_last_session() -> None:
    """The same as to feed one session after another and to carry the state, for any length."""
    torch.manual_seed(0)
    module = Recurrent(3, 4).double()
    for length in (1, 2, 17):
        x = torch.randn(2, length, 3, dtype=torch.float64)
        state = None
        for step in range(length):
            _, state = module.lstm(x[:, step : step + 1], state)
        assert state is not None
        torch.testing.assert_close(module(x), state[0][-1])
    x = torch.randn(1, 9, 3, dtype=torch.float64)
    assert not torch.equal(module(x), module(x.flip(1)))  # order counts


def test_the_cnn_finds_a_pattern_wherever_it_stands() -> None:
    """Convolution and the maximum over the window do not know where in its inside a pattern is."""
    torch.manual_seed(0)
    module = Convolution(3, 4, 0.0).double().eval()
    pattern = torch.randn(2, 3, dtype=torch.float64)
    found = []
    for start in (4, 7, 12):
        x = torch.zeros(1, 20, 3, dtype=torch.float64)
        x[0, start : start + 2] = pattern
        found.append(module(x))
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])
    assert not torch.allclose(found[0], module(torch.zeros(1, 20, 3, dtype=torch.float64)))


def test_the_logistic_regression_is_linear_in_the_window() -> None:
    model = models.create("logistic")
    model.fit(DATA, TRAIN, VALID)

    def up(prices: np.ndarray) -> np.ndarray:
        return model.logits(replace(DATA, prices=prices.astype(np.float64)), TEST)[:, 0]

    other = np.random.default_rng(0).normal(size=DATA.prices.shape)
    np.testing.assert_allclose(up((DATA.prices + other) / 2), (up(DATA.prices) + up(other)) / 2, atol=1e-9)


def test_reversal_is_previous_sign_the_other_way() -> None:
    sides = {}
    for name in ("previous-sign", "reversal"):
        model = models.create(name)
        model.fit(DATA, TRAIN, VALID)
        sides[name] = np.sign(model.logits(DATA, TEST)[:, 0])
    np.testing.assert_array_equal(sides["previous-sign"], -sides["reversal"])
