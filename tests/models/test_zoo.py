"""The other models of the zoo: selection, reduction, decomposition, attention; and what all of them have in common."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.config import Settings
from kdtcn.models.autoencoder import Autoencoder, Coded
from kdtcn.models.batches import Source
from kdtcn.models.dwnn import DeepWide
from kdtcn.models.emd_lstm import COMPONENTS, decompose
from kdtcn.models.gpt import Attention, Transformer
from kdtcn.models.han import DayAttention, Han, NewsAttention
from kdtcn.models.linear_transformer import LinearAttention, positive
from kdtcn.models.mlp import Perceptron
from kdtcn.models.svm import Svm, kernel, select
from kdtcn.models.tcan import AttentiveBlock, AttentiveConvolution
from kdtcn.models.wavelet_lstm import Denoiser, quality
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=4, seed=3)
TRAIN, VALID, TEST = np.arange(10, 110), np.arange(115, 130), np.arange(135, 160)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_every_model_names_its_paper() -> None:
    papers = {name: models.paper(name) for name in models.available()}
    assert (papers["gru"], papers["kdtcn"], papers["lstm"], papers["ewma"]) == (
        "Cho et al. 2014",
        "Deng et al. 2019",
        "Hochreiter & Schmidhuber 1997",
        "J.P. Morgan & Reuters 1996",
    )


def test_the_default_settings_train_none_of_the_zoo_unasked() -> None:
    assert not {"svm", "gru", "gpt", "han", "tcan"} & set(Settings().training.models)


def test_features_are_selected_on_training_rows_alone() -> None:
    """A column that gives the label away outside the training rows, and there alone, is not found."""
    given, other = DATA.prices.copy(), DATA.prices.copy()
    given[TRAIN, 1] = 2 * DATA.up[TRAIN] - 1
    other[TRAIN[-1] + 1 :, 1] = 2 * DATA.up[TRAIN[-1] + 1 :] - 1
    states = []
    for prices in (DATA.prices, other, given):
        model = Svm()
        model.fit(replace(DATA, prices=prices), TRAIN, VALID)
        states.append(model.state())
    last = (DATA.window - 1) * 5 + 1  # that column at the last session of the window
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name]), name
    assert int(states[2]["kept"][0]) == last


def test_near_copies_of_a_feature_are_left_out() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    x = rng.normal(size=(200, 3))
    x[:, 1] = y + 0.3 * x[:, 1]
    x[:, 2] = x[:, 1] + 0.01 * x[:, 2]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    assert sorted(select(z, y).tolist()) in ([0, 1], [0, 2])


def test_the_quasi_linear_kernel_is_one() -> None:
    """Symmetric, and without negative eigenvalues."""
    rng = np.random.default_rng(0)
    x, centres = rng.normal(size=(40, 3)), rng.normal(size=(4, 3))
    k = kernel(x, x, centres, 2.0)
    np.testing.assert_allclose(k, k.T)
    assert np.linalg.eigvalsh(k).min() > -1e-9


def test_back_propagation_equals_finite_differences() -> None:
    module = Perceptron(5, 3, 4).double()
    x = torch.randn(6, 4, 5, dtype=torch.float64)

    def loss() -> torch.Tensor:
        return torch.nn.functional.softplus(module(x).sum(dim=1)).mean()

    loss().backward()
    with torch.no_grad():
        for parameter in module.parameters():
            assert parameter.grad is not None
            for at in np.ndindex(parameter.shape):
                parameter[at] += 1e-5
                up = loss()
                parameter[at] -= 2e-5
                down = loss()
                parameter[at] += 1e-5
                assert float(parameter.grad[at]) == pytest.approx(float(up - down) / 2e-5, rel=1e-5, abs=1e-9)


def test_the_wide_path_alone_is_a_linear_model() -> None:
    """With the deep path's weights at zero, the forecast is linear in the window; with them it is not."""
    model = models.create("dwnn")
    model.fit(DATA, TRAIN, VALID, options={"epochs": 3})
    network = model.network
    assert isinstance(network.backbone, DeepWide)

    def up(prices: np.ndarray) -> np.ndarray:
        return model.logits(replace(DATA, prices=prices.astype(np.float32)), TEST)[:, 0]

    other = np.random.default_rng(0).normal(size=DATA.prices.shape)
    gap = np.abs(up((DATA.prices + other) / 2) - (up(DATA.prices) + up(other)) / 2).max()
    with torch.no_grad():
        network.output.weight[:, network.backbone.wide :] = 0.0
    np.testing.assert_allclose(up((DATA.prices + other) / 2), (up(DATA.prices) + up(other)) / 2, atol=1e-6)
    assert gap > 1e-3


