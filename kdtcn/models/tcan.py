"""Temporal convolutional attention network on prices (Hao et al. 2020, arXiv:2002.12530)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.tcn import CausalConvolution, levels_for


class AttentiveBlock(nn.Module):
    """(B, T, width) -> (B, T, channels): attention to the past, a dilated causal convolution, and an enhanced residual.

    The enhanced residual adds the input weighted by importance. The importance of a session is the attention that it
    gives itself: a sum over the sessions that look at it would let later ones in.
    """

    def __init__(self, width: int, channels: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.match = nn.Linear(width, channels) if width != channels else nn.Identity()
        self.asked = nn.Linear(channels, 3 * channels)
        self.convolution = CausalConvolution(channels, channels, kernel, dilation=dilation)
        self.dropout = nn.Dropout(dropout)

    def attention(self, q: Tensor, k: Tensor) -> Tensor:
        """(B, T, channels) each -> (B, T, T): row t sums to one over the sessions up to t."""
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        return torch.softmax(scores.masked_fill(later, float("-inf")), dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.match(x)
        q, k, v = self.asked(x).chunk(3, dim=-1)
        weights = self.attention(q, k)
        enhanced = weights.diagonal(dim1=1, dim2=2).unsqueeze(-1) * x
        return functional.relu(self.dropout(self.convolution(weights @ v)) + enhanced + x)


class AttentiveConvolution(nn.Module):
    """(B, T, width) -> (B, channels): blocks whose dilations double, read at the last session; `steps` gives all."""

    def __init__(self, width: int, channels: int, kernel: int, levels: int, dropout: float) -> None:
        super().__init__()
        self.out = channels
        widths = [width] + [channels] * (levels - 1)
        self.blocks = nn.Sequential(*(AttentiveBlock(w, channels, kernel, 2**i, dropout) for i, w in enumerate(widths)))

    def steps(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, channels)."""
        y: Tensor = self.blocks(x)
        return y

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x)[:, -1]


class Tcan(NeuralModel):
    """The TCN with attention to the past in every block."""

    family: ClassVar[str] = "tcan"

    def backbone(self, channels: int, window: int) -> Backbone:
        kernel = self.options.kernel
        return lambda width: AttentiveConvolution(width, channels, kernel, levels_for(kernel, window), self.options.dropout)
