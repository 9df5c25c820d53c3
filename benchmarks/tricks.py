"""Training tricks of the literature, each as a row on one model, walk-forward over 2010 to 2014: python -m benchmarks.tricks.

The model is the TCN on prices (zoneout, which needs a state to keep, is shown on the LSTM). Every row has the same sessions, folds
and seeds; what changes is the one thing it names. Nothing from 2015 on is read, so that what is chosen here may still be tested
there. Options: --config configs/djia.yaml [--seeds 5] [--workers 2] [--only dropout "batch size"].
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.options import FIRST, UNTIL, error, losses
from benchmarks.series import Scale, Stationary, price_vectors
from kdtcn import models
from kdtcn.config import Settings, load
from kdtcn.evaluation.metrics import auc
from kdtcn.features.dataset import PRICE_COLUMNS, Dataset
from kdtcn.features.market import Market, known_prices, market
from kdtcn.features.vectors import priced
from kdtcn.lake import Lake
from kdtcn.models import UP
from kdtcn.models.network import Network
from kdtcn.models.tcn import Block
from kdtcn.training.splits import Split, rolling_origin

OFF = 1e9  # a gradient is never as long
Change = Callable[[Network], None]


@dataclass(frozen=True)
class Trick:
    """What a row changes: options of the loop, the network once it is built, the inputs, the window, or the model."""

    options: Mapping[str, Any] = field(default_factory=dict)
    network: Change | None = None
    inputs: tuple[Stationary, Scale] | None = None
    window: int = 10
    model: str = "tcn"


class SoftBlock(Block):
    """The residual block with another activation than ReLU."""

    activation: Callable[[Tensor], Tensor]

    def forward(self, x: Tensor) -> Tensor:
        y = self.dropout(self.activation(self.first(x)))
        y = self.dropout(self.activation(self.second(y)))
        return self.activation(y + self.match(x))


class PlainDropout(nn.Dropout):
    """Dropout as first told (Hinton et al. 2012): units are scaled down at test, where inverted dropout scales up in training."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (torch.rand_like(x) >= self.p) if self.training else x * (1 - self.p)


def activation(function: Callable[[Tensor], Tensor], network: Network) -> None:
    for block in network.backbone.blocks:  # type: ignore[union-attr]
        block.__class__, block.activation = SoftBlock, function


def dropout_at(place: str, network: Network) -> None:
    """Dropout in the blocks alone, ahead of the output alone, or on the prices alone."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Dropout) and place != ("output" if name == "dropout" else "blocks"):
            module.p = 0.0
    if place == "inputs":
        network.backbone.register_forward_pre_hook(lambda _, given: functional.dropout(given[0], 0.3, network.training))


def plain_dropout(network: Network) -> None:
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.__class__ = PlainDropout


class ChannelDropout(nn.Dropout1d):
    """(B, T, channels): a channel is dropped in all sessions of a window at once (Tompson et al. 2015), as Bai et al. do."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x.transpose(1, 2))
        return y.transpose(1, 2)


def whole_channels(network: Network) -> None:
    for block in network.backbone.blocks:  # type: ignore[union-attr]
        block.dropout = ChannelDropout(block.dropout.p)


RESTARTS = {"schedule": "restarts", "cycle": 10, "patience": 12}
TRICKS: dict[str, dict[str, Trick]] = {
    "dropout against L2": {
        "neither": Trick({"dropout": 0.0, "weight_decay": 0.0}),
        "L2 alone": Trick({"dropout": 0.0}),
        "L2 0.5 alone": Trick({"dropout": 0.0, "weight_decay": 0.5}),
        "dropout 0.3 alone": Trick({"weight_decay": 0.0}),
        "dropout 0.1": Trick({"dropout": 0.1}),
        "dropout 0.5": Trick({"dropout": 0.5}),
    },
    "dropout: where and how": {
        "blocks alone": Trick(network=partial(dropout_at, "blocks")),
        "output alone": Trick(network=partial(dropout_at, "output")),
        "inputs alone": Trick(network=partial(dropout_at, "inputs")),
        "whole channels": Trick(network=whole_channels),
        "not inverted": Trick(network=plain_dropout),
    },
    "zoneout, on the LSTM": {
        "lstm": Trick(model="lstm"),
        "zoneout 0": Trick({"dropout": 0.0}, model="zoneout"),
        "zoneout 0.1": Trick({"dropout": 0.1}, model="zoneout"),
        "zoneout 0.3": Trick(model="zoneout"),
        "zoneout 0.5": Trick({"dropout": 0.5}, model="zoneout"),
    },
    "clipping": {f"norm at most {clip:g}": Trick({"clip": clip}) for clip in (0.1, 10.0)} | {"none": Trick({"clip": OFF})},
    "learning rate": {
        "constant": Trick({"schedule": "constant"}),
        "inverse": Trick({"schedule": "inverse"}),
        "cosine": Trick({"schedule": "cosine", "epochs": 30}),
        "restarts": Trick(RESTARTS),
        "1e-3": Trick({"learning_rate": 1e-3}),
        "1e-2": Trick({"learning_rate": 1e-2}),
    },
    "optimiser": {
        "adam": Trick({"optimiser": "adam"}),
        "rmsprop": Trick({"optimiser": "rmsprop", "learning_rate": 1e-3}),
        "adagrad": Trick({"optimiser": "adagrad", "learning_rate": 0.02}),
        "sgd": Trick({"optimiser": "sgd", "learning_rate": 0.05}),
    },
    "batch size": {f"{32 * runs}": Trick({"runs": runs}) for runs in (1, 2, 8, 16, 64)},
    "initialisation": {name: Trick({"init": name}) for name in ("xavier", "kaiming", "orthogonal", "normal")},
    "activation": {
        "softsign": Trick(network=partial(activation, functional.softsign)),
        "tanh": Trick(network=partial(activation, torch.tanh)),
        "elu": Trick(network=partial(activation, functional.elu)),
    },
    "normalisation of log returns": {
        "z-score": Trick(inputs=("log returns", "z-score")),
        "min-max": Trick(inputs=("log returns", "min-max")),
        "rank": Trick(inputs=("log returns", "rank")),
    },
    "stationarity, z-score": {
        "levels": Trick(inputs=("levels", "z-score")),
        "log levels": Trick(inputs=("log levels", "z-score")),
        "differences": Trick(inputs=("differences", "z-score")),
        "Box-Cox differences": Trick(inputs=("Box-Cox differences", "z-score")),
        "seasonally adjusted": Trick(inputs=("seasonally adjusted", "z-score")),
    },
    "window": {f"{sessions} sessions": Trick(window=sessions) for sessions in (3, 5, 20, 40)},
}


