"""The audit of leaks on the data at hand: is everything that a model saw also there when later rows are hidden?

The lake is read again as it stood at a decision time, through a view that cannot show anything later; inputs and fitted
vectors made from that view must equal those the models were given. Statistics catch what such a comparison cannot.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from kdtcn import models
from kdtcn.config import Settings
from kdtcn.evaluation.audit_model import redrawn
from kdtcn.evaluation.metrics import auc
from kdtcn.features import fitted as folds
from kdtcn.features.dataset import PRICE_COLUMNS, Dataset
from kdtcn.features.market import Market, known_prices, market
from kdtcn.findings import Finding
from kdtcn.lake import Lake
from kdtcn.models.base import UP, Model
from kdtcn.sessions import decision_times
from kdtcn.training.fold import Fold, Sight
from kdtcn.training.splits import Split
from kg import Graph

_LEVEL = 0.001  # of the statistical findings: each alone errs once in a thousand audits
_Z = 3.2905267314919255  # two-sided normal quantile of that level
_SAME = 1e-6


class Then(Lake):
    """The lake as it stood at a moment: no read shows a row that became available later."""

    def __init__(self, url: str, moment: pd.Timestamp) -> None:
        super().__init__(url)
        self.moment = moment

    def read(
        self,
        table: str,
        *,
        as_of: datetime | pd.Timestamp | None = None,
        version: int | None = None,
        columns: Iterable[str] | None = None,
        where: pc.Expression | None = None,
    ) -> pd.DataFrame:
        moment = self.moment if as_of is None else min(pd.Timestamp(as_of), self.moment)
        return super().read(table, as_of=moment, version=version, columns=columns, where=where)


def audit(
    lake: Lake, settings: Settings, sight: Sight, fold: Fold, *, sessions: int = 8, model: str = "kdtcn", seed: int = 0
) -> Iterator[Finding]:
    """Findings on a fold of the alignment `forecast`: dates, inputs of some sessions, fitted vectors, single features, what a
    known leak would tell, a model of shuffled labels, and its forecasts when the future changes.

    sessions: how many test sessions are rebuilt from the lake of their own decision time, drawn with `seed`.
    """
    yield days_apart(fold.data, fold.split)
    yield rebuilt(lake, settings, sight, fold, sessions=sessions, seed=seed)
    yield refitted(lake, settings, sight, fold)
    yield single_features(fold.data, np.concatenate([fold.split.train, fold.split.valid, fold.split.test]))
    yield opening_gap(lake, settings, fold.data.sessions[fold.split.test])
    options = {"epochs": settings.training.epochs, **settings.training.options}
    ignorant = fit_on_shuffled(fold.data, fold.split, model, options, seed=seed)
    yield shuffled_labels(fold.data, fold.split, ignorant)
    yield future_changed(fold.data, fold.split, ignorant)


def days_apart(data: Dataset, split: Split) -> Finding:
    """Training ends before validation, validation before the test period, each by a window; compared as dates."""
    parts = [data.sessions[rows] for rows in (split.train, split.valid, split.test) if len(rows)]
    ordered = all(part.is_monotonic_increasing and part.is_unique for part in parts)
    gaps = [
        int(((data.sessions > one.max()) & (data.sessions < other.min())).sum()) if one.max() < other.min() else -1
        for one, other in pairwise(parts)
    ]
    said = ", ".join(f"{gap} sessions" if gap >= 0 else "overlap" for gap in gaps)
    holds = ordered and all(gap >= data.window - 1 for gap in gaps)
    return Finding(
        "train, validation and test lie apart by", said, f"at least {data.window - 1} sessions, in order of date", holds
    )


def rebuilt(lake: Lake, settings: Settings, sight: Sight, fold: Fold, *, sessions: int, seed: int) -> Finding:
    """The largest difference of any input of the drawn sessions, rebuilt from what the lake held at their decision times."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(fold.split.test, min(sessions, len(fold.split.test)), replace=False))
    worst = 0.0
    for row in rows:
        session = fold.data.sessions[row]
        then = Then(lake.url, decision_times(fold.data.sessions[[row]], settings.decision.at)[0])
        prices = market(then, settings, last=session)
        said = sight.news(then, settings, fold.alignment, prices.sessions[-fold.data.window :])
        again = fold.fitted.dataset(_tail(prices, fold.data.window), said, fold.data.window)
        worst = max(worst, _difference(fold.data, int(row), again))
    return Finding(
        f"inputs of {len(rows)} sessions, rebuilt from the lake of their decision time, differ by",
        f"{worst:.2g}",
        "0",
        worst <= _SAME,
    )


