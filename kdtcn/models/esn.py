"""Echo state network on prices (Jaeger & Haas 2004, doi 10.1126/science.1091277)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

_UNITS = 8  # reservoir units to one channel of the trained networks: they cost no fitting
_RADIUS = 0.9  # below 1, so that the start is forgotten


class Reservoir(nn.Module):
    """(B, T, width) -> (B, 8 channels): the state of a random recurrent network that is never trained."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = _UNITS * channels
        recurrent = torch.randn(self.out, self.out)
        radius = torch.linalg.eigvals(recurrent).abs().max()
        self.register_buffer("recurrent", recurrent * (_RADIUS / radius))
        self.register_buffer("entry", torch.rand(self.out, width) - 0.5)

    recurrent: Tensor
    entry: Tensor

    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        state = x.new_zeros(len(x), self.out) if state is None else state
        for session in (x @ self.entry.T).unbind(dim=1):
            state = torch.tanh(session + state @ self.recurrent.T)
        return state


class Esn(NeuralModel):
    """A fixed random reservoir; only the linear read-out is fitted."""

    family: ClassVar[str] = "esn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Reservoir(width, channels)
