"""Neighbouring abrupt sessions are one interval; numbers of the interval are those of its sessions."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdtcn.explain.abrupt import AbruptPoint, intervals, points, recent
from tests.explain import games


def _points(flags: str, d: float = 0.01) -> list[AbruptPoint]:
    days = pd.bdate_range("2020-01-06", periods=len(flags))
    return [
        AbruptPoint(day, d, 0.03 + 0.001 * i, {"x": True, ".": False, "?": None}[flag], 0.02)
        for i, (day, flag) in enumerate(zip(days, flags, strict=True))
    ]


@pytest.mark.parametrize(
    ("flags", "sizes"),
    [
        ("", []),
        ("....", []),
        ("x...", [1]),
        ("..xx", [2]),
        ("x.xx.xxx", [1, 2, 3]),
        ("xxxx", [4]),
        ("xx?", [2]),
        ("x?x", [1, 1]),
    ],
)
def test_runs_become_intervals(flags: str, sizes: list[int]) -> None:
    assert [len(run.sessions) for run in intervals(_points(flags))] == sizes


@given(st.text(alphabet="x.?", max_size=40))
def test_every_abrupt_session_is_in_exactly_one_interval(flags: str) -> None:
    series = _points(flags)
    found = [session for run in intervals(series) for session in run.sessions]
    assert found == [point.session for point in series if point.abrupt]


def test_an_interval_compounds_and_names_its_largest_change() -> None:
    run = intervals(_points(".xxx.", d=0.1))[0]
    assert run.cumulative == pytest.approx(1.1**3 - 1)
    assert (run.largest_session, run.largest_c) == (pd.Timestamp("2020-01-09"), pytest.approx(0.033))
    assert run.summary == "2020-01-07 to 2020-01-09: 3 abrupt sessions in a row, +33.10% in all; largest C +3.30% on 2020-01-09."
    assert "one abrupt session" in intervals(_points(".x."))[0].summary


def test_the_largest_effects_of_a_run_go_with_it() -> None:
    series = _points(".xx.")
    effects = {
        series[1].session: [("a", 0.1), ("b", -0.4)],
        series[2].session: [("c", 0.2)],
        series[3].session: [("outside", 9.0)],
    }
    assert [t.event for t in intervals(series, effects, top=2)[0].top] == ["b", "c"]


def test_points_of_a_session_that_has_not_closed_are_unknown() -> None:
    data = games.dataset([1] * 8)
    d, c, abrupt = data.d.copy(), data.c.copy(), data.abrupt.copy()
    d[-1] = c[-1] = np.nan
    abrupt[-1] = -1
    found = points(dataclasses.replace(data, d=d, c=c, abrupt=abrupt), 0.02)
    assert (found[-1].d, found[-1].c, found[-1].abrupt) == (None, None, None)
    assert found[1].c == pytest.approx(data.d[1] - data.d[0])


def test_recent_ends_with_the_session_itself() -> None:
    data = games.dataset([1] * 8)
    assert [p.session for p in recent(data, 5, 0.02, n=3)] == list(data.sessions[3:6])
    assert len(recent(data, 1, 0.02)) == 2
