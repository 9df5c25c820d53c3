"""Abrupt changes: the flag with its two numbers D and C, and runs of neighbouring abrupt sessions as one interval.

D_i is the simple return of session i, C_i = D_i - D_{i-1}; a session is abrupt where |C_i| exceeds a threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kdtcn.features.dataset import Dataset
from kdtcn.features.market import Market


@dataclass(frozen=True)
class AbruptPoint:
    """One session of the D and C chart; d, c and abrupt are None while the session has not closed."""

    session: pd.Timestamp
    d: float | None
    c: float | None
    abrupt: bool | None
    threshold: float


@dataclass(frozen=True)
class TopEffect:
    """An event that moved the forecast of one session of an interval."""

    session: pd.Timestamp
    event: str
    effect: float


@dataclass(frozen=True)
class Interval:
    """Neighbouring abrupt sessions as one piece: first and last session, their number, compound return, largest |C|."""

    first: pd.Timestamp
    last: pd.Timestamp
    sessions: tuple[pd.Timestamp, ...]
    cumulative: float
    largest_c: float
    largest_session: pd.Timestamp
    top: tuple[TopEffect, ...] = field(default=())

    @property
    def summary(self) -> str:
        """The interval in one sentence, ISO dates and percent."""
        if len(self.sessions) == 1:
            head = f"{self.first:%Y-%m-%d}: one abrupt session, D {self.cumulative:+.2%}, C {self.largest_c:+.2%}."
        else:
            head = (
                f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}: {len(self.sessions)} abrupt sessions in a row, "
                f"{self.cumulative:+.2%} in all; largest C {self.largest_c:+.2%} on {self.largest_session:%Y-%m-%d}."
            )
        return head.replace("-0.00%", "0.00%")


def points(data: Dataset | Market, threshold: float | np.ndarray) -> list[AbruptPoint]:
    """All sessions with their D, C and flag; `threshold` is one number or one a session (n,)."""
    limit = np.broadcast_to(np.asarray(threshold, dtype=float), (len(data),))
    return [
        AbruptPoint(
            session=session,
            d=_known(data.d[i]),
            c=_known(data.c[i]),
            abrupt=None if data.abrupt[i] < 0 else bool(data.abrupt[i]),
            threshold=float(limit[i]),
        )
        for i, session in enumerate(data.sessions)
    ]


def recent(data: Dataset | Market, i: int, threshold: float | np.ndarray, *, n: int = 60) -> list[AbruptPoint]:
    """The n sessions up to and with session i."""
    return points(data, threshold)[max(0, i - n + 1) : i + 1]


def intervals(
    series: Sequence[AbruptPoint],
    effects: Mapping[pd.Timestamp, Sequence[tuple[str, float]]] | None = None,
    *,
    top: int = 3,
) -> list[Interval]:
    """Runs of neighbouring abrupt sessions of consecutive points, oldest first.

    `effects` gives (event, effect) pairs of sessions that were explained; the `top` largest of a run go with it.
    """
    found: list[Interval] = []
    run: list[AbruptPoint] = []
    for point in [*series, None]:
        if point is not None and point.abrupt:
            run.append(point)
        elif run:
            found.append(_interval(run, effects or {}, top))
            run = []
    return found


def _interval(run: list[AbruptPoint], effects: Mapping[pd.Timestamp, Sequence[tuple[str, float]]], top: int) -> Interval:
    peak = max(run, key=lambda p: abs(p.c or 0.0))
    moved = [TopEffect(p.session, event, effect) for p in run for event, effect in effects.get(p.session, ())]
    return Interval(
        first=run[0].session,
        last=run[-1].session,
        sessions=tuple(p.session for p in run),
        cumulative=float(np.prod([1 + (p.d or 0.0) for p in run]) - 1),
        largest_c=float(peak.c or 0.0),
        largest_session=peak.session,
        top=tuple(sorted(moved, key=lambda t: -abs(t.effect))[:top]),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
