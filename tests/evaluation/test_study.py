"""The event study: it picks the right sessions, sees what is there, and does not see what is not."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.evaluation.study import event_types, positions, study
from kdtcn.features.market import Market
from kdtcn.features.news import News

N = 600


def market(moved: np.ndarray, by: float, seed: int = 0) -> Market:
    """Quiet and wild stretches in turn; the sessions of `moved` fall by `by`."""
    rng = np.random.default_rng(seed)
    d = rng.normal(0, 1, N) * np.where(np.arange(N) // 60 % 2, 0.015, 0.005)
    d[moved] -= by
    d[0] = np.nan
    zeros = np.zeros(N)
    return Market(
        pd.bdate_range("2010-01-04", periods=N), zeros, zeros, d, np.diff(d, prepend=np.nan), zeros, zeros, zeros, warmup=0
    )


def news(rows: list[tuple[int, str, str]]) -> News:
    """(session, event type, entity) of each event."""
    events = pd.DataFrame({"event_id": [f"e{i}" for i in range(len(rows))], "event_type": [r[1] for r in rows]})
    events["position"] = [r[0] for r in rows]
    links = pd.DataFrame({"event_id": events["event_id"], "role": "subject", "entity_id": [r[2] for r in rows], "score": 1.0})
    return News("forecast", pd.DataFrame(), events, links)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"event_type": "conflict"}, [3, 9]),
        ({"entity": "kd:a"}, [3, 7]),
        ({"event_type": "conflict", "entity": "kd:a"}, [3]),
        ({"event_type": "conflict", "entity": "kd:none"}, []),
    ],
)
def test_sessions_of_a_type_and_an_entity(chosen: dict[str, str], expected: list[int]) -> None:
    told = news([(9, "conflict", "kd:b"), (3, "conflict", "kd:a"), (3, "conflict", "kd:b"), (7, "statement", "kd:a")])
    assert positions(told, **chosen).tolist() == expected


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="there are conflict"):
        positions(news([(1, "conflict", "kd:a")]), event_type="quarrel")
    with pytest.raises(InputError, match="no session"):
        study(market(np.array([]).astype(int), 0), np.array([], dtype=int))


def test_a_planted_move_is_seen_on_its_session_alone() -> None:
    at = np.random.default_rng(1).choice(np.arange(10, N - 10), 40, replace=False)
    table = study(market(at, 0.03), np.sort(at)).set_index("offset")
    assert table.loc[0, "d"] == pytest.approx(-0.03, abs=0.006)
    assert table.loc[0, "d_high"] < -0.02
    assert table.loc[0, "p"] < 0.01
    assert table.loc[0, "c"] == pytest.approx(-0.03, abs=0.008)  # the move goes into C, and out of it a session later
    assert table.loc[0, "c_low"] < table.loc[0, "c"] < table.loc[0, "c_high"] < -0.015
    assert table.loc[1, "c"] == pytest.approx(0.03, abs=0.008)
    assert table.loc[3, "c_low"] < 0 < table.loc[3, "c_high"]
    assert table.loc[3, "d_low"] < 0 < table.loc[3, "d_high"]
    assert table.index.tolist() == list(range(-5, 6))


def test_news_in_a_wild_stretch_is_no_finding() -> None:
    """Sessions picked in one wild stretch have large moves anyway; shifts of the calendar know that, single draws do not."""
    at, shifts, draws = np.arange(70, 100), [], []
    for seed in range(15):
        calm = market(at, 0.0, seed)
        size, rng = np.abs(calm.d[1:]), np.random.default_rng(seed)
        draws.append(np.mean([rng.choice(size, 30, replace=False).mean() >= size[69:99].mean() for _ in range(300)]))
        shifts.append(study(calm, at, 0, 0)["p"].item())
    assert np.median(draws) < 0.02
    assert np.median(shifts) > 0.05


def test_types_are_ranked_and_corrected() -> None:
    at = np.random.default_rng(2).choice(np.arange(10, N - 10), 60, replace=False)
    rows = [(int(i), "disaster", "kd:a") for i in at] + [(int(i), f"type{i % 4}", "kd:a") for i in range(5, N, 7)]
    table = event_types(market(at, 0.03), news(rows))
    assert table["event_type"].iloc[0] == "disaster"
    assert table["p_holm"].iloc[0] < 0.05
    assert (table["p_holm"].iloc[1:] > 0.05).all()
