"""The record of a model: which forecasts count, over which sessions, and what stands beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.evaluation.record import record, standing
from kdtcn.lake import Lake
from kdtcn.sessions import closes, sessions

DAYS = sessions("2014-01-02", "2016-06-30")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Prices that rise on two days and fall on the third, and a model trained until the end of 2014 that says so on most."""
    lake = Lake(str(tmp_path))
    close = 100 + np.cumsum(np.where(np.arange(len(DAYS)) % 3 == 2, -1.0, 1.0))
    values = dict.fromkeys(("open", "high", "low", "close", "adj_close"), close)
    lake.upsert(
        "prices",
        pd.DataFrame(
            {"symbol": "^DJI", "session": DAYS, "source": "test", **values, "volume": 1.0, "available_at": closes(DAYS)}
        ),
    )
    model = {
        "model_id": "m", "family": "kdtcn", "config_hash": "", "config": "{}", "alignment": "forecast", "seed": 0, "weights": b"", "status": "live",
        "trained_until": pd.Timestamp("2014-12-31"), "graph_cut": pd.Timestamp("2014-01-02"), "available_at": pd.Timestamp("2015-01-01", tz="UTC"),
    }  # fmt: skip
    lake.upsert("models", pd.DataFrame([model]))
    return lake


def forecast(lake: Lake, days: pd.DatetimeIndex, says_up: np.ndarray, made: str | None = None) -> None:
    """Forecasts at four in the morning, New York, of each session, or all at one time."""
    at = (
        pd.Timestamp(made, tz="UTC") if made else (days + pd.Timedelta(hours=4)).tz_localize("America/New_York").tz_convert("UTC")
    )
    frame = {
        "session": days,
        "model_id": "m",
        "made_at": at,
        "available_at": at,
        "p_up": np.where(says_up, 0.6, 0.4),
        "p_abrupt": 0.1,
    }
    lake.upsert("predictions", pd.DataFrame({**frame, "logit_up": 0.0, "logit_abrupt": 0.0, "data_versions": "{}"}))


def rises(days: pd.DatetimeIndex) -> np.ndarray:
    return DAYS.get_indexer(days) % 3 != 2


def test_the_last_settled_sessions_after_training_count(lake: Lake) -> None:
    days = sessions("2014-06-02", "2016-07-05")  # before the end of training, and after the last price
    forecast(lake, days, rises(days))
    found = record(lake, Settings(), "m")
    assert found is not None
    assert (found.n, found.in_time) == (250, 250)
    assert found.last == DAYS[-1]
    assert found.accuracy == 1
    assert found.always_up == pytest.approx(2 / 3, abs=0.01)
    assert found.lift_low > 0.2
    everything = record(lake, Settings(), "m", last=10_000)
    assert everything is not None
    assert everything.first == pd.Timestamp("2015-01-02")


def test_a_model_that_always_says_up_adds_nothing_and_says_so(lake: Lake) -> None:
    days = sessions("2016-01-04", "2016-06-30")
    forecast(lake, days, np.ones(len(days), bool))
    found = record(lake, Settings(), "m")
    assert found is not None
    assert (found.lift, found.lift_low, found.lift_high) == (0, 0, 0)
    assert "it said up every time" in str(found)


def test_few_sessions_have_no_interval_of_the_difference(lake: Lake) -> None:
    days = sessions("2016-06-01", "2016-06-15")
    forecast(lake, days, rises(days), "2016-07-01")
    found = record(lake, Settings(), "m")
    assert found is not None
    assert found.in_time == 0
    assert np.isnan(found.lift_low)
    assert "0 of them forecast before they opened" in str(found)


def test_without_a_forecast_after_training_there_is_no_record(lake: Lake) -> None:
    assert record(lake, Settings(), "m") is None
    days = sessions("2014-06-02", "2014-12-31")
    forecast(lake, days, rises(days))
    assert record(lake, Settings(), "m") is None
    assert record(lake, Settings(), "nobody") is None


@pytest.mark.parametrize(
    ("made", "p_up", "in_time"),
    [
        (["2016-06-01T05:00", "2016-06-01T08:00", "2016-06-02T08:00"], 0.2, True),  # the last before the open at 13:30 UTC
        (["2016-06-01T05:00", "2016-06-01T13:30", "2016-06-02T08:00"], 0.1, True),  # at the open is too late
        (["2016-06-03T05:00", "2016-06-04T08:00", "2016-06-05T08:00"], 0.1, False),  # the first of late ones: knew the least
    ],
)
def test_one_forecast_a_session_counts(made: list[str], p_up: float, in_time: bool) -> None:
    rows = pd.DataFrame(
        {"session": pd.Timestamp("2016-06-01"), "made_at": pd.to_datetime(made, utc=True), "p_up": [0.1, 0.2, 0.3]}
    )
    found = standing(rows)
    assert (len(found), found["p_up"].iloc[0], bool(found["in_time"].iloc[0])) == (1, p_up, in_time)
