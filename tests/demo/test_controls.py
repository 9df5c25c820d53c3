"""The controls' parts do what their names say, and on planted data each control comes out as it must."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.demo import controls
from kdtcn.features.dataset import Dataset, Items
from kdtcn.training.splits import Split


@pytest.fixture
def data() -> Dataset:
    n = 30
    zeros = np.zeros(n)
    up = (np.arange(n) % 3 == 0).astype(np.int8)
    offsets = np.array([0, *np.cumsum(np.arange(n) % 4)])
    items = Items(np.arange(offsets[-1]).astype(str), np.arange(offsets[-1], dtype=np.float32)[:, None], offsets)
    return Dataset(
        pd.bdate_range("2014-01-02", periods=n), np.zeros((n, 5), np.float32), zeros, zeros, up, up, zeros, 0, 2, {"text": items}
    )


def of(data: Dataset, i: int) -> list[str]:
    return data.items["text"].ids[data.items["text"].of(i)].tolist()


@pytest.mark.parametrize("by", [1, -7, 0])
def test_news_move_by_sessions_and_where_there_is_none_there_is_none(data: Dataset, by: int) -> None:
    moved = controls.news_of(data, by)
    for i in range(len(data)):
        assert of(moved, i) == (of(data, i + by) if 0 <= i + by < len(data) else [])
    np.testing.assert_array_equal(moved.up, data.up)


def test_shuffling_leaves_the_labels_of_the_test_rows(data: Dataset) -> None:
    split = Split(np.arange(15), np.arange(17, 20), np.arange(22, 30))
    changed = controls.shuffled(data, split, 0)
    known = np.concatenate([split.train, split.valid])
    assert (changed.up[known] != data.up[known]).any()
    assert sorted(changed.up[known]) == sorted(data.up[known])
    np.testing.assert_array_equal(changed.up[split.test], data.up[split.test])
    np.testing.assert_array_equal(changed.up, changed.abrupt)  # both labels of a row go together


def test_a_control_holds_where_it_comes_out_as_wanted() -> None:
    rng = np.random.default_rng(0)
    up = [rng.random(200) < 0.5 for _ in range(2)]
    seeing, blind = controls.ARMS[0], controls.ARMS[2]
    knows = [labels - 0.5 + rng.normal(size=200) for labels in up]
    guesses = [rng.normal(size=200) for _ in up]
    assert controls.judge(seeing, knows, up).holds
    assert not controls.judge(seeing, guesses, up).holds
    assert not controls.judge(blind, knows, up).holds
    assert controls.judge(blind, guesses, up).holds
    found = controls.judge(seeing, knows, up)
    assert found.low < found.accuracy < found.high
    assert found.n == 200