def _tail(prices: Market, n: int) -> Market:
    """The last n sessions."""
    names = ("sessions", "closes", "prices", "d", "c", "up", "abrupt", "sigma")
    return replace(prices, **{name: getattr(prices, name)[-n:] for name in names}, warmup=0)


def _difference(data: Dataset, row: int, again: Dataset) -> float:
    """Largest absolute difference between the window that ends at a row and the last window of another dataset; inf where items differ."""
    window, last = data.window, len(again) - 1
    worst = _gap(data.prices[row - window + 1 : row + 1], again.prices[last - window + 1 :])
    worst = max(worst, _gap(data.sigma[row : row + 1], again.sigma[last:]))
    for kind, items in data.items.items():
        other = again.items[kind]
        mine = slice(int(items.offsets[row - window + 1]), int(items.offsets[row + 1]))
        theirs = slice(int(other.offsets[last - window + 1]), int(other.offsets[last + 1]))
        if not np.array_equal(items.ids[mine], other.ids[theirs]):
            return float("inf")
        worst = max(worst, _gap(items.vectors[mine], other.vectors[theirs]))
    return worst


def refitted(lake: Lake, settings: Settings, sight: Sight, fold: Fold) -> Finding:
    """Text vectors and graph embedding fitted again from rows and facts known by the cut alone must come out the same."""
    then, cut = Then(lake.url, fold.fitted.cut), fold.fitted.cut
    said = sight.news(then, settings, fold.alignment, fold.data.sessions)
    again = folds.fit(said, _known_facts(sight.graph, fold.fitted.graph_cut), cut, settings, "audit", sight.reading)
    gaps = [_gap(fold.fitted.text.components, again.text.components)]
    if (
        fold.fitted.embedding.entities == again.embedding.entities
        and fold.fitted.embedding.relations == again.embedding.relations
    ):
        gaps.append(_gap(fold.fitted.embedding.vectors, again.embedding.vectors))
        gaps.append(_gap(fold.fitted.embedding.relation_vectors, again.embedding.relation_vectors))
    else:
        gaps.append(float("inf"))
    return Finding(
        f"vectors fitted again on what was known by {cut:%Y-%m-%d} differ by", f"{max(gaps):.2g}", "0", max(gaps) <= _SAME
    )


def _known_facts(graph: Graph, day: pd.Timestamp) -> Graph:
    """The graph without facts that begin after a day, and without ends that lie ahead of it."""
    facts = graph.facts[~(graph.facts["valid_from"] > day)].copy()
    facts.loc[facts["valid_to"] > day, "valid_to"] = pd.NaT
    return Graph(graph.entities, facts, graph.same_as)


def single_features(
    data: Dataset, rows: np.ndarray, kind: str = "text+graph", permutations: int = 2000, seed: int = 0
) -> Finding:
    """No input alone may go with the label more than the best of all inputs does when the labels are shuffled.

    Inputs are the price vector, the volatility, and the mean of the session's items. The statistic is the largest
    absolute correlation, its null the same maximum over shuffled labels (Westfall & Young 1993).
    """
    rows = rows[data.up[rows] >= 0]
    columns = {**{f"price {name}": data.prices[rows, i] for i, name in enumerate(PRICE_COLUMNS)}, "volatility": data.sigma[rows]}
    if kind in data.items:
        items = data.items[kind]
        owner = np.repeat(np.arange(len(data)), np.diff(items.offsets))
        sums = np.zeros((len(data), items.dim))
        np.add.at(sums, owner, items.vectors)
        means = sums / np.maximum(np.diff(items.offsets), 1)[:, None]
        columns |= {f"{kind} {i}": means[rows, i] for i in range(items.dim)}
    values = _standardised(np.nan_to_num(np.column_stack(list(columns.values()))))
    label = _standardised(data.up[rows].astype(np.float64)[:, None])[:, 0]
    found = np.abs(values.T @ label) / len(rows)
    rng = np.random.default_rng(seed)
    null = np.array([np.abs(values.T @ rng.permutation(label)).max() for _ in range(permutations)]) / len(rows)
    best = int(found.argmax())
    p = (1 + int((null >= found[best]).sum())) / (1 + permutations)
    what = f"the closest of {len(columns)} inputs to the label ({list(columns)[best]})"
    return Finding(what, f"|r| = {found[best]:.3f}, p = {p:.4f}", f"p >= {_LEVEL}", p >= _LEVEL)


