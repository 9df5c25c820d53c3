"""Stacked LSTM on prices (Graves, Mohamed & Hinton 2013, arXiv:1303.5778), and how LSTMs with care start."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


def with_memory(lstm: nn.LSTM) -> nn.LSTM:
    """Orthogonal recurrent weights (Saxe et al. 2014) and forget gates open at the start (Jozefowicz et al. 2015)."""
    size = lstm.hidden_size
    with torch.no_grad():
        for name, weight in lstm.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.split(size):
                    nn.init.orthogonal_(gate)
            elif name.startswith("bias"):
                # torch adds two biases; the input's carries the one, the recurrent one starts at zero.
                weight.zero_()
                if name.startswith("bias_ih"):
                    weight[size : 2 * size] = 1.0
    return lstm


class Stacked(nn.Module):
    """(B, T, width) -> (B, channels): the upper layer's hidden state after the last session; every window starts from zero."""

    def __init__(self, width: int, channels: int, dropout: float) -> None:
        super().__init__()
        self.out = channels
        self.lstm = with_memory(nn.LSTM(width, channels, 2, batch_first=True, dropout=dropout))

    def forward(self, x: Tensor) -> Tensor:
        _, (hidden, _) = self.lstm(x)
        last: Tensor = hidden[-1]
        return last


class StackedLstm(NeuralModel):
    """Two layers of LSTM, dropout between them."""

    family: ClassVar[str] = "stacked-lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Stacked(width, channels, self.options.dropout)
