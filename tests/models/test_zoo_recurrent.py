"""The recurrent models of the zoo: what is true of each and not of the next."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kdtcn import models
from kdtcn.models.birnn import BothWays
from kdtcn.models.cnn_lstm import ConvolvedRecurrent
from kdtcn.models.cwrnn import Clockwork
from kdtcn.models.esn import Esn, Reservoir
from kdtcn.models.gru import Gated
from kdtcn.models.seq2seq_lstm import EncoderDecoder
from kdtcn.models.srn import Elman
from kdtcn.models.sru import SimpleUnit
from kdtcn.models.stacked_lstm import Stacked
from kdtcn.models.time_lstm import TimeWeighted
from kdtcn.models.zoneout import Zoneout
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=4, seed=3)
TRAIN, VALID, TEST = np.arange(10, 110), np.arange(115, 130), np.arange(135, 160)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def windows(length: int, width: int = 3, batch: int = 2) -> Tensor:
    return torch.randn(batch, length, width, dtype=torch.float64)


def test_the_simple_recurrent_network_is_its_recurrence_written_out() -> None:
    module, x = Elman(3, 4).double(), windows(7)
    rnn = module.rnn
    h = torch.zeros(2, 4, dtype=torch.float64)
    for t in range(7):
        h = torch.tanh(x[:, t] @ rnn.weight_ih_l0.T + rnn.bias_ih_l0 + h @ rnn.weight_hh_l0.T + rnn.bias_hh_l0)
    torch.testing.assert_close(module(x), h)


def test_a_bidirectional_network_is_one_forwards_and_one_over_the_window_backwards() -> None:
    module, x = BothWays(3, 4, nn.RNN, 1, 0.0).double(), windows(6)
    one, other = nn.RNN(3, 4, batch_first=True).double(), nn.RNN(3, 4, batch_first=True).double()
    weights = module.rnn.state_dict()
    one.load_state_dict({name: w for name, w in weights.items() if not name.endswith("_reverse")})
    other.load_state_dict({name.removesuffix("_reverse"): w for name, w in weights.items() if name.endswith("_reverse")})
    expected = torch.cat([one(x)[0][:, -1], other(x.flip(1))[0][:, -1]], dim=-1)
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("name", ["birnn", "deep-birnn", "cnn-lstm", "wavelet-lstm", "emd-lstm"])
def test_models_that_look_both_ways_see_the_window_alone(name: str) -> None:
    """What stands outside the window changes nothing, what stands at either end of it does."""
    model = models.create(name)
    model.fit(DATA, TRAIN, VALID, options={"epochs": 1})
    row = int(TEST[5])
    before = model.logits(DATA, np.array([row]))[0, 0]

    def changed(at: slice) -> float:
        prices = DATA.prices.copy()
        prices[at, ::2] += np.float32(1.0)
        prices[at, 3] -= np.linspace(1, 3, len(prices[at]), dtype=np.float32)  # no level that a transform could take off
        return float(model.logits(type(DATA)(**{**vars(DATA), "prices": prices}), np.array([row]))[0, 0])

    first = row - DATA.window + 1
    assert changed(slice(0, first)) == changed(slice(row + 1, None)) == before
    assert changed(slice(first, first + 1)) != before
    assert changed(slice(row, row + 1)) != before


@pytest.mark.parametrize("module", [Stacked(3, 4, 0.0), ConvolvedRecurrent(3, 4, 0.0), EncoderDecoder(3, 4), TimeWeighted(3, 4)])
def test_lstms_start_with_open_forget_gates_and_orthogonal_recurrence(module: nn.Module) -> None:
    lstms = [part for part in module.modules() if isinstance(part, nn.LSTM)]
    assert lstms
    for lstm in lstms:
        for layer in range(lstm.num_layers):
            bias = getattr(lstm, f"bias_ih_l{layer}") + getattr(lstm, f"bias_hh_l{layer}")
            assert bias.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8  # input, forget, cell, output
            for gate in getattr(lstm, f"weight_hh_l{layer}").split(4):
                torch.testing.assert_close(gate @ gate.T, torch.eye(4))


@pytest.mark.parametrize("module", [Stacked(3, 4, 0.0), ConvolvedRecurrent(3, 4, 0.0), EncoderDecoder(3, 4)])
def test_lstms_start_every_window_anew(module: nn.Module) -> None:
    module = module.double().eval()
    x = windows(6, batch=1)
    alone = module(x)
    module(windows(6))
    torch.testing.assert_close(module(x), alone)
    torch.testing.assert_close(module(torch.cat([windows(6), x]))[2:], alone)


def test_the_decoder_hears_of_the_window_through_the_state_alone() -> None:
    module, x = EncoderDecoder(3, 4).double(), windows(6)
    _, (hidden, cell) = module.encoder(x)
    step = nn.LSTMCell(3, 4).double()
    step.load_state_dict({name.removesuffix("_l0"): w for name, w in module.decoder.state_dict().items()})
    torch.testing.assert_close(module(x), step(module.start.expand(2, -1), (hidden[0], cell[0]))[0])


def test_an_update_gate_of_one_keeps_the_state() -> None:
    module = Gated(3, 4).double()
    with torch.no_grad():
        module.gru.bias_ih_l0[4:8] = 1e3  # reset, update, new
    start = torch.randn(1, 2, 4, dtype=torch.float64)
    states, _ = module.gru(windows(5), start)
    torch.testing.assert_close(states[:, -1], start[0])
    with torch.no_grad():
        module.gru.bias_ih_l0[4:8] = -1e3
    states, _ = module.gru(windows(5), start)
    assert not torch.allclose(states[:, -1], start[0], atol=0.1)


@pytest.mark.parametrize("steepness", [-20.0, 0.0, 3.0])
def test_time_weights_rise_with_recency_and_sum_to_one(steepness: float) -> None:
    module = TimeWeighted(3, 4).double()
    with torch.no_grad():
        module.steepness.fill_(steepness)
    weights = module.weights(10)
    torch.testing.assert_close(weights.sum(), torch.ones((), dtype=torch.float64))
    assert all(old < new for old, new in pairwise(weights.tolist()))
    x = windows(10)
    torch.testing.assert_close(module(x), sum(w * module.lstm(x)[0][:, t] for t, w in enumerate(weights)))


def test_the_reservoir_forgets_its_start() -> None:
    module = Reservoir(3, 4).double()
    assert torch.linalg.eigvals(module.recurrent).abs().max() == pytest.approx(0.9, abs=1e-5)
    x = windows(300)
    one, other = (module(x, torch.randn(2, module.out, dtype=torch.float64)) for _ in range(2))
    torch.testing.assert_close(one, other)
    assert not torch.allclose(one, module(windows(300)))  # but not what it has read


def test_the_reservoir_is_never_trained() -> None:
    states = []
    for epochs in (1, 3):
        model = Esn()
        model.fit(DATA, TRAIN, VALID[:0], seed=1, options={"epochs": epochs})
        states.append(model.state())
    moved = {name for name, tensor in states[0].items() if not torch.equal(tensor, states[1][name])}
    assert moved == {"output.weight", "output.bias"}


def test_a_clockwork_module_changes_when_its_time_has_come() -> None:
    module = Clockwork(3, 8).double()
    states = module.steps(windows(17))
    changed = (states[:, 1:] != states[:, :-1]).all(dim=0)
    same = (states[:, 1:] == states[:, :-1]).all(dim=0)
    for unit, period in enumerate([1, 1, 2, 2, 4, 4, 8, 8]):
        due = torch.tensor([t % period == 0 for t in range(1, 17)])
        assert torch.equal(changed[:, unit], due)
        assert torch.equal(same[:, unit], ~due)


def test_clockwork_modules_hear_of_slower_ones_only() -> None:
    module, x = Clockwork(3, 8).double(), windows(9)
    with torch.no_grad():
        before = module.steps(x)
        module.entry.bias[2:4] += 1.0  # the module of period 2
        after = module.steps(x)
    differ = (before != after).any(dim=0).any(dim=0).tolist()
    assert differ == [True] * 4 + [False] * 4  # itself and the faster one


def test_zoneout_takes_the_expectation_at_test_time() -> None:
    module = Zoneout(3, 2, rate=0.4).double()
    entered, hidden, cell = (torch.randn(1, n, dtype=torch.float64) for n in (8, 2, 2))
    many = 200_000
    drawn = module.train().step(entered.expand(many, -1), (hidden.expand(many, -1), cell.expand(many, -1)))
    mean = module.eval().step(entered, (hidden, cell))
    for random, expected in zip(drawn, mean, strict=True):
        assert len(random[:, 0].unique()) == 2  # the old value or the new one
        torch.testing.assert_close(random.mean(dim=0), expected[0], atol=5e-3, rtol=0)


def test_simple_recurrent_units_at_once_are_those_step_by_step() -> None:
    module, x = SimpleUnit(4).double(), windows(11, width=4)
    cell, outputs = torch.zeros(2, 4, dtype=torch.float64), []
    for t in range(11):
        output, cell = module.step(x[:, t], cell)
        outputs.append(output)
    torch.testing.assert_close(module(x), torch.stack(outputs, dim=1))
