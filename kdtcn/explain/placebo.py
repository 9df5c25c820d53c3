"""The placebo band: which effects would headlines of the same popularity, drawn from other days, have had in an event's place.

An effect inside its band says no more than that *some* headline stood there; only one outside it is about this event.
"""

import numpy as np
import torch

from kdtcn.explain.game import Game, pool_sets

LEVEL = 0.95  # share of headlines of other days whose effect lies inside the band
SESSIONS = 60  # earlier sessions, before the window, whose headlines stand in for an event
COALITIONS = 12
CHUNK = 512


def placebo_band(
    game: Game,
    *,
    draws: int,
    popularity: np.ndarray | None,
    seed: int,
    coalitions: int = COALITIONS,
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds (k,) of the effects of placebo items; NaN where no earlier day has items.

    The bounds are order statistics that leave (1 - LEVEL) / 2 to either side: the effect of one more item of the kind
    drawn is the j-th smallest of n + 1 with the same chance for each j (Weibull's plotting position). The usual
    percentiles of 60 draws would hold 92 % of such items. Fewer than 39 draws bound less than LEVEL.

    A draw's effect is its Shapley value over coalitions of the other players, one of each size stratum, the same
    for all draws of an event: sizes, not members, make most of the variance of a pooled mean.
    """
    rng = np.random.default_rng(seed)
    # items before the window: other days, and none from the future
    first, stop = (int(game.items.offsets[row]) for row in (max(0, game.rows[0] - SESSIONS), game.rows[0]))
    low, high = np.full(game.k, np.nan), np.full(game.k, np.nan)
    if first == stop:
        return low, high
    ranks = None if popularity is None else np.asarray(popularity)
    bounds = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    own_rows = np.arange(game.items.offsets[game.rows[-1]], game.items.offsets[game.rows[-1] + 1])
    for j in range(game.k):
        candidates = first + _candidates(ranks, first, stop, own_rows[j], draws)
        rows = rng.choice(candidates, size=draws, replace=len(candidates) < draws)
        found = _drawn_effects(game, j, rows, _coalitions(game.players, j, coalitions, rng))
        low[j], high[j] = np.quantile(found, bounds, method="weibull")
    return low, high


def _candidates(ranks: np.ndarray | None, first: int, stop: int, row: int, least: int) -> np.ndarray:
    """Items from `first` to `stop`, counted from `first`, of the rank of item `row`; where these are fewer than `least`,
    those of the neighbouring ranks as well."""
    if ranks is None:
        return np.arange(stop - first)
    distance = np.abs(ranks[first:stop] - ranks[row])
    nth = min(least, stop - first) - 1
    return np.flatnonzero(distance <= np.partition(distance, nth)[nth])


def _coalitions(players: int, j: int, count: int, rng: np.random.Generator) -> torch.Tensor:
    """Masks (count, players) without player j, of evenly spread sizes."""
    others = np.delete(np.arange(players), j)
    masks = np.zeros((count, players), dtype=np.float32)
    for row, size in enumerate(np.floor((np.arange(count) + rng.random(count)) / count * players).astype(int)):
        masks[row, rng.permutation(others)[:size]] = 1
    return torch.as_tensor(masks)


def _drawn_effects(game: Game, j: int, rows: np.ndarray, masks: torch.Tensor) -> np.ndarray:
    """Mean over coalitions (draws,) of what each drawn item adds when it joins in place of event j."""
    with torch.no_grad():
        v, w = game.encode(rows)
        before = game.value(masks)
        draws, count = len(rows), len(masks)
        own = masks[:, : game.k].clone()
        own[:, j] = 1
        pooled = []
        for v_new, w_new in zip(v, w, strict=True):
            v_set, w_set = game.own_v.clone(), game.own_w.clone()
            v_set[j], w_set[j] = v_new, w_new
            pooled.append(pool_sets(game.network, v_set, w_set, own))
        older = masks[:, game.k :].repeat(draws, 1)
        after = torch.cat([game.value_of(p, o) for p, o in zip(torch.cat(pooled).split(CHUNK), older.split(CHUNK), strict=True)])
        return (after.reshape(draws, count) - before).mean(dim=1).double().numpy()
