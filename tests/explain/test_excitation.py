"""Excitation back-propagation: the paper's rule unit by unit, probabilities that add up to one, and nothing without a path."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from kdtcn import models
from kdtcn.explain.effects import event_effects
from kdtcn.explain.excitation import winning
from kdtcn.explain.game import Game
from kdtcn.features.dataset import Items
from kdtcn.models.base import UP
from kdtcn.models.network import Network
from kdtcn.models.snapshots import Snapshots
from kdtcn.models.tcn import Block
from tests.models.worlds import world

DATA, _ = world(sessions=60, mean_items=3, seed=3)
ROW = 40


def made(seed: int = 0, channels: int = 4, scale: float = 1.0, bias: float = 0.0) -> models.Model:
    """KDTCN with weights as they are drawn, a read-out that is not near zero, and biases moved by so much."""
    model = models.create("kdtcn", kernel=2)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = model.build({"item": DATA.items["text+graph"].dim, "window": DATA.window, "channels": channels, "hidden": 6})
        nn.init.normal_(network.output.weight)
        network.news.none.normal_()
        for name, weight in network.named_parameters():
            weight.mul_(scale if name.endswith("original0") else 1.0)
            weight.add_(bias if name.endswith("bias") else 0.0)
    model.network = network.eval()
    return model


class Units:
    """The rule of the paper one unit at a time, without gradients: what reaches each event and the prices from a unit."""

    def __init__(self, network: Network, game: Game) -> None:
        self.network, self.game = network, game
        self.ends = len(game.day) + 1  # every item of the window, then the prices
        self.memory: dict[tuple[str, int, int, int], np.ndarray | None] = {}
        with torch.no_grad():
            inputs = torch.cat([game.prices, game.full], dim=-1)
            self.layers = [inputs]
            self.within = []
            for block in network.backbone.blocks:
                first = torch.relu(block.first(self.layers[-1][None]))[0]
                self.within.append((first, torch.relu(block.second(first[None]))[0]))
                self.layers.append(block(self.layers[-1][None])[0])

    def merge(self, parts: list[tuple[float, np.ndarray | None]]) -> np.ndarray | None:
        """Equation 1: excitatory ones alone, each by its share; None, so out of the race, where there is none."""
        live = [(float(z), below) for z, below in parts if z > 0 and below is not None]
        total = sum(z for z, _ in live)
        return sum(z / total * below for z, below in live) if live else None

    def convolved(self, block: Block, which: str, level: int, t: int, c: int) -> list[tuple[float, np.ndarray | None]]:
        convolution = getattr(block, which)
        source = self.layers[level] if which == "first" else self.within[level][0]
        below = "input" if which == "first" else "first"
        step, kernel = convolution.dilation[0], convolution.kernel_size[0]
        return [
            (float(convolution.weight[c, d, j] * source[s, d]), self.unit(below, level, s, d))
            for j in range(kernel)
            if (s := t - (kernel - 1 - j) * step) >= 0
            for d in range(source.shape[1])
        ]

    def unit(self, what: str, level: int, t: int, c: int) -> np.ndarray | None:
        key = (what, level, t, c)
        if key not in self.memory:
            self.memory[key] = self._unit(what, level, t, c)
        return self.memory[key]

    def _unit(self, what: str, level: int, t: int, c: int) -> np.ndarray | None:
        game = self.game
        if what == "input" and level == 0:
            if c < 5:
                return np.eye(self.ends)[-1]
            side = np.sign(float(game.full[t, c - 5]))
            items = [i for i in range(len(game.day)) if game.day[i] == t]
            return self.merge([(side * float(game.w[i] * game.v[i, c - 5]), np.eye(self.ends)[i]) for i in items])
        if what == "input":
            block, level = self.network.backbone.blocks[level - 1], level - 1
            x = self.layers[level]
            match = block.match.weight[c] if isinstance(block.match, nn.Linear) else torch.eye(x.shape[1])[c]
            past = [(float(match[d] * x[t, d]), self.unit("input", level, t, d)) for d in range(x.shape[1])]
            return self.merge([(float(self.within[level][1][t, c]), self.unit("second", level, t, c)), *past])
        return self.merge(self.convolved(self.network.backbone.blocks[level], what, level, t, c))

    def found(self) -> np.ndarray:
        last = len(self.layers) - 1
        h, weight = self.layers[-1][-1], self.network.output.weight[UP]
        below = [self.unit("input", last, self.game.window - 1, c) for c in range(len(h))]
        sides = [[(float(sign * weight[c] * h[c]), below[c]) for c in range(len(h))] for sign in (1, -1)]
        strength = [sum(z for z, ends in side if z > 0 and ends is not None) for side in sides]
        ends = self.merge(sides[int(np.argmax(strength))])
        assert ends is not None
        own, older = self.game.k, len(self.game.day) - self.game.k
        past = np.bincount(self.game.day[:older].numpy(), ends[:older], self.game.window - 1)
        return np.concatenate([ends[older : older + own], past, ends[-1:]])


@pytest.mark.parametrize(("seed", "bias"), [(0, 0.0), (1, 0.0), (2, -0.1), (3, 0.4)])
def test_it_is_the_papers_rule_unit_by_unit(seed: int, bias: float) -> None:
    model = made(seed, bias=bias)
    game = Game(model, DATA, ROW)
    assert game.k > 1
    found, _ = winning(game)
    with torch.no_grad():
        np.testing.assert_allclose(found, Units(model.network, game).found(), atol=1e-5)


@given(seed=st.integers(0, 10**6), row=st.integers(DATA.window - 1, 59), scale=st.floats(0.2, 3), bias=st.floats(-0.5, 0.5))
@settings(max_examples=40, deadline=None)
def test_probabilities_add_up_to_one_over_events_and_prices(seed: int, row: int, scale: float, bias: float) -> None:
    found, side = winning(Game(made(seed, channels=13, scale=scale, bias=bias), DATA, row))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(abs(side), abs=1e-4)  # where nothing excites the logit, nobody wins


def test_most_networks_have_winners() -> None:
    assert np.mean([winning(Game(made(seed, channels=13), DATA, ROW))[1] != 0 for seed in range(20)]) > 0.9


def test_an_event_without_a_positive_path_wins_nothing() -> None:
    """All weights above the news are positive, so only what is above zero excites, and one event is all below."""
    model = made()
    network = model.network
    with torch.no_grad():
        for weight in (*network.backbone.parameters(), network.output.weight):
            weight.abs_()
    game = Game(model, DATA, ROW)
    value = network.news.value
    hidden = torch.relu(network.news.hidden(torch.as_tensor(DATA.items["text+graph"].vectors[DATA.items["text+graph"].of(ROW)])))
    with torch.no_grad():
        value.bias.copy_(-value.weight @ hidden[0] - 0.1)  # the first event is 0.1 below zero everywhere
    game = Game(model, DATA, ROW)
    assert (game.own_v[0] < 0).all()
    found, side = winning(game)
    assert side == 1
    assert found[0] == 0
    assert found[1 : game.k].max() > 0
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_where_no_news_was_told_the_prices_win_all() -> None:
    items = DATA.items["text+graph"]
    silent = replace(DATA, items={"text+graph": Items(items.ids[:0], items.vectors[:0], np.zeros_like(items.offsets))})
    found, side = winning(Game(made(), silent, ROW))
    assert abs(side) == 1
    assert found[:-1].tolist() == [0] * (DATA.window - 1)
    assert found[-1] == pytest.approx(1, abs=1e-5)


def test_a_logit_that_nothing_excites_has_no_winners() -> None:
    model = made()
    with torch.no_grad():
        model.network.output.weight.zero_()
        model.network.output.bias.fill_(3)
    found, side = winning(Game(model, DATA, ROW))
    assert (side, np.abs(found).sum()) == (0, 0)


def test_the_other_side_has_the_same_winners_and_effects_of_the_other_sign() -> None:
    model, other = made(), made()
    with torch.no_grad():
        other.network.output.weight.neg_()
    (found, side), (same, turned) = (winning(Game(one, DATA, ROW)) for one in (model, other))
    assert side == -turned
    np.testing.assert_allclose(found, same, atol=1e-6)
    up, down = (event_effects(one, DATA, ROW, method="excitation") for one in (model, other))
    np.testing.assert_allclose(up.effects, -down.effects, atol=1e-6)
    assert side * up.effects.sum() > 0


def test_in_an_ensemble_members_share_by_how_much_each_excites() -> None:
    first, second, both = made(0), made(1), made(0)
    parts = [winning(Game(one, DATA, ROW))[0] for one in (first, second)]
    both.network = Snapshots([first.network, first.network])
    np.testing.assert_allclose(winning(Game(both, DATA, ROW))[0], parts[0], atol=1e-6)
    with torch.no_grad():
        second.network.output.weight.mul_(1e4)  # next to it the first says nothing
    both.network = Snapshots([first.network, second.network])
    np.testing.assert_allclose(winning(Game(both, DATA, ROW))[0], parts[1], atol=1e-2)
