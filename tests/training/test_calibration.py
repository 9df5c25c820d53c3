"""Temperature: finds the true one, never turns a forecast round, stays within its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.training.calibration import calibrate, probability


@pytest.mark.parametrize("temperature", [0.6, 1.0, 3.0])
def test_the_true_temperature_is_found(temperature: float) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, 20_000)
    y = (rng.random(20_000) < 1 / (1 + np.exp(-z))).astype(np.int8)
    assert calibrate(z * temperature, y) == pytest.approx(temperature, rel=0.05)


def test_unknown_labels_do_not_count() -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=300), rng.integers(0, 2, 300)
    junk = np.concatenate([z, np.full(50, 99.0)]), np.concatenate([y, np.full(50, -1)])
    assert calibrate(*junk) == calibrate(z, y)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, -1], [-1, -1, -1], []])
def test_one_class_teaches_nothing(labels: list[int]) -> None:
    assert calibrate(np.arange(len(labels), dtype=float), np.array(labels, dtype=int)) == 1.0


def test_a_constant_forecast_keeps_its_base_rate() -> None:
    assert calibrate(np.full(40, -1.5), np.array([0, 1] * 20)) == 1.0


@pytest.mark.parametrize(("sign", "limit"), [(1, 0.5), (-1, 10.0)])
def test_a_small_sample_makes_nobody_certain(sign: int, limit: float) -> None:
    y = np.array([0, 1] * 10)
    assert calibrate(sign * (y * 2.0 - 1), y) == pytest.approx(limit, rel=0.01)


@given(z=st.lists(st.floats(-30, 30), min_size=1, max_size=20), temperature=st.floats(0.5, 10))
@settings(max_examples=50)
def test_the_side_of_one_half_never_changes(z: list[float], temperature: float) -> None:
    p = probability(np.array(z), temperature)
    assert ((p >= 0.5) == (np.array(z) >= 0)).all() or np.abs(np.array(z)).min() < 1e-12
    assert (np.diff(p[np.argsort(z)]) >= 0).all()
