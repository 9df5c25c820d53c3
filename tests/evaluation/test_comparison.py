"""Tests of one forecast against another: equal to the textbook, right about luck, corrected for their number."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, kstest, ttest_1samp

from kdtcn.errors import InputError
from kdtcn.evaluation.comparison import (
    comparisons,
    diebold_mariano,
    holm,
    in_words,
    mcnemar_test,
    pesaran_timmermann,
)
from kdtcn.evaluation.intervals import detectable_edge

N = 400


def forecasts(skill: float, seed: int = 0) -> pd.DataFrame:
    """always-up, a tcn that throws coins, and a model of two seeds that is right with probability `skill`."""
    rng = np.random.default_rng(seed)
    d = rng.normal(0, 0.01, N + 1)
    rows = pd.DataFrame(
        {"session": pd.bdate_range("2015-01-01", periods=N), "up": (d[1:] >= 0).astype(int), "d": d[1:], "c": np.diff(d)}
    ).assign(alignment="forecast")
    right = rng.random(N) < skill
    up = np.where(right, rows["up"], 1 - rows["up"])
    return pd.concat(
        [
            rows.assign(model="always-up", seed=0, p_up=0.53),
            rows.assign(model="tcn", seed=0, p_up=rng.random(N)),
            *(rows.assign(model="kdtcn", seed=k, p_up=0.5 + (up - 0.5) * (0.2 + 0.1 * k)) for k in range(2)),
        ],
        ignore_index=True,
    )


def test_every_model_meets_every_reference_once() -> None:
    pairs = comparisons(forecasts(0.6))[["model", "against"]]
    assert sorted(map(tuple, pairs.to_numpy())) == [
        ("kdtcn", "always-up"),
        ("kdtcn", "reversal"),
        ("kdtcn", "tcn"),
        ("reversal", "always-up"),
        ("reversal", "tcn"),
        ("tcn", "always-up"),
    ]


def test_skill_is_told_from_luck_after_correction() -> None:
    found = comparisons(forecasts(0.75)).set_index(["model", "against"])
    row = found.loc[("kdtcn", "always-up")]
    assert row["mcnemar_holm"] < 0.001
    assert row["timing"] < 0.001
    assert row["gap"] > 0.15
    assert row["loss_gap"] < 0 < found.loc[("tcn", "always-up"), "loss_gap"]
    assert (found["mcnemar_holm"] >= found["mcnemar"]).all()
    assert found.loc[("tcn", "always-up"), "mcnemar_holm"] > 0.05
    assert "kdtcn beats always-up" in in_words(found.reset_index())


def test_luck_is_not_called_skill() -> None:
    """Over forty worlds without skill, corrected tests speak up in one in twenty or fewer (at most six, p < .03 otherwise)."""
    false = sum(bool((comparisons(forecasts(0.5, seed))["mcnemar_holm"] < 0.05).any()) for seed in range(40))
    assert false <= 6
    assert "no model is told from a reference" in in_words(comparisons(forecasts(0.5, 1)))


def test_mcnemar_is_a_sign_test_of_the_sessions_that_differ() -> None:
    right = np.array([1] * 30 + [1] * 12 + [0] * 4 + [0] * 9, dtype=bool)
    reference = np.array([1] * 30 + [0] * 12 + [1] * 4 + [0] * 9, dtype=bool)
    assert mcnemar_test(right, reference) == pytest.approx(binomtest(4, 16).pvalue)
    assert mcnemar_test(right, right) == 1.0


def test_diebold_mariano_of_independent_gaps_is_a_t_test() -> None:
    rng = np.random.default_rng(3)
    gap = rng.normal(0.1, 1.0, 4000)
    assert diebold_mariano(gap, np.zeros(4000)) == pytest.approx(ttest_1samp(gap, 0).pvalue, rel=0.35)
    assert diebold_mariano(np.ones(50), np.ones(50)) == 1.0


def test_diebold_mariano_allows_for_gaps_that_come_in_runs() -> None:
    """A moving sum of noise: a t test would reject far too often, this one about as often as it says."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(400, 603))
    runs = noise[:, 3:] + noise[:, 2:-1] + noise[:, 1:-2] + noise[:, :-3]
    plain = np.mean([ttest_1samp(row, 0).pvalue < 0.05 for row in runs])
    allowed = np.mean([diebold_mariano(row, np.zeros(600)) < 0.05 for row in runs])
    assert plain > 0.2
    assert allowed < 0.11


def test_pesaran_timmermann_is_uniform_without_skill_and_blind_to_constants() -> None:
    rng = np.random.default_rng(5)
    values = [pesaran_timmermann(rng.random(800) < 0.6, rng.random(800) < 0.55) for _ in range(500)]
    assert kstest(values, "uniform").pvalue > 0.01
    assert np.isnan(pesaran_timmermann(np.ones(50, dtype=bool), rng.random(50) < 0.5))
    up = rng.random(800) < 0.55
    assert pesaran_timmermann(up, up) < 1e-6
    assert pesaran_timmermann(~up, up) > 0.999


@pytest.mark.parametrize(("n", "points"), [(378, 7.2), (1600, 3.5)])
def test_what_a_number_of_sessions_can_show(n: int, points: float) -> None:
    assert 100 * detectable_edge(n) == pytest.approx(points, abs=0.05)


def test_configurations_tried_before_count_as_comparisons() -> None:
    p = np.array([0.004, 0.03, np.nan, 0.6])
    plain, corrected = holm(p), holm(p, tried=5)
    assert plain[0] == pytest.approx(0.012)
    assert corrected[0] == pytest.approx(0.004 * 15)
    assert np.isnan(corrected[2])
    assert (corrected[[0, 1, 3]] >= plain[[0, 1, 3]]).all()
    once, often = comparisons(forecasts(0.6)), comparisons(forecasts(0.6), tried=1000)
    assert (often["mcnemar_holm"] >= once["mcnemar_holm"]).all()
    assert often["corrected_for"].unique().tolist() == [6000]
    assert "(6000 comparisons;" in in_words(often)
    with pytest.raises(InputError, match="configurations tried: 0"):
        comparisons(forecasts(0.6), tried=0)


def test_skill_in_direction_is_corrected_for_the_number_of_models() -> None:
    found = comparisons(forecasts(0.56)).drop_duplicates("model").set_index("model")
    assert found.loc["kdtcn", "timing_holm"] == pytest.approx(3 * found.loc["kdtcn", "timing"])  # kdtcn, tcn, reversal
