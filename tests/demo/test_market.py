"""Prices: bars that hold together, effects that move returns as much as they say, and the Bayes rule."""

import numpy as np
import pytest

from kdtcn.demo import bayes, market
from kdtcn.errors import InputError
from kdtcn.sessions import sessions

DAYS = sessions("2000-01-03", "2019-12-31")


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(5)
    effects = np.where(rng.random(len(DAYS)) < 0.6, rng.choice([-1.4, 1.4], len(DAYS)), 0.0)
    return effects, market.make(DAYS, effects, rng)


def test_bars_hold_together(made):
    bars = made[1].bars
    body = bars[["Open", "Close"]]
    assert (bars["High"] >= body.max(axis=1)).all()
    assert (bars["Low"] <= body.min(axis=1)).all()
    assert (bars["Low"] > 0).all()
    assert (bars["Volume"] > 0).all()
    assert np.allclose(np.diff(np.log(bars["Close"])), made[1].returns[1:], atol=1e-4)


def test_an_effect_moves_its_session_by_its_size(made):
    effects, result = made
    scaled = result.returns / result.sigma
    for size in (-1.4, 0.0, 1.4):
        mine = scaled[effects == size]
        assert np.mean(mine) == pytest.approx(size + market.DRIFT, abs=4 / np.sqrt(len(mine)))


def test_returns_look_like_a_market(made):
    facts = market.describe(made[1].returns)
    assert facts["kurtosis"] > 4
    assert facts["acf_squares_mean_1_10"] > 0.05
    assert abs(facts["acf_returns_1"]) < 0.06
    assert 0.05 < facts["share_abrupt_2_percent"] < 0.5


def test_volatility_does_not_know_the_future():
    effects = np.tile([1.4, 0.0, -1.4, 0.0], 50)
    other = np.concatenate([effects[:100], -effects[100:]])
    one, two = (market.make(DAYS[:200], each, np.random.default_rng(1)) for each in (effects, other))
    assert np.array_equal(one.sigma[:101], two.sigma[:101])
    assert np.array_equal(one.returns[:100], two.returns[:100])
    assert not np.array_equal(one.sigma[101:], two.sigma[101:])


def test_the_bayes_rule_scores_what_it_expects(made):
    effects, result = made
    right = (bayes.p_up(effects) >= 0.5) == (result.returns > 0)
    expected = bayes.accuracy(effects)
    assert right.mean() == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / len(right)))
    assert bayes.accuracy(np.zeros(3)) == pytest.approx(bayes.p_up(np.zeros(1))[0])


@pytest.mark.parametrize("n", [0, 1])
def test_a_world_needs_sessions(n):
    with pytest.raises(InputError, match="at least 2 sessions"):
        market.make(DAYS[:n], np.zeros(n), np.random.default_rng(0))
