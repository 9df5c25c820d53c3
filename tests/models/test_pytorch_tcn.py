"""The TCN beside the package pytorch-tcn: the same weights, the same outputs and gradients, at any length of window."""

import pytest
import torch
from pytorch_tcn import TCN
from torch import nn

from kdtcn.models.tcn import TemporalConvolution, levels_for


def pair(width: int, channels: int, kernel: int, levels: int) -> tuple[TemporalConvolution, TCN]:
    """Ours, drawn at random, and theirs with its weights."""
    torch.manual_seed(levels)
    ours = TemporalConvolution(width, channels, kernel, levels, dropout=0.0)
    theirs = TCN(width, [channels] * levels, kernel_size=kernel, dropout=0.0, input_shape="NLC")
    for mine, other in zip(ours.blocks, theirs.network, strict=True):
        for a, b in ((mine.first, other.conv1), (mine.second, other.conv2)):
            assert b.load_state_dict(a.state_dict(), strict=False).unexpected_keys == []
        if isinstance(mine.match, nn.Linear):
            other.downsample.load_state_dict({"weight": mine.match.weight[..., None], "bias": mine.match.bias})
    return ours, theirs


@pytest.mark.parametrize(("width", "channels", "kernel"), [(5, 25, 3), (13, 16, 3), (16, 16, 2), (2, 24, 7)])
@pytest.mark.parametrize("length", [1, 10, 33, 200])
def test_the_same_weights_give_the_same_outputs(width: int, channels: int, kernel: int, length: int) -> None:
    ours, theirs = pair(width, channels, kernel, levels_for(kernel, length))
    x = torch.randn(8, length, width)
    torch.testing.assert_close(ours.steps(x), theirs(x), atol=1e-5, rtol=0)
    torch.testing.assert_close(ours(x), theirs(x)[:, -1], atol=1e-5, rtol=0)
    for value in (ours(x), theirs(x)[:, -1]):
        value.square().sum().backward()
    first, other = ours.blocks[0].first, theirs.network[0].conv1
    for name, weight in first.named_parameters():
        reference = dict(other.named_parameters())[name].grad
        torch.testing.assert_close(weight.grad, reference, atol=1e-5 * float(reference.abs().max()) + 1e-6, rtol=1e-4)
