"""Effects are complete, agree with the exact Shapley values, and see nothing but the window."""

import dataclasses

import numpy as np
import pytest
import torch

from kdtcn.errors import InputError, ModelError
from kdtcn.explain.effects import METHODS, event_effects
from kdtcn.explain.game import Game
from kdtcn.explain.placebo import LEVEL
from tests.explain import games

COUNTS = [8, 6, 7, 5, 9, 4, 0, 3, 6, 5]
GAMES = [method for method in METHODS if method != "excitation"]  # the others ask for values alone, of whatever network
COMPLETE = [method for method in GAMES if method != "leave-one-out"]


@pytest.fixture(scope="module")
def model() -> games.Model:
    return games.Model(games.Curved())


@pytest.mark.parametrize("method", COMPLETE)
def test_effects_add_up_to_the_logit_minus_the_base(model: games.Model, method: str) -> None:
    found = event_effects(model, games.dataset(COUNTS), 9, method=method, samples=40, placebo=0)
    assert abs(found.gap) < 1e-3
    assert found.event_ids == tuple(f"ev{i:04d}" for i in range(48, 53))
    assert found.older_effects.shape == (games.WINDOW - 1,)


def test_the_logit_is_the_networks_own(model: games.Model) -> None:
    """The shared rows of the game give what a plain pass over the window gives; dropout is off."""
    data = games.dataset(COUNTS)
    found = event_effects(model, data, 9, samples=8, placebo=0)
    items, network = data.items["text"], model.network
    rows = np.arange(5, 10)
    start, stop = items.offsets[5], items.offsets[10]
    day = torch.as_tensor(np.repeat(np.arange(5), np.diff(items.offsets[5:11])))
    with torch.no_grad():
        v, w = network.encode(torch.as_tensor(items.vectors[start:stop]))
        for mask, expected in ((torch.ones(len(v)), found.logit), (torch.zeros(len(v)), found.base)):
            pooled = network.pool(v, w, day, mask, 5)
            plain = network.head(torch.as_tensor(data.prices[rows]), pooled, torch.arange(5)[None])[0, 0]
            assert float(plain) == pytest.approx(expected, abs=1e-5)


def test_sampling_lies_within_three_standard_errors_of_exact(model: games.Model) -> None:
    data = games.dataset(COUNTS)
    exact = event_effects(model, data, 9, method="exact", placebo=0)
    found = event_effects(model, data, 9, method="shapley", samples=400, placebo=0)
    error = np.abs(found.effects - exact.effects)
    assert (error <= 3 * found.stderr + 1e-5).all()
    assert found.stderr.max() < 0.1 * np.abs(exact.effects).max()


@pytest.mark.parametrize("method", GAMES)
def test_all_methods_agree_on_an_additive_model(method: str) -> None:
    data = games.dataset(COUNTS)
    found = event_effects(games.Model(games.Additive()), data, 9, method=method, samples=16, placebo=0)
    np.testing.assert_allclose(found.effects, data.items["text"].vectors[48:53, 0], atol=1e-5)
    assert found.base == pytest.approx(0.3)


