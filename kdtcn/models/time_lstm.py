"""Time-weighted LSTM on prices (Zhao, Rao, Tu & Shi 2017, doi 10.1109/ICTAI.2017.00184).

Near sessions count more. The labels that the paper redefines are left out: all models here forecast the same ones.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.stacked_lstm import with_memory


class TimeWeighted(nn.Module):
    """(B, T, width) -> (B, channels): the states of all sessions, weighted by how recent they are."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.lstm = with_memory(nn.LSTM(width, channels, batch_first=True))
        self.steepness = nn.Parameter(torch.zeros(()))

    def weights(self, length: int) -> Tensor:
        """(length,) rising and summing to one, oldest first; how steeply they rise is learned."""
        age = torch.arange(length - 1, -1, -1, dtype=self.steepness.dtype)
        return torch.softmax(-functional.softplus(self.steepness) * age, dim=0)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)
        return torch.einsum("t,btc->bc", self.weights(x.shape[1]), states)


class TimeLstm(NeuralModel):
    """An LSTM whose states are averaged with weights that rise towards the last session."""

    family: ClassVar[str] = "time-lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: TimeWeighted(width, channels)
