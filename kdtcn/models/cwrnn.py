"""Clockwork RNN on prices (Koutník et al. 2014, arXiv:1402.3511)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

_PERIODS = (1, 2, 4, 8)  # sessions between two changes of a module


class Clockwork(nn.Module):
    """(B, T, width) -> (B, channels): modules that change every 1, 2, 4 and 8 sessions, the slow ones feeding the fast."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.out = channels
        self.entry = nn.Linear(width, channels)
        self.recurrent = nn.Linear(channels, channels, bias=False)
        modules = torch.arange(channels) * len(_PERIODS) // channels
        self.register_buffer("periods", torch.tensor(_PERIODS)[modules], persistent=False)
        self.register_buffer("wires", (self.periods[None] >= self.periods[:, None]).float(), persistent=False)

    periods: Tensor
    wires: Tensor

    def steps(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, channels): the state after each session; session t of the window is at time t."""
        state, states = x.new_zeros(len(x), self.out), []
        recurrent = self.recurrent.weight * self.wires
        for t, session in enumerate(self.entry(x).unbind(dim=1)):
            state = torch.where(t % self.periods == 0, torch.tanh(session + state @ recurrent.T), state)
            states.append(state)
        return torch.stack(states, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x)[:, -1]


class Cwrnn(NeuralModel):
    """A simple recurrent network in four modules of their own clock."""

    family: ClassVar[str] = "cwrnn"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Clockwork(width, channels)
