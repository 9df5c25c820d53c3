"""What the closed-form models say, on series where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.tsa.arima.model import ARIMA

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from tests.models.worlds import world

BASE, _ = world(sessions=600, mean_items=0.1, seed=6)
TRAIN, VALID, TEST = np.arange(10, 450), np.arange(455, 500), np.arange(505, 600)


def with_changes(d: np.ndarray) -> Dataset:
    """The dataset with these daily changes and the labels that follow from them."""
    c = np.diff(d, prepend=np.nan)
    return replace(
        BASE, d=d, c=c, up=(d >= 0).astype(np.int8), abrupt=np.where(np.isnan(c), -1, np.abs(c) > 0.02).astype(np.int8)
    )


def logits(name: str, data: Dataset, train: np.ndarray = TRAIN) -> np.ndarray:
    model = models.create(name)
    model.fit(data, train, VALID)
    return model.logits(data, TEST)


@pytest.mark.parametrize(("share", "p"), [(0.7, 0.7), (0.3, 0.501)])
def test_always_up_is_the_base_rate_but_never_down(share: float, p: float) -> None:
    d = np.where(np.arange(600) % 10 < 10 * share, 0.01, -0.01)
    z = logits("always-up", with_changes(d))
    assert len(np.unique(z[:, 0])) == 1
    assert 1 / (1 + np.exp(-z[0, 0])) == pytest.approx(p, abs=0.005)
    abrupt = with_changes(d).abrupt[TRAIN].mean()
    assert 1 / (1 + np.exp(-z[0, 1])) == pytest.approx(abrupt, abs=0.01)


@pytest.mark.parametrize("persistence", [0.9, 0.2])
def test_sign_rules_keep_their_direction_whatever_training_says(persistence: float) -> None:
    rng = np.random.default_rng(1)
    sign = np.cumprod(np.where(rng.random(600) < persistence, 1, -1))
    data = with_changes(0.005 * sign * rng.uniform(0.5, 1.5, 600))
    yesterday = data.d[TEST - 1] >= 0
    previous, reversal = logits("previous-sign", data), logits("reversal", data)
    np.testing.assert_array_equal(previous[:, 0] > 0, yesterday)
    np.testing.assert_array_equal(reversal[:, 0] > 0, ~yesterday)
    sure, unsure = (previous, reversal) if persistence > 0.5 else (reversal, previous)
    assert 1 / (1 + np.exp(-np.abs(sure[0, 0]))) == pytest.approx(max(persistence, 1 - persistence), abs=0.05)
    assert abs(unsure[0, 0]) < 0.01


def test_sign_rules_take_an_unchanged_or_unknown_yesterday_for_a_rise() -> None:
    d = np.random.default_rng(2).normal(0, 0.01, 600)
    d[TEST[3] - 1], d[TEST[5] - 1] = 0.0, np.nan
    data = with_changes(d)
    assert (logits("previous-sign", data)[[3, 5], 0] > 0).all()
    assert (logits("reversal", data)[[3, 5], 0] < 0).all()


def test_arima_is_the_filter_of_statsmodels_over_the_window() -> None:
    rng = np.random.default_rng(3)
    d = np.zeros(600)
    for i in range(1, 600):
        d[i] = 0.0005 + 0.4 * d[i - 1] + 0.01 * rng.normal()
    data = with_changes(d)
    model = models.create("arima")
    model.fit(data, TRAIN, VALID)
    state = model.state()
    order = tuple(state["order"].tolist())
    assert order[0] >= 1  # the AIC finds the autoregression
    assert float(state["mean"]) == pytest.approx(0.05 / 0.6, abs=0.15)
    for row in TEST[:20]:
        past = data.d[row - data.window + 1 : row] * 100
        forecast = ARIMA(np.append(past, np.nan), order=order, trend="c").filter(state["parameters"].numpy()).get_prediction()
        z = forecast.predicted_mean[-1] / forecast.se_mean[-1]
        p = 1 / (1 + np.exp(-model.logits(data, np.array([row]))[0, 0]))
        assert p == pytest.approx(norm.cdf(z), abs=1e-3)
    right = (model.logits(data, TEST)[:, 0] > 0) == (data.up[TEST] == 1)
    assert right.mean() > 0.55


def test_logistic_finds_a_linear_cause_in_the_prices_and_nothing_in_noise() -> None:
    data = with_changes(0.01 * (BASE.prices[:, 1] - BASE.prices[:, 4]).astype(float))  # known at the decision time
    assert (((logits("logistic", data)[:, 0] > 0) == (data.up[TEST] == 1)).mean()) > 0.9
    noise = with_changes(np.random.default_rng(4).normal(0, 0.01, 600))
    z = logits("logistic", noise)[:, 0]
    assert np.abs(z).mean() < 0.5  # the penalty keeps it near the base rate


def test_volatility_makes_abrupt_sessions_likelier() -> None:
    rng = np.random.default_rng(5)
    sigma = np.where(np.arange(600) // 25 % 2, 0.02, 0.005)
    data = replace(with_changes(sigma * rng.normal(size=600)), sigma=sigma)
    for name in ("logistic", "arima"):
        z = logits(name, data)[:, 1]
        assert z[sigma[TEST] == 0.02].min() > z[sigma[TEST] == 0.005].min() + 1
    assert len(np.unique(logits("always-up", data)[:, 1])) == 1


def test_no_abrupt_session_in_training_is_no_obstacle() -> None:
    data = with_changes(np.random.default_rng(6).normal(0, 0.001, 600))
    for name in ("always-up", "previous-sign", "logistic", "arima"):
        assert (logits(name, data)[:, 1] < -3).all()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("logistic", np.full(600, 0.01), "all rises or all falls"),
        ("arima", np.full(600, np.nan), "0 known changes are too few"),
    ],
)
def test_what_cannot_be_fitted_is_named(name: str, change: np.ndarray, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        logits(name, with_changes(change))
