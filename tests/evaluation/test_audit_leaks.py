"""The audit of leaks passes the honest chain and catches the leaks that the literature is full of, each put in on purpose."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.evaluation import audit_leaks
from kdtcn.features import market as market_module
from kdtcn.features.dataset import Dataset
from kdtcn.features.market import labels, price_vectors
from kdtcn.features.news import News
from kdtcn.findings import Finding
from kdtcn.lake import Lake
from kdtcn.training import fold as fold_module
from kdtcn.training.fold import Fold, Sight, prepare
from kg import Graph
from tests.test_no_future import SETTINGS, build

SESSIONS = 6


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Settings, Sight, Fold]:
    lake, sight = build(tmp_path_factory.mktemp("honest"), 0)
    return lake, SETTINGS, sight, prepare(lake, SETTINGS, "forecast", sight)


def test_the_honest_chain_passes(honest: tuple[Lake, Settings, Sight, Fold]) -> None:
    found = list(audit_leaks.audit(*honest, sessions=SESSIONS, model="logistic"))
    assert [finding for finding in found if not finding.holds] == []
    assert len(found) == 7
    assert found[1].value == "0"


def test_a_view_of_the_past_shows_nothing_later(honest: tuple[Lake, Settings, Sight, Fold]) -> None:
    lake = honest[0]
    moment = pd.Timestamp("2014-06-01", tz="UTC")
    then = audit_leaks.Then(lake.url, moment)
    assert (then.read("headlines")["available_at"] <= moment).all()
    assert (then.read("headlines", as_of=moment + pd.Timedelta(days=9))["available_at"] <= moment).all()
    assert len(then.read("headlines")) < len(lake.read("headlines"))


def inputs_differ(lake: Lake, sight: Sight) -> Finding:
    """The finding on rebuilt inputs for a chain made after a leak was put in."""
    fold = prepare(lake, SETTINGS, "forecast", sight)
    return audit_leaks.rebuilt(lake, SETTINGS, sight, fold, sessions=SESSIONS, seed=0)


def with_open(prices: pd.DataFrame, window: int) -> np.ndarray:
    """The open of the session itself among its inputs (in the chain, row i-1 of the vectors belongs to session i)."""
    vectors = price_vectors(prices, window)
    gap = np.log(prices["open"].shift(-1) / prices["close"]).fillna(0.0).to_numpy()
    vectors[:, 4] = gap
    return vectors


def scaled_before_the_split(prices: pd.DataFrame, window: int) -> np.ndarray:
    change = np.log(prices["close"]).diff().fillna(0.0).to_numpy()
    vectors = price_vectors(prices, window)
    vectors[:, 3] = (change - change.mean()) / change.std()
    return vectors


def denoised_over_the_whole_series(prices: pd.DataFrame, window: int) -> np.ndarray:
    """Haar's approximation at level 3: the mean of blocks of eight sessions, so most of them see later ones."""
    log = pd.Series(np.log(prices["close"].ffill().bfill().to_numpy()))
    smooth = log.groupby(np.arange(len(log)) // 8).transform("mean").to_numpy()
    vectors = price_vectors(prices, window)
    vectors[:, 3] = np.diff(smooth, prepend=smooth[0]) * 100
    return vectors


@pytest.mark.parametrize("leak", [with_open, scaled_before_the_split, denoised_over_the_whole_series])
def test_price_vectors_that_know_more_are_caught(
    leak: Callable[[pd.DataFrame, int], np.ndarray],
    honest: tuple[Lake, Settings, Sight, Fold],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake, _, sight, _ = honest
    monkeypatch.setattr(market_module, "price_vectors", leak)
    assert not inputs_differ(lake, sight).holds


def test_final_votes_as_a_feature_are_caught(honest: tuple[Lake, Settings, Sight, Fold], monkeypatch: pytest.MonkeyPatch) -> None:
    lake, _, sight, _ = honest
    plain = Sight.news

    def with_votes(self: Sight, source: Lake, *args: object, **named: object) -> News:
        said = plain(self, source, *args, **named)  # type: ignore[arg-type]
        votes = source.read("headline_scores").groupby("headline_id")["rank"].last()
        popular = said.events["headline_id"].map(votes) < votes.median()
        return replace(said, events=said.events.assign(negated=popular))

    monkeypatch.setattr(Sight, "news", with_votes)
    assert not inputs_differ(lake, sight).holds


def test_an_embedding_that_saw_test_tuples_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, sight = build(tmp_path, 0)
    honestly = fold_module.folds.fit

    def on_everything(said: News, graph: Graph, cut: pd.Timestamp, *rest: object) -> object:
        early = pd.Timestamp("1990-01-01", tz="UTC")
        return honestly(replace(said, events=said.events.assign(available_at=early)), graph, cut, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(fold_module.folds, "fit", on_everything)
        fold = prepare(lake, SETTINGS, "forecast", sight)
        found = audit_leaks.refitted(lake, SETTINGS, sight, fold)
        assert not found.holds, "even where the leaky chain judges itself"
    assert not audit_leaks.refitted(lake, SETTINGS, sight, fold).holds


def test_a_fact_from_the_future_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, sight = build(tmp_path, 0)
    honestly = Graph.as_of
    ahead = pd.Timedelta(days=3650)

    def later(self: Graph, day: pd.Timestamp, **named: object) -> object:
        return honestly(self, day + ahead, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Graph, "as_of", later)
    fold = prepare(lake, SETTINGS, "forecast", sight)
    assert not audit_leaks.refitted(lake, SETTINGS, sight, fold).holds


def test_dates_compared_as_text_are_caught(honest: tuple[Lake, Settings, Sight, Fold]) -> None:
    """ "10/1/2014" < "2/3/2014" as text: sorted so, autumn is trained on before spring is tested."""
    fold = honest[3]
    split, days = fold.split, fold.data.sessions
    rows = np.concatenate([split.train, split.valid, split.test])
    as_text = rows[np.argsort([f"{day.month}/{day.day}/{day.year}" for day in days[rows]], kind="stable")]
    cuts = np.cumsum([len(split.train), len(split.valid)])
    mixed = replace(split, **dict(zip(("train", "valid", "test"), np.split(as_text, cuts), strict=True)))
    assert not audit_leaks.days_apart(fold.data, mixed).holds
    assert audit_leaks.days_apart(fold.data, split).holds


def noisy(n: int = 400, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    d = rng.normal(0, 0.01, n)
    label = labels(pd.Series(100 * np.cumprod(1 + d)), 0.02)
    prices = rng.normal(size=(n, 5)).astype(np.float32)
    return Dataset(
        pd.bdate_range("2010-01-04", periods=n), prices, d, label["c"].to_numpy(), label["up"].to_numpy(),
        label["abrupt"].to_numpy(), np.full(n, 0.01), 10, 5, {},
    )  # fmt: skip


def test_an_input_that_tells_the_label_is_caught_and_noise_is_not() -> None:
    rows = np.arange(20, 400)
    passed = [audit_leaks.single_features(noisy(seed=seed), rows, permutations=500).holds for seed in range(10)]
    assert all(passed)
    data = noisy()
    told = data.prices.copy()
    told[:, 0] = data.d / 0.01 * 0.5 + data.prices[:, 0]  # a part of the day's own move, as its open holds it
    finding = audit_leaks.single_features(replace(data, prices=told), rows)
    assert not finding.holds
    assert "price open" in finding.what


def test_a_model_that_knows_shuffled_labels_is_caught(
    honest: tuple[Lake, Settings, Sight, Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdtcn.models.logistic import Logistic

    data, split = honest[3].data, honest[3].split
    monkeypatch.setattr(
        Logistic, "logits", lambda self, seen, idx: np.column_stack([seen.d[np.asarray(idx)] * 100, np.zeros(len(idx))])
    )
    model = audit_leaks.fit_on_shuffled(data, split, "logistic", {})
    assert not audit_leaks.shuffled_labels(data, split, model).holds
    assert not audit_leaks.future_changed(data, split, model).holds


def test_a_model_that_looks_ahead_is_caught(honest: tuple[Lake, Settings, Sight, Fold], monkeypatch: pytest.MonkeyPatch) -> None:
    """By one session: the price vector of the row after."""
    from kdtcn.models.logistic import Logistic

    data, split = honest[3].data, honest[3].split
    model = audit_leaks.fit_on_shuffled(data, split, "logistic", {})
    assert audit_leaks.future_changed(data, split, model).holds
    honestly = Logistic.logits
    monkeypatch.setattr(
        Logistic, "logits", lambda self, seen, idx: honestly(self, seen, np.minimum(np.asarray(idx) + 1, len(seen) - 1))
    )
    assert not audit_leaks.future_changed(data, split, model).holds


def test_the_opening_gap_is_measured(honest: tuple[Lake, Settings, Sight, Fold]) -> None:
    lake, settings, _, fold = honest
    days = fold.data.sessions[fold.split.test]
    prices = market_module.known_prices(lake, settings)
    before = prices["close"].shift(1)
    right = ((prices["open"] >= before) == (prices["close"] >= before))[days]
    finding = audit_leaks.opening_gap(lake, settings, days)
    assert finding.value.startswith(f"{right.sum()} of {len(days)}, ")
    assert "0 of 0" in audit_leaks.opening_gap(lake, settings, days[:0]).value
