"""LSTM on prices: the recurrent yardstick (Hochreiter & Schmidhuber 1997, doi 10.1162/neco.1997.9.8.1735)."""

from typing import ClassVar

from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class Recurrent(nn.Module):
    """(B, T, width) -> (B, channels): the hidden state after the last session."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.lstm = nn.LSTM(width, channels, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        _, (hidden, _) = self.lstm(x)
        last: Tensor = hidden[-1]
        return last


class Lstm(NeuralModel):
    """One layer, read at the last session of the window."""

    family: ClassVar[str] = "lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Recurrent(width, channels)
