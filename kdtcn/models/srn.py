"""Simple recurrent network on prices (Elman 1990, doi 10.1207/s15516709cog1402_1)."""

from typing import ClassVar

from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class Elman(nn.Module):
    """(B, T, width) -> (B, channels): h_t = tanh(W x_t + U h_{t-1} + b), read at the last session."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.rnn = nn.RNN(width, channels, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(x)
        last: Tensor = states[:, -1]
        return last


class Srn(NeuralModel):
    """One layer of units that see the session and their own last state; no gates."""

    family: ClassVar[str] = "srn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Elman(width, channels)
