"""Encoder and decoder LSTM on prices (Sutskever, Vinyals & Le 2014, arXiv:1409.3215)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel
from kdtcn.models.stacked_lstm import with_memory


class EncoderDecoder(nn.Module):
    """(B, T, width) -> (B, channels): the encoder's state after the window starts a decoder, which writes one session."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.encoder = with_memory(nn.LSTM(width, channels, batch_first=True))
        self.decoder = with_memory(nn.LSTM(width, channels, batch_first=True))
        self.start = nn.Parameter(0.1 * torch.randn(width))

    def forward(self, x: Tensor) -> Tensor:
        _, state = self.encoder(x)
        written, _ = self.decoder(self.start.expand(len(x), 1, -1), state)
        last: Tensor = written[:, -1]
        return last


class Seq2seqLstm(NeuralModel):
    """The decoder gets the window through the encoder's state alone."""

    family: ClassVar[str] = "seq2seq-lstm"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: EncoderDecoder(width, channels)
