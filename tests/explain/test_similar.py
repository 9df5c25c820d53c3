"""Similar sessions are earlier ones, share what is rare, and do not change when the future does."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.explain.similar import Likeness, mentions

DAYS = pd.bdate_range("2020-01-06", periods=8)
SAID = [
    ["war", "France"],
    ["vote", "Spain", "war"],
    ["flood"],
    ["vote", "Spain", "war", "France"],
    [],
    ["war"],
    ["vote", "Spain", "war"],
    ["vote", "Spain", "flood", "France"],
]


def _likeness(said: list[list[str]]) -> Likeness:
    rows = [(day, f"t:{word}", word) for day, words in zip(DAYS, said, strict=True) for word in words]
    return Likeness(DAYS, pd.DataFrame(rows, columns=["session", "term", "label"]))


def test_the_most_similar_come_first_and_say_what_they_share() -> None:
    found = _likeness(SAID).of(DAYS[6])
    assert [alike.session for alike in found[:2]] == [DAYS[1], DAYS[3]]
    assert found[0].cosine == pytest.approx(1)
    assert set(found[0].shared) == {"Spain", "vote", "war"}
    assert found[0].shared[-1] == "war"  # the most frequent word weighs least
    assert all(alike.session < DAYS[6] for alike in found)


@pytest.mark.parametrize("row", [3, 6])
def test_what_comes_later_changes_nothing(row: int) -> None:
    changed = SAID[: row + 1] + [["war", "flood", "Spain"]] * (len(SAID) - row - 1)
    assert _likeness(SAID).of(DAYS[row]) == _likeness(changed).of(DAYS[row])


def test_a_session_that_shares_nothing_or_says_nothing_has_none() -> None:
    likeness = _likeness(SAID)
    assert likeness.of(DAYS[4]) == ()
    assert likeness.of(DAYS[0]) == ()
    assert likeness.of(DAYS[2]) == ()  # a flood was never told before


def test_weights_are_those_of_the_definition() -> None:
    found = {alike.session: alike.cosine for alike in _likeness(SAID).of(DAYS[3])}
    idf = {"vote": np.log(4 / 2), "Spain": np.log(4 / 2), "war": np.log(4 / 3), "France": np.log(4 / 2)}
    mine = np.sqrt(sum(v**2 for v in idf.values()))
    first = np.sqrt(idf["war"] ** 2 + idf["France"] ** 2)
    assert found[DAYS[0]] == pytest.approx(first / mine)


def test_mentions_are_types_and_entities_of_events_once_each() -> None:
    events = pd.DataFrame({"event_id": ["a", "b"], "session": DAYS[:2], "event_type": ["cut_back", None]})
    links = pd.DataFrame({"event_id": ["a", "a", "b"], "entity_id": ["x", "x", "y"], "label": ["X", "X", "Y"]})
    found = mentions(events, links)
    assert found[["session", "term", "label"]].to_numpy().tolist() == [
        [DAYS[0], "type:cut_back", "cut back"],
        [DAYS[0], "entity:x", "X"],
        [DAYS[1], "entity:y", "Y"],
    ]
