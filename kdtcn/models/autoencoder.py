"""Autoencoder for fewer features, then an LSTM (Troiano, Mejuto & Kriplani 2017, arXiv:1704.03205)."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kdtcn.features.dataset import Dataset
from kdtcn.models.batches import Source
from kdtcn.models.network import Backbone, Network
from kdtcn.models.neural import NeuralModel
from kdtcn.models.stacked_lstm import with_memory

_CODE = 3  # numbers that are left of the five of a session
_STEPS, _RATE = 300, 0.02


class Coded(nn.Module):
    """(B, T, width) -> (B, channels): an LSTM on the codes of the sessions; the encoder is fitted before and then fixed."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.register_buffer("weight", torch.zeros(_CODE, width))
        self.register_buffer("bias", torch.zeros(_CODE))
        self.lstm = with_memory(nn.LSTM(_CODE, channels, batch_first=True))

    weight: Tensor
    bias: Tensor

    def encode(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., 3)."""
        return torch.tanh(functional.linear(x, self.weight, self.bias))

    def learn(self, rows: Tensor) -> float:
        """Fit the encoder with a decoder that is thrown away; (n, width) sessions -> mean squared error of what comes back."""
        encoder, decoder = nn.Linear(rows.shape[1], _CODE), nn.Linear(_CODE, rows.shape[1])
        mover = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=_RATE)
        for _ in range(_STEPS):
            error = functional.mse_loss(decoder(torch.tanh(encoder(rows))), rows)
            mover.zero_grad()
            error.backward()
            mover.step()
        with torch.no_grad():
            self.weight.copy_(encoder.weight)
            self.bias.copy_(encoder.bias)
        return float(error.detach())

    def forward(self, x: Tensor) -> Tensor:
        _, (hidden, _) = self.lstm(self.encode(x))
        last: Tensor = hidden[-1]
        return last


class Autoencoder(NeuralModel):
    """An LSTM on three numbers a session, which an autoencoder has learnt to make of the five."""

    family: ClassVar[str] = "autoencoder"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Coded(width, channels)

    def _prepare(self, network: Network, source: Source, data: Dataset, train: np.ndarray) -> None:
        super()._prepare(network, source, data, train)
        assert isinstance(network.backbone, Coded)
        if len(train):
            first, last = max(int(train.min()) - data.window + 1, 0), int(train.max())
            network.backbone.learn(source.prices[first : last + 1])
