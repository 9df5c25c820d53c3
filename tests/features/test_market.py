"""Labels and price vectors: the formulas on cases worked out by hand, and what a window may know."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.features.market import known_prices, labels, market, price_vectors
from kdtcn.lake import Lake
from kdtcn.sessions import closes, sessions

DAYS = sessions("2015-01-02", "2015-12-31")


def table(close: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "open": close * 0.99,
            "high": close * 1.01,
            "low": close * 0.98,
            "close": close,
            "volume": np.arange(1, len(close) + 1.0),
        }
    )


def rows(days: pd.DatetimeIndex, close: np.ndarray, **more: object) -> pd.DataFrame:
    frame = table(close).assign(adj_close=close, symbol="X", session=days, source="a", available_at=closes(days))
    return frame.assign(**more)


def settings(**sources: object) -> Settings:
    return Settings(sources={"symbol": "X", **sources}, features={"price_window": 30, "window": 5})  # type: ignore[arg-type]


def test_labels_worked_out_by_hand() -> None:
    found = labels(pd.Series([100.0, 102.0, 102.0, 99.96, np.nan, 100.0]), threshold=0.0201)
    np.testing.assert_allclose(found["d"], [np.nan, 0.02, 0.0, -0.02, np.nan, np.nan], atol=1e-12)
    np.testing.assert_allclose(found["c"], [np.nan, np.nan, -0.02, -0.02, np.nan, np.nan], atol=1e-12)
    assert found["up"].tolist() == [-1, 1, 1, 0, -1, -1]  # no change counts as up; unknown closes have no label
    assert found["abrupt"].tolist() == [-1, -1, 0, 0, -1, -1]
    assert labels(pd.Series([100.0, 102.0, 102.0]), threshold=0.0199)["abrupt"].tolist() == [-1, -1, 1]


@given(st.integers(0, 10_000), st.integers(40, 79))
def test_a_price_vector_knows_nothing_later(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 80)))
    other = close.copy()
    other[cut:] *= rng.uniform(0.5, 2, 80 - cut)
    np.testing.assert_array_equal(price_vectors(table(close), 30)[:cut], price_vectors(table(other), 30)[:cut])


def test_a_price_vector_is_the_z_score_of_its_trailing_window() -> None:
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 90)))
    frame = table(close)
    change = np.log(frame["close"] / frame["close"].shift(1))[60:90]
    assert price_vectors(frame, 30)[89, 3] == pytest.approx((change.iloc[-1] - change.mean()) / change.std(), rel=1e-5)


@pytest.mark.parametrize("broken", [0.0, -1.0, np.nan])
def test_an_impossible_price_becomes_nothing_unusual(broken: float) -> None:
    frame = table(100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 90))))
    frame.loc[70, "close"] = broken
    found = price_vectors(frame, 30)
    assert np.isfinite(found).all()
    assert found[70, 3] == 0


def test_a_restatement_that_came_later_changes_no_past_price(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.upsert("prices", rows(DAYS[:50], np.full(50, 100.0)))
    lake.upsert("prices", rows(DAYS[10:11], np.array([200.0]), available_at=closes(DAYS[40:41])))
    assert known_prices(lake, settings())["close"].eq(100).all()
    in_time = rows(DAYS[20:21], np.array([300.0]), available_at=closes(DAYS[20:21]) + pd.Timedelta(hours=1))
    lake.upsert("prices", in_time)
    assert known_prices(lake, settings())["close"].loc[DAYS[20]] == 300


def test_the_preferred_source_wins(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.upsert("prices", rows(DAYS[:30], np.full(30, 1.0)))
    lake.upsert("prices", rows(DAYS[:30], np.full(30, 2.0), source="b"))
    assert known_prices(lake, settings())["close"].eq(1).all()
    assert known_prices(lake, settings(prefer=["b", "a"]))["close"].eq(2).all()


def test_the_last_rows_do_not_depend_on_how_much_history_is_read(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 200)))
    lake.upsert("prices", rows(DAYS[:200], close))
    whole, part = market(lake, settings(), last=DAYS[200]), market(lake, settings(), last=DAYS[200], n=12)
    assert len(part) == 12
    for name in ("prices", "d", "c", "up", "abrupt", "sigma", "closes"):
        np.testing.assert_allclose(getattr(whole, name)[-12:], getattr(part, name), rtol=1e-6, err_msg=name)
    assert (whole.up[-1], part.up[-1]) == (-1, -1)  # the session to come has no label yet
    np.testing.assert_array_equal(whole.prices[-1], price_vectors(table(close), 30)[-1])  # but knows yesterday's prices


def test_no_prices_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="import"):
        market(Lake(str(tmp_path)), settings())
