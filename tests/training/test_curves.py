"""The diagnosis of a learning curve, on curves whose trouble is known."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn import models
from kdtcn.lake import Lake
from kdtcn.training.curves import diagnose, said, stored
from tests.models.worlds import world

EPOCHS = np.arange(1, 31)
FALLING = 0.9 - 0.2 * (1 - np.exp(-EPOCHS / 20))  # still well on its way after 30 epochs
SETTLED = 0.7 + 0.2 * np.exp(-EPOCHS / 2)
NOISE = 0.001 * np.random.default_rng(0).normal(size=30)


def curve(train: np.ndarray, valid: np.ndarray | None = None) -> list[dict[str, float]]:
    rows = [{"epoch": float(k + 1), "train": float(value), "rate": 0.01} for k, value in enumerate(train)]
    return rows if valid is None else [{**row, "valid": float(value)} for row, value in zip(rows, valid, strict=True)]


def turning(at: int, slope: float = 0.004) -> np.ndarray:
    """A validation loss that is best in epoch `at` and rises after it."""
    return np.where(at >= EPOCHS, 0.8 - 0.002 * EPOCHS, 0.8 - 0.002 * at + slope * (EPOCHS - at))


@pytest.mark.parametrize(
    ("rows", "kind", "since"),
    [
        (curve(FALLING, FALLING + 0.02 + NOISE), "still learning", 0),
        (curve(SETTLED, SETTLED + 0.02 + NOISE), "plateau", 0),
        (curve(FALLING, turning(9) + NOISE / 5), "overfitting", 10),
        (curve(FALLING, turning(1)), "overfitting", 2),
        (curve(FALLING, np.full(30, 0.76) + NOISE), "plateau", 0),  # learns by heart, to no harm yet
        (curve(SETTLED + 0.02 * np.maximum(0, EPOCHS - 20), SETTLED), "diverging", 0),
        (curve(np.where(EPOCHS > 28, np.nan, FALLING)), "diverging", 0),
        (curve(FALLING), "still learning", 0),  # nothing held back: the training loss is all there is
        (curve(SETTLED + NOISE), "plateau", 0),
        (curve(np.full(30, 0.7), np.full(30, 0.7)), "plateau", 0),
        (curve(FALLING[:4], FALLING[:4]), "plateau", 0),  # four epochs are too few to tell a fall from noise
    ],
)
def test_what_a_curve_shows(rows: list[dict[str, float]], kind: str, since: int) -> None:
    found = diagnose(rows)
    assert found is not None
    assert (found.kind, found.since) == (kind, since)
    assert found.words.startswith(kind)


def test_noise_alone_is_a_plateau() -> None:
    rng = np.random.default_rng(1)
    kinds = [
        found.kind
        for _ in range(200)
        if (found := diagnose(curve(0.69 + 0.004 * rng.normal(size=20), 0.70 + 0.004 * rng.normal(size=20))))
    ]
    assert kinds.count("plateau") >= 170


def test_the_words_name_the_epoch_and_the_rise() -> None:
    found = diagnose(curve(FALLING, turning(9)))
    assert found is not None
    # best 0.782 in epoch 9; the mean of the last three is 0.782 + 20 * 0.004
    assert found.words == "overfitting since epoch 10: the training loss falls on, the validation loss has risen by 10.2 %"


def test_no_curve_no_diagnosis() -> None:
    assert diagnose([]) is None
    assert diagnose(curve(FALLING[:3], FALLING[:3])) is None


def test_one_line_a_model() -> None:
    good, bad = curve(FALLING, FALLING + 0.02), curve(FALLING, turning(9))
    runs = [("tcn", good), ("kdtcn", bad), ("kdtcn", curve(FALLING, turning(4))), ("kdtcn", good), ("reversal", [])]
    assert said(runs) == ["tcn: 1 still learning", "kdtcn: 1 still learning, 2 overfitting since epoch 5 to 10"]


def test_curves_of_the_loop_are_read() -> None:
    data, _ = world(sessions=200, mean_items=3, seed=4)
    train, valid = np.arange(10, 150), np.arange(155, 195)

    def kind(**options: float) -> str:
        found = diagnose(models.create("tcn").fit(data, train, valid, options={"parameters": 2000, **options}).rows)
        assert found is not None
        return found.kind

    assert kind(epochs=6, learning_rate=1e-12) == "plateau"
    assert kind(epochs=60, patience=60, dropout=0.0, weight_decay=0.0, learning_rate=0.01) == "overfitting"


def test_stored_curves_come_in_the_order_asked_for(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    rows = [
        {
            "model_id": f"{family}-1",
            "family": family,
            "config_hash": "",
            "config": json.dumps({"family": family, **({"curve": curve(FALLING[:5])} if family != "reversal" else {})}),
            "alignment": "forecast",
            "seed": 0,
            "weights": b"",
            "status": "trained",
            "available_at": pd.Timestamp("2020-01-01", tz="UTC"),
        }
        for family in ("reversal", "tcn", "kdtcn")
    ]
    lake.upsert("models", pd.DataFrame(rows))
    assert stored(lake, ["kdtcn-1", "reversal-1", "gone", "tcn-1"]) == [
        ("kdtcn", curve(FALLING[:5])),
        ("reversal", []),
        ("tcn", curve(FALLING[:5])),
    ]
