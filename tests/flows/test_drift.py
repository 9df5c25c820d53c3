"""Drift is seen where it is and not where it is not; a new model takes over only if it is not worse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.errors import ModelError
from kdtcn.evaluation.pair import compare
from kdtcn.lake import Lake, Run
from kdtcn.sessions import calendar, closes
from kdtcn.training import drift, store, succession
from kdtcn.training.fold import Sight

RNG = np.random.default_rng


@pytest.mark.parametrize("seed", range(5))
def test_calibrated_probabilities_pass_and_others_do_not(seed: int) -> None:
    rng = RNG(seed)
    p = rng.uniform(0.2, 0.8, 250)
    up = (rng.uniform(size=250) < p).astype(int)
    assert drift.calibration_p(p, up) > 0.001
    assert drift.calibration_p(np.full(250, 0.7), 1 - up[:250]) < 0.001  # more was promised than came
    sure = np.where(up == 1, 0.95, 0.05)
    wrong = rng.permutation(250)[:100]
    sure[wrong] = 1 - sure[wrong]  # right as often as not, and always certain
    assert drift.calibration_p(sure, up) < 0.001


def test_no_alarm_more_often_than_the_level_says() -> None:
    rng = RNG(1)
    p = rng.uniform(0.3, 0.7, (2000, 60))
    alarms = [drift.calibration_p(row, (rng.uniform(size=60) < row).astype(int)) < 0.05 for row in p]
    assert np.mean(alarms) < 0.07
    same = [drift.inputs_p(_inputs(rng, 250), _inputs(rng, 60)).min() < 0.05 for _ in range(200)]
    assert np.mean(same) < 0.1


def test_the_input_that_moved_is_named() -> None:
    rng = RNG(2)
    now = _inputs(rng, 60).assign(b=rng.normal(1.5, 1, 60))
    p = drift.inputs_p(_inputs(rng, 250), now)
    assert p.idxmin() == "b"
    assert p["b"] < 1e-6
    assert p["a"] > 0.01


def _inputs(rng: np.random.Generator, n: int) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])


DAYS = calendar().sessions[calendar().sessions >= pd.Timestamp("2014-01-02")][:400]
SIGHT = Sight("none", "none", type("Graph", (), {"version": "0"})())


def world(folder: Path, change: float, when: list[str]) -> tuple[Lake, Settings]:
    """400 sessions of returns, whose size changes after session 320; a live model that was trained until then."""
    rng = RNG(3)
    moves = rng.normal(0, 0.01, len(DAYS)) * np.where(np.arange(len(DAYS)) > 320, change, 1.0)
    close = 100 * np.exp(np.cumsum(moves))
    frame = pd.DataFrame({"symbol": "X", "session": DAYS, "source": "t", "available_at": closes(DAYS), "volume": 1e6})
    lake = Lake(str(folder / "lake"))
    lake.upsert("prices", frame.assign(open=close, high=close * 1.01, low=close * 0.99, close=close, adj_close=close))
    stored(lake, "one", "live", "2015-01-01", DAYS[320])
    settings = Settings.model_validate(
        {"home": folder, "sources": {"symbol": "X"}, "retrain": {"when": when}, "features": {"price_window": 20, "window": 5}}
    )
    return lake, settings


def stored(lake: Lake, name: str, status: str, promoted: str, until: pd.Timestamp) -> None:
    row = {
        "model_id": name,
        "family": "kdtcn",
        "config_hash": "h",
        "config": "{}",
        "alignment": "forecast",
        "trained_until": until,
    }
    row |= {"graph_cut": until, "seed": 0, "weights": b"", "status": status, "promoted_at": pd.Timestamp(promoted, tz="UTC")}
    lake.upsert("models", pd.DataFrame([row | {"available_at": pd.Timestamp(promoted, tz="UTC")}]))


@pytest.mark.parametrize(("change", "drifts"), [(1.0, False), (3.0, True)])
def test_a_drifted_world_is_due_for_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: float, drifts: bool
) -> None:
    monkeypatch.setattr("kdtcn.training.succession.Sight.of", lambda lake, settings: SIGHT)
    lake, settings = world(tmp_path, change, ["calibration", "inputs"])
    reason = succession.due(lake, settings, DAYS[390])
    assert (reason.startswith("the size of the daily return has drifted")) == drifts, reason
    if drifts:  # the next windows hold the same sessions: it rests
        with Run(lake, f"{succession.RETRAIN}{DAYS[390]:%Y-%m-%d}", "h"):
            pass
        assert succession.due(lake, settings, DAYS[391]) == ""
        assert succession.due(lake, settings, DAYS[396]) != ""


@pytest.mark.parametrize(("wrong", "reason"), [(0.2, ""), (0.7, "calibration has drifted over 60 sessions")])
def test_forecasts_that_do_not_come_true_are_due_for_training(tmp_path: Path, wrong: float, reason: str) -> None:
    """All say 0.8 one way or the other; a share of them is wrong."""
    lake, settings = world(tmp_path, 1.0, ["calibration"])
    days = DAYS[325:390]
    up = (lake.read("prices").set_index("session")["close"].diff() >= 0).reindex(days).to_numpy()
    said = np.where(np.arange(len(days)) % 10 < 10 * wrong, ~up, up)
    made = pd.DataFrame(
        {"session": days, "model_id": "one", "made_at": pd.Timestamp.now("UTC"), "p_abrupt": 0.1, "logit_up": 0.0}
    )
    made["p_up"] = np.where(said, 0.8, 0.2)
    lake.upsert("predictions", made.assign(logit_abrupt=0.0, data_versions="{}", available_at=made["made_at"]))
    found = succession.due(lake, settings, DAYS[390])
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_once_a_week(tmp_path: Path) -> None:
    lake, settings = world(tmp_path, 1.0, ["weekly"])
    monday = pd.Timestamp("2015-06-08")
    assert succession.due(lake, settings, monday) == "a week has begun"
    with Run(lake, f"{succession.RETRAIN}{monday:%Y-%m-%d}", "h"):
        pass
    assert succession.due(lake, settings, monday + pd.Timedelta(days=4)) == ""
    assert succession.due(lake, settings, monday + pd.Timedelta(days=7)) == "a week has begun"
    with pytest.raises(ModelError), Run(lake, f"{succession.RETRAIN}2015-06-15", "h"):
        raise ModelError("a training that failed")
    assert succession.due(lake, settings, monday + pd.Timedelta(days=8)) == "a week has begun"
    never = settings.model_copy(update={"retrain": settings.retrain.model_copy(update={"when": []})})
    assert succession.due(lake, never, monday + pd.Timedelta(days=8)) == ""


@pytest.mark.parametrize(("shift", "promoted"), [(-0.1, False), (0.0, True), (0.1, True)])
def test_the_new_one_takes_over_only_if_it_is_not_worse(tmp_path: Path, shift: float, promoted: bool) -> None:
    lake, settings = world(tmp_path, 1.0, [])
    up = (lake.read("prices").set_index("session")["close"].diff() >= 0).astype(float)[DAYS[330:390]]
    old = 0.5 + 0.1 * (up - 0.5)
    new = old + shift * (2 * up - 1)
    found = succession._judge(lake, settings, "two", "one", old, new, "because", ())
    assert found.promoted == promoted
    assert (found.loss <= found.loss_live + succession.TIE) == promoted
    few = succession._judge(lake, settings, "two", "one", old[:5], new[:5], "because", ())
    assert not few.promoted


def test_two_models_meet_on_their_common_sessions(tmp_path: Path) -> None:
    lake, settings = world(tmp_path, 1.0, [])
    stored(lake, "two", "trained", "2015-02-01", DAYS[320])
    with pytest.raises(ModelError, match="share no forecast session"):
        compare(lake, settings, "one", "two")
    up = (lake.read("prices").set_index("session")["close"].diff() >= 0)[DAYS[330:390]]
    made = {"made_at": pd.Timestamp.now("UTC"), "p_abrupt": 0.1, "logit_up": 0.0, "logit_abrupt": 0.0, "data_versions": "{}"}
    for name, p, days in (("one", np.where(up, 0.8, 0.2), DAYS[330:390]), ("two", np.where(up, 0.45, 0.55), DAYS[330:380])):
        rows = pd.DataFrame({"session": days, "model_id": name, "p_up": p[: len(days)], **made})
        lake.upsert("predictions", rows.assign(available_at=made["made_at"]))
    found = compare(lake, settings, "one", "two").set_index("score")
    assert found["n"].tolist() == [50, 50]
    assert found.loc["accuracy", ["one", "other", "difference"]].tolist() == [1.0, 0.0, 1.0]
    assert found.loc["log loss", "difference"] == pytest.approx(np.log(0.45 / 0.8))
    assert (found["low"] <= found["difference"] + 1e-12).all()
    with pytest.raises(ModelError, match="'three' is not in"):
        compare(lake, settings, "one", "three")


def test_rolling_back_goes_further_back_each_time(tmp_path: Path) -> None:
    lake, _ = world(tmp_path, 1.0, [])
    for name, day in (("two", "2015-02-01"), ("three", "2015-03-01")):
        stored(lake, name, "trained", day, DAYS[320])
        store.promote(lake, name)
    assert succession.rollback(lake) == "two"
    assert store.live_model(lake) == "two"
    assert succession.rollback(lake) == "one"
    with pytest.raises(ModelError, match="no model was in force before"):
        succession.rollback(lake)
    assert store.live_model(lake) == "one"
    store.promote(lake, "three")
    assert store.live_model(lake) == "three"


def test_a_graph_that_the_model_in_force_cannot_read_goes_back(tmp_path: Path) -> None:
    from kg import build, load

    lake, _ = world(tmp_path, 1.0, [])
    build(lake)
    seed, before = load(lake).version, {name: lake.version(name) for name in succession.GRAPH}
    lake.replace("facts", lake.read("facts").iloc[10:].drop(columns="ingested_at"))
    assert load(lake).version != seed
    succession._restore(lake, before)
    assert load(lake).version == seed
