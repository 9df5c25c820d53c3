"""Seed ensembles: the mean of logits, complete sessions alone, and better than one seed where seeds err apart."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.evaluation.ensembles import with_ensemble
from kdtcn.evaluation.metrics import log_loss

DAYS = pd.bdate_range("2015-01-02", periods=3)


def rows(p_up: dict[int, list[float]], model: str = "kdtcn", alignment: str = "forecast") -> pd.DataFrame:
    """Forecasts by seed, session by session; the label is the same for all."""
    parts = [
        pd.DataFrame(
            {
                "session": DAYS[: len(each)],
                "model": model,
                "seed": seed,
                "alignment": alignment,
                "p_up": each,
                "p_abrupt": 0.1,
                "up": [1, 0, 1][: len(each)],
            }
        )
        for seed, each in p_up.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_ensemble_is_the_sigmoid_of_the_mean_logit() -> None:
    given = rows({0: [0.9, 0.5, 0.2], 1: [0.6, 0.5, 0.1]})
    found = with_ensemble(given, "kdtcn")
    pd.testing.assert_frame_equal(found.head(len(given)), given)
    mine = found[found["model"] == "kdtcn-ensemble"]
    odds = np.sqrt(np.array([9 * 1.5, 1.0, 0.25 / 9]))  # the mean of logits is the root of the odds' product
    np.testing.assert_allclose(mine["p_up"], odds / (1 + odds))
    np.testing.assert_allclose(mine["p_abrupt"], 0.1)
    assert mine["seed"].tolist() == [0, 0, 0]
    assert mine["up"].tolist() == [1, 0, 1]


def test_each_alignment_has_its_own_and_other_models_none() -> None:
    given = pd.concat(
        [
            rows({0: [0.9], 1: [0.6]}),
            rows({0: [0.2], 1: [0.2], 2: [0.2]}, alignment="same_day"),
            rows({0: [0.1], 1: [0.4]}, model="tcn"),
        ]
    )
    mine = with_ensemble(given, "kdtcn")
    mine = mine[mine["model"].str.endswith("-ensemble")]
    assert mine["model"].unique().tolist() == ["kdtcn-ensemble"]
    assert mine.set_index("alignment")["p_up"].to_dict() == pytest.approx(
        {"forecast": 13.5**0.5 / (1 + 13.5**0.5), "same_day": 0.2}
    )


def test_incomplete_sessions_and_single_seeds_make_no_ensemble() -> None:
    found = with_ensemble(rows({0: [0.9, 0.5, 0.2], 1: [0.6, 0.5]}), "kdtcn")
    assert found.loc[found["model"] == "kdtcn-ensemble", "session"].tolist() == list(DAYS[:2])
    for given in (rows({0: [0.9]}), rows({0: [0.9], 1: [0.8]}, model="tcn")):
        assert len(with_ensemble(given, "kdtcn")) == len(given)


def test_certain_forecasts_stay_finite() -> None:
    found = with_ensemble(rows({0: [1.0, 0.0, 1.0], 1: [1.0, 1.0, 0.5]}), "kdtcn")
    mine = found.loc[found["model"] == "kdtcn-ensemble", "p_up"]
    assert np.isfinite(mine).all()
    assert mine.iloc[1] == pytest.approx(0.5, abs=1e-4)


def test_errors_that_seeds_do_not_share_cancel() -> None:
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2010-01-04", periods=800)
    truth = rng.normal(0, 1, len(days))
    up = (rng.random(len(days)) < 1 / (1 + np.exp(-truth))).astype(int)
    parts = [
        pd.DataFrame(
            {
                "session": days,
                "model": "kdtcn",
                "seed": seed,
                "alignment": "forecast",
                "p_up": 1 / (1 + np.exp(-truth - rng.normal(0, 1.5, len(days)))),
                "p_abrupt": 0.1,
                "up": up,
            }
        )
        for seed in range(5)
    ]
    found = with_ensemble(pd.concat(parts), "kdtcn")
    losses = {
        (model, seed): log_loss(part["p_up"].to_numpy(), part["up"].to_numpy() == 1)
        for (model, seed), part in found.groupby(["model", "seed"])
    }
    assert losses.pop(("kdtcn-ensemble", 0)) < min(losses.values()) - 0.05
