"""The audit of a model on the data at hand: does it start from ignorance, can it learn at all, does it look ahead?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from kdtcn import models
from kdtcn.evaluation.metrics import log_loss
from kdtcn.features.dataset import Dataset
from kdtcn.findings import Finding
from kdtcn.models.base import UP, Model
from kdtcn.models.batches import Source
from kdtcn.models.loop import loss
from kdtcn.models.neural import NeuralModel
from kdtcn.training.splits import Split

_BY_HEART = 16  # sessions that a network must be able to learn by heart
# Nothing that holds a network back, and time enough.
_FREE = {"dropout": 0.0, "drop_items": 0.0, "drop_sessions": 0.0, "weight_decay": 0.0}
_LONG = {"epochs": 300, "run": _BY_HEART, "runs": 1, "learning_rate": 0.01, "channels": 32}


def audit(name: str, data: Dataset, split: Split, options: Mapping[str, Any] | None = None) -> Iterator[Finding]:
    """Findings on one model, trained with `options` where training is needed (Karpathy 2019, "A recipe for training").

    The test rows are used for their inputs alone: no score on them is looked at.
    """
    kind = models.family(name)
    fitted = models.create(name)
    fitted.fit(data, split.train, split.valid, options=options or {})
    if issubclass(kind, NeuralModel):
        yield _ignorant(name, data, split, options or {})
        yield _by_heart(name, data, split.train)
        yield _gradients(fitted, data, split.train)
    yield _causal(fitted, data, split.test)
    samples, numbers = len(split.train), fitted.n_parameters
    yield Finding(
        "parameters against training sessions", f"{numbers} / {samples} = {numbers / samples:.1f}", "for information", True
    )


def _ignorant(name: str, data: Dataset, split: Split, options: Mapping[str, Any]) -> Finding:
    """A rate of zero leaves the network as it was made: knowing the base rate and nothing else."""
    model = models.create(name)
    model.fit(data, split.train, split.valid[:0], options={**options, "epochs": 1, "learning_rate": 0.0})
    first = _nats(model, data, split.train)
    wanted = float(np.log(2))
    return Finding(
        "loss before training, nats", f"{first:.4f}", f"ln 2 = {wanted:.4f} within 5 %", abs(first / wanted - 1) <= 0.05
    )


def _by_heart(name: str, data: Dataset, train: np.ndarray) -> Finding:
    rows = train[:_BY_HEART]
    model = models.create(name)
    model.fit(data, rows, rows[:0], options={**_FREE, **_LONG})
    reached = _nats(model, data, rows)
    return Finding(f"loss on {len(rows)} sessions learned by heart", f"{reached:.4f}", "< 0.01", reached < 0.01)


def _gradients(model: Model, data: Dataset, train: np.ndarray) -> Finding:
    """Every tensor of the network gets a finite gradient that is not all zero: nothing is dead or cut off."""
    assert isinstance(model, NeuralModel)
    network = model.fitted()
    network.zero_grad()
    batch = Source(data, model.kind).batch(train[-256:])
    labels = torch.from_numpy(np.stack([data.up, data.abrupt], axis=1).astype(np.float32))[train[-256:]]
    loss(network(batch), labels, 1.0).backward()
    gradients = {name: p.grad for name, p in network.named_parameters()}
    bad = [
        name
        for name, gradient in gradients.items()
        if gradient is None or not gradient.isfinite().all() or not gradient.abs().any()
    ]
    network.zero_grad()
    return Finding("tensors with a finite gradient", f"{len(gradients) - len(bad)} of {len(gradients)}", "all", not bad)


def _causal(model: Model, data: Dataset, test: np.ndarray) -> Finding:
    """Everything unknown at the decision time of the middle test session is drawn anew; forecasts up to it must not move."""
    row = int(test[len(test) // 2])
    before = test[test <= row]
    moved = float(np.abs(model.logits(redrawn(data, row), before) - model.logits(data, before)).max())
    return Finding("forecasts after the future was changed differ by", f"{moved:.2g}", "0", moved == 0.0)


def redrawn(data: Dataset, row: int) -> Dataset:
    """Other labels from `row` on; other prices, volatility and news after it."""
    rng = np.random.default_rng(0)

    def after(values: np.ndarray, first: int) -> np.ndarray:
        new = values.copy()
        new[first:] = rng.permutation(new[first:])[::-1] + (1 if values.dtype.kind == "f" else 0)
        return new

    items = {kind: replace(part, vectors=after(part.vectors, int(part.offsets[row + 1]))) for kind, part in data.items.items()}
    changed: dict[str, Any] = {name: after(getattr(data, name), row) for name in ("d", "c", "up", "abrupt")}
    return replace(data, prices=after(data.prices, row + 1), sigma=after(data.sigma, row + 1), items=items, **changed)


def _nats(model: Model, data: Dataset, rows: np.ndarray) -> float:
    return log_loss(1 / (1 + np.exp(-model.logits(data, rows)[:, UP])), data.up[rows] == 1)
