"""Deep bidirectional LSTM on prices (Graves, Jaitly & Mohamed 2013, doi 10.1109/ASRU.2013.6707742)."""

from typing import ClassVar

from torch import nn

from kdtcn.models.birnn import BothWays
from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel


class DeepBiRnn(NeuralModel):
    """Two layers of LSTM each way, the second over both directions of the first."""

    family: ClassVar[str] = "deep-birnn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: BothWays(width, channels, nn.LSTM, 2, self.options.dropout)
