"""On planted causes that only the graph vectors show, the models with the graph find them and the others cannot."""

import numpy as np
import pytest

from kdtcn import models
from tests.models.worlds import bayes, world

DATA, PULL = world(sessions=900, mean_items=8, seed=1, strength=1.5)
USABLE = DATA.usable()
TRAIN, VALID, TEST = USABLE[USABLE < 620], USABLE[(USABLE >= 625) & (USABLE < 710)], USABLE[USABLE >= 715]
BEST = bayes(PULL, TEST)


def accuracy(name: str) -> float:
    hits = []
    for seed in range(2):
        model = models.create(name)
        model.fit(DATA, TRAIN, VALID, seed=seed)
        hits.append(((model.logits(DATA, TEST)[:, 0] >= 0) == (DATA.up[TEST] == 1)).mean())
    return float(np.mean(hits))


def test_there_is_something_to_find() -> None:
    assert BEST > 0.75


@pytest.mark.parametrize("name", ["kdtcn", "kdeb-tcn"])
def test_with_the_graph_most_of_the_way_to_bayes(name: str) -> None:
    assert (accuracy(name) - 0.5) / (BEST - 0.5) > 0.75


@pytest.mark.parametrize("name", ["tcn", "wb-tcn", "eb-tcn", "lstm", "cnn", "logistic"])
def test_without_the_graph_near_chance(name: str) -> None:
    # 185 test sessions: three standard errors of a coin are 11 points.
    assert abs(accuracy(name) - 0.5) < 0.11
