"""Linear transformer on prices (Katharopoulos et al. 2020, arXiv:2006.16236): attention whose cost is linear in length."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from kdtcn.models.gpt import Attention, Transformer
from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

_LEAST = 1e-6  # of a normaliser


def positive(x: Tensor) -> Tensor:
    """The paper's feature map, elu(x) + 1: what stands for the exponential of the softmax."""
    return functional.elu(x) + 1


class LinearAttention(Attention):
    """Sums over the past are carried along, instead of every session looking back at every other."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """All sessions at once: (B, heads, T, d) each -> (B, heads, T, d)."""
        q, k = positive(q), positive(k)
        memory = torch.cumsum(k.unsqueeze(-1) * v.unsqueeze(-2), dim=-3)
        total = (q * torch.cumsum(k, dim=-2)).sum(dim=-1, keepdim=True).clamp_min(_LEAST)
        return torch.einsum("bhtd,bhtde->bhte", q, memory) / total

    @staticmethod
    def step(q: Tensor, k: Tensor, v: Tensor, memory: Tensor, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One session (B, heads, d) and the sums before it, (B, heads, d, d) and (B, heads, d) -> output and new sums."""
        q, k = positive(q), positive(k)
        memory = memory + k.unsqueeze(-1) * v.unsqueeze(-2)
        keys = keys + k
        total = (q * keys).sum(dim=-1, keepdim=True).clamp_min(_LEAST)
        return torch.einsum("bhd,bhde->bhe", q, memory) / total, memory, keys


class LinearTransformer(NeuralModel):
    """The causal transformer with linear attention in its blocks."""

    family: ClassVar[str] = "linear-transformer"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Transformer(width, channels, window, LinearAttention, self.options.dropout)
