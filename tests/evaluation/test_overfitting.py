"""Choosing among noise is luck, choosing a true winner is not."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.evaluation.overfitting import in_words, overfitting, probability_of_overfitting


def hits(skills: list[float], n: int = 800, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((n, len(skills))) < np.array(skills)).astype(float)


def test_among_noise_the_best_of_one_half_is_as_often_below_the_median_of_the_other() -> None:
    found = [probability_of_overfitting(hits([0.5] * 10, seed=seed), blocks=8) for seed in range(60)]
    mean = np.mean([one.probability for one in found if one])
    assert mean == pytest.approx(0.5, abs=0.06)  # about three standard errors


def test_a_planted_winner_stays_one() -> None:
    performance = hits([0.5] * 9 + [0.66])
    found, hits_of_the_winner = probability_of_overfitting(performance), performance[:, -1].mean()
    assert found is not None
    assert found.probability < 0.02
    assert found.halves == 12_870
    assert found.chosen == pytest.approx(hits_of_the_winner, abs=0.002)
    assert found.median == pytest.approx(0.5, abs=0.04)


def test_a_winner_of_one_half_alone_is_overfitted() -> None:
    """Each model is good in one block and bad in all others: what wins inside loses outside."""
    skills = np.full((8, 8), 0.45) + np.eye(8) * 0.5
    performance = np.repeat(skills, 100, axis=0)
    found = probability_of_overfitting(performance, blocks=8)
    assert found is not None
    assert found.probability > 0.9


def test_equal_models_are_at_the_median() -> None:
    one = hits([0.5])
    found = probability_of_overfitting(np.hstack([one] * 5), blocks=6)
    assert found is not None
    assert found.probability == pytest.approx(0.5)


def test_by_hand() -> None:
    """Two blocks, three models: A best in the first and worst in the second, B the other way, C between."""
    performance = np.array([[1.0, 0.0, 0.5]] * 2 + [[0.0, 1.0, 0.5]] * 2)
    found = probability_of_overfitting(performance, blocks=2)
    assert found is not None
    assert (found.probability, found.halves, found.chosen, found.median) == (1.0, 2, 0.0, 0.5)


@pytest.mark.parametrize("shape", [(100, 1), (3, 4), (0, 4)])
def test_too_little_to_judge_by_is_none(shape: tuple[int, int]) -> None:
    assert probability_of_overfitting(np.zeros(shape)) is None


def test_stored_forecasts_are_judged_by_alignment_with_seeds_as_one() -> None:
    n, rng = 400, np.random.default_rng(0)
    d = rng.normal(0, 0.01, n + 1)
    rows = pd.DataFrame({"session": pd.bdate_range("2014-01-01", periods=n), "up": (d[1:] >= 0) * 1, "d": d[1:], "c": np.diff(d)})
    right = np.where(rng.random(n) < 0.65, rows["up"], 1 - rows["up"])
    parts = [rows.assign(model=f"coin{k}", seed=0, p_up=rng.random(n)) for k in range(6)]
    parts += [rows.assign(model="seer", seed=k, p_up=0.5 + (right - 0.5) * (0.3 + k / 10)) for k in range(2)]
    parts += [rows.assign(model="garch", seed=0, p_up=0.53)]
    found = overfitting(pd.concat(parts, ignore_index=True).assign(alignment="forecast"))
    assert found["forecast"].probability < 0.05
    assert found["forecast"].models == 8  # six coins, the seer, reversal; garch says nothing of direction
    assert "probability of backtest overfitting 0.0" in in_words(found)
