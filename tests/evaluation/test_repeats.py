"""How many repeats are enough, on seeds whose spread is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.evaluation.repeats import errors, needed, repeats
from kdtcn.report.repeats import draw

SESSIONS = pd.bdate_range("2015-01-02", periods=400)


def forecasts(shares: dict[str, list[float]], alignment: str = "forecast") -> pd.DataFrame:
    """Forecasts that are right in the named share of sessions, one share a seed."""
    up = np.random.default_rng(0).integers(0, 2, len(SESSIONS))
    parts = []
    for model, each in shares.items():
        for seed, share in enumerate(each):
            right = np.arange(len(SESSIONS)) < round(share * len(SESSIONS))
            p_up = np.where(right == (up == 1), 0.7, 0.3)
            parts.append(
                pd.DataFrame({"session": SESSIONS, "model": model, "seed": seed, "alignment": alignment, "p_up": p_up, "up": up})
            )
    return pd.concat(parts, ignore_index=True)


def test_the_summary_is_the_formula() -> None:
    scores = [0.50, 0.52, 0.51, 0.55, 0.49]
    found = repeats(forecasts({"tcn": scores, "reversal": [0.54]}))
    assert found.summary["model"].tolist() == ["tcn"]  # nothing is repeated where no seed changes anything
    row = found.summary.iloc[0]
    spread = np.std(scores, ddof=1)
    assert (row["seeds"], row["mean"]) == (5, pytest.approx(np.mean(scores)))
    assert row["std"] == pytest.approx(spread)
    assert row["error"] == pytest.approx(spread / np.sqrt(5))
    assert row["enough"] == np.ceil((spread / 0.005) ** 2)
    assert row["surely"] > row["enough"]
    assert row["chance"] == pytest.approx(0.025)


def test_the_curve_ends_at_the_error_of_all_and_falls_like_a_root() -> None:
    scores = np.random.default_rng(1).normal(0.5, 0.02, 40)
    curve = pd.DataFrame(errors(scores)).set_index("seeds")
    assert list(curve.index) == list(range(2, 41))
    end = curve.loc[40]
    assert end["error"] == pytest.approx(scores.std(ddof=1) / np.sqrt(40))
    assert end["high"] - end["low"] == pytest.approx(0, abs=1e-12)  # every order ends with the same seeds
    assert (curve["high"] > curve["low"])[:-1].all()
    np.testing.assert_allclose(curve["error"][5:] * np.sqrt(curve.index[5:]), scores.std(ddof=1), rtol=0.03)


def test_as_many_as_needed_are_enough() -> None:
    assert needed(0.02, 0.005) == 16
    assert needed(0.0201, 0.005) == 17
    assert needed(0.0, 0.005) == 2
    rng = np.random.default_rng(2)
    means = rng.normal(0.5, 0.02, (4000, needed(0.02, 0.005))).mean(axis=1)
    assert means.std() == pytest.approx(0.005, rel=0.05)


def test_the_sure_number_covers_the_true_one_in_nine_of_ten() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(80):
        found = repeats(forecasts({"tcn": list(0.5 + 0.02 * rng.normal(size=5))}))
        covered.append(found.summary["surely"].iloc[0] >= 16)
    assert 0.8 <= np.mean(covered) <= 0.98


def test_unknown_labels_do_not_count_and_one_seed_is_an_error() -> None:
    rows = forecasts({"tcn": [0.5, 0.6]})
    rows.loc[rows["session"] >= SESSIONS[200], "up"] = -1
    assert repeats(rows).summary["mean"].iloc[0] == 1.0  # the first 200 are those forecast right
    with pytest.raises(InputError, match="no model was run with two seeds or more"):
        repeats(forecasts({"tcn": [0.5], "reversal": [0.5]}))


def test_the_figure_names_models_and_alignments(tmp_path: Path) -> None:
    both = pd.concat([forecasts({"tcn": [0.5, 0.52, 0.54], "kdtcn": [0.5, 0.6]}), forecasts({"tcn": [0.5, 0.51]}, "same_day")])
    path = tmp_path / "figures" / "repeats.svg"
    draw(repeats(both), path)
    text = path.read_text()
    assert text.startswith("<svg")
    for word in ("tcn", "kdtcn", "forecast", "same_day", "Standard error of the mean"):
        assert word in text
