"""The sanity tasks of Bai et al. (2018): what they ask, and that the TCN learns them before the LSTM, all but adding before the GRU."""

import pytest
import torch
from torch import Generator

from benchmarks.sanity import BUDGET, NAMES, TASKS, copying, floor, learner, parameters, pictures, run


def test_the_sum_of_the_two_marked_numbers_is_asked_for() -> None:
    x, y = TASKS["adding"].draw(500, 21, Generator().manual_seed(0))
    assert x[:, :10, 1].sum(dim=1).tolist() == [1.0] * 500
    assert x[:, 10:, 1].sum(dim=1).tolist() == [1.0] * 500
    torch.testing.assert_close((x[..., 0] * x[..., 1]).sum(dim=1), y[:, 0])
    assert float((y - 1).square().mean()) == pytest.approx(TASKS["adding"].chance(21), abs=0.02)
    assert (floor(21, 21), floor(21, 1)) == (0.0, pytest.approx((1 + 10 / 11) / 12))


def test_what_was_said_is_to_be_said_again_at_the_end() -> None:
    x, y = copying(50, 40, Generator().manual_seed(0))
    assert torch.equal(x[:, :10].argmax(dim=-1), y[:, -10:])
    assert not y[:, :-10].any()
    assert x[:, 10:30].argmax(dim=-1).unique().tolist() == [0]
    assert x[:, 30:].argmax(dim=-1).unique().tolist() == [9]


def test_pictures_of_a_kind_are_more_alike_than_others() -> None:
    x, kind = pictures(400, 100, Generator().manual_seed(0))
    assert x.shape == (400, 100, 1)
    means = torch.stack([x[kind == k, :, 0].mean(dim=0) for k in range(10)])
    nearest = torch.cdist(x[..., 0], means).argmin(dim=1)
    assert 0.5 < float((nearest == kind).float().mean()) <= 1


@pytest.mark.parametrize("task", TASKS)
def test_networks_are_of_one_size_and_answer_in_shape(task: str) -> None:
    nets = {name: learner(name, TASKS[task], 64) for name in NAMES}
    counts = [parameters(net) for net in nets.values()]
    assert max(counts) < 1.15 * min(counts)
    x, _ = TASKS[task].draw(3, 64, Generator().manual_seed(0))
    shapes = {tuple(net(x).shape) for net in nets.values()}
    assert shapes == {(3, 64, 10) if task == "copy" else (3, TASKS[task].outputs)}


def last(name: str, task: str, length: int, steps: int, budget: int = BUDGET) -> float:
    return float(run(name, task, length, steps, 3e-3, 0, budget=budget)["loss"].iloc[-1])


def test_the_tcn_learns_pictures_first() -> None:
    losses = {name: last(name, "pictures", 49, 150, budget=3000) for name in NAMES}
    assert losses["tcn"] < 0.8 * min(losses["lstm"], losses["gru"])


@pytest.mark.slow
@pytest.mark.parametrize(("task", "length", "steps"), [("adding", 50, 800), ("copy", 60, 800), ("pictures", 100, 500)])
def test_the_tcn_learns_each_task_before_the_lstm(task: str, length: int, steps: int) -> None:
    """And what is copied or seen before the GRU; numbers the GRU adds as soon, at a learning rate of its own."""
    losses = {name: last(name, task, length, steps) for name in NAMES if (task, name) != ("adding", "gru")}
    assert losses["tcn"] < 0.8 * min(loss for name, loss in losses.items() if name != "tcn")
