"""The one gradient loop: AdamW, early stopping with the best weights restored, learning-rate halving, clipping."""

import copy
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ABRUPT, UP, History, known
from kdtcn.models.batches import Batch, Source, runs
from kdtcn.models.network import Network
from kdtcn.models.options import Options


def optimise(
    network: Network,
    source: Source,
    data: Dataset,
    train: np.ndarray,
    valid: np.ndarray,
    start: Tensor,
    seed: int,
    options: Options,
) -> History:
    """Fit the network in place; without validation rows it runs all epochs and keeps the last weights.

    start (n, 2): logits that the network's outputs are added to, one row for each session of the dataset.
    """
    train, valid = known(data.up, train), known(data.up, valid)
    if not len(train):
        raise ModelError("no training session has a known label; check the date range and the prices")
    labels = torch.from_numpy(np.stack([data.up, data.abrupt], axis=1).astype(np.float32))
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(_groups(network, options.weight_decay), lr=options.learning_rate, fused=True)
    rows: list[dict[str, float]] = []
    best, best_epoch, since_best, since_halved = math.inf, 0, 0, 0
    best_state = copy.deepcopy(network.state_dict())
    for epoch in range(1, options.epochs + 1):
        rate = optimiser.param_groups[0]["lr"]
        trained = _epoch(network, source, labels, start, train, generator, optimiser, options)
        row = {"epoch": float(epoch), "train": trained, "rate": rate}
        if not math.isfinite(trained):
            raise ModelError(f"the training loss is {trained} in epoch {epoch}; lower learning_rate")
        rows.append(row)
        if not len(valid):
            continue
        outputs = predict(network, source, valid) + start[valid]
        row["valid"] = float(loss(outputs, labels[valid], options.abrupt_weight))
        row["valid_up"] = float(loss(outputs, labels[valid], 0.0))
        if row["valid"] < best - 1e-5:
            best, best_epoch, since_best, since_halved = row["valid"], epoch, 0, 0
            best_state = copy.deepcopy(network.state_dict())
            continue
        since_best, since_halved = since_best + 1, since_halved + 1
        if since_best >= options.patience:
            break
        if since_halved >= options.halve_after:
            since_halved = 0
            for group in optimiser.param_groups:
                group["lr"] /= 2
    if len(valid):
        network.load_state_dict(best_state)
    network.eval()
    return History(rows, best_epoch or len(rows))


def loss(logits: Tensor, labels: Tensor, abrupt_weight: float) -> Tensor:
    """BCE(up) + w BCE(abrupt), each the mean over its known labels; (B, 2) logits and labels, -1 unknown."""
    seen = labels >= 0
    each = functional.binary_cross_entropy_with_logits(logits, labels.clamp_min(0), reduction="none") * seen
    means = each.sum(dim=0) / seen.sum(dim=0).clamp_min(1)
    return means[UP] + abrupt_weight * means[ABRUPT]


def predict(network: Network, source: Source, idx: np.ndarray, chunk: int = 256) -> Tensor:
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
    optimiser: torch.optim.Optimizer,
    options: Options,
) -> float:
    network.train()
    total = 0.0
    for idx in runs(train, options.run, options.runs, generator):
        batch = hide(source.batch(idx), options)
        value = loss(network(batch) + start[idx], labels[idx], options.abrupt_weight)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
        optimiser.step()
        total += float(value.detach()) * len(idx)
    return total / len(train)


def hide(batch: Batch, options: Options) -> Batch:
    """Hide single items, and now and then all items of a session, so that the no-news baseline is in distribution."""
    if batch.mask is None or batch.session is None:
        return batch
    sessions = torch.rand(len(batch.prices)) >= options.drop_sessions
    items = torch.rand(len(batch.mask)) >= options.drop_items
    return batch.masked((items & sessions[batch.session]).float())


def _groups(network: Network, decay: float) -> list[dict[str, object]]:
    """Weight decay pulls matrices to zero; biases, tokens and the lengths of normalised weights are left free."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
