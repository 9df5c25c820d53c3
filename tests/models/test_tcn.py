"""The temporal convolutions: causal, with an exact receptive field, and one parameter budget for all variants."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import ConfigError
from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.tcn import SHORT, Tcn, TcnModel, TemporalConvolution, levels_for, receptive_field


def net(kernel: int, levels: int, width: int = 3) -> TemporalConvolution:
    torch.manual_seed(kernel * 10 + levels)
    module = TemporalConvolution(width, 4, kernel, levels, dropout=0.0).double().eval()
    for p in module.parameters():
        torch.nn.init.uniform_(p, 0.1, 1.0)  # all positive: no ReLU is shut and no path cancels another
    return module


@pytest.mark.parametrize(("kernel", "levels"), [(1, 1), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2), (5, 2), (2, 5), (3, 5)])
def test_the_receptive_field_is_exact(kernel: int, levels: int) -> None:
    module, field = net(kernel, levels), receptive_field(kernel, levels)
    x = torch.rand(1, field + 3, 3, dtype=torch.float64)
    before = module(x)
    inside, outside = x.clone(), x.clone()
    inside[0, -field] += 1.0
    outside[0, :-field] += 1.0
    assert not torch.equal(module(inside), before)
    assert torch.equal(module(outside), before)


@given(kernel=st.integers(1, 4), levels=st.integers(1, 3), length=st.integers(1, 40), at=st.integers(0, 39))
@settings(max_examples=40, deadline=None)
def test_no_output_sees_the_future(kernel: int, levels: int, length: int, at: int) -> None:
    at = min(at, length - 1)
    module = net(kernel, levels)
    x = torch.rand(2, length, 3, dtype=torch.float64)
    y = x.clone()
    y[:, at:] += torch.rand(2, length - at, 3, dtype=torch.float64)
    a, b = module.steps(x), module.steps(y)
    assert a.shape == (2, length, 4)
    assert torch.equal(a[:, :at], b[:, :at])
    assert not torch.equal(a[:, at], b[:, at])


@given(kernel=st.integers(1, 4), levels=st.integers(1, 5), length=st.integers(SHORT + 1, 3 * SHORT))
@settings(max_examples=40, deadline=None)
def test_a_long_window_gives_what_all_its_steps_end_in(kernel: int, levels: int, length: int) -> None:
    """Only the steps that the last one sees are computed, and the gradients are those of all steps as well."""
    module = net(kernel, levels)
    x = torch.randn(2, length, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(length))
    found = []
    for value in (module(x), module.steps(x)[:, -1]):
        module.zero_grad()
        value.square().mean().backward()
        found.append([value.detach(), *(p.grad for p in module.parameters())])
    for thinned, whole in zip(*found, strict=True):
        torch.testing.assert_close(thinned, whole)


@given(kernel=st.integers(2, 6), window=st.integers(1, 250))
def test_the_fewest_blocks_that_cover_the_window(kernel: int, window: int) -> None:
    levels = levels_for(kernel, window)
    assert receptive_field(kernel, levels) >= window
    assert levels == 1 or receptive_field(kernel, levels - 1) < window


def test_kernel_one_cannot_see_a_window() -> None:
    assert levels_for(1, 1) == 1
    with pytest.raises(ConfigError, match="'kernel': 1 sees one session only, the window has 10"):
        levels_for(1, 10)


def test_weights_are_normalised() -> None:
    block = net(3, 1).blocks[0]
    direction = block.first.parametrizations.weight.original1
    before = block.first.weight.clone()
    with torch.no_grad():
        direction.mul_(7.0)
    torch.testing.assert_close(block.first.weight, before)  # only the direction of v counts, its length is g


@pytest.mark.parametrize("item_dim", [0, 16, 32, 96, 144, 250, 600])
@pytest.mark.parametrize("window", [5, 10, 20])
def test_counted_parameters_are_those_of_the_network(item_dim: int, window: int) -> None:
    model: TcnModel = Kdtcn() if item_dim else Tcn()
    widths = model.widths(item_dim, window)
    network = model.build({"item": item_dim, "window": window, **widths})
    count = sum(p.numel() for p in network.parameters())
    assert count == model.count(item_dim, window, widths)
    assert abs(count - model.options.parameters) <= 0.025 * model.options.parameters  # so any two differ by at most 5 %
