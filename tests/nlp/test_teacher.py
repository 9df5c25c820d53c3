"""The teacher's trees: whatever the scores, one tree with one root, and the best one where the best heads make a tree."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from teacher import maximum_tree


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**31))
def test_any_scores_give_one_tree(n: int, seed: int) -> None:
    heads = maximum_tree(torch.randn(n + 1, n + 1, generator=torch.Generator().manual_seed(seed)))
    assert len(heads) == n
    assert heads.count(0) == 1
    for i in range(n):
        seen, k = set(), i + 1
        while k:
            assert k not in seen
            seen.add(k)
            k = heads[k - 1]


def test_clear_scores_are_followed() -> None:
    scores = torch.zeros(4, 4)
    for dependent, head in ((1, 2), (2, 0), (3, 2)):
        scores[dependent, head] = 9.0
    assert maximum_tree(scores) == [2, 0, 2]


def test_a_cycle_is_broken_at_the_least_cost() -> None:
    scores = torch.zeros(3, 3)
    scores[1, 2], scores[2, 1], scores[1, 0], scores[2, 0] = 9.0, 8.0, 5.0, 1.0
    assert maximum_tree(scores) == [0, 1]
