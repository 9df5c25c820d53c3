"""CNN, then LSTM on prices (Sainath et al. 2015, doi 10.1109/ICASSP.2015.7178838): patterns first, their order after."""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.stacked_lstm import with_memory


class ConvolvedRecurrent(nn.Module):
    """(B, T, width) -> (B, channels): a convolution over 3 sessions of the window, then the LSTM's last state."""

    def __init__(self, width: int, channels: int, dropout: float) -> None:
        super().__init__()
        self.out = channels
        self.convolution = nn.Conv1d(width, channels, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.lstm = with_memory(nn.LSTM(channels, channels, batch_first=True))

    def forward(self, x: Tensor) -> Tensor:
        patterns = functional.relu(self.convolution(x.transpose(1, 2))).transpose(1, 2)
        _, (hidden, _) = self.lstm(self.dropout(patterns))
        last: Tensor = hidden[-1]
        return last


class CnnLstm(NeuralModel):
    """An LSTM that reads patterns of three sessions."""

    family: ClassVar[str] = "cnn-lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: ConvolvedRecurrent(width, channels, self.options.dropout)
