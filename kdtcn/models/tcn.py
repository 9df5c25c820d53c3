"""TCN on prices, and the temporal convolutional backbone that the variants with news share.

Bai, Kolter & Koltun (2018), "An empirical evaluation of generic convolutional and recurrent networks for sequence
modeling", arXiv:1803.01271, section 3: causal dilated convolutions in residual blocks with weight normalisation.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from kdtcn.errors import ConfigError
from kdtcn.models.network import Backbone
from kdtcn.models.neural import NeuralModel

# Windows up to this long take all steps through all blocks, though the last would do: dropout draws for each step, and the
# same seed is to give the same model as ever.
SHORT = 32


def receptive_field(kernel: int, levels: int) -> int:
    """How many steps output t sees, itself included: two convolutions a block, dilation 2^level."""
    return 1 + 2 * (kernel - 1) * (2**levels - 1)


def levels_for(kernel: int, window: int) -> int:
    """The fewest blocks whose receptive field covers the window."""
    if kernel == 1 and window > 1:
        raise ConfigError(f"option 'kernel': 1 sees one session only, the window has {window}; use 2 or more")
    levels = 1
    while receptive_field(kernel, levels) < window:
        levels += 1
    return levels


class CausalConvolution(nn.Conv1d):
    """(B, T, in) -> (B, T, out): output t sees inputs up to t, zeros before the first.

    In short windows a matrix product over shifted copies: there a third faster on one core than the library's convolution.
    """

    def columns(self, x: Tensor, step: int, stride: int = 1) -> Tensor:
        """(B, T, in) -> (B, T / stride, kernel * in): what an output sees, oldest first; of every so many outputs the last."""
        kernel, length = self.kernel_size[0], x.shape[1]
        first = (length - 1) % stride
        padded = functional.pad(x, (0, 0, (kernel - 1) * step, 0))  # on the left only: nothing after t enters
        return torch.cat([padded[:, first + j * step : j * step + length : stride] for j in range(kernel)], dim=-1)

    def matrix(self) -> Tensor:
        """(out, kernel * in): the weights of the columns."""
        return self.weight.transpose(1, 2).flatten(1)

    def thinned(self, x: Tensor, stride: int) -> Tensor:
        """Steps that lie a dilation apart -> every `stride`-th output, the newest among them."""
        return functional.linear(self.columns(x, 1, stride), self.matrix(), self.bias)

    def forward(self, x: Tensor) -> Tensor:
        step = self.dilation[0]
        if x.shape[1] <= SHORT:
            return functional.linear(self.columns(x, step), self.matrix(), self.bias)
        padded = functional.pad(x.transpose(1, 2), ((self.kernel_size[0] - 1) * step, 0))
        return functional.conv1d(padded, self.weight, self.bias, dilation=step).transpose(1, 2)


class Block(nn.Module):
    """Residual block: twice (dilated causal convolution, ReLU, dropout), plus the input, ReLU."""

    def __init__(self, width: int, channels: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.first = weight_norm(CausalConvolution(width, channels, kernel, dilation=dilation))
        self.second = weight_norm(CausalConvolution(channels, channels, kernel, dilation=dilation))
        self.match = nn.Linear(width, channels) if width != channels else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dropout(functional.relu(self.first(x)))
        y = self.dropout(functional.relu(self.second(y)))
        return functional.relu(y + self.match(x))

    def thinned(self, x: Tensor) -> Tensor:
        """The same of steps that lie a dilation apart, at every second of them, the newest among them."""
        y = self.dropout(functional.relu(self.first.thinned(x, 1)))
        y = self.dropout(functional.relu(self.second.thinned(y, 2)))
        return functional.relu(y + self.match(x[:, (x.shape[1] - 1) % 2 :: 2]))


class TemporalConvolution(nn.Module):
    """(B, T, width) -> (B, channels): the blocks' output at the last step; `steps` gives it at all of them."""

    def __init__(self, width: int, channels: int, kernel: int, levels: int, dropout: float) -> None:
        super().__init__()
        self.out = channels
        widths = [width] + [channels] * (levels - 1)
        self.blocks = nn.Sequential(*(Block(w, channels, kernel, 2**level, dropout) for level, w in enumerate(widths)))

    def steps(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, channels), for any T."""
        y: Tensor = self.blocks(x)
        return y

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] <= SHORT:
            return self.steps(x)[:, -1]
        # The last step sees of each block's output every second of its dilations alone: a block costs half of the one before.
        for block in self.blocks:
            x = block.thinned(x)  # type: ignore[operator]
        return x[:, -1]


class TcnModel(NeuralModel):
    """A TCN variant: the same window, pooling and parameter budget whatever items it reads."""

    def backbone(self, channels: int, window: int) -> Backbone:
        options = self.options
        levels = levels_for(options.kernel, window)
        return lambda width: TemporalConvolution(width, channels, options.kernel, levels, options.dropout)

    def widths(self, item_dim: int, window: int) -> dict[str, int]:
        """Widths whose number of parameters comes nearest to the budget.

        A model on prices spends it all on the backbone; one with news keeps the backbone at `channels`, give or
        take two, and spends the rest on the items' hidden layer.
        """
        budget, channels = self.options.parameters, self.options.channels
        if not item_dim:
            candidates = [{"channels": c, "hidden": 0} for c in range(2, 257)]
            return min(candidates, key=lambda widths: abs(self.count(item_dim, window, widths) - budget))
        found = []
        for c in range(max(2, channels - 2), channels + 3):
            one, two = (self.count(item_dim, window, {"channels": c, "hidden": h}) for h in (1, 2))
            hidden = max(1, round((budget - one) / (two - one)) + 1)  # each hidden unit costs the same
            found.append({"channels": c, "hidden": hidden})
        return min(
            found, key=lambda widths: (abs(self.count(item_dim, window, widths) - budget), abs(widths["channels"] - channels))
        )

    def count(self, item_dim: int, window: int, widths: dict[str, int]) -> int:
        """Parameters of the network with these widths."""
        width = 5 + (self.options.pooled if item_dim else 0)
        c, k, h, p = widths["channels"], self.options.kernel, widths["hidden"], self.options.pooled
        n = 0
        for level in range(levels_for(k, window)):
            w = width if level == 0 else c
            n += k * w * c + k * c * c + 4 * c  # two convolutions, their lengths and biases
            n += (w * c + c) if w != c else 0
        n += 2 * c + 2
        return n + (h * (item_dim + 1) + p * (h + 1) + h + 1 + p + 1 if item_dim else 0)


class Tcn(TcnModel):
    """The price-only ablation."""

    family: ClassVar[str] = "tcn"
