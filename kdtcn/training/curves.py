"""What a learning curve says, in words: still learning, overfitting since epoch n, plateau, diverging."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kdtcn.lake import Lake
from kdtcn.training.store import stored_models

Curve = Sequence[Mapping[str, float]]
Kind = Literal["still learning", "overfitting", "plateau", "diverging"]
_FEWEST = 4  # fewer epochs say nothing
_MOVED = 0.005  # a loss has moved when it changed by this share of itself
_NOISE = 3.0  # and by so many times its usual step from one epoch to the next
_END = 3  # the end of a curve is the mean of so many epochs
_RISE = 0.05  # training that ends this share above its lowest has come loose


@dataclass(frozen=True)
class Diagnosis:
    """What a curve says; `since` is the epoch from which on it only overfitted, 0 for the other kinds."""

    kind: Kind
    since: int
    words: str


def diagnose(rows: Curve) -> Diagnosis | None:
    """Read a curve as `models` stores it: a row an epoch with epoch, train, rate and, where rows were held back, valid.

    None where there is no curve (closed-form models) or fewer than four epochs. Diverging: the training loss ends 5 % above its
    lowest. Overfitting: it falls on while the validation loss ends above its best, by more than 0.5 % and three times its
    usual step between epochs. Still learning: the loss that is watched still fell by as much over the last third of
    the epochs. Plateau: neither.
    """
    if len(rows) < _FEWEST:
        return None
    train = np.array([row["train"] for row in rows])
    epochs = [int(row["epoch"]) for row in rows]
    if not np.isfinite(train).all() or _end(train) > (1 + _RISE) * train.min():
        low = epochs[int(np.nanargmin(train))] if np.isfinite(train).any() else epochs[0]
        return Diagnosis(
            "diverging", 0, f"diverging: the training loss ends above its lowest, of epoch {low}; lower learning_rate"
        )
    watched = np.array([row["valid"] for row in rows]) if all("valid" in row for row in rows) else None
    if watched is not None:
        best = int(watched.argmin())
        rise = _end(watched[best:]) - watched[best]
        if rise > _least(watched) and train[best] - _end(train[best:]) > 0:
            since = epochs[best + 1]
            grown = 100 * rise / watched[best]
            words = f"overfitting since epoch {since}: the training loss falls on, the validation loss has risen by {grown:.1f} %"
            return Diagnosis("overfitting", since, words)
    seen = train if watched is None else watched
    third = max(1, len(seen) // 3)
    fall = float(np.mean(seen[:-third][-third:]) - np.mean(seen[-third:]))
    if fall > _least(seen):
        last = f"the last {third} epochs" if third > 1 else "the last epoch"
        return Diagnosis(
            "still learning", 0, f"still learning: the loss fell by {100 * fall / seen[-1]:.1f} % over {last}; raise epochs"
        )
    return Diagnosis("plateau", 0, f"plateau: no clear change after epoch {epochs[int(seen.argmin())]}")


def said(curves: Iterable[tuple[str, Curve]]) -> list[str]:
    """One line a model: how many of its runs show what. `curves`: model name and stored curve of each run."""
    by_model: dict[str, list[Diagnosis]] = defaultdict(list)
    for name, rows in curves:
        if (found := diagnose(rows)) is not None:
            by_model[name].append(found)
    return [f"{name}: {_counted(several)}" for name, several in by_model.items()]


def _counted(several: Sequence[Diagnosis]) -> str:
    """For example: 1 plateau, 4 overfitting since epoch 2 to 5."""
    parts = []
    for kind in get_args(Kind):
        since = sorted(one.since for one in several if one.kind == kind)
        epochs = f" since epoch {since[0]}{f' to {since[-1]}' if since[-1] > since[0] else ''}" if since and since[-1] else ""
        parts += [f"{len(since)} {kind}{epochs}"] if since else []
    return ", ".join(parts)


def stored(lake: Lake, model_ids: Sequence[str]) -> list[tuple[str, Curve]]:
    """Model name and curve of models in the lake, in the order of their ids: for `said`, and for drawing."""
    rows = stored_models(lake).set_index("model_id")
    there = rows.loc[[name for name in dict.fromkeys(model_ids) if name in rows.index]]
    return [(str(row.family), json.loads(str(row.config)).get("curve", [])) for row in there.itertuples()]


def _end(values: np.ndarray) -> float:
    return float(values[-_END:].mean())


def _least(values: np.ndarray) -> float:
    """The smallest change of a curve that is more than its noise."""
    steps = np.abs(np.diff(values))
    return max(_MOVED * abs(float(values[0])), _NOISE * float(np.median(steps)))
