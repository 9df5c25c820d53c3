"""What every model must do: shapes, determinism, saving, causality, and no need of more than its window."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kdtcn import models
from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset, Items
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=4, seed=3)
TRAIN, VALID, TEST = np.arange(10, 110), np.arange(115, 130), np.arange(135, 160)
FAST = {"epochs": 3, "parameters": 2000}
SEEDED = [name for name in models.available() if models.family(name).seeded]


@pytest.fixture(scope="module", params=models.available())
def fitted(request: pytest.FixtureRequest) -> models.Model:
    model = models.create(request.param)
    model.fit(DATA, TRAIN, VALID, seed=1, options=FAST)
    return model


def cut(data: Dataset, start: int) -> Dataset:
    """The sessions from a row on, as a nightly run reads them."""
    items = {
        kind: Items(
            part.ids[part.offsets[start] :], part.vectors[part.offsets[start] :], part.offsets[start:] - part.offsets[start]
        )
        for kind, part in data.items.items()
    }
    arrays = {name: getattr(data, name)[start:] for name in ("sessions", "prices", "d", "c", "up", "abrupt", "sigma")}
    return replace(data, items=items, first=max(0, data.first - start), **arrays)


def spoil(data: Dataset, row: int) -> Dataset:
    """Other labels from `row` on, other prices, news and volatility after it: all that is not known at its decision time."""
    rng = np.random.default_rng(0)

    def after(values: np.ndarray, first: int) -> np.ndarray:
        values = values.copy()
        values[first:] = rng.normal(size=values[first:].shape) if values.dtype.kind == "f" else 1 - np.abs(values[first:])
        return values

    items = {
        kind: Items(part.ids, after(part.vectors, int(part.offsets[row + 1])), part.offsets) for kind, part in data.items.items()
    }
    labels = {name: after(getattr(data, name), row) for name in ("d", "c", "up", "abrupt")}
    return replace(data, prices=after(data.prices, row + 1), sigma=np.abs(after(data.sigma, row + 1)), items=items, **labels)


def test_logits_are_two_finite_numbers_a_row(fitted: models.Model) -> None:
    logits = fitted.logits(DATA, TEST)
    assert logits.shape == (len(TEST), 2)
    assert logits.dtype == np.float64
    assert np.isfinite(logits).all()
    assert fitted.logits(DATA, TEST[:0]).shape == (0, 2)


def test_same_seed_same_logits(fitted: models.Model) -> None:
    again = models.create(fitted.family)
    again.fit(DATA, TRAIN, VALID, seed=1, options=FAST)
    np.testing.assert_array_equal(again.logits(DATA, TEST), fitted.logits(DATA, TEST))


def test_another_seed_changes_seeded_models_alone(fitted: models.Model) -> None:
    other = models.create(fitted.family)
    other.fit(DATA, TRAIN, VALID, seed=2, options=FAST)
    assert np.array_equal(other.logits(DATA, TEST), fitted.logits(DATA, TEST)) != fitted.seeded


def test_saved_and_loaded_is_equal(fitted: models.Model) -> None:
    config = json.loads(json.dumps(fitted.config()))
    loaded = models.load(config, fitted.to_bytes())
    np.testing.assert_array_equal(loaded.logits(DATA, TEST), fitted.logits(DATA, TEST))
    assert loaded.to_bytes() == fitted.to_bytes()
    assert (loaded.family, loaded.kind, loaded.n_parameters) == (fitted.family, fitted.kind, fitted.n_parameters)


@pytest.mark.parametrize("row", [int(TEST[0]), 147, int(TEST[-1]) - 1])
def test_nothing_after_the_decision_time_matters(fitted: models.Model, row: int) -> None:
    spoilt = spoil(DATA, row)
    before = np.arange(TEST[0], row + 1)
    np.testing.assert_array_equal(fitted.logits(spoilt, before), fitted.logits(DATA, before))


def test_labels_and_inputs_after_training_do_not_enter_the_fit(fitted: models.Model) -> None:
    # Rows from the first test session on, and what follows them, are strangers to the fit.
    again = models.create(fitted.family)
    again.fit(spoil(DATA, int(VALID[-1]) + 1), TRAIN, VALID, seed=1, options=FAST)
    assert again.to_bytes() == fitted.to_bytes()


def test_one_window_of_history_is_enough(fitted: models.Model) -> None:
    # A nightly run reads the window, or the history that a model asks for; its forecast must be the one that was scored.
    start = max(0, int(TEST[0]) - max(DATA.window - 1, fitted.history))
    np.testing.assert_allclose(fitted.logits(cut(DATA, start), TEST - start), fitted.logits(DATA, TEST), rtol=1e-4, atol=1e-5)


def test_rows_in_any_order_and_alone(fitted: models.Model) -> None:
    together = fitted.logits(DATA, TEST)
    np.testing.assert_allclose(fitted.logits(DATA, TEST[::-1]), together[::-1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fitted.logits(DATA, TEST[7:8]), together[7:8], rtol=1e-4, atol=1e-5)


def test_unknown_labels_are_left_out(fitted: models.Model) -> None:
    # Unknown rows inside the training range must give the same model as rows that were never named.
    gap = np.arange(100, 110)
    up, abrupt = DATA.up.copy(), DATA.abrupt.copy()
    up[gap] = abrupt[gap] = -1
    model = models.create(fitted.family)
    model.fit(replace(DATA, up=up, abrupt=abrupt), TRAIN, VALID, seed=1, options=FAST)
    assert np.isfinite(model.logits(DATA, TEST)).all()
    flipped = up.copy()
    flipped[TRAIN[-1] + 1 : VALID[0]] = 1 - flipped[TRAIN[-1] + 1 : VALID[0]]  # the embargo
    embargo = models.create(fitted.family)
    embargo.fit(replace(DATA, up=flipped, abrupt=abrupt), TRAIN, VALID, seed=1, options=FAST)
    assert embargo.to_bytes() == model.to_bytes()


def test_not_fitted_is_an_error_that_says_so() -> None:
    for name in models.available():
        with pytest.raises(ModelError, match=rf"{name}: not fitted yet"):
            models.create(name).logits(DATA, TEST)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'kdtcm' is unknown; available are always-up, .*kdtcn"):
        models.create("kdtcm")


@pytest.mark.parametrize("name", SEEDED)
def test_weights_of_another_model_are_refused(name: str) -> None:
    model = models.create(name, **FAST)
    model.fit(DATA, TRAIN, VALID)
    config = {**model.config(), "dims": {**model.config()["dims"], "channels": 3}}
    with pytest.raises(ModelError, match=f"{name}: the stored weights do not fit"):
        models.load(config, model.to_bytes())
    with pytest.raises(ModelError, match=f"{name}: the stored weights are damaged"):
        models.load(model.config(), model.to_bytes()[:-7])


def test_items_of_another_width_are_refused() -> None:
    model = models.create("kdtcn", **FAST)
    model.fit(DATA, TRAIN, VALID)
    part = DATA.items["text+graph"]
    narrow = replace(DATA, items={"text+graph": Items(part.ids, part.vectors[:, :5], part.offsets)})
    with pytest.raises(ModelError, match="fitted for items of 24 numbers and windows of 5, the dataset has 5 and 5"):
        model.logits(narrow, TEST)
    with pytest.raises(ModelError, match="the dataset has no 'text\\+graph' items, only \\['word'\\]"):
        model.logits(replace(DATA, items={"word": DATA.items["word"]}), TEST)


def test_sessions_without_any_news_are_fine() -> None:
    part = DATA.items["text"]
    empty = Items(part.ids[:0], part.vectors[:0], np.zeros_like(part.offsets))
    model = models.create("eb-tcn", **FAST)
    model.fit(replace(DATA, items={"text": empty}), TRAIN, VALID)
    assert np.isfinite(model.logits(replace(DATA, items={"text": empty}), TEST)).all()


def test_the_ablations_read_what_their_names_say() -> None:
    kinds = {name: models.family(name).kind for name in models.available() if name.endswith("tcn")}
    assert kinds == {"tcn": None, "wb-tcn": "word", "eb-tcn": "text", "kdeb-tcn": "graph", "kdtcn": "text+graph"}
