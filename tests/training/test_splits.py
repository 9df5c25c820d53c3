"""Splits: in order of time, disjoint, with a whole window between the parts, by date and never by text."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import InputError
from kdtcn.training.splits import Split, fixed_origin, rolling_origin

SESSIONS = pd.bdate_range("2008-08-08", periods=2000)
USABLE = np.arange(70, 2000)


@given(origin=st.integers(200, 1990), embargo=st.integers(0, 30), holes=st.sets(st.integers(70, 1999), max_size=100))
@settings(max_examples=60, deadline=None)
def test_parts_lie_in_order_with_the_embargo_between(origin: int, embargo: int, holes: set[int]) -> None:
    usable = np.array(sorted((set(USABLE) - holes) | {1999}))
    split = fixed_origin(SESSIONS, usable, test_from=SESSIONS[origin], embargo=embargo)
    assert split.test.min() >= origin
    assert split.valid.max() < origin - embargo
    assert split.train.max() < split.valid.min() - embargo
    for part in (split.train, split.valid, split.test):
        assert (np.diff(part) > 0).all()
        assert set(part) <= set(usable)
    np.testing.assert_array_equal(split.test, usable[usable >= origin])


def test_no_window_of_one_part_reaches_into_another() -> None:
    window = 10
    split = fixed_origin(SESSIONS, USABLE, test_from="2015-01-01", embargo=window)

    def touched(rows: np.ndarray) -> set[int]:
        # inputs of the window, and the session before it, whose change is in the label C
        return set((rows[:, None] + np.arange(-window, 1)).ravel())

    assert not touched(split.valid) & set(split.train)
    assert not touched(split.test) & (set(split.valid) | set(split.train))
    before = (SESSIONS < "2015-01-01").sum() - window - 70
    assert len(split.valid) == pytest.approx(before / 10, abs=1)


@pytest.mark.parametrize("day", ["2015-01-01", "20150101", pd.Timestamp("2015-01-01"), pd.Timestamp("2015-01-01").date()])
def test_a_day_is_a_date_however_it_is_written(day: object) -> None:
    # '2015-01-02' < '20150101' as text, which puts most test sessions of this very data set into training
    split = fixed_origin(SESSIONS, USABLE, test_from=day, embargo=10)  # type: ignore[arg-type]
    assert SESSIONS[split.test[0]] == pd.Timestamp("2015-01-01")
    assert SESSIONS[split.valid[-1]] < pd.Timestamp("2014-12-20")


@pytest.mark.parametrize("longest", [None, 200])
def test_walking_forward_covers_every_session_once_and_never_trains_on_later_ones(longest: int | None) -> None:
    folds = list(rolling_origin(SESSIONS, USABLE, first_test="2010-01-01", embargo=10, longest=longest))
    assert [f"{SESSIONS[split.test[0]]:%Y-%m}" for split in folds] == [f"{year}-01" for year in range(2010, 2017)]
    tested = np.concatenate([split.test for split in folds])
    np.testing.assert_array_equal(tested, USABLE[SESSIONS[USABLE] >= "2010-01-01"])
    for split in folds:
        assert max(split.train.max(), split.valid.max()) < split.test.min() - 10
    sizes = [len(split.train) + len(split.valid) for split in folds]
    assert sizes == sorted(sizes)
    if longest:
        assert sizes[0] == longest - 10  # less the embargo between training and validation
        assert [split.valid.max() - split.train.min() for split in folds] == [longest - 1] * 7


@pytest.mark.parametrize(
    ("test_from", "message"),
    [
        ("2031-01-01", r"evaluation.test_from 2031-01-01: no session from that day on has a label \(the last is 2016-04-07\)"),
        ("2008-08-11", "0 sessions are left to train on, 30 are needed"),
        ("2008-12-24", "sessions are left to train on, 30 are needed"),
    ],
)
def test_an_empty_part_is_an_error(test_from: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fixed_origin(SESSIONS, USABLE, test_from=test_from, embargo=10)


def test_without_any_usable_session_the_error_says_none() -> None:
    with pytest.raises(InputError, match="the last is none"):
        fixed_origin(SESSIONS, USABLE[:0], test_from="2015-01-01", embargo=10)


def test_a_split_is_plain_data() -> None:
    assert Split(USABLE[:2], USABLE[2:3], USABLE[3:4]).valid.tolist() == [72]