@pytest.mark.parametrize(
    "module",
    [
        Transformer(3, 4, 12, Attention, 0.0),
        Transformer(3, 4, 12, LinearAttention, 0.0),
        AttentiveConvolution(3, 4, 3, 2, 0.0),
    ],
    ids=["gpt", "linear-transformer", "tcan"],
)
def test_no_session_sees_a_later_one(module: Transformer | AttentiveConvolution) -> None:
    module = module.double().eval()
    x = torch.randn(2, 12, 3, dtype=torch.float64)
    before = module.steps(x)
    for row in (0, 5, 10):
        changed = x.clone()
        changed[:, row + 1 :] = torch.randn_like(changed[:, row + 1 :])
        after = module.steps(changed)
        torch.testing.assert_close(after[:, : row + 1], before[:, : row + 1], rtol=0, atol=1e-12)
        assert (after[:, row + 1 :] != before[:, row + 1 :]).any()
    assert not torch.allclose(module.steps(x + torch.eye(12)[0][None, :, None]), before)  # the first reaches the last
    assert not torch.allclose(module.steps(x + torch.eye(12)[0][None, :, None])[:, -1], before[:, -1])


def test_linear_attention_step_by_step_is_that_at_once() -> None:
    """And both are the causal attention with all its T x T weights written out."""
    q, k, v = torch.randn(3, 2, 4, 9, 3, dtype=torch.float64).unbind()
    at_once = LinearAttention(12).attend(q, k, v)
    memory, keys, steps = torch.zeros(2, 4, 3, 3).double(), torch.zeros(2, 4, 3).double(), []
    for t in range(9):
        output, memory, keys = LinearAttention.step(q[:, :, t], k[:, :, t], v[:, :, t], memory, keys)
        steps.append(output)
    torch.testing.assert_close(torch.stack(steps, dim=2), at_once)
    weights = (positive(q) @ positive(k).transpose(-1, -2)).tril()
    torch.testing.assert_close(weights / weights.sum(dim=-1, keepdim=True) @ v, at_once)


def test_attention_of_a_tcan_block_sums_to_one_over_the_past() -> None:
    block = AttentiveBlock(4, 4, 3, 1, 0.0)
    weights = block.attention(torch.randn(2, 6, 4), torch.randn(2, 6, 4))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 6))
    assert not weights.triu(1).any()


@pytest.mark.parametrize("window", [5, 10, 64])
def test_wavelets_lose_nothing_but_the_details_below_the_threshold(window: int) -> None:
    denoiser = Denoiser(window)
    torch.testing.assert_close(denoiser.rebuild @ denoiser.analyse, torch.eye(window), rtol=0, atol=1e-5)
    level = torch.full((1, window, 1), 3.0)
    torch.testing.assert_close(denoiser(level), level, rtol=0, atol=1e-5)


def test_wavelets_take_noise_off() -> None:
    smooth = torch.sin(torch.linspace(0, 3, 64))[None, :, None]
    noisy = smooth + 0.2 * torch.randn(50, 64, 1)
    left = Denoiser(64)(noisy) - smooth
    assert (left**2).mean() < 0.3 * ((noisy - smooth) ** 2).mean()


def test_a_denoising_is_measured_by_what_it_takes_off() -> None:
    noisy = np.array([2.0, -2.0, 2.0, -2.0])
    assert quality(noisy, 0.9 * noisy) == pytest.approx({"snr_db": 20.0, "rmse": 0.2})


@pytest.mark.parametrize("window", [5, 10, 60])
def test_components_of_the_close_sum_to_it(window: int) -> None:
    rng = np.random.default_rng(1)
    for series in (rng.normal(size=window), np.zeros(window), np.arange(window) * 1.0):
        parts = decompose(series)
        assert parts.shape == (COMPONENTS, window)
        np.testing.assert_allclose(parts.sum(axis=0), series, atol=1e-12)
    np.testing.assert_array_equal(decompose(np.arange(window) * 1.0)[:-1], 0.0)  # no oscillation in a straight line
    assert np.abs(decompose(rng.normal(size=60))[0]).max() > 0


def test_a_fast_and_a_slow_oscillation_come_apart() -> None:
    t = np.arange(100)
    fast, slow = np.sin(2.1 * t), np.sin(t / 8)
    parts = decompose(fast + slow)
    assert np.corrcoef(parts[0], fast)[0, 1] > 0.95
    assert np.corrcoef(parts[1:].sum(axis=0), slow)[0, 1] > 0.95


