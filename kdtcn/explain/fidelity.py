"""Are effects faithful to the model? Curves of deleting and inserting events, sufficiency, stability, weights shuffled.

Deletion and insertion: Petsiuk, Das, Saenko (BMVC 2018); sufficiency and comprehensiveness: DeYoung et al. (ACL 2020);
shuffled weights: Adebayo et al. (NeurIPS 2018). All in units of the raw logit of P(up), towards which the session's own
events push together; the older sessions of the window stay as they are.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import torch

from kdtcn.explain.effects import event_effects
from kdtcn.explain.game import Game
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import one_thread

FEWEST = 5  # events of a session below which an order of them says little
TOP = 0.2  # share of a session's events that sufficiency keeps and comprehensiveness takes away
ORDERS = 20  # random orders whose mean the order by effect is held against


@dataclass(frozen=True)
class Fidelity:
    """What was measured on one session; areas are means over the steps of a curve, in raw logits.

    deletion, insertion: area of the curve by effect, with `_random` and `_popularity` beside it (higher is better).
    comprehensiveness: what the logit loses without the top events (higher is better), sufficiency: what it loses with nothing
    but them (lower is better; below zero where they alone say more than all), each beside that of as many events at random. again: rank correlation of the effects under another sampling seed; methods: of sampled
    Shapley values with integrated gradients; shuffled: with the effects in a network whose weights were shuffled; seeds: mean
    over pairs of models trained from other seeds (NaN where there is one). gap: what the effects leave unexplained.
    """

    session: pd.Timestamp
    events: int
    gap: float
    deletion: float
    deletion_random: float
    deletion_popularity: float
    insertion: float
    insertion_random: float
    insertion_popularity: float
    comprehensiveness: float
    comprehensiveness_random: float
    sufficiency: float
    sufficiency_random: float
    again: float
    methods: float
    shuffled: float
    seeds: float


def fidelity(
    model: Any,
    data: Dataset,
    i: int,
    *,
    samples: int = 200,
    popularity: np.ndarray | None = None,
    siblings: Sequence[Any] = (),
    seed: int = 0,
) -> Fidelity | None:
    """Measure session i; None where it has fewer than FEWEST events.

    `popularity` (N,) ranks every item of the model's kind; `siblings` are models of the same family trained from other seeds.
    """
    with one_thread():
        game = Game(model, data, i)
        if game.k < FEWEST:
            return None
        found = event_effects(model, data, i, samples=samples, placebo=0, seed=seed)
        again = event_effects(model, data, i, samples=samples, placebo=0, seed=seed + 1)
        smooth = [_gradients(one, data, i) for one in (model, *siblings)]
        effects, rng = found.effects, np.random.default_rng(seed)
        toward = 1.0 if effects.sum() >= 0 else -1.0
        by_effect = np.argsort(-toward * effects, kind="stable")
        ranks = np.arange(game.k) if popularity is None else popularity[data.items[model.kind].of(i)]
        by_rank = np.argsort(ranks, kind="stable")
        anyhow = [rng.permutation(game.k) for _ in range(ORDERS)]
        deleted = [_area(game, order, toward, delete=True) for order in (by_effect, by_rank, *anyhow)]
        inserted = [_area(game, order, toward, delete=False) for order in (by_effect, by_rank, *anyhow)]
        top = max(1, round(TOP * game.k))
        kept = np.array([_kept(game, order[:top], toward) for order in (by_effect, *anyhow)])
    return Fidelity(
        session=found.session,
        events=game.k,
        gap=abs(found.gap),
        deletion=deleted[0],
        deletion_popularity=deleted[1],
        deletion_random=float(np.mean(deleted[2:])),
        insertion=inserted[0],
        insertion_popularity=inserted[1],
        insertion_random=float(np.mean(inserted[2:])),
        comprehensiveness=float(kept[0, 0]),
        comprehensiveness_random=float(kept[1:, 0].mean()),
        sufficiency=float(kept[0, 1]),
        sufficiency_random=float(kept[1:, 1].mean()),
        again=alike(effects, again.effects),
        methods=alike(effects, smooth[0]),
        shuffled=alike(smooth[0], _gradients(shuffled(model, seed), data, i)),
        seeds=agreement(smooth),
    )


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of two sets of effects; 0 where one of them is all alike."""
    ranks = [pd.Series(values).rank().to_numpy() for values in (a, b)]
    return 0.0 if min(np.ptp(r) for r in ranks) == 0 else float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def agreement(effects: Sequence[np.ndarray]) -> float:
    """Mean rank correlation over pairs of models; NaN where there is one model, or fewer than two events."""
    pairs = list(combinations(effects, 2))
    return float(np.mean([alike(a, b) for a, b in pairs])) if pairs and len(effects[0]) > 1 else float("nan")


def shuffled(model: Any, seed: int) -> Any:
    """The model with the entries of each weight in another order: as large, but what was learned is gone."""
    other = copy.copy(model)
    other.network = copy.deepcopy(model.network)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in other.network.parameters():
            flat = weight.reshape(-1)
            weight.copy_(flat[torch.randperm(len(flat), generator=generator)].reshape(weight.shape))
    return other


def _gradients(model: Any, data: Dataset, i: int) -> np.ndarray:
    return event_effects(model, data, i, method="integrated-gradients", placebo=0).effects


def _area(game: Game, order: np.ndarray, toward: float, *, delete: bool) -> float:
    """Mean change of the logit, towards the prediction, over the steps of taking events away (or adding them) in an order.

    Deletion counts how far the logit has fallen from that of all events, insertion how far it has risen from that of none.
    """
    place = np.empty(game.k, dtype=int)
    place[order] = np.arange(game.k)
    gone = place[None, :] < np.arange(game.k + 1)[:, None]
    values = _values(game, ~gone if delete else gone)
    change = values[0] - values if delete else values - values[0]
    return float(toward * change[1:-1].mean())


def _kept(game: Game, top: np.ndarray, toward: float) -> tuple[float, float]:
    """What the logit loses without the top events (comprehensiveness), and with nothing but them (sufficiency)."""
    only = np.zeros(game.k, dtype=bool)
    only[top] = True
    whole, without, alone = _values(game, np.stack([np.ones(game.k, dtype=bool), ~only, only]))
    return toward * (whole - without), toward * (whole - alone)


def _values(game: Game, own: np.ndarray) -> np.ndarray:
    """Logits (n,) of sets of the session's own events (n, k), all older sessions present."""
    older = np.ones((len(own), game.players - game.k), dtype=bool)
    return game.value(torch.as_tensor(np.hstack([own, older]), dtype=torch.float32)).double().numpy()
