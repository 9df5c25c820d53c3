"""What one replicate plants: which sessions move and which way, the headlines that tell of it, and the prices that follow.

The causes are those of the synthetic world (rules.csv): an event type that meets a class of the graph. Real headlines and
real prices stand around them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdtcn.demo.cast import Cast, Group
from kdtcn.demo.plan import Deck, Writer
from kdtcn.features.market import Market
from kdtcn.sessions import day_end, day_start
from kdtcn.sources.base import Record

SOURCE = "planted"
BAR = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Planting:
    """sign (n_sessions,): +1 or -1 where a session is moved, else 0; records: the planted headlines, look-alikes included.

    mirror (n_sessions,): +1, or -1 where the session's own return is turned round.
    """

    sign: np.ndarray
    records: tuple[Record, ...]
    mirror: np.ndarray


def draw(
    cast: Cast,
    sessions: pd.DatetimeIndex,
    movable: np.ndarray,
    rate: float,
    rng: np.random.Generator,
    *,
    late: bool = False,
    mirrored: bool = True,
) -> Planting:
    """Each movable session (n,) bool gets a cause with probability `rate`, and one headline that tells of it in time.

    The class decides the sign. Outsiders appear in every event type as often as members do, cause or none, so that
    the event type alone tells nothing. `late`: headlines carry the date of the session that they moved, so that they
    are known only after it: nothing can be forecast from them. `mirrored`: half of the returns are turned round at random.
    Their sizes stay, but nothing real forecasts their direction any more, and every replicate is a noise of its own; without it all share
    the one history, whose luck is then in each of them, whatever was planted.
    """
    writer = Writer(cast, rng)
    mirror = np.where(mirrored & (rng.random(len(sessions)) < 0.5), -1.0, 1.0)
    members = {name: Deck(_all(group), rng) for name, group in cast.classes.items()}
    strangers = {event: Deck(_all(group), rng) for event, group in cast.outsiders.items()}
    sign = np.zeros(len(sessions))
    records: list[Record] = []
    for i in np.flatnonzero(movable).tolist():
        told: list[tuple[str, str]] = []
        if rng.random() < rate:
            rule = cast.rules[int(rng.integers(len(cast.rules)))]
            sign[i] = np.sign(rule.size)
            told.append((rule.event, members[rule.name].draw()))
        for event in cast.events:
            told += [(event, strangers[event].draw()) for _ in range(rng.poisson(rate / len(cast.events)))]
        days = pd.DatetimeIndex([sessions[i]]) if late else pd.date_range(sessions[i - 1], sessions[i] - pd.Timedelta(days=1))
        records += _records(writer, told, days, rng)
    return Planting(sign, tuple(records), mirror)


def shifts(planting: Planting, sigma: np.ndarray, size: float) -> np.ndarray:
    """(n,) what is added to the log return of each session: `size` trailing deviations `sigma` (n,), known before it."""
    return np.where(planting.sign != 0, size * planting.sign * np.nan_to_num(sigma), 0.0)


def move(prices: pd.DataFrame, market: Market, planting: Planting, shift: np.ndarray) -> pd.DataFrame:
    """Rows of `prices` after each session's log return was turned round where `mirror` says so and moved by `shift` (n,).

    Later prices move along. The shift comes with the open, as news of the night does; a bar that is turned round has its
    high where the low was. Without mirror and shift prices stay as they are; volumes do anyhow.
    """
    real = pd.Series(np.log(market.closes)).ffill().bfill().to_numpy()
    before = np.concatenate([real[:1], real[:-1]])
    after = real[0] + np.cumsum(planting.mirror * (real - before) + shift)
    start = np.concatenate([real[:1], after[:-1]]) + shift
    i = np.maximum(market.sessions.searchsorted(pd.DatetimeIndex(prices["session"]), side="right") - 1, 0)
    turned = planting.mirror[i]
    bars = {name: np.exp(start[i] + turned * (np.log(prices[name].to_numpy(float)) - before[i])) for name in BAR}
    bars["high"], bars["low"] = np.where(turned > 0, bars["high"], bars["low"]), np.where(turned > 0, bars["low"], bars["high"])
    return prices.assign(**bars, adj_close=prices["adj_close"] * (bars["close"] / prices["close"]))


def _all(group: Group) -> tuple[str, ...]:
    return tuple(sorted({*group.seen, *group.unseen}))


def _records(writer: Writer, told: list[tuple[str, str]], days: pd.DatetimeIndex, rng: np.random.Generator) -> Iterator[Record]:
    """A headline on a random day each; like those of an archive, it is known when its day ends."""
    for event, entity in told:
        day = days[[int(rng.random() * len(days))]]  # one draw for one day or for four: late and early replicates stay alike
        text = writer.write(event, entity, day[0]).text
        yield Record(day_start(day)[0].to_pydatetime(), day_end(day)[0].to_pydatetime(), SOURCE, day[0].date(), text)
