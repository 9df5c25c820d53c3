"""Curves, sufficiency and sanity checks tell true effects from others; what is judged fails where it should."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from kdtcn.explain.audit import judge
from kdtcn.explain.effects import event_effects
from kdtcn.explain.fidelity import Fidelity, agreement, alike, fidelity, shuffled
from kdtcn.explain.resample import interval
from tests.explain import games

COUNTS = [8, 6, 7, 5, 9, 4, 3, 3, 6, 10]


class Kinked(games.Curved):
    """Steep ReLUs in a row: along the path from no news to all, units switch on and off at points that no grid meets."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.steep = nn.Linear(games.WINDOW * (5 + games.POOL), 64)
            self.last = nn.Linear(64, 2)

    def head(self, prices: torch.Tensor, pooled: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
        rows = torch.cat([prices, pooled], dim=-1)[windows]
        return self.last(torch.relu(30 * self.steep(rows.reshape(len(rows), -1))))


def test_integrated_gradients_are_complete_at_kinks_without_thousands_of_steps() -> None:
    model = games.Model(Kinked())
    asked = 0
    plain = model.network.head

    def counted(*given: torch.Tensor) -> torch.Tensor:
        nonlocal asked
        asked += len(given[2])
        return plain(*given)

    model.network.head = counted  # type: ignore[method-assign]
    found = event_effects(model, games.dataset(COUNTS), 9, method="integrated-gradients", placebo=0)
    assert abs(found.logit - found.base) > 0.5
    assert abs(found.gap) < 1e-3
    assert asked < 20_000


@pytest.fixture(scope="module")
def measured() -> Fidelity:
    models = [games.Model(games.Curved(seed)) for seed in (0, 1, 2)]
    found = fidelity(models[0], games.dataset(COUNTS), 9, samples=100, siblings=models[1:])
    assert found is not None
    return found


def test_the_order_by_effect_moves_the_logit_sooner_than_others(measured: Fidelity) -> None:
    assert measured.deletion > max(measured.deletion_random, measured.deletion_popularity)
    assert measured.insertion > max(measured.insertion_random, measured.insertion_popularity)
    assert measured.comprehensiveness > measured.comprehensiveness_random
    assert measured.sufficiency < measured.sufficiency_random


def test_sampling_methods_and_weights(measured: Fidelity) -> None:
    assert measured.gap < 1e-3
    assert min(measured.again, measured.methods) > 0.9
    assert abs(measured.shuffled) < 0.9
    assert abs(measured.seeds) < 0.9  # three unrelated networks


def test_areas_on_an_additive_model_are_those_of_its_terms() -> None:
    """Terms 0.3, 0.2 ...: taking the largest first, the logit falls by their running sum."""
    data = games.dataset(COUNTS)
    items = data.items["text"]
    vectors = items.vectors.copy()
    own = np.array([0.5, 0.3, 0.2, 0.1, 0.0, -0.1, 0.4, -0.2, 0.05, 0.15], dtype=np.float32)
    vectors[items.of(9), 0] = own
    data = dataclasses.replace(data, items={"text": dataclasses.replace(items, vectors=vectors)})
    found = fidelity(games.Model(games.Additive()), data, 9, samples=20)
    assert found is not None
    running = np.cumsum(np.sort(own)[::-1])[:-1]
    assert found.deletion == pytest.approx(running.mean(), abs=1e-5)
    assert found.insertion == pytest.approx(running.mean(), abs=1e-5)
    assert found.comprehensiveness == pytest.approx(0.9, abs=1e-5)
    assert found.sufficiency == pytest.approx(own.sum() - 0.9, abs=1e-5)
    assert np.isnan(found.seeds)


def test_a_session_with_few_events_is_not_measured() -> None:
    assert fidelity(games.Model(games.Curved()), games.dataset([8] * 9 + [3]), 9) is None


def test_shuffled_weights_leave_the_model_itself_alone() -> None:
    model = games.Model(games.Curved())
    before = [p.detach().clone() for p in model.network.parameters()]
    other = shuffled(model, 0)
    assert all(torch.equal(a, b) for a, b in zip(before, model.network.parameters(), strict=True))
    for a, b in zip(before, other.network.parameters(), strict=True):
        torch.testing.assert_close(a.reshape(-1).sort().values, b.detach().reshape(-1).sort().values)
    assert any(not torch.equal(a, b) for a, b in zip(before, other.network.parameters(), strict=True))


@pytest.mark.parametrize(
    ("a", "b", "expected"), [([1, 2, 3], [10, 20, 90], 1.0), ([1, 2, 3], [3, 2, 1], -1.0), ([1, 1, 1], [3, 2, 1], 0.0)]
)
def test_alike_compares_orders(a: list[float], b: list[float], expected: float) -> None:
    assert alike(np.array(a), np.array(b)) == pytest.approx(expected)


def test_agreement_is_the_mean_over_pairs() -> None:
    up, down = np.array([1.0, 2, 3]), np.array([3.0, 2, 1])
    assert agreement([up, up, down]) == pytest.approx(-1 / 3)
    assert np.isnan(agreement([up]))


def _rows(**given: float) -> pd.DataFrame:
    good = {"gap": 1e-6, "deletion": 0.3, "insertion": 0.3, "comprehensiveness": 0.3, "sufficiency": -0.1, "again": 0.99}
    good |= {"methods": 0.95, "shuffled": 0.02, "seeds": 0.1}
    other = {name: 0.0 for curve in ("deletion", "insertion") for name in (f"{curve}_random", f"{curve}_popularity")}
    other |= {"comprehensiveness_random": 0.0, "sufficiency_random": 0.1}
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [{k: v + 1e-3 * rng.random() * (k != "gap") for k, v in (good | other | given).items()} for _ in range(12)]
    )


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        ({}, ""),
        ({"gap": 0.01}, "add up"),
        ({"deletion": 0.0}, "deletion"),
        ({"insertion_popularity": 0.4}, "by popularity"),
        ({"comprehensiveness": -0.1}, "comprehensiveness"),
        ({"sufficiency": 0.2}, "sufficiency"),
        ({"again": 0.5}, "sampling seed"),
        ({"methods": 0.3}, "integrated gradients"),
        ({"shuffled": 0.9}, "shuffled"),
        ({"seeds": -1.0}, ""),
    ],
)
def test_what_does_not_hold_is_found(given: dict[str, float], fails: str) -> None:
    wrong = [finding.what for finding in judge(_rows(**given)) if not finding.holds]
    assert all(fails in what for what in wrong)
    assert bool(wrong) == bool(fails)


def test_sessions_are_drawn_whole() -> None:
    """A ratio's interval holds the ratio; one session that has all of a total makes it wide; the same seed, the same interval."""
    totals, counts = np.array([4.0, 0, 0, 0]), np.array([2.0, 2, 2, 2])
    low, high = interval(totals, counts)
    assert low == 0
    assert high >= 1
    assert interval(totals, counts) == (low, high)
    assert np.isnan(interval(np.array([1.0]))[0])
