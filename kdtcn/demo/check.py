"""`kdtcn demo check`: does the chain find what was planted? Each finding has a value, an interval, a bound, and holds or not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from kdtcn.demo import oracle, reading
from kdtcn.demo.found import DRIVERS, Found
from kdtcn.evaluation.intervals import block_bootstrap, interval
from kdtcn.explain.placebo import LEVEL

FULL = 10, 3  # model seeds and worlds of the full count
WAY, WAY_SMALL = 0.7, 0.6  # of the way from always-up to Bayes-optimal, at full count and below
AHEAD = 0.10
LARGEST, SEEN, UNSEEN = 3, 0.90, 0.70  # the planted event is among the three largest, by what drives the session


@dataclass(frozen=True)
class Finding:
    """What was asked, the value with its 95 % interval over sessions, over how many, each world's own value, and the bound."""

    what: str
    value: float
    low: float
    high: float
    n: int
    worlds: tuple[float, ...]
    wanted: str
    holds: bool


@dataclass(frozen=True)
class Report:
    """oracle: what there is to learn. tuples, links: how sentences were read. models: accuracy by what drives the session."""

    oracle: pd.DataFrame
    tuples: pd.DataFrame
    links: pd.DataFrame
    models: pd.DataFrame
    seeds: int
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


def check(worlds: Sequence[Found], way: float | None = None) -> Report:
    """Judge the worlds together; `way` is KDTCN's share of the way from always-up to Bayes-optimal (default: by the count)."""
    seeds = min(int(world.right.groupby("model")["seed"].nunique().max()) for world in worlds)
    if way is None:
        way = WAY if seeds >= FULL[0] and len(worlds) >= FULL[1] else WAY_SMALL
    tables = [oracle.scores(world.known, world.prices) for world in worlds]
    read = pd.concat([world.reading for world in worlds])
    scores = models(pd.concat([world.right for world in worlds]))
    return Report(
        sum(tables[1:], tables[0]) / len(tables),
        reading.tuple_table(read),
        reading.link_table(read),
        scores,
        seeds,
        [*findings(worlds, way)],
    )


def models(right: pd.DataFrame) -> pd.DataFrame:
    """Accuracy (models x all, seen, unseen, none), mean over sessions and seeds."""
    order = list(dict.fromkeys(right["model"]))
    by = right.pivot_table(index="model", columns="driver", values="right")
    return by.assign(all=right.groupby("model")["right"].mean()).reindex(index=order, columns=["all", *DRIVERS])


def findings(worlds: Sequence[Found], way: float) -> Iterator[Finding]:
    """What is promised of models and effects; a model that was not run has no finding."""
    there = set.intersection(*(set(world.right["model"]) for world in worlds))
    if "kdtcn" in there:
        name = "KDTCN on the way from always-up (0) to Bayes-optimal (1)"
        yield _finding(name, worlds, _share, block_bootstrap, f">= {way:.2f}", partial(_reaches, way))
    if {"kdtcn", "eb-tcn"} <= there:
        name = "KDTCN before EB-TCN where an unseen entity drives"
        wanted = f">= {AHEAD:.2f}, interval off zero"
        yield _finding(name, worlds, _ahead, block_bootstrap, wanted, lambda value, low, high: value >= AHEAD and low > 0)
    if "tcn" in there:
        name = "TCN (prices only)"
        yield _finding(
            name, worlds, _prices_only, interval, "chance in the interval", lambda value, low, high: low <= 0.5 <= high
        )
    yield from effect_findings(worlds)


def effect_findings(worlds: Sequence[Found]) -> Iterator[Finding]:
    """What is promised of effects alone."""
    for driver, bound in (("seen", SEEN), ("unseen", UNSEEN)):
        name = f"planted event among the {LARGEST} largest effects, {driver} causes"
        yield _finding(name, worlds, partial(_on_top, driver), interval, f">= {bound:.2f}", partial(_reaches, bound))
    name = "planted event outside its placebo band"
    wanted = f"above {1 - LEVEL:.2f}, interval too"
    yield _finding(name, worlds, _outside, interval, wanted, lambda value, low, high: low > 1 - LEVEL)
    name = "other events inside their placebo band"
    yield _finding(name, worlds, _inside, interval, f"{LEVEL:.2f} or more", lambda value, low, high: high >= LEVEL)


def _finding(
    what: str,
    worlds: Sequence[Found],
    values: Callable[[Found], np.ndarray],
    bounds: Callable[[np.ndarray], tuple[float, float]],
    wanted: str,
    holds: Callable[[float, float, float], bool],
) -> Finding:
    """`values` gives one number a session (seeds averaged), in order of time, whose mean is the value of a world."""
    each = [values(world) for world in worlds]
    every = np.concatenate(each)
    value, (low, high) = float(every.mean()), bounds(every)
    return Finding(
        what, value, low, high, len(every), tuple(float(v.mean()) for v in each), wanted, bool(holds(value, low, high))
    )


def _reaches(bound: float, value: float, low: float, high: float) -> bool:
    return value >= bound


def _hits(world: Found, *names: str) -> pd.DataFrame:
    """(sessions x models) accuracy of each session, mean over seeds."""
    table = world.right.pivot_table(index="session", columns="model", values="right")
    return table[list(names)]


def _share(world: Found) -> np.ndarray:
    """(a - u) / (b - u) of mean accuracies a, u and Bayes' b, linearised in the sessions' hits: their mean is the share itself."""
    hits = _hits(world, "kdtcn")["kdtcn"]
    up = world.right.groupby("session")["up"].first().loc[hits.index].to_numpy()
    gain, room = hits.mean() - up.mean(), world.known.about["bayes"]["all"]["bayes"] - up.mean()
    values: np.ndarray = gain / room + ((hits.to_numpy() - up - gain) + gain / room * (up - up.mean())) / room
    return values


def _ahead(world: Found) -> np.ndarray:
    unseen = world.right.loc[world.right["driver"] == "unseen", "session"].unique()
    table = _hits(world, "kdtcn", "eb-tcn").loc[unseen].sort_index()
    return (table["kdtcn"] - table["eb-tcn"]).to_numpy()


def _prices_only(world: Found) -> np.ndarray:
    return _hits(world, "tcn")["tcn"].to_numpy()


def _on_top(driver: str, world: Found) -> np.ndarray:
    rows = world.effects[world.effects["driver"] == driver]
    return (rows["place"] <= LARGEST).groupby(rows["session"]).mean().to_numpy(float)


def _outside(world: Found) -> np.ndarray:
    rows = world.effects.dropna(subset="outside")
    return rows.groupby("session")["outside"].mean().to_numpy()


def _inside(world: Found) -> np.ndarray:
    rows = world.effects[world.effects["others"] > 0].groupby("session")[["inside", "others"]].sum()
    return (rows["inside"] / rows["others"]).to_numpy()
