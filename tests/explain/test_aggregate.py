"""Effects put together: means and totals are those of the events, intervals are over sessions, small groups are left out."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.explain.aggregate import FEWEST, GROUPS, grouped
from kdtcn.explain.resample import interval

DAYS = pd.bdate_range("2020-01-06", periods=40)


def _effects(shift: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two events a session: one of the group "moves" with a mean of `shift`, one of "noise"."""
    rng = np.random.default_rng(1)
    rows = [(day, f"{kind}{n}", shift * (kind == "m") + rng.normal(0, 0.1)) for n, day in enumerate(DAYS) for kind in "mn"]
    effects = pd.DataFrame(rows, columns=["session", "event_id", "effect"])
    return effects, effects.assign(group=effects["event_id"].str[0].map({"m": "moves", "n": "noise"}))[["event_id", "group"]]


def test_a_group_that_moves_the_forecast_has_an_interval_off_zero_and_noise_has_not() -> None:
    effects, groups = _effects(0.1)
    table = grouped(effects, groups).set_index("group")
    assert list(table.index) == ["moves", "noise"]
    assert table.loc["moves", "low"] > 0
    assert table.loc["noise", "low"] < 0 < table.loc["noise", "high"]
    mine = effects[effects["event_id"].str.startswith("m")]["effect"]
    assert table.loc["moves", "mean"] == pytest.approx(mine.mean())
    assert table.loc["moves", "total"] == pytest.approx(mine.sum())
    assert (table["events"] == 40).all()


def test_intervals_are_over_sessions_not_over_events() -> None:
    """Ten copies of each event add events but no sessions: the interval stays as wide."""
    effects, groups = _effects(0.1)
    copies = pd.concat([effects.assign(event_id=effects["event_id"] + f"-{n}") for n in range(10)])
    many = copies[["event_id"]].assign(group=copies["event_id"].str[0].map({"m": "moves", "n": "noise"}))
    one, ten = grouped(effects, groups).set_index("group"), grouped(copies, many).set_index("group")
    np.testing.assert_allclose(ten[["mean", "low", "high"]], one[["mean", "low", "high"]])
    assert ten.loc["moves", "events"] == 400


def test_an_event_counts_once_in_each_of_its_groups() -> None:
    effects, groups = _effects(0.1)
    twice = pd.concat([groups, groups, groups.assign(group="all")])
    table = grouped(effects, twice).set_index("group")
    assert table["events"].to_dict() == {"moves": 40, "noise": 40, "all": 80}


def test_a_group_of_few_sessions_is_left_out() -> None:
    effects, groups = _effects(0.1)
    rare = effects["event_id"].iloc[: 2 * (FEWEST - 1)]
    table = grouped(effects, pd.concat([groups, pd.DataFrame({"event_id": rare, "group": "rare"})]))
    assert "rare" not in set(table["group"])


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = [low <= 0.05 <= high for low, high in (interval(rng.normal(0.05, 0.1, 60), seed=n) for n in range(200))]
    assert np.mean(covered) == pytest.approx(0.94, abs=0.05)


def test_periods_are_those_of_the_sessions() -> None:
    effects, _ = _effects(0)
    found = GROUPS["month"](None, None, effects)  # type: ignore[arg-type]
    assert found["group"].unique().tolist() == ["2020-01", "2020-02"]
