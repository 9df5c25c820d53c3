"""The inputs that benchmarks/tricks.py compares: fitted on the past alone, and what their names say."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from benchmarks.series import Scale, Stationary, exponent, made_stationary, price_vectors

DAYS = pd.bdate_range("2012-01-02", periods=500)
UNTIL = 400


def seen(seed: int = 0) -> pd.DataFrame:
    """Prices with a trend and a weekly season, 500 sessions; the first is not known."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(
        np.cumsum(rng.normal(0.001, 0.01, len(DAYS)) + 0.01 * (DAYS.dayofweek == 0) - 0.01 * (DAYS.dayofweek == 4))
    )
    frame = {
        "open": close * 0.999,
        "high": close * 1.01,
        "low": close * 0.99,
        "close": close,
        "volume": rng.lognormal(10, 0.3, len(DAYS)),
    }
    return pd.DataFrame(frame, index=DAYS).shift(1)


@pytest.mark.parametrize("stationary", get_args(Stationary))
@pytest.mark.parametrize("scale", get_args(Scale))
def test_nothing_later_than_the_training_rows_enters(stationary: Stationary, scale: Scale) -> None:
    other = seen()
    other.iloc[UNTIL + 1 :] = seen(1).iloc[UNTIL + 1 :] * 7
    one, two = (price_vectors(rows, UNTIL, stationary, scale) for rows in (seen(), other))
    np.testing.assert_array_equal(one[: UNTIL + 1], two[: UNTIL + 1])
    assert (one[UNTIL + 1 :] != two[UNTIL + 1 :]).any()
    assert np.isfinite(one).all()
    assert one.dtype == np.float32


def test_scales_are_those_of_the_training_rows() -> None:
    known = slice(2, UNTIL + 1)  # of the first session there is nothing, of the second no change
    scored, ranged, ranked = (price_vectors(seen(), UNTIL, "log returns", scale)[known] for scale in get_args(Scale))
    np.testing.assert_allclose(scored.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scored.std(axis=0, ddof=1), 1, atol=1e-4)
    np.testing.assert_allclose([ranged.min(axis=0), ranged.max(axis=0)], [[-1] * 5, [1] * 5], atol=1e-5)
    np.testing.assert_allclose(np.sort(ranked[:, 3]), np.linspace(-1, 1, 2 * len(ranked) + 1)[1::2], atol=1e-6)
    np.testing.assert_array_equal(np.argsort(ranked[:, 3]), np.argsort(scored[:, 3]))


def test_changes_are_against_the_last_close() -> None:
    rows = seen()
    changed = made_stationary(rows, UNTIL, "differences")
    assert changed["open"].iloc[7] == pytest.approx(rows["open"].iloc[7] - rows["close"].iloc[6])
    assert made_stationary(rows, UNTIL, "log returns")["volume"].iloc[7] == pytest.approx(
        np.log(rows["volume"].iloc[7] / rows["volume"].iloc[6])
    )


def test_seasons_of_the_past_are_taken_out() -> None:
    left = made_stationary(seen(), UNTIL, "seasonally adjusted")["close"].iloc[: UNTIL + 1]
    before = made_stationary(seen(), UNTIL, "log returns")["close"].iloc[: UNTIL + 1]
    of_day = [part.groupby(pd.DatetimeIndex(part.index).dayofweek).mean().std() for part in (left, before)]
    assert of_day[0] < 0.1 * of_day[1]


@pytest.mark.parametrize(("power", "make"), [(0.0, np.exp), (0.5, np.square), (1.0, np.asarray)])
def test_box_cox_finds_the_exponent_that_makes_values_normal(power: float, make) -> None:
    values = make(np.random.default_rng(0).normal(6, 1, 4000))
    assert exponent(pd.Series(values)) == pytest.approx(power, abs=0.15)
