"""Event effects: how much each event of a session moves the raw logit of P(up) of a named model.

The effects of all players add up to the logit minus the no-news logit (completeness). Sampled Shapley values and
integrated gradients come from Captum; exact Shapley values and leave-one-out are checks for small sessions. Excitation
back-propagation answers another question, which events are behind the side that the logit is on: its effects are shares, and
it is defined for temporal convolutions alone (`kdtcn.explain.excitation`).

Shapley (1953); Castro, Gomez, Tejada (2009) for sampling; Sundararajan, Taly, Yan (ICML 2017) for integrated gradients.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import pandas as pd
import torch
from captum.attr import IntegratedGradients, ShapleyValueSampling

from kdtcn.errors import InputError
from kdtcn.explain.excitation import winning
from kdtcn.explain.game import Game
from kdtcn.explain.placebo import placebo_band
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import one_thread

EXACT_LIMIT = 16  # 2^16 coalitions are seconds; twice as many players are years
COMPLETENESS = 1e-3
STEPS, ROUNDS = 8, 14  # evaluations of a piece of the path; halvings, after which a piece is 6e-5 of it
ROUNDING = 1e-6
BATCHES = 8  # the spread of so many independent sampling runs gives the standard error


@dataclass(frozen=True)
class Effects:
    """The effects of one session's news on one model's raw logit of P(up).

    effects[j] belongs to event_ids[j]; older_effects[t] to the session older_sessions[t] of the window, all its news
    together. stderr is the sampling error of effects (zero for methods that do not sample); low and high bound the
    placebo band (2.5 % to 97.5 %; NaN where none was drawn). Of `excitation` the effects are winning probabilities, which
    add up to one with that of the prices, all with the sign of the side that wins; there is no band.
    """

    session: pd.Timestamp
    method: str
    base: float
    logit: float
    event_ids: tuple[str, ...]
    effects: np.ndarray
    stderr: np.ndarray
    low: np.ndarray
    high: np.ndarray
    older_sessions: tuple[pd.Timestamp, ...]
    older_counts: np.ndarray
    older_effects: np.ndarray

    @property
    def gap(self) -> float:
        """What the effects leave unexplained of the logit minus the base; zero but for the method's error where it is complete."""
        return float(self.logit - self.base - self.effects.sum() - self.older_effects.sum())


def event_effects(
    model: Any,
    data: Dataset,
    i: int,
    *,
    method: str = "shapley",
    samples: int = 200,
    placebo: int = 60,
    popularity: np.ndarray | None = None,
    seed: int = 0,
) -> Effects:
    """Effects of the events of session i and of the older sessions in its window.

    samples: permutations for `shapley`. placebo: items drawn from earlier days for each event's band, 0 for none;
    `popularity` (N,) gives the rank of every item of the model's kind, so that like is drawn for like.
    Raises ModelError for a model that reads no news or that `excitation` is not defined for, InputError for an unknown method or
    too many players for `exact`.
    """
    if method not in METHODS:
        raise InputError(f"effect method {method!r} is unknown; choose one of {', '.join(METHODS)}")
    with one_thread():
        game = Game(model, data, i)
        ends = game.value(torch.stack([torch.zeros(game.players), torch.ones(game.players)]))
        attribution, stderr = METHODS[method](game, samples, seed)
        low = high = np.full(game.k, np.nan)
        if placebo and game.k and method != "excitation":  # the band is in logits
            low, high = placebo_band(game, draws=placebo, popularity=popularity, seed=seed)
    k = game.k
    return Effects(
        session=data.sessions[i],
        method=method,
        base=float(ends[0]),
        logit=float(ends[1]),
        event_ids=tuple(str(name) for name in game.ids),
        effects=attribution[:k],
        stderr=stderr[:k],
        low=low,
        high=high,
        older_sessions=tuple(data.sessions[game.rows[:-1]]),
        older_counts=game.counts[:-1].copy(),
        older_effects=attribution[k:],
    )


