"""CNN on prices: plain convolutions over the whole window, not dilated (LeCun et al. 1998, doi 10.1109/5.726791)."""

from typing import ClassVar

from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class Convolution(nn.Module):
    """(B, T, width) -> (B, channels): two convolutions of 3 sessions, then the largest response in the window."""

    def __init__(self, width: int, channels: int, dropout: float) -> None:
        super().__init__()
        self.out = channels
        self.layers = nn.Sequential(
            nn.Conv1d(width, channels, 3, padding=1),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv1d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        # The window holds only sessions known at the decision time, so padding on both sides leaks nothing.
        y: Tensor = self.layers(x.transpose(1, 2))
        return y.amax(dim=-1)


class Cnn(NeuralModel):
    """Two convolutional layers and max pooling over the window."""

    family: ClassVar[str] = "cnn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Convolution(width, channels, self.options.dropout)
