"""The backtest: money is counted by hand, costs are paid on every change, nothing is gained without a forecast."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from kdtcn.errors import InputError
from kdtcn.evaluation.backtest import backtest
from kdtcn.evaluation.render import backtest_grids


def rows(d: list[float], p_up: list[float], model: str = "m", seed: int = 0) -> pd.DataFrame:
    days = pd.bdate_range("2015-01-01", periods=len(d))
    return pd.DataFrame({"session": days, "model": model, "seed": seed, "alignment": "forecast", "p_up": p_up, "d": d})


def test_by_hand() -> None:
    found = backtest(rows([0.10, -0.50, 0.20, 0.10], [0.6, 0.4, 0.4, 0.9]), cost=0.01).set_index("model")
    assert found.loc["m", "final"] == pytest.approx(1.1 * 0.99 * 1.0 * 0.99 * 1.0 * 1.1 * 0.99)
    assert found.loc["buy and hold", "final"] == pytest.approx(1.1 * 0.99 * 0.5 * 1.2 * 1.1)
    assert found.loc["buy and hold", "drawdown"] == pytest.approx(0.5)
    assert found.loc["m", "long"] == 0.5
    assert found.loc["m", "trades"] == pytest.approx(3 * 252 / 4)


def test_seeds_trade_apart() -> None:
    both = pd.concat([rows([0.1, 0.1], [0.9, 0.9]), rows([0.1, 0.1], [0.1, 0.1], seed=1)])
    assert backtest(both, cost=0.0).set_index("model").loc["m", "final"] == pytest.approx(1.05**2)


@given(st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=40))
@settings(max_examples=60, deadline=None)
def test_always_long_is_buy_and_hold_and_always_flat_is_nothing(d: list[float]) -> None:
    made = pd.concat([rows(d, [0.9] * len(d), "long"), rows(d, [0.1] * len(d), "flat")])
    found = backtest(made).set_index("model")
    assert found.loc["long", "final"] == pytest.approx(found.loc["buy and hold", "final"])
    assert found.loc["long", "excess"] == pytest.approx(0)
    assert found.loc["flat", "final"] == 1.0
    assert found.loc["flat", "trades"] == 0


def test_costs_only_take() -> None:
    rng = np.random.default_rng(0)
    made = rows(rng.normal(0, 0.01, 300).tolist(), rng.random(300).tolist())
    finals = [backtest(made, cost).set_index("model").loc["m", "final"] for cost in (0.0, 0.0005, 0.005)]
    assert finals == sorted(finals, reverse=True)


def test_a_cost_of_all_is_refused() -> None:
    with pytest.raises(InputError, match=r"cost 1\.5"):
        backtest(rows([0.1], [0.9]), cost=1.5)


def test_a_terminal_of_eighty_columns_holds_the_table() -> None:
    rng, text = np.random.default_rng(0), io.StringIO()
    made = rows(rng.normal(0, 0.02, 300).tolist(), rng.random(300).tolist(), "kdtcn-ensemble")
    for part in backtest_grids(backtest(made), 0.0005):
        Console(file=text, width=80).print(part)
    assert "kdtcn-ensemble" in text.getvalue()
    assert "5 basis points a change" in text.getvalue()
    assert "…" not in text.getvalue()
