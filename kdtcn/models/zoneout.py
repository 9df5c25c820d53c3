"""LSTM with zoneout on prices (Krueger et al. 2017, arXiv:1606.01305)."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

State = tuple[Tensor, Tensor]
_HIDDEN = 0.1  # the hidden state is kept a tenth as often as the cell: the paper's 0.05 to 0.5


class Zoneout(nn.Module):
    """(B, T, width) -> (B, channels): in training, units keep their last state at random instead of taking the new one."""

    def __init__(self, width: int, channels: int, rate: float) -> None:
        super().__init__()
        self.out, self.rate = channels, rate
        self.entry = nn.Linear(width, 4 * channels)
        self.recurrent = nn.Linear(channels, 4 * channels, bias=False)

    def step(self, entered: Tensor, state: State) -> State:
        """One session: (B, 4 channels) of the input's part and (hidden, cell) -> the next (hidden, cell)."""
        hidden, cell = state
        i, f, o, g = (entered + self.recurrent(hidden)).chunk(4, dim=-1)
        new = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        shown = torch.sigmoid(o) * torch.tanh(new)
        return self._mix(hidden, shown, _HIDDEN * self.rate), self._mix(cell, new, self.rate)

    def _mix(self, old: Tensor, new: Tensor, rate: float) -> Tensor:
        """Keep old units at random; out of training the expectation of that."""
        if not self.training:
            return rate * old + (1 - rate) * new
        return torch.where(torch.rand_like(new) < rate, old, new)

    def forward(self, x: Tensor) -> Tensor:
        zero = x.new_zeros(len(x), self.out)
        state = (zero, zero)
        for session in self.entry(x).unbind(dim=1):
            state = self.step(session, state)
        return state[0]


class ZoneoutLstm(NeuralModel):
    """An LSTM that is regularised by units that miss a session; the option dropout says how many."""

    family: ClassVar[str] = "zoneout"

    def backbone(self, channels: int, window: int) -> Backbone:
        return lambda width: Zoneout(width, channels, self.options.dropout)
