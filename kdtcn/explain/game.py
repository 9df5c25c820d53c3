"""The game behind an explanation: the raw logit of P(up) as a function of which events are present.

Players are the k events of the explained session, one each, and the T - 1 older sessions of the window, one each (all
news of that day together). A player that is absent is masked out of the pool, so that a session without players is
the learned no-news token, which the model has met in training.
"""

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset


class NewsNetwork(Protocol):
    """What an explanation asks of a network: the three steps from item vectors to logits."""

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]: ...

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor: ...

    def head(self, prices: Tensor, pooled: Tensor, windows: Tensor) -> Tensor: ...


class Game:
    """Values of coalitions for session i of `data`; items are encoded once, then only masks change."""

    def __init__(self, model: Any, data: Dataset, i: int) -> None:
        kind = getattr(model, "kind", None)
        network = getattr(model, "network", None)
        name = getattr(model, "family", model)
        if kind is None:
            reading = ", ".join(other for other in models.available() if models.family(other).kind)
            raise ModelError(f"model {name!r} reads no news, so its events have no effects; choose one of {reading}")
        if network is None:
            raise ModelError(f"model {name!r} is not fitted yet, so there is nothing to explain; train it first")
        if i < data.window - 1 or i >= len(data):
            raise ModelError(
                f"row {i} has no full window of {data.window} sessions; choose a row from {data.window - 1} to {len(data) - 1}"
            )
        if isinstance(network, torch.nn.Module):
            network.eval()  # dropout would make the same coalition worth something else each time
        self.family = str(name)
        self.network: NewsNetwork = network
        self.items = data.items[kind]
        self.window = data.window
        rows = np.arange(i - self.window + 1, i + 1)
        offsets = self.items.offsets[rows[0] : i + 2]
        self.rows = rows
        self.counts = np.diff(offsets)
        self.k = int(self.counts[-1])
        self.ids = self.items.ids[self.items.of(i)]
        self.players = self.k + self.window - 1
        with torch.no_grad():
            self.v, self.w = self.encode(slice(int(offsets[0]), int(offsets[-1])))
            self.prices = torch.as_tensor(data.prices[rows], dtype=torch.float32)
            self.day = torch.as_tensor(np.repeat(np.arange(self.window), self.counts), dtype=torch.long)
            self.full = network.pool(self.v, self.w, self.day, torch.ones(len(self.v)), self.window)
            nothing = torch.zeros(0, dtype=torch.long)
            self.empty = network.pool(self.v[:0], self.w[:0], nothing, torch.zeros(0), self.window)
        self.own_v, self.own_w = self.v[len(self.v) - self.k :], self.w[len(self.w) - self.k :]

    def encode(self, rows: slice | np.ndarray) -> tuple[Tensor, Tensor]:
        """Encoded vectors and weights of items by row."""
        return self.network.encode(torch.as_tensor(np.asarray(self.items.vectors[rows]), dtype=torch.float32))

    def value(self, mask: Tensor) -> Tensor:
        """Raw logits (B,) of coalitions (B, players) of ones and zeros."""
        with torch.no_grad():
            own = pool_sets(self.network, self.own_v, self.own_w, mask[:, : self.k])
            return self.value_of(own, mask[:, self.k :])

    def value_of(self, own: Tensor, older: Tensor) -> Tensor:
        """Raw logits (B,) given the pooled news of the session itself (B, P) and which older sessions count (B, T - 1).

        An older session has only two states, so its rows are shared by the whole batch: T - 1 rows with their news,
        T - 1 without, and one row a coalition for the session itself.
        """
        b, past = len(own), self.window - 1
        pooled = torch.cat([self.full[:past], self.empty[:past], own])
        prices = torch.cat([self.prices[:past], self.prices[:past], self.prices[past:].expand(b, -1)])
        step = torch.arange(past).expand(b, -1)
        windows = torch.cat([torch.where(older > 0.5, step, step + past), (2 * past + torch.arange(b))[:, None]], dim=1)
        return self.network.head(prices, pooled, windows)[:, 0]

    def smooth_value(self, mask: Tensor) -> Tensor:
        """Raw logits (B,) of masks (B, players) between zero and one, with gradient: for integrated gradients."""
        b = len(mask)
        player = torch.cat([self.k + self.day[: len(self.day) - self.k], torch.arange(self.k)])
        session = (self.day[None, :] + self.window * torch.arange(b)[:, None]).reshape(-1)
        pooled = self.network.pool(self.v.repeat(b, 1), _tile(self.w, b), session, mask[:, player].reshape(-1), b * self.window)
        windows = torch.arange(b * self.window).reshape(b, self.window)
        return self.network.head(self.prices.repeat(b, 1), pooled, windows)[:, 0]


def pool_sets(network: NewsNetwork, v: Tensor, w: Tensor, mask: Tensor) -> Tensor:
    """Pooled vectors (B, P) of one set of k items under B masks (B, k)."""
    b, k = mask.shape
    session = torch.arange(b).repeat_interleave(k)
    return network.pool(v.repeat(b, 1), _tile(w, b), session, mask.reshape(-1), b)


def _tile(w: Tensor, b: int) -> Tensor:
    return w.repeat(b, *[1] * (w.dim() - 1))