def _sampled(game: Game, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Captum's sampler, fed with seeded permutations in pairs (an order and its reverse), which halves the variance.

    Older sessions without news are players that change nothing; their effect comes out as zero.
    """
    generator = torch.Generator().manual_seed(seed)
    present, absent = torch.ones(1, game.players), torch.zeros(1, game.players)
    sampler = ShapleyValueSampling(game.value)

    def permutations(players: int, count: int) -> Iterator[list[int]]:
        for _ in range(0, count, 2):
            order = torch.randperm(players, generator=generator).tolist()
            yield order
            yield order[::-1]

    sampler.permutation_generator = permutations
    each = max(2, 2 * round(samples / BATCHES / 2))
    runs = np.stack(
        [
            sampler.attribute(present, baselines=absent, n_samples=each, perturbations_per_eval=game.players)[0].double().numpy()
            for _ in range(BATCHES)
        ]
    )
    return runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(BATCHES)


def _gradients(game: Game, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Integrated gradients from the empty mask to the full one, complete within COMPLETENESS.

    The path is cut where it needs it: each piece is integrated by itself (a row of one batch), and the pieces whose parts do
    not add up to the change of the logit over them are halved. A ReLU has a kink where a unit starts to count; halving
    comes close to it in a dozen rounds, while more steps along the whole path would take thousands.
    """
    method = IntegratedGradients(game.smooth_value)
    found = np.zeros(game.players)
    start, end = torch.zeros(1), torch.ones(1)
    for last in (round_ == ROUNDS for round_ in range(ROUNDS + 1)):
        parts, gap = method.attribute(
            end[:, None].expand(-1, game.players),
            baselines=start[:, None].expand(-1, game.players),
            n_steps=STEPS,
            method="gausslegendre",
            internal_batch_size=max(256, len(start)),
            return_convergence_delta=True,
        )
        # a piece may miss its share by its length, but is not held to more than the rounding of a logit
        wrong = (gap.abs() > (COMPLETENESS / 2 * (end - start)).clamp_min(ROUNDING)) & (not last)
        found += parts[~wrong].detach().double().sum(dim=0).numpy()
        if not wrong.any():
            break
        start, end = start[wrong], end[wrong]
        middle = (start + end) / 2
        start, end = torch.cat([start, middle]), torch.cat([middle, end])
    return found, np.zeros(game.players)


def _left_out(game: Game, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The full set minus the set without each player. Not complete: what players do together is counted with each or none."""
    full = torch.ones(game.players + 1, game.players)
    full[1:] -= torch.eye(game.players)
    values = game.value(full).double().numpy()
    return values[0] - values[1:], np.zeros(game.players)


def _exact(game: Game, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shapley's sum over all coalitions of the players that have news."""
    live = np.concatenate([np.arange(game.k), game.k + np.flatnonzero(game.counts[:-1])])
    n = len(live)
    if n > EXACT_LIMIT:
        raise InputError(
            f"exact Shapley values of {n} players need 2^{n} evaluations; at most {EXACT_LIMIT} players, use method shapley"
        )
    codes = np.arange(2**n)
    member = (codes[:, None] >> np.arange(n)) & 1
    mask = np.zeros((len(codes), game.players), dtype=np.float32)
    mask[:, live] = member
    values = np.concatenate([game.value(part).double().numpy() for part in torch.as_tensor(mask).split(4096)])
    size = member.sum(axis=1)
    weight = np.array([1 / (n * comb(n - 1, s)) if s < n else 0.0 for s in range(n + 1)])
    found = np.zeros(game.players)
    for place, player in enumerate(live):
        without = codes[member[:, place] == 0]
        found[player] = np.sum(weight[size[without]] * (values[without | (1 << place)] - values[without]))
    return found, np.zeros(game.players)


def _excited(game: Game, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Winning probabilities, with the sign of the side that they push the logit to."""
    probabilities, side = winning(game)
    return side * probabilities[:-1], np.zeros(game.players)


METHODS: dict[str, Callable[[Game, int, int], tuple[np.ndarray, np.ndarray]]] = {
    "shapley": _sampled,
    "integrated-gradients": _gradients,
    "leave-one-out": _left_out,
    "exact": _exact,
    "excitation": _excited,
}
