"""Deep and wide network on prices (Zhang, Yuan & Shao 2018, doi 10.1109/COMPSAC.2018.10292).

There convolutions run over the hidden states of the networks of many stocks, which is their width. Here is one index: a CNN and
an RNN in line are the deep path, and the wide one is linear, as in Cheng et al. (2016, arXiv:1606.07792).
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class DeepWide(nn.Module):
    """(B, T, width) -> (B, T width + channels): the window as it is, and what a CNN and an RNN make of it."""

    def __init__(self, width: int, channels: int, window: int, dropout: float) -> None:
        super().__init__()
        self.wide = window * width
        self.out = self.wide + channels
        self.convolution = nn.Conv1d(width, channels, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.rnn = nn.RNN(channels, channels, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        patterns = functional.relu(self.convolution(x.transpose(1, 2))).transpose(1, 2)
        states, _ = self.rnn(self.dropout(patterns))
        return torch.cat([x.flatten(1), states[:, -1]], dim=-1)


class Dwnn(NeuralModel):
    """A linear model of the window beside convolutions and a recurrent layer, fitted together."""

    family: ClassVar[str] = "dwnn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: DeepWide(width, channels, window, self.options.dropout)
