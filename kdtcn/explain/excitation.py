"""Excitation back-propagation (Zhang et al. 2016, arXiv:1608.00507): which events win when the logit of P(up) asks what excites it.

A unit hands its winning probability on to the units that excite it, each by its activation times the weight between them
where that is positive (equation 1), down to the events and the prices. That wants units that do not go below zero: the ReLUs
of the temporal convolutions. Prices, pooled news and the logit go either way, so each stands as two units, what is above zero
and what is below, of which one is silent. As in the paper a bias excites nobody, and neither does the no-news token, which is
one: the logit is up or down by what is left without its bias.

In the paper what reaches a unit that fires by its bias alone is lost. Here such units take no part, so nothing is: the
probabilities of the events and the prices add up to one.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kdtcn.errors import ModelError
from kdtcn.explain.game import Game
from kdtcn.models.base import UP
from kdtcn.models.network import Network
from kdtcn.models.snapshots import Snapshots
from kdtcn.models.tcn import Block, CausalConvolution, TemporalConvolution


def winning(game: Game) -> tuple[np.ndarray, float]:
    """(players + 1,) winning probabilities of the game's players, and of the prices of the window last; and the side that they
    push the logit to, 1 or -1.

    They sum to one; all are zero, and the side is 0, where nothing excites the logit. Raises ModelError for a network that is not
    made of temporal convolutions with ReLUs.
    """
    members = list(game.network.members) if isinstance(game.network, Snapshots) else [game.network]
    mask = torch.ones(len(game.day), requires_grad=True)
    prices = game.prices.clone().requires_grad_()
    both = torch.stack([_logit(game, _convolutional(game, member), prices, mask) for member in members]).sum(dim=0)
    excited = both.max()
    if excited == 0:
        return np.zeros(game.players + 1), 0.0
    # What a unit hands on is its activation times this gradient: every step below has the sum of its excitations as its slope.
    by_item, by_price = torch.autograd.grad(excited, (mask, prices))
    older = len(game.day) - game.k
    past = torch.zeros(game.window - 1).index_add(0, game.day[:older], by_item[:older])
    found = torch.cat([by_item[older:], past, (by_price * prices).sum()[None]]) / excited
    return found.detach().double().numpy(), 1.0 if both[0] >= both[1] else -1.0


def _convolutional(game: Game, network: object) -> Network:
    if isinstance(network, Network) and isinstance(network.backbone, TemporalConvolution):
        return network
    raise ModelError(
        f"model {game.family!r}: excitation back-propagation is defined for units that do not go below zero, and this network has"
        " others; explain a TCN (wb-tcn, eb-tcn, kdeb-tcn, kdtcn), or choose another effect method"
    )


def _logit(game: Game, network: Network, prices: Tensor, mask: Tensor) -> Tensor:
    """(2,) the sums of what excites a network's logit of P(up), up and down, with the excitations below as their slopes."""
    vectors = game.items.vectors[game.items.offsets[game.rows[0]] : game.items.offsets[game.rows[-1] + 1]]
    with torch.no_grad():
        v, w = network.encode(torch.as_tensor(np.asarray(vectors), dtype=torch.float32))
        pooled = network.pool(v, w, game.day, torch.ones(len(w)), game.window)
        toward = (pooled.sign()[game.day] * w[:, None] * v).clamp_min(0)
    heard = torch.zeros_like(pooled).index_add(0, game.day, mask[:, None] * toward)
    x = torch.cat([prices, _unit(pooled, heard)], dim=-1)[None]
    true = torch.cat([prices.detach(), pooled], dim=-1)[None]
    backbone = network.backbone
    assert isinstance(backbone, TemporalConvolution)
    for block in backbone.blocks:
        assert isinstance(block, Block)
        x, true = _block(block, x, true)
    weight = network.output.weight[UP]
    return _excitation(x[0, -1], torch.stack([weight, -weight]))


def _block(block: Block, x: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """(1, T, width) inputs, without those that take no part and as they are, through one residual block."""
    with torch.no_grad():
        first = functional.relu(block.first(true))
        second = functional.relu(block.second(first))
        out = block(true)
    y = _unit(first, _convolved(block.first, x))
    y = _unit(second, _convolved(block.second, y))
    match = block.match
    past = _excitation(x, match.weight) if isinstance(match, torch.nn.Linear) else x.clamp_min(0)
    return _unit(out, y + past), out


def _convolved(convolution: CausalConvolution, x: Tensor) -> Tensor:
    return _excitation(convolution.columns(x, convolution.dilation[0]), convolution.matrix())


def _excitation(x: Tensor, weight: Tensor) -> Tensor:
    """(..., in) activations and (out, in) weights -> (..., out): the sum of activation times weight where that is positive."""
    weight = weight.detach()
    return functional.linear(x.clamp_min(0), weight.clamp_min(0)) + functional.linear((-x).clamp_min(0), (-weight).clamp_min(0))


def _unit(activation: Tensor, excited: Tensor) -> Tensor:
    """The activation, with its slope shared out by excitation; zero, so that it takes no part, where nothing excites it."""
    live = excited > 0
    return torch.where(live, activation * excited / torch.where(live, excited, 1.0).detach(), 0.0)
