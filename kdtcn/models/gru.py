"""Gated recurrent unit on prices (Cho et al. 2014, arXiv:1406.1078)."""

from typing import ClassVar

from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class Gated(nn.Module):
    """(B, T, width) -> (B, channels): h_t = z h_{t-1} + (1 - z) n_t, read at the last session."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.gru = nn.GRU(width, channels, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.gru(x)
        last: Tensor = states[:, -1]
        return last


class Gru(NeuralModel):
    """Gates as in the LSTM, with two instead of three and no cell apart from the state."""

    family: ClassVar[str] = "gru"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Gated(width, channels)
