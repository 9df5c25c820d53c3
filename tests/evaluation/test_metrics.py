"""Metrics against scikit-learn, degenerate cases by definition, intervals against theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from statsmodels.stats.proportion import proportion_confint

from kdtcn.evaluation.intervals import block_bootstrap, interval, wilson
from kdtcn.evaluation.metrics import auc, log_loss, scores


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=2, max_size=60))
@settings(max_examples=80, deadline=None)
def test_same_as_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    p, y = np.array([a / 20 for a, _ in pairs]), np.array([b for _, b in pairs])
    found, said = scores(p, y), p >= 0.5
    assert found["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(y, said))
    assert found["f1"] == pytest.approx(sklearn_metrics.f1_score(y, said, zero_division=0))
    assert found["mcc"] == pytest.approx(sklearn_metrics.matthews_corrcoef(y, said))
    assert found["brier"] == pytest.approx(sklearn_metrics.brier_score_loss(y, p))
    assert log_loss(p, y) == pytest.approx(sklearn_metrics.log_loss(y, np.clip(p, 1e-9, 1 - 1e-9), labels=[0, 1]))
    if 0 < y.sum() < len(y):
        assert found["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(y, p))
        assert found["balanced"] == pytest.approx(sklearn_metrics.balanced_accuracy_score(y, said))
    assert found["low"] <= found["accuracy"] + 1e-9
    assert found["accuracy"] <= found["high"] + 1e-9
    assert found["n"] == len(y)


@pytest.mark.parametrize(
    ("p", "y", "expected"),
    [
        ([0.9, 0.9], [1, 1], {"accuracy": 1.0, "f1": 1.0, "mcc": 0.0, "n": 2}),  # one class: nothing to correlate with
        ([0.1, 0.1], [1, 1], {"accuracy": 0.0, "f1": 0.0, "mcc": 0.0}),
        ([0.1, 0.1], [0, 0], {"accuracy": 1.0, "f1": 0.0, "mcc": 0.0}),
        ([0.7] * 4, [1, 0, 1, 0], {"accuracy": 0.5, "f1": 2 / 3, "mcc": 0.0, "auc": 0.5}),  # always up
        ([0.5, 0.49], [1, 0], {"accuracy": 1.0, "mcc": 1.0, "auc": 1.0}),  # one half says up
        ([0.9, 0.9, 0.2, np.nan], [1, -1, 0, 1], {"accuracy": 1.0, "n": 2}),  # unknown labels and forecasts are left out
    ],
)
def test_degenerate_cases_have_values(p: list[float], y: list[int], expected: dict[str, float]) -> None:
    found = scores(np.array(p), np.array(y))
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_nothing_to_score_is_nan() -> None:
    found = scores(np.zeros(0), np.zeros(0))
    assert found["n"] == 0
    assert np.isnan([found[name] for name in ("accuracy", "low", "high", "f1", "mcc", "auc")]).all()
    assert np.isnan(auc(np.array([0.2, 0.3]), np.array([1, 1])))


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (200, 378), (1, 29)])
def test_wilson_is_that_of_statsmodels(hits: int, n: int) -> None:
    assert wilson(hits, n) == pytest.approx(proportion_confint(hits, n, method="wilson"))


def test_wilson_of_nothing_is_nan() -> None:
    assert np.isnan(wilson(0, 0)).all()


def test_the_bootstrap_of_independent_hits_is_as_wide_as_theory_says() -> None:
    values = (np.random.default_rng(0).random(378) < 0.53).astype(float)
    low, high = block_bootstrap(values)
    half = 1.96 * np.sqrt(0.25 / 378)  # five points, as the literature on this data says
    assert (high - low) / 2 == pytest.approx(half, rel=0.2)
    assert (low, high) == block_bootstrap(values)


def test_the_bootstrap_of_hits_in_clusters_is_wider() -> None:
    independent = (np.random.default_rng(1).random(400) < 0.5).astype(float)
    clustered = np.repeat(independent[:80], 5)

    def width(values: np.ndarray) -> float:
        low, high = block_bootstrap(values)
        return high - low

    assert width(clustered) > 1.4 * width(independent)


def test_few_or_unanimous_sessions_never_look_certain() -> None:
    assert interval(np.ones(200)) == pytest.approx(wilson(200, 200))
    assert interval(np.ones(5))[0] < 0.6
    values = np.r_[np.ones(20), np.zeros(9)]
    assert interval(values) == pytest.approx(wilson(20, 29))


@given(st.integers(1, 12), st.integers(1, 8))
@settings(max_examples=30, deadline=None)
def test_blocks_longer_than_the_series_are_fine(n: int, block: int) -> None:
    values = np.arange(n, dtype=float)
    low, high = block_bootstrap(values, block=block, samples=50)
    assert 0 <= low <= high <= n - 1