def test_emd_reads_the_sentiment_of_the_sessions_in_its_window_alone() -> None:
    """And prices beside it; the order of headlines within a day does not matter."""
    model = models.create("emd-lstm")
    model.fit(DATA, TRAIN, VALID, options={"epochs": 3})
    part, before = DATA.items["sentiment"], model.logits(DATA, TEST)

    def with_sentiment(vectors: np.ndarray) -> np.ndarray:
        return model.logits(replace(DATA, items={"sentiment": replace(part, vectors=vectors)}), TEST)

    for row in (TEST[0] - DATA.window, TEST[0] - DATA.window + 1, TEST[0], TEST[0] + 1):
        changed = part.vectors.copy()
        changed[part.of(row)] += 1.0
        assert (with_sentiment(changed)[0] != before[0]).any() == (TEST[0] - DATA.window < row <= TEST[0])
    order = np.concatenate([np.arange(len(part.ids))[part.of(i)][::-1] for i in range(len(DATA))])
    np.testing.assert_allclose(with_sentiment(part.vectors[order]), before, atol=1e-6)
    assert (model.logits(replace(DATA, prices=DATA.prices[::-1].copy()), TEST) != before).any()


def test_the_encoder_is_fitted_on_training_rows_alone() -> None:
    """Other prices after them change nothing; and training the classifier leaves it as it was."""
    after = DATA.prices.copy()
    after[TRAIN[-1] + 1 :] += 5.0
    states = []
    for prices, epochs in ((DATA.prices, 1), (after, 1), (DATA.prices, 3)):
        model = Autoencoder()
        model.fit(replace(DATA, prices=prices), TRAIN, VALID, options={"epochs": epochs})
        states.append({name: tensor for name, tensor in model.state().items() if name in ("backbone.weight", "backbone.bias")})
    assert len(states[0]) == 2
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name])
        assert torch.equal(tensor, states[2][name])


def test_three_numbers_give_back_rows_of_three_dimensions() -> None:
    rows = 0.5 * torch.randn(200, 3) @ torch.randn(3, 5)
    coded = Coded(5, 4)
    error = coded.learn(rows)
    assert error < 0.1 * float(rows.var())
    assert coded.encode(rows).shape == (200, 3)


def test_attention_over_headlines_sums_to_one_and_hidden_ones_get_none() -> None:
    module = NewsAttention(4, 8, 3, 0.0).eval()
    vectors, session = torch.randn(6, 4), torch.tensor([0, 0, 0, 1, 1, 3])
    v, w = module.encode(vectors)
    with torch.no_grad():
        module.none.fill_(1.0)
        # the mean of ones under weights that sum to one is one; a session without items has the token alone
        pooled = module.pool(torch.ones_like(v), w, session, torch.ones(6), 4)
        torch.testing.assert_close(pooled, torch.ones(4, 3))
        mask = torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0, 1.0])
        hidden = module.pool(v, w, session, mask, 4)
        v[1] += 100.0
        torch.testing.assert_close(module.pool(v, w, session, mask, 4), hidden)
        kept = torch.tensor([0, 2, 3, 4, 5])
        torch.testing.assert_close(module.pool(v[kept], w[kept], session[kept], torch.ones(5), 4), hidden)
    assert (w >= 1.0).all()
    assert (w <= np.e).all()  # no headline outweighs another by more than e


def test_attention_over_sessions_sums_to_one() -> None:
    module = DayAttention(8, 4)
    weights = module.weights(torch.randn(3, 7, 8))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3))
    assert (weights > 0).all()


def test_the_order_of_headlines_within_a_day_does_not_matter() -> None:
    model = Han()
    model.fit(DATA, TRAIN, VALID, options={"epochs": 3})
    part = DATA.items["word"]
    order = np.concatenate([np.arange(len(part.ids))[part.of(i)][::-1] for i in range(len(DATA))])
    turned = replace(part, ids=part.ids[order], vectors=part.vectors[order])
    before = model.logits(DATA, TEST)
    np.testing.assert_allclose(model.logits(replace(DATA, items={"word": turned}), TEST), before, atol=1e-5)
    days = replace(part, vectors=np.roll(part.vectors, 9, axis=0))  # on other days they do matter
    assert np.abs(model.logits(replace(DATA, items={"word": days}), TEST) - before).max() > 1e-3


def test_han_reads_news_alone() -> None:
    model = Han()
    model.fit(DATA, TRAIN, VALID, options={"epochs": 1})
    other = replace(DATA, prices=DATA.prices[::-1].copy())
    np.testing.assert_array_equal(model.logits(other, TEST), model.logits(DATA, TEST))
    assert Source(DATA, model.kind).item_dim == DATA.items["word"].dim


def test_the_table_of_models_is_complete() -> None:
    lines = [line.split(" | ") for line in Path("docs/MODELS.md").read_text(encoding="utf-8").splitlines()]
    listed = {cells[0].removeprefix("| "): cells[2] for cells in lines if len(cells) == 5}
    listed.pop("model")
    assert listed == {name: models.paper(name) for name in models.available()}
