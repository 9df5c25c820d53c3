"""Each row of benchmarks/tricks.py changes what it names, and nothing else: network, inputs, window; never the sessions tested."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks.tricks import TRICKS, Row, Sessions, Trick, line, tried
from kdtcn import models
from kdtcn.features.market import Market
from kdtcn.models.network import Network
from kdtcn.models.options import Options

ROWS = [(group, name, trick) for group, tricks in TRICKS.items() for name, trick in tricks.items()]
X = torch.randn(64, 10, 5, generator=torch.Generator().manual_seed(0))


def network(group: str, name: str) -> Network:
    made = models.create("tcn").build({"item": 0, "window": 10, "channels": 16, "hidden": 0})
    change = TRICKS[group][name].network
    assert change is not None
    change(made)
    return made


@pytest.mark.parametrize(("group", "name", "trick"), ROWS, ids=[f"{group}: {name}" for group, name, _ in ROWS])
def test_every_row_changes_one_thing_that_is_not_the_default(group: str, name: str, trick: Trick) -> None:
    options = models.create(trick.model).options
    changed = options.with_(trick.options)
    assert (changed != options) + (trick.network is not None) + (trick.inputs is not None) + (trick.window != 10) + (
        trick.model != "tcn" and not trick.options) == 1  # fmt: skip
    assert isinstance(changed, Options)


@pytest.mark.parametrize(
    ("name", "p"), [("blocks alone", (0.3, 0.0)), ("output alone", (0.0, 0.3)), ("inputs alone", (0.0, 0.0))]
)
def test_dropout_stands_where_the_row_says(name: str, p: tuple[float, float]) -> None:
    made = network("dropout: where and how", name)
    assert ({block.dropout.p for block in made.backbone.blocks}, made.dropout.p) == ({p[0]}, p[1])
    torch.manual_seed(0)
    again = [made.train().backbone(X) for _ in range(2)]
    assert torch.equal(*again) == (name == "output alone")
    torch.testing.assert_close(made.eval().backbone(X), made.backbone(X))


def test_whole_channels_are_dropped_in_all_sessions() -> None:
    made = network("dropout: where and how", "whole channels").train()
    dropped = made.backbone.blocks[0].dropout(torch.ones(64, 10, 16))
    assert dropped.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
    assert (dropped == dropped[:, :1]).all()


def test_dropout_that_is_not_inverted_scales_at_test() -> None:
    made = network("dropout: where and how", "not inverted")
    ones = torch.ones(1000)
    assert set(made.train().dropout(ones).tolist()) == {0.0, 1.0}
    torch.testing.assert_close(made.eval().dropout(ones), 0.7 * ones)


@pytest.mark.parametrize(("name", "low", "high"), [("softsign", -1, 1), ("tanh", -1, 1), ("elu", -1, np.inf)])
def test_activations_have_their_range(name: str, low: float, high: float) -> None:
    made = network("activation", name).eval()
    found = made.backbone(100 * X).detach()
    assert low <= found.min().item() < -0.5
    assert found.max().item() <= high
    assert not any(isinstance(module, nn.ReLU) for module in made.modules())


def sessions() -> Sessions:
    days = pd.bdate_range("2009-01-01", "2015-06-30")
    rng = np.random.default_rng(0)
    d = rng.normal(0, 0.01, len(days))
    close = 100 * np.cumprod(1 + d)
    c = np.diff(d, prepend=np.nan)
    raw = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": rng.lognormal(10, 1, len(days))}, days)
    market = Market(days, close, rng.normal(size=(len(days), 5)).astype(np.float32), d, c, (d >= 0).astype(np.int8),
                    (np.abs(c) > 0.02).astype(np.int8), np.full(len(days), 0.01), 20)  # fmt: skip
    return Sessions(market, raw.shift(1))


def test_every_row_is_tested_on_the_same_sessions() -> None:
    given = sessions()
    default = [data.sessions[split.test] for data, split in given.folds(Trick())]
    assert [str(part[0].year) for part in default] == ["2010", "2011", "2012", "2013", "2014"]
    for trick in (Trick(window=40), Trick(inputs=("log returns", "rank"))):
        for (data, split), days in zip(given.folds(trick), default, strict=True):
            assert data.sessions[split.test].equals(days)
            assert data.window == trick.window
            assert (data.prices is given.market.prices) == (trick.inputs is None)


def test_a_row_is_told_beside_the_defaults() -> None:
    found = tried(Trick({"epochs": 1}), 2, sessions())
    assert found.logits.shape == (2, len(found.up))
    assert found.trained == pytest.approx(np.log(2), abs=0.03)
    up = np.tile([1, 0], 50)
    sure, coin = (Row(np.tile((2 * up - 1) * size, (2, 1)).astype(float), up, 0.5, 1.0) for size in (3, 0))
    assert line("sure", sure, coin) == "| sure | 100.0 ± 0.0 | 1.000 | 0.0486 | -0.6446 ± 0.0000 | 0.5000 | -0.4514 | 1.0 |"
