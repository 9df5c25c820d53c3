"""Options of the loop on real data, walk-forward over 2010 to 2014: python benchmarks/options.py --config configs/djia.yaml [--only har adam].

Prints a Markdown table: every variant beside the defaults, on the same sessions and seeds. The sessions of the test period
(from 2015 on) are not read, so that what is chosen here may still be tested on them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import log_expit

from kdtcn import models
from kdtcn.config import load
from kdtcn.evaluation.metrics import auc
from kdtcn.features.dataset import Dataset
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.training.fold import Fold, Preparation, Sight, usable_rows
from kdtcn.training.splits import Split, rolling_origin

FIRST, UNTIL = "2010-01-01", "2015-01-01"
RESTARTS = {"schedule": "restarts", "cycle": 10, "epochs": 30, "snapshots": True}
VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "adam": {"optimiser": "adam"},
    "rmsprop": {"optimiser": "rmsprop", "learning_rate": 1e-3},
    "adagrad": {"optimiser": "adagrad", "learning_rate": 0.02},
    "sgd": {"optimiser": "sgd", "learning_rate": 0.05},
    "constant": {"schedule": "constant"},
    "inverse": {"schedule": "inverse"},
    "cosine": {"schedule": "cosine", "epochs": 30},
    "restarts": {"schedule": "restarts", "cycle": 10, "patience": 12},
    "snapshots 3 x 10": RESTARTS,
    "snapshots 5 x 5": {**RESTARTS, "cycle": 5, "epochs": 25},
    "snapshots, abrupt_weight 4": {**RESTARTS, "abrupt_weight": 4.0},
    "l1 1e-4": {"l1": 1e-4},
    "l1 1e-3": {"l1": 1e-3},
    "weight_decay 0": {"weight_decay": 0.0},
    "weight_decay 0.5": {"weight_decay": 0.5},
    "dropout 0.1": {"dropout": 0.1},
    "dropout 0.5": {"dropout": 0.5},
    "xavier": {"init": "xavier"},
    "kaiming": {"init": "kaiming"},
    "orthogonal": {"init": "orthogonal"},
    "normal": {"init": "normal"},
    "balanced": {"class_weights": "balanced"},
    "runs 2": {"runs": 2},
    "runs 8": {"runs": 8},
    "learning_rate 1e-3": {"learning_rate": 1e-3},
    "learning_rate 1e-2": {"learning_rate": 1e-2},
    "parameters 4000": {"parameters": 4_000},
    "parameters 30000": {"parameters": 30_000},
    "abrupt_weight 0": {"abrupt_weight": 0.0},
    "abrupt_weight 1": {"abrupt_weight": 1.0},
    "abrupt_weight 4": {"abrupt_weight": 4.0},
    "patience 12": {"patience": 12},
    "drop_items 0.4": {"drop_items": 0.4},
    "kaiming, adam": {"init": "kaiming", "optimiser": "adam"},
    "cosine, orthogonal": {"schedule": "cosine", "epochs": 30, "init": "orthogonal"},
    "har": {"volatility": "har"},
    "har, abrupt_weight 0": {"volatility": "har", "abrupt_weight": 0.0},
    "har, abrupt_weight 2": {"volatility": "har", "abrupt_weight": 2.0},
}
BLOCK, DRAWS = 10, 2000


def folds(config: Path) -> Iterator[Fold]:
    """A fold for each year from 2010 to 2014."""
    settings = load(config)
    lake = Lake(settings.lake_url)
    preparation = Preparation.of(lake, settings, "forecast", Sight.of(lake, settings))
    sessions, usable = preparation.market.sessions, usable_rows(preparation.market, settings)
    usable = usable[sessions[usable] < pd.Timestamp(UNTIL)]
    for split in rolling_origin(sessions, usable, first_test=FIRST, embargo=settings.features.window):
        say(f"fold of {sessions[split.test[0]]:%Y}")
        yield preparation.fold(split)


def losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Log loss of every session, in nats."""
    return np.asarray(-log_expit(np.where(labels == 1, logits, -logits)))


def error(values: np.ndarray) -> float:
    """Standard error of a mean, by blocks of ten sessions."""
    blocks = values[: len(values) // BLOCK * BLOCK].reshape(-1, BLOCK).mean(axis=1)
    drawn = np.random.default_rng(0).integers(0, len(blocks), (DRAWS, len(blocks)))
    return float(blocks[drawn].mean(axis=1).std())


def forecasts(name: str, options: dict[str, Any], made: list[tuple[Dataset, Split]], seeds: int) -> np.ndarray:
    """(seeds, n, 2) logits of the test rows of all folds."""
    parts = []
    for data, split in made:
        each = []
        for seed in range(seeds if models.family(name).seeded else 1):
            model = models.create(name)
            model.fit(data, split.train, split.valid, seed=seed, options=options)
            each.append(model.logits(data, split.test))
        parts.append(np.stack(each))
    return np.concatenate(parts, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/djia.yaml"))
    parser.add_argument("--models", nargs="+", default=["tcn", "kdtcn"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    chosen = parser.parse_args()
    made = [(fold.data, fold.split) for fold in folds(chosen.config)]
    up = np.concatenate([data.up[split.test] for data, split in made])
    abrupt = np.concatenate([data.abrupt[split.test] for data, split in made])
    print(f"n = {len(up)}, {100 * up.mean():.1f} % rises, {100 * abrupt.mean():.1f} % abrupt\n")
    for name in chosen.models:
        print(f"| {name} | accuracy % | seeds as one % | AUC | log loss | against defaults | P(abrupt) | against defaults |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        base: tuple[np.ndarray, np.ndarray] | None = None
        for variant in ["defaults", *[one for one in chosen.only if one != "defaults"]]:
            z = forecasts(name, VARIANTS[variant], made, chosen.seeds)
            mine = losses(z[..., 0], up).mean(axis=0), losses(z[..., 1], abrupt).mean(axis=0)
            base = base or mine
            right = ((z[..., 0] >= 0) == (up == 1)).mean(axis=1)
            area = np.mean([auc(seed, up == 1) for seed in z[..., 0]])
            gaps = [f"{(a - b).mean():+.4f} ± {error(a - b):.4f}" for a, b in zip(mine, base, strict=True)]
            together = ((z[..., 0].mean(axis=0) >= 0) == (up == 1)).mean()
            print(
                f"| {variant} | {100 * right.mean():.1f} ± {100 * right.std(ddof=min(1, len(right) - 1)):.1f} | {100 * together:.1f} "
                f"| {area:.3f} | {mine[0].mean():.4f} | {gaps[0]} | {mine[1].mean():.4f} | {gaps[1]} |",
                flush=True,
            )
        print()


if __name__ == "__main__":
    main()
