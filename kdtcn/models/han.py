"""Hybrid attention network over news (Hu et al. 2018, "Listening to chaotic whispers", arXiv:1712.02136)."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import N_PRICES, Backbone, Network, NewsEncoder
from kdtcn.models.neural import NeuralModel


class NewsAttention(NewsEncoder):
    """Attention over the headlines of a session: softmax of a sigmoid score, so that none can take it all.

    The no-news token is one more item with a score of its own: the attention of a session always sums to one.
    """

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> v (N, P), w (N,): the exponential of the score, which `pool` divides by the session's sum."""
        weight = self.hidden.weight * self.scale
        hidden = functional.relu(functional.linear(vectors, weight, self.hidden.bias - weight @ self.mean))
        return self.value(hidden), torch.sigmoid(self.score(hidden)).squeeze(-1).exp()


class DayAttention(nn.Module):
    """(B, T, width) -> (B, 2 channels): a GRU each way over the days' news, then attention over the days; prices unread."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = 2 * channels
        self.gru = nn.GRU(width - N_PRICES, channels, batch_first=True, bidirectional=True)
        self.score = nn.Linear(2 * channels, 1)

    def weights(self, states: Tensor) -> Tensor:
        """(B, T, 2 channels) -> (B, T) that sum to one over the days."""
        return torch.softmax(torch.sigmoid(self.score(states)).squeeze(-1), dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.gru(x[..., N_PRICES:])
        return torch.einsum("bt,btc->bc", self.weights(states), states)


class Han(NeuralModel):
    """Attention over the headlines of a session, then over the sessions of the window; reads no prices for P(up)."""

    family: ClassVar[str] = "han"
    kind: ClassVar[str | None] = "word"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: DayAttention(width, channels)

    def build(self, dims: Mapping[str, int]) -> Network:
        network = super().build(dims)
        network.news = NewsAttention(dims["item"], dims["hidden"], self.options.pooled, self.options.dropout)
        return network
