"""Bidirectional recurrent network on prices (Schuster & Paliwal 1997, doi 10.1109/78.650093).

Backwards means from the last session of the window to its first: nothing after the decision time is read.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class BothWays(nn.Module):
    """(B, T, width) -> (B, 2 channels): the state after the last session, and after the first read backwards."""

    def __init__(self, width: int, channels: int, layer: type[nn.RNN] | type[nn.LSTM], layers: int, dropout: float) -> None:
        super().__init__()
        self.out = 2 * channels
        self.rnn = layer(width, channels, layers, batch_first=True, bidirectional=True, dropout=dropout if layers > 1 else 0.0)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(x)
        forwards, backwards = states.chunk(2, dim=-1)
        return torch.cat([forwards[:, -1], backwards[:, 0]], dim=-1)


class BiRnn(NeuralModel):
    """One simple recurrent layer each way through the window."""

    family: ClassVar[str] = "birnn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: BothWays(width, channels, nn.RNN, 1, 0.0)