def opening_gap(lake: Lake, settings: Settings, sessions: pd.DatetimeIndex) -> Finding:
    """What the open of the session itself would tell: the measure of a leak that no model is given, on the data at hand.

    Kaggle's labels of this index call an unchanged close a fall, the literature's figure is by those.
    """
    prices = known_prices(lake, settings).reindex(sessions)
    before = known_prices(lake, settings)["close"].shift(1).reindex(sessions)
    known = (prices["open"].notna() & prices["close"].notna() & before.notna()).to_numpy()
    opened, change = ((prices[name] - before).to_numpy()[known] for name in ("open", "close"))
    hits, theirs, n = int(((opened >= 0) == (change >= 0)).sum()), int(((opened >= 0) == (change > 0)).sum()), int(known.sum())
    share = [f"{100 * count / n:.1f} %" if n else "–" for count in (hits, theirs)]
    said = f"{hits} of {n}, {share[0]} ({theirs}, {share[1]} where unchanged is a fall)"
    return Finding(
        "sessions of which the sign of the opening gap tells the label", said, "for information: no input holds it", True
    )


def fit_on_shuffled(data: Dataset, split: Split, name: str, options: Mapping[str, Any], seed: int = 0) -> Model:
    """A model that was fitted on the labels of training and validation dealt anew."""
    rng, known = np.random.default_rng(seed), np.concatenate([split.train, split.valid])
    order = rng.permutation(known)
    changed = {field: getattr(data, field).copy() for field in ("up", "abrupt")}
    for field, values in changed.items():
        values[known] = getattr(data, field)[order]
    model = models.create(name)
    model.fit(replace(data, **changed), split.train, split.valid, seed=seed, options=options)
    return model


def shuffled_labels(data: Dataset, split: Split, model: Model) -> Finding:
    """A model fitted on shuffled labels knows nothing: its AUC on the test rows is that of a coin."""
    true = data.up[split.test] == 1
    area = auc(model.logits(data, split.test)[:, UP], true)
    ones, zeros = int(true.sum()), int((~true).sum())
    half = _Z * float(np.sqrt((ones + zeros + 1) / (12 * ones * zeros))) if ones and zeros else float("nan")
    return Finding(
        f"AUC of {model.family} fitted on shuffled labels", f"{area:.3f}", f"0.500 ± {half:.3f}", abs(area - 0.5) <= half
    )


def future_changed(data: Dataset, split: Split, model: Model, sessions: int = 5) -> Finding:
    """Labels from a session on, and prices, volatility and news after it, are drawn anew: forecasts up to it must not move by a bit."""
    test, worst = split.test, 0.0
    for row in test[np.linspace(0, len(test) - 1, min(sessions, len(test))).astype(int)]:
        before = test[test <= row]
        moved = np.abs(model.logits(redrawn(data, int(row)), before) - model.logits(data, before))
        worst = max(worst, float(moved.max()))
    what = f"forecasts of {model.family} up to {min(sessions, len(test))} sessions, with all that came after changed, differ by"
    return Finding(what, f"{worst:.2g}", "0", worst == 0.0)


def _standardised(values: np.ndarray) -> np.ndarray:
    deviation = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(deviation > 1e-12, deviation, np.inf)


def _gap(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(np.nan_to_num(one) - np.nan_to_num(other)).max()) if one.size else 0.0