def test_the_same_seed_gives_the_same_effects(model: games.Model) -> None:
    data = games.dataset(COUNTS)
    first, again, other = (event_effects(model, data, 9, samples=16, placebo=10, seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.effects, again.effects)
    np.testing.assert_array_equal(first.low, again.low)
    assert (first.effects != other.effects).any()


def test_the_future_changes_nothing(model: games.Model) -> None:
    """Items, prices and labels after the session are altered: effects and placebo bands stay."""
    data = games.dataset([*COUNTS, 6, 6])
    items = data.items["text"]
    vectors, prices, d = items.vectors.copy(), data.prices.copy(), data.d.copy()
    vectors[items.offsets[10] :] += 7
    prices[10:] += 7
    d[9:] += 1
    altered = dataclasses.replace(data, prices=prices, d=d, items={"text": dataclasses.replace(items, vectors=vectors)})
    a, b = (event_effects(model, some, 9, samples=16, placebo=10) for some in (data, altered))
    for name in ("effects", "older_effects", "low", "high", "base", "logit"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_a_session_without_events_has_no_effects_of_its_own(model: games.Model) -> None:
    found = event_effects(model, games.dataset(COUNTS), 6, samples=16)
    assert found.event_ids == ()
    assert abs(found.gap) < 1e-3


def test_an_older_session_without_news_has_no_effect(model: games.Model) -> None:
    found = event_effects(model, games.dataset(COUNTS), 9, samples=40, placebo=0)
    assert found.older_counts.tolist() == [4, 0, 3, 6]
    assert found.older_effects[1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [(None, (-3.0, 3.0)), ("same", (2.0, 2.0))],
    ids=["any popularity", "its own popularity"],
)
def test_placebos_are_drawn_from_items_of_the_same_popularity(ranks: str | None, expected: tuple[float, float]) -> None:
    """On the additive model an item's placebo effect is its first component: items of rank 1 have 2, the others -3 or 3."""
    data = games.dataset([40, 40, *[5] * 8])
    items = data.items["text"]
    vectors = items.vectors.copy()
    rank = np.arange(len(vectors)) % 3
    vectors[:, 0] = np.array([-3.0, 2.0, 3.0])[rank]
    data = dataclasses.replace(data, items={"text": dataclasses.replace(items, vectors=vectors)})
    found = event_effects(games.Model(games.Additive()), data, 9, samples=8, placebo=30, popularity=rank if ranks else None)
    event = next(j for j, row in enumerate(range(items.offsets[9], items.offsets[10])) if rank[row] == 1)
    assert (found.low[event], found.high[event]) == pytest.approx(expected, abs=1e-5)


def test_the_band_covers_items_like_those_drawn_at_its_level() -> None:
    """Additive model, items that all come from one distribution: an item is inside its band as often as the band says."""
    data = games.dataset([30] * 60)
    model, inside = games.Model(games.Additive()), []
    for i in range(9, 60):
        found = event_effects(model, data, i, samples=2, placebo=60)
        inside.append(np.mean((found.low <= found.effects) & (found.effects <= found.high)))
    assert np.mean(inside) == pytest.approx(LEVEL, abs=3 * np.std(inside) / np.sqrt(len(inside)))


def test_no_earlier_days_no_band(model: games.Model) -> None:
    found = event_effects(model, games.dataset(COUNTS), games.WINDOW - 1, samples=8)
    assert np.isnan(found.low).all()


def test_integrated_gradients_see_the_same_game(model: games.Model) -> None:
    """The smooth value at a corner of the cube is the value of that coalition."""
    game = Game(model, games.dataset(COUNTS), 9)
    mask = torch.as_tensor(np.random.default_rng(0).integers(0, 2, (20, game.players)), dtype=torch.float32)
    torch.testing.assert_close(game.smooth_value(mask).detach(), game.value(mask), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "magic"}, InputError, "magic.*shapley"),
        ({"method": "excitation"}, ModelError, "'small': excitation .*kdtcn"),
        ({"i": 2}, ModelError, "full window"),
        ({"i": 10}, ModelError, "full window"),
        ({"model": games.PricesOnly()}, ModelError, "reads no news.*wb-tcn.*kdtcn"),
        ({"model": games.Model(None)}, ModelError, "not fitted"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_explained_says_why(model: games.Model, change: dict[str, object], error: type, message: str) -> None:
    given = {"model": model, "i": 9, "method": "shapley", **change}
    with pytest.raises(error, match=message):
        event_effects(given["model"], games.dataset(COUNTS), given["i"], method=given["method"])  # type: ignore[arg-type]


def test_exact_values_of_too_many_players_are_refused(model: games.Model) -> None:
    with pytest.raises(InputError, match="use method shapley"):
        event_effects(model, games.dataset([5] * 9 + [30]), 9, method="exact")
