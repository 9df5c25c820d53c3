"""Models of volatility: equal to the libraries' own recursions, right on series made by their own law, blind to what is older."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from arch.univariate import GARCH, StudentsT, ZeroMean

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.evaluation.metrics import log_loss
from kdtcn.features.dataset import Dataset
from kdtcn.models.base import ABRUPT, UP
from kdtcn.models.variance import VarianceModel

N, TRAIN, VALID, TEST = 2400, np.arange(20, 1600), np.arange(1610, 1700), np.arange(1710, 2400)
NAMES = ("ewma", "har", "garch")


def series(d: np.ndarray, threshold: float = 0.02) -> Dataset:
    c = np.diff(d, prepend=np.nan)
    n = len(d)
    return Dataset(
        pd.bdate_range("2005-01-03", periods=n), np.zeros((n, 5), np.float32), d, c, (d >= 0).astype(np.int8),
        np.where(np.isnan(c), -1, np.abs(c) > threshold).astype(np.int8), np.full(n, 0.01), 5, 5, {}, threshold,
    )  # fmt: skip


def clustered(seed: int = 0, n: int = N) -> tuple[np.ndarray, np.ndarray]:
    """Changes of a GARCH(1,1) with normal shocks, and their true deviations."""
    rng = np.random.default_rng(seed)
    d, variance = np.zeros(n), np.full(n, 1e-4)
    for i in range(n):
        if i:
            variance[i] = 2e-6 + 0.10 * d[i - 1] ** 2 + 0.88 * variance[i - 1]
        d[i] = np.sqrt(variance[i]) * rng.normal()
    return d, np.sqrt(variance)


def fitted(name: str, data: Dataset) -> VarianceModel:
    model = models.create(name)
    model.fit(data, TRAIN, VALID)
    assert isinstance(model, VarianceModel)
    return model


def p_abrupt(model: models.Model, data: Dataset, idx: np.ndarray = TEST) -> np.ndarray:
    return 1 / (1 + np.exp(-model.logits(data, idx)[:, ABRUPT]))


@pytest.mark.parametrize("name", NAMES)
def test_clusters_are_forecast_better_than_the_base_rate_and_nearly_as_well_as_they_can_be(name: str) -> None:
    from scipy.stats import norm

    d, sigma = clustered()
    data = series(d)
    said, true = p_abrupt(fitted(name, data), data), data.abrupt[TEST] == 1
    before = d[TEST - 1]
    best = norm.sf((before + 0.02) / sigma[TEST]) + norm.cdf((before - 0.02) / sigma[TEST])
    plain = log_loss(np.full(len(TEST), data.abrupt[TRAIN].mean()), true)
    assert plain - log_loss(said, true) > 0.75 * (plain - log_loss(best, true)) > 0.01
    assert said.mean() == pytest.approx(true.mean(), rel=0.25)


@pytest.mark.parametrize("name", NAMES)
def test_a_large_yesterday_makes_an_abrupt_session_likelier_whichever_its_sign(name: str) -> None:
    data = series(clustered()[0])
    model = fitted(name, data)
    row = int(TEST[50])

    def after(change: float) -> float:
        d = data.d.copy()
        d[row - 1] = change
        return float(p_abrupt(model, replace(data, d=d), np.array([row]))[0])

    assert after(0.03) > after(0.01) > after(0.0)
    assert after(-0.03) > after(-0.01) > after(0.0)


@pytest.mark.parametrize("name", NAMES)
def test_the_threshold_is_that_of_the_labels(name: str) -> None:
    d = clustered()[0]
    low, high = (p_abrupt(fitted(name, series(d, at)), series(d, at)) for at in (0.01, 0.03))
    assert (low > high).all()


@pytest.mark.parametrize("name", NAMES)
def test_up_is_what_always_up_says(name: str) -> None:
    data = series(clustered()[0])
    plain = models.create("always-up")
    plain.fit(data, TRAIN, VALID)
    np.testing.assert_allclose(fitted(name, data).logits(data, TEST)[:, UP], plain.logits(data, TEST)[:, UP])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_older_than_the_history_does_not_matter(name: str) -> None:
    data = series(clustered()[0])
    model, row = fitted(name, data), int(TEST[100])
    d = data.d.copy()
    d[: row - model.history] = 0.5
    np.testing.assert_array_equal(model.logits(replace(data, d=d), np.array([row])), model.logits(data, np.array([row])))
    d[row - model.history] = 0.5
    assert model.logits(replace(data, d=d), np.array([row]))[0, ABRUPT] != model.logits(data, np.array([row]))[0, ABRUPT]


def test_garch_is_the_filter_of_arch() -> None:
    data = series(clustered()[0])
    model = fitted("garch", data)
    z = data.d * 100 - model.number("mean")
    library = ZeroMean(z, volatility=GARCH(p=1, q=1), distribution=StudentsT(), rescale=False)
    parameters = [model.number(name) for name in ("omega", "alpha", "beta")]
    wanted = library.fix([*parameters, 8.0]).conditional_volatility[TEST]
    np.testing.assert_allclose(model._deviation(model._past(data, TEST)), wanted, rtol=1e-6)
    assert parameters == pytest.approx([0.02, 0.10, 0.88], abs=0.05)


def test_ewma_is_that_of_pandas() -> None:
    data = series(clustered()[0])
    model = fitted("ewma", data)
    z = data.d * 100 - model.number("mean")
    wanted = np.sqrt((pd.Series(z) ** 2).ewm(alpha=0.06, adjust=False).mean().shift(1).to_numpy())[TEST]
    np.testing.assert_allclose(model._deviation(model._past(data, TEST)), wanted, rtol=1e-4)


def test_har_finds_the_weights_of_its_own_law() -> None:
    rng = np.random.default_rng(1)
    size = np.full(6000, 0.01)
    for i in range(22, 6000):
        expected = 0.001 + 0.2 * size[i - 1] + 0.3 * size[i - 5 : i].mean() + 0.4 * size[i - 22 : i].mean()
        size[i] = expected * rng.gamma(4, 0.25)
    data = series(size * rng.choice([-1.0, 1.0], 6000))
    model = models.create("har")
    model.fit(data, np.arange(0, 5000), VALID[:0])
    found = [model.number(f"weight{i}") for i in range(4)]  # type: ignore[attr-defined]
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_changes_are_borne_and_too_few_are_named(name: str) -> None:
    d = clustered()[0]
    d[[100, 700, 1705]] = np.nan
    data = series(d)
    assert np.isfinite(fitted(name, data).logits(data, TEST)).all()
    with pytest.raises(ModelError, match=f"{name}: 30 known changes are too few"):
        models.create(name).fit(series(d), np.arange(20, 50), VALID)
