"""The TCN beside the package pytorch-tcn: the same weights, the same outputs and gradients, at any length of window."""

import pytest
import torch

from benchmarks.tcn import pair
from kdtcn.models.tcn import levels_for


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
