"""Simple recurrent units on prices (Lei et al. 2018, arXiv:1709.02755)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

_SCALE = 3**0.5  # of the highway, which keeps the variance of the input through the layers
_LAYERS = 2


class SimpleUnit(nn.Module):
    """(B, T, channels) -> (B, T, channels): gates see the last cell unit by unit only, so all matrix products go at once."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.entry = nn.Linear(channels, 3 * channels, bias=False)
        self.cell = nn.Parameter(torch.empty(2, channels).uniform_(-1, 1))
        self.bias = nn.Parameter(torch.zeros(2, channels))

    def step(self, x: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """One session (B, channels) and the cell before it -> the output and the cell."""
        return self._gates(x, self.entry(x), cell)

    def _gates(self, x: Tensor, entered: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        candidate, f, r = entered.chunk(3, dim=-1)
        forget = torch.sigmoid(f + self.cell[0] * cell + self.bias[0])
        reset = torch.sigmoid(r + self.cell[1] * cell + self.bias[1])
        cell = forget * cell + (1 - forget) * candidate
        return reset * cell + (1 - reset) * _SCALE * x, cell

    def forward(self, x: Tensor) -> Tensor:
        cell, outputs = x.new_zeros(len(x), x.shape[-1]), []
        for now, entered in zip(x.unbind(dim=1), self.entry(x).unbind(dim=1), strict=True):
            output, cell = self._gates(now, entered, cell)
            outputs.append(output)
        return torch.stack(outputs, dim=1)


class SimpleUnits(nn.Module):
    """(B, T, width) -> (B, channels): two layers of units, read at the last session."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.entry = nn.Linear(width, channels)
        self.layers = nn.Sequential(*(SimpleUnit(channels) for _ in range(_LAYERS)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(self.entry(x))
        return y[:, -1]


class Sru(NeuralModel):
    """Two layers of recurrence without a matrix in it: a unit sees its own last cell alone."""

    family: ClassVar[str] = "sru"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: SimpleUnits(width, channels)