@dataclass(frozen=True)
class Sessions:
    """All that a row needs: the market, and prices as they were seen, both up to the end of the last fold."""

    market: Market
    seen: pd.DataFrame

    @classmethod
    def of(cls, settings: Settings) -> Sessions:
        lake = Lake(settings.lake_url)
        found = market(lake, settings)
        rows = known_prices(lake, settings).reindex(found.sessions)[list(PRICE_COLUMNS)]
        # the forecast of i knows the session before it, and that session's own day is its season
        days = pd.DatetimeIndex([found.sessions[0], *found.sessions[:-1]])
        return cls(found, rows.shift(1).set_axis(days))

    def folds(self, trick: Trick) -> Iterator[tuple[Dataset, Split]]:
        """A fold for each year from 2010 to 2014; every window has the same test rows."""
        data = priced(self.market, trick.window)
        usable = data.usable()
        usable = usable[data.sessions[usable] < pd.Timestamp(UNTIL)]
        for split in rolling_origin(data.sessions, usable, first_test=FIRST, embargo=trick.window):
            if trick.inputs is None:
                yield data, split
            else:
                yield replace(data, prices=price_vectors(self.seen, int(split.train[-1]), *trick.inputs)), split


@dataclass(frozen=True)
class Row:
    """Logits of P(up) (seeds, n) with labels (n,), the log loss on the training rows at the end, and seconds of processor time a training."""

    logits: np.ndarray
    up: np.ndarray
    trained: float
    seconds: float


def tried(trick: Trick, seeds: int, sessions: Sessions) -> Row:
    """Fit and forecast every fold with every seed."""
    parts, labels, trained, start, fits = [], [], [], time.process_time(), 0
    for data, split in sessions.folds(trick):
        each = []
        for seed in range(seeds):
            model = models.create(trick.model)
            if trick.network is not None:
                _change(model, trick.network)
            model.fit(data, split.train, split.valid, seed=seed, options=trick.options)
            fits += 1
            each.append(model.logits(data, split.test)[:, UP])
            trained.append(losses(model.logits(data, split.train)[:, UP], data.up[split.train]).mean())
        parts.append(np.stack(each))
        labels.append(data.up[split.test])
    seconds = (time.process_time() - start) / fits
    return Row(np.concatenate(parts, axis=1), np.concatenate(labels), float(np.mean(trained)), seconds)


def _change(model: Any, change: Change) -> None:
    """Have the network changed right after it is built."""
    build = model.build

    def changed(dims: Mapping[str, int]) -> Network:
        network: Network = build(dims)
        change(network)
        return network

    model.build = changed


_sessions: Sessions  # of a worker process


def _begin(settings: Settings) -> None:
    global _sessions
    torch.set_num_threads(1)
    _sessions = Sessions.of(settings)


def _tried(trick: Trick, seeds: int) -> Row:
    return tried(trick, seeds, _sessions)


def line(name: str, row: Row, base: Row) -> str:
    """A row of the table: the difference is to the defaults, its standard error by blocks of sessions."""
    loss, other = (losses(one.logits, one.up).mean(axis=0) for one in (row, base))
    right = ((row.logits >= 0) == (row.up == 1)).mean(axis=1)
    area = np.mean([auc(seed, row.up == 1) for seed in row.logits])
    gap = "" if row is base else f"{(loss - other).mean():+.4f} ± {error(loss - other):.4f}"
    return (
        f"| {name} | {100 * right.mean():.1f} ± {100 * right.std(ddof=1):.1f} | {area:.3f} | {loss.mean():.4f} | {gap} "
        f"| {row.trained:.4f} | {loss.mean() - row.trained:+.4f} | {row.seconds:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/djia.yaml"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(TRICKS), default=list(TRICKS), metavar="GROUP", help="; ".join(TRICKS))
    chosen = parser.parse_args()
    start = (load(chosen.config),)
    with ProcessPoolExecutor(chosen.workers, get_context("spawn"), initializer=_begin, initargs=start) as pool:
        default = pool.submit(_tried, Trick(), chosen.seeds)
        rows = {
            group: {name: pool.submit(_tried, trick, chosen.seeds) for name, trick in TRICKS[group].items()}
            for group in chosen.only
        }
        base = default.result()
        print(f"n = {len(base.up)}, {100 * base.up.mean():.1f} % rises, {chosen.seeds} seeds\n")
        print("| trick | accuracy % | AUC | log loss | against the defaults | training loss | test less training | seconds |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        print(line("**defaults**", base, base), flush=True)
        for group, made in rows.items():
            print(f"| *{group}* | | | | | | | |")
            for name, row in made.items():
                print(line(name, row.result(), base), flush=True)


if __name__ == "__main__":
    main()
