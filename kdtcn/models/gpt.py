"""Causal transformer on prices: a small GPT-2 (Radford et al. 2019, "Language models are unsupervised multitask learners")."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

_BLOCKS = 2


def heads_for(channels: int) -> int:
    """Four attention heads, or the fewer that divide the channels."""
    return next(heads for heads in (4, 2, 1) if channels % heads == 0)


class Attention(nn.Module):
    """(B, T, channels) -> (B, T, channels): softmax attention of each session to itself and the earlier ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = heads_for(channels)
        self.asked = nn.Linear(channels, 3 * channels)
        self.merge = nn.Linear(channels, channels)

    def split(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values, each (B, heads, T, channels / heads)."""
        batch, length, channels = x.shape
        parts = self.asked(x).view(batch, length, 3, self.heads, channels // self.heads)
        return [part.transpose(1, 2) for part in parts.unbind(dim=2)]

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.merge(self.attend(*self.split(x)).transpose(1, 2).flatten(2))
        return y


class Block(nn.Module):
    """(B, T, channels) -> (B, T, channels): attention and a GELU layer, each after a layer norm and added to its input."""

    def __init__(self, channels: int, attention: nn.Module, dropout: float) -> None:
        super().__init__()
        self.before, self.attention = nn.LayerNorm(channels), attention
        self.within = nn.LayerNorm(channels)
        self.layer = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.before(x)))
        y: Tensor = x + self.dropout(self.layer(self.within(x)))
        return y


class Transformer(nn.Module):
    """(B, T, width) -> (B, channels): blocks over sessions with learned places, read at the last; `steps` gives all."""

    def __init__(self, width: int, channels: int, window: int, attention: type[Attention], dropout: float) -> None:
        super().__init__()
        self.out = channels
        self.entry = nn.Linear(width, channels)
        self.places = nn.Parameter(0.02 * torch.randn(window, channels))
        self.blocks = nn.Sequential(*(Block(channels, attention(channels), dropout) for _ in range(_BLOCKS)))
        self.norm = nn.LayerNorm(channels)

    def steps(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, channels)."""
        y: Tensor = self.norm(self.blocks(self.entry(x) + self.places[: x.shape[1]]))
        return y

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x)[:, -1]


class Gpt(NeuralModel):
    """Two blocks of causal attention."""

    family: ClassVar[str] = "gpt"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Transformer(width, channels, window, Attention, self.options.dropout)
