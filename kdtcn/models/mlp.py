"""Multilayer perceptron with back-propagation on the whole window (Wanjawa & Muchemi 2014, arXiv:1502.06434)."""

from typing import ClassVar

from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class Perceptron(nn.Module):
    """(B, T, width) -> (B, channels): two hidden layers of sigmoids over the flattened window."""

    def __init__(self, width: int, channels: int, window: int) -> None:
        super().__init__()
        self.out = channels
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(window * width, channels), nn.Sigmoid(), nn.Linear(channels, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y


class Mlp(NeuralModel):
    """Two layers of sigmoids over all numbers of the window."""

    family: ClassVar[str] = "mlp"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Perceptron(width, channels, window)
