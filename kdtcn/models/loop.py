"""The one gradient loop of all networks: epochs, early stopping with the best weights kept, clipping; options choose the rest."""

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ABRUPT, UP, History, known
from kdtcn.models.batches import Batch, Source, runs
from kdtcn.models.descent import BETTER, optimiser, schedule
from kdtcn.models.network import Network
from kdtcn.models.options import Options

Weights = dict[str, Tensor]


def optimise(
    network: Network,
    source: Source,
    data: Dataset,
    train: np.ndarray,
    valid: np.ndarray,
    start: Tensor,
    seed: int,
    options: Options,
) -> tuple[History, list[Weights]]:
    """Move the network; returns its curve and the weights to keep, one set, or with `snapshots` one a cycle, oldest first.

    Kept is what did best on the validation rows, in all or in its cycle; without validation rows, what came last. Fitting
    stops after `patience` epochs without a better validation loss, but runs all its cycles with `snapshots`.
    start (n, 2): logits that the network's outputs are added to, one row for each session of the dataset.
    """
    train, valid = known(data.up, train), known(data.up, valid)
    if not len(train):
        raise ModelError("no training session has a known label; check the date range and the prices")
    labels = torch.from_numpy(np.stack([data.up, data.abrupt], axis=1).astype(np.float32))
    weights = class_weights(labels[train]) if options.class_weights == "balanced" else None
    generator = np.random.default_rng(seed)
    mover = optimiser(network, options)
    after_epoch = schedule(mover, options)
    rows: list[dict[str, float]] = []
    kept: list[Weights] = []
    best, best_epoch, since_best = math.inf, 0, 0
    for epoch in range(1, options.epochs + 1):
        if options.snapshots and epoch > 1 and (epoch - 1) % options.cycle == 0:
            best = math.inf  # a new cycle has its own best
        trained = _epoch(network, source, labels, start, train, generator, mover, options, weights)
        row = {"epoch": float(epoch), "train": trained, "rate": mover.param_groups[0]["lr"]}
        rows.append(row)
        if len(valid):
            outputs = predict(network, source, valid) + start[valid]
            row["valid"] = float(loss(outputs, labels[valid], options.abrupt_weight, weights))
            row["valid_up"] = float(loss(outputs, labels[valid], 0.0, weights))
        if bad := [f"{name} loss is {row[name]}" for name in ("train", "valid") if not math.isfinite(row.get(name, 0.0))]:
            raise ModelError(f"the {bad[0]} in epoch {epoch}; lower learning_rate")
        reached = row.get("valid", -float(epoch))  # unwatched, a later epoch counts as a better one
        if reached < best - BETTER:
            if math.isinf(best):
                kept.append({})
            best, best_epoch, since_best = reached, epoch, 0
            kept[-1] = copy.deepcopy(network.state_dict())
        else:
            since_best += 1
            if since_best >= options.patience and not options.snapshots:
                break
        after_epoch(row.get("valid"))
    return History(rows, best_epoch), kept


def class_weights(labels: Tensor) -> Tensor:
    """(2, 2) weights of label column and class 0, 1 under which both classes weigh the same; (n, 2) labels, -1 unknown."""
    counts = torch.stack([(labels == 0).sum(dim=0), (labels == 1).sum(dim=0)], dim=1)
    # A class that training never showed gets no weight instead of an infinite one.
    return torch.where(counts > 0, counts.sum(dim=1, keepdim=True) / (2 * counts.clamp_min(1)), torch.zeros(()))


def loss(logits: Tensor, labels: Tensor, abrupt_weight: float, weights: Tensor | None = None) -> Tensor:
    """BCE(up) + w BCE(abrupt), each the mean over its known labels; (B, 2) logits and labels, -1 unknown.

    weights: those of `class_weights`, or none.
    """
    seen = labels >= 0
    targets = labels.clamp_min(0)
    each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * seen
    if weights is not None:
        each = each * torch.where(targets > 0.5, weights[:, 1], weights[:, 0])
    means = each.sum(dim=0) / seen.sum(dim=0).clamp_min(1)
    return means[UP] + abrupt_weight * means[ABRUPT]


def predict(network: nn.Module, source: Source, idx: np.ndarray, chunk: int = 256) -> Tensor:
    """(len(idx), 2) outputs in evaluation mode, a chunk of windows at a time."""
    network.eval()
    with torch.no_grad():
        parts = [network(source.batch(idx[start : start + chunk])) for start in range(0, len(idx), chunk)]
    return torch.cat(parts) if parts else torch.zeros(0, 2)


def _epoch(
    network: Network,
    source: Source,
    labels: Tensor,
    start: Tensor,
    train: np.ndarray,
    generator: np.random.Generator,
    mover: torch.optim.Optimizer,
    options: Options,
    weights: Tensor | None,
) -> float:
    network.train()
    total = 0.0
    for idx in runs(train, options.run, options.runs, generator):
        batch = hide(source.batch(idx), options)
        value = loss(network(batch) + start[idx], labels[idx], options.abrupt_weight, weights)
        mover.zero_grad(set_to_none=True)
        pulled = value if not options.l1 else value + options.l1 * _size(network)
        pulled.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
        mover.step()
        total += float(value.detach()) * len(idx)
    return total / len(train)


def hide(batch: Batch, options: Options) -> Batch:
    """Hide single items, and now and then all items of a session, so that the no-news baseline is in distribution."""
    if batch.mask is None or batch.session is None:
        return batch
    sessions = torch.rand(len(batch.prices)) >= options.drop_sessions
    items = torch.rand(len(batch.mask)) >= options.drop_items
    return batch.masked((items & sessions[batch.session]).float())


def _size(network: Network) -> Tensor:
    """The sum of the absolute weights; like weight decay, of matrices only."""
    return torch.stack([p.abs().sum() for p in network.parameters() if p.ndim > 1]).sum()
