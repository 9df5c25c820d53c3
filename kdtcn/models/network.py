"""The shared network: an encoder of news items, pooling under a mask, a backbone over T sessions, two outputs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.batches import Batch

N_PRICES = 5
Backbone = Callable[[int], nn.Module]  # input width -> module (B, T, width) -> (B, out) with attribute `out`


class NewsEncoder(nn.Module):
    """Turns an item's vector into a value v and a weight w > 0, and pools the items of a session under a mask.

    pool = (w0 v_none + sum m_i w_i v_i) / (w0 + sum m_i w_i). The learned no-news token v_none with w0 > 0 makes the
    empty session a proper input and keeps the pooled vector smooth in the mask; with a plain mean, integrated
    gradients over the mask would sum to zero.
    """

    def __init__(self, dim: int, hidden: int, out: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))
        self.register_buffer("gain", torch.ones(()))
        self.hidden = nn.Linear(dim, hidden)
        self.value = nn.Linear(hidden, out)
        self.score = nn.Linear(hidden, 1)
        self.none = nn.Parameter(torch.zeros(out))
        self.none_weight = nn.Parameter(torch.zeros(()))
        self.dropout = nn.Dropout(dropout)

    mean: Tensor
    scale: Tensor
    gain: Tensor

    def standardise(self, vectors: Tensor, per_session: float) -> None:
        """Set the scaler from the items of the training sessions, and the gain from their mean number a session."""
        if len(vectors):
            deviation = vectors.std(dim=0, correction=0)
            self.mean.copy_(vectors.mean(dim=0))
            # A component that never varies says nothing: leave it at zero instead of dividing by zero.
            self.scale.copy_(torch.where(deviation > 1e-6, 1 / deviation.clamp_min(1e-6), torch.zeros_like(deviation)))
        # A mean over n items shrinks like 1/sqrt(n); the gain brings the pooled news back to the scale of the prices.
        self.gain.fill_(max(per_session, 1.0) ** 0.5)

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> v (N, P), w (N,) > 0."""
        # The scaler is folded into the weights: one matrix product instead of two passes over all items.
        weight = self.hidden.weight * self.scale
        hidden = functional.relu(functional.linear(vectors, weight, self.hidden.bias - weight @ self.mean))
        return self.value(hidden), functional.softplus(self.score(hidden)).squeeze(-1)

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor:
        """Items of n sessions under masks (..., N) -> (..., n_sessions, P); the mask may be soft, in [0, 1]."""
        weights = mask * w
        none = functional.softplus(self.none_weight)
        shape = weights.shape[:-1]
        total = none + weights.new_zeros(*shape, n_sessions).index_add(-1, session, weights)
        pooled = none * self.none + v.new_zeros(*shape, n_sessions, v.shape[-1]).index_add(-2, session, weights.unsqueeze(-1) * v)
        # Dropout here, not on each item's hidden layer: as good, and a third of the time of a training step less.
        return self.dropout(self.gain * pooled / total.unsqueeze(-1))


class Network(nn.Module):
    """Prices and, where item_dim > 0, pooled news of T sessions -> raw logits of P(up) and P(abrupt)."""

    def __init__(self, backbone: Backbone, item_dim: int, hidden: int, pooled: int, dropout: float) -> None:
        super().__init__()
        self.news = NewsEncoder(item_dim, hidden, pooled, dropout) if item_dim else None
        self.backbone = backbone(N_PRICES + (pooled if item_dim else 0))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(int(self.backbone.out), 2)  # type: ignore[arg-type]
        # Start at the base rates (see NeuralModel): without evidence the model says what the labels say on average.
        nn.init.normal_(self.output.weight, std=0.01)

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        assert self.news is not None
        v, w = self.news.encode(vectors)
        return v, w

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor:
        assert self.news is not None
        return self.news.pool(v, w, session, mask, n_sessions)

    def head(self, prices: Tensor, pooled: Tensor | None, windows: Tensor) -> Tensor:
        """prices (S, 5), pooled (..., S, P) or None, windows (B, T) -> logits (..., B, 2)."""
        rows = prices if pooled is None else torch.cat([prices.expand(*pooled.shape[:-2], *prices.shape), pooled], dim=-1)
        inputs = rows[..., windows, :]  # (..., B, T, width)
        lead = inputs.shape[:-2]
        hidden = self.backbone(inputs.reshape(-1, *inputs.shape[-2:]))
        logits: Tensor = self.output(self.dropout(hidden))
        return logits.reshape(*lead, 2)

    def forward(self, batch: Batch) -> Tensor:
        pooled = None
        if self.news is not None:
            assert batch.vectors is not None
            assert batch.session is not None
            assert batch.mask is not None
            v, w = self.encode(batch.vectors)
            pooled = self.pool(v, w, batch.session, batch.mask, len(batch.prices))
        return self.head(batch.prices, pooled, batch.windows)
