"""Inputs of KDTCN on real data, walk-forward over 2010 to 2014: python benchmarks/inputs.py --config configs/djia.yaml [--only "lag 1"].

Prints a Markdown table: news shown later, carried on with a decay, pooled without attention, cut down to event types, with the
graph around its entities, or with the index moved, and windows of other lengths. The sessions of the test period (from
2015 on) are not read, so that what is chosen here may still be tested on them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from options import error, folds, losses

from kdtcn import models
from kdtcn.config import load
from kdtcn.evaluation.metrics import auc
from kdtcn.features.dataset import Dataset, Items
from kdtcn.models import Model
from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.network import Network
from kdtcn.training.fold import Fold

KIND = "text+graph"
REACH = 20  # sessions after which a decayed vector is forgotten


class Mean(Kdtcn):
    """KDTCN that pools the items of a session by their plain mean."""

    def build(self, dims: Mapping[str, int]) -> Network:
        network = super().build(dims)
        assert network.news is not None
        for parameter in network.news.score.parameters():
            torch.nn.init.zeros_(parameter).requires_grad_(False)
        return network


def as_it_is(fold: Fold) -> Dataset:
    return fold.data


def lag(fold: Fold, sessions: int) -> Dataset:
    """Each session is shown the news of an earlier one."""
    items = fold.data.items[KIND]
    return _with(
        fold.data, replace(items, offsets=np.concatenate([np.full(sessions, items.offsets[0]), items.offsets[:-sessions]]))
    )


def window(fold: Fold, sessions: int) -> Dataset:
    return replace(fold.data, window=sessions)


def decay(fold: Fold, half: float) -> Dataset:
    """One item a session: the mean vector of its news, and of the sessions before it with half the weight every `half` sessions."""
    items = fold.data.items[KIND]
    n = len(fold.data)
    means = np.zeros((n, items.dim), np.float32)
    for i in range(n):
        if len(mine := items.vectors[items.of(i)]):
            means[i] = mine.mean(axis=0)
    weights = 0.5 ** (np.arange(REACH) / half)
    carried = sum(weights[k] * np.vstack([np.zeros((k, items.dim), np.float32), means[: n - k]]) for k in range(REACH))
    return _with(fold.data, Items(np.arange(n), np.asarray(carried / weights.sum(), np.float32), np.arange(n + 1)))


def event_types(fold: Fold) -> Dataset:
    """An event is its type and its negation, whoever acts."""
    items, events = fold.data.items[KIND], fold.news.events.set_index("event_id")
    mine = events.loc[items.ids]
    kinds = np.unique(mine["event_type"].astype(str))
    one = np.asarray(mine["event_type"].astype(str).to_numpy()[:, None] == kinds[None, :], np.float32)
    return _with(fold.data, replace(items, vectors=np.hstack([one, mine["negated"].fillna(False).to_numpy(np.float32)[:, None]])))


def context(fold: Fold) -> Dataset:
    """Beside an event's own vector, the mean vector of what its entities are tied to in the graph at the cut."""
    items, embedding, graph = fold.data.items[KIND], fold.fitted.embedding, fold.fitted.known_graph
    around = {}
    for name in pd.unique(fold.news.links["entity_id"]):
        near = (
            [embedding.row[other] for other in graph.to_undirected(as_view=True)[name] if other in embedding.row]
            if name in graph
            else []
        )
        if near:
            around[name] = embedding.vectors[near].mean(axis=0)
    links = fold.news.links[fold.news.links["entity_id"].isin(list(around))]
    place = pd.Series(np.arange(len(items.ids)), index=items.ids)
    links = links[links["event_id"].isin(place.index)]
    total, count = np.zeros((len(items.ids), embedding.vectors.shape[1])), np.zeros(len(items.ids))
    at = place.loc[links["event_id"]].to_numpy()
    np.add.at(total, at, np.stack([around[name] for name in links["entity_id"]]))
    np.add.at(count, at, 1)
    mean = total / np.maximum(count, 1)[:, None] * np.sqrt(total.shape[1])
    return _with(fold.data, replace(items, vectors=np.hstack([items.vectors, mean.astype(np.float32)])))


def _with(data: Dataset, items: Items) -> Dataset:
    return replace(data, items={**data.items, KIND: items})


VARIANTS: dict[str, tuple[type[Model], Callable[[Fold], Dataset]]] = {
    "kdtcn": (Kdtcn, as_it_is),
    "news of the session before": (Kdtcn, partial(lag, sessions=1)),
    "news of two sessions before": (Kdtcn, partial(lag, sessions=2)),
    "window 3": (Kdtcn, partial(window, sessions=3)),
    "window 5": (Kdtcn, partial(window, sessions=5)),
    "window 20": (Kdtcn, partial(window, sessions=20)),
    "decay, half life 1": (Kdtcn, partial(decay, half=1)),
    "decay, half life 3": (Kdtcn, partial(decay, half=3)),
    "decay, half life 10": (Kdtcn, partial(decay, half=10)),
    "no attention": (Mean, as_it_is),
    "event types alone": (Kdtcn, event_types),
    "graph context": (Kdtcn, context),
    "text alone (eb-tcn)": (models.family("eb-tcn"), as_it_is),
    "graph alone (kdeb-tcn)": (models.family("kdeb-tcn"), as_it_is),
    "headlines' words (wb-tcn)": (models.family("wb-tcn"), as_it_is),
    "no news (tcn)": (models.family("tcn"), as_it_is),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/djia.yaml"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    chosen = parser.parse_args()
    options = load(chosen.config).training.options
    made = list(folds(chosen.config))
    up = np.concatenate([fold.data.up[fold.split.test] for fold in made])
    first = next(iter(VARIANTS))
    print(f"n = {len(up)}, {100 * up.mean():.1f} % rises, {chosen.seeds} seeds\n")
    print(f"| inputs | accuracy % | AUC | log loss | against {first} |\n|---|---:|---:|---:|---:|")
    base: np.ndarray | None = None
    for name in [first, *[one for one in chosen.only if one != first]]:
        family, inputs = VARIANTS[name]
        parts = []
        for fold in made:
            data = inputs(fold)
            each = []
            for seed in range(chosen.seeds):
                model = family()
                model.fit(data, fold.split.train, fold.split.valid, seed=seed, options=options)
                each.append(model.logits(data, fold.split.test)[:, 0])
            parts.append(np.stack(each))
        z = np.concatenate(parts, axis=1)
        mine = losses(z, up).mean(axis=0)
        base = mine if base is None else base
        right = ((z >= 0) == (up == 1)).mean(axis=1)
        area = np.mean([auc(seed, up == 1) for seed in z])
        gap = mine - base
        print(
            f"| {name} | {100 * right.mean():.1f} ± {100 * right.std(ddof=min(1, len(right) - 1)):.1f} | {area:.3f} "
            f"| {mine.mean():.4f} | {gap.mean():+.4f} ± {error(gap):.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
