"""Pooling under a mask, ragged batches, and what is public for explanations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import ModelError
from kdtcn.models.batches import Source, runs
from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.network import Network, NewsEncoder
from tests.models.worlds import world

DATA, _ = world(sessions=120, mean_items=4, seed=5)


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(0)
    model = Kdtcn(parameters=2000)
    net = model.build({"item": 24, "window": DATA.window, **model.widths(24, DATA.window)})
    assert net.news is not None
    torch.nn.init.normal_(net.news.none)
    torch.nn.init.normal_(net.output.weight)
    return net.eval()


def test_pool_is_the_stated_formula(network: Network) -> None:
    news = network.news
    assert news is not None
    v, w = torch.randn(5, 8), torch.rand(5) + 0.1
    session, mask = torch.tensor([0, 0, 0, 2, 2]), torch.tensor([1.0, 0.0, 0.5, 1.0, 1.0])
    w0, none = torch.nn.functional.softplus(news.none_weight), news.none
    expected = torch.stack(
        [
            (w0 * none + w[0] * v[0] + 0.5 * w[2] * v[2]) / (w0 + w[0] + 0.5 * w[2]),
            none,  # no news at all: the learned token
            (w0 * none + w[3] * v[3] + w[4] * v[4]) / (w0 + w[3] + w[4]),
        ]
    )
    torch.testing.assert_close(network.pool(v, w, session, mask, 3), news.gain * expected)


def test_weights_are_positive_and_the_scaler_is_folded_in() -> None:
    torch.manual_seed(1)
    news = NewsEncoder(6, 10, 4, 0.0)
    vectors = torch.randn(50, 6) * 3 + 2
    vectors[:, 5] = 1.0  # never varies
    plain = NewsEncoder(6, 10, 4, 0.0)
    plain.load_state_dict(news.state_dict())
    news.standardise(vectors, 4.0)
    scaled = (vectors - vectors.mean(0)) / vectors.std(0, correction=0).clamp_min(1e-6)
    scaled[:, 5] = 0.0
    for got, expected in zip(news.encode(vectors), plain.encode(scaled), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
    assert (news.encode(100 * torch.randn(99, 6))[1] > 0).all()
    assert float(news.gain) == 2.0


def test_many_masks_at_once_equal_one_at_a_time(network: Network) -> None:
    batch = Source(DATA, "text+graph").batch(np.array([50, 51, 60]))
    assert batch.vectors is not None
    assert batch.session is not None
    v, w = network.encode(batch.vectors)
    masks = (torch.rand(7, len(w), generator=torch.Generator().manual_seed(0)) > 0.5).float()
    pooled = network.pool(v, w, batch.session, masks, len(batch.prices))
    together = network.head(batch.prices, pooled, batch.windows)
    assert together.shape == (7, 3, 2)
    for mask, logits in zip(masks, together, strict=True):
        torch.testing.assert_close(network(batch.masked(mask)), logits, rtol=1e-4, atol=1e-5)


def test_a_hidden_item_is_one_that_never_was(network: Network) -> None:
    source = Source(DATA, "text+graph")
    batch = source.batch(np.array([50]))
    assert batch.items is not None
    assert batch.vectors is not None
    assert batch.session is not None
    gone = 2
    mask = torch.ones(len(batch.items))
    mask[gone] = 0.0
    keep = torch.arange(len(batch.items)) != gone
    v, w = network.encode(batch.vectors[keep])
    pooled = network.pool(v, w, batch.session[keep], torch.ones(len(v)), len(batch.prices))
    torch.testing.assert_close(
        network(batch.masked(mask)), network.head(batch.prices, pooled, batch.windows), rtol=1e-4, atol=1e-5
    )


def test_a_batch_holds_the_windows_it_was_asked_for() -> None:
    idx = np.array([40, 12, 41, 90])
    batch = Source(DATA, "word").batch(idx)
    items = DATA.items["word"]
    assert batch.items is not None
    assert batch.vectors is not None
    assert batch.session is not None
    expected = DATA.prices[idx[:, None] + np.arange(1 - DATA.window, 1)]
    np.testing.assert_array_equal(batch.prices[batch.windows].numpy(), expected)
    np.testing.assert_array_equal(batch.vectors.numpy(), items.vectors[batch.items])
    owner = np.repeat(np.arange(len(DATA)), np.diff(items.offsets))
    np.testing.assert_array_equal(batch.rows[batch.session.numpy()], owner[batch.items])
    assert len(batch.items) == sum(int(np.diff(items.offsets)[row]) for row in batch.rows)
    assert len(batch.rows) == 3 * DATA.window + 1  # 40 and 41 share all sessions but one


@pytest.mark.parametrize("row", [DATA.window - 2, len(DATA)])
def test_a_row_without_a_full_window_is_refused(row: int) -> None:
    with pytest.raises(ModelError, match="a full window of 5 sessions exists from row 4 to 119"):
        Source(DATA, None).batch(np.array([row]))


@given(n=st.integers(1, 200), length=st.integers(1, 40), together=st.integers(1, 5), seed=st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_runs_hold_every_row_once(n: int, length: int, together: int, seed: int) -> None:
    idx = np.arange(7, 7 + n)
    batches = list(runs(idx, length, together, np.random.default_rng(seed)))
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), idx)
    assert max(len(batch) for batch in batches) <= length * together
