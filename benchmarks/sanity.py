"""Do TCN, LSTM and GRU learn what Bai, Kolter & Koltun (2018) say they learn, at equal parameters? Adding, copying, classifying.

    python benchmarks/sanity.py                                      # all tasks at full count, about ten minutes on two idle cores
    python benchmarks/sanity.py --tasks copy --length 60 --seeds 1   # one of them, shorter
    python benchmarks/sanity.py --quick                              # that all of it runs

Each network has about as many parameters as the TCN of the project's default options, the same batches, steps and clipping,
and whichever learning rate of two suits it best. Prints a Markdown table of what is lost on fresh sequences on the way.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context

import pandas as pd
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from kdtcn.models.gru import Gated
from kdtcn.models.lstm import Recurrent
from kdtcn.models.options import Options
from kdtcn.models.tcn import TemporalConvolution, levels_for
from kdtcn.progress import track

BUDGET = Options().parameters
RATES = (3e-3, 1e-2)
KERNEL = 7  # Bai et al. take 6 to 8 for these tasks
BATCH, CLIP, TESTED = 32, 1.0, 1000
DIGITS, SIDE, CLASSES = 10, 14, 10  # to copy; of a picture; of pictures
NAMES = ("tcn", "lstm", "gru")


@dataclass(frozen=True)
class Task:
    """Sequences (B, T, width) and what to say of them: at the last step, or at each of them."""

    width: int
    outputs: int
    length: int  # T where none is asked for
    steps: int
    each: bool
    draw: Callable[[int, int, Generator], tuple[Tensor, Tensor]]  # number, length, generator -> sequences, targets
    loss: Callable[[Tensor, Tensor], Tensor]
    right: Callable[[Tensor, Tensor], float] | None = None  # share of right answers, where there is such a thing
    chance: Callable[[int], float] = lambda length: math.nan  # loss of the best answer without looking, by length


def adding(n: int, length: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Numbers in [0, 1] beside marks: one in either half. What is the sum of the two marked?"""
    values = torch.rand(n, length, generator=generator)
    marks = torch.zeros(n, length)
    half = length // 2
    at = torch.stack(
        [torch.randint(half, (n,), generator=generator), half + torch.randint(length - half, (n,), generator=generator)], 1
    )
    marks.scatter_(1, at, 1.0)
    return torch.stack([values, marks], dim=-1), (values * marks).sum(dim=1, keepdim=True)


def floor(length: int, field: int) -> float:
    """MSE of the best answer to the adding problem for who sees the last `field` steps: a number that is not seen varies by 1/12."""
    half = length // 2
    seen_late = min(1.0, field / (length - half))
    seen_early = min(1.0, max(0.0, (field - (length - half)) / half))
    return ((1 - seen_late) + (1 - seen_early)) / 12


def copying(n: int, length: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Ten digits of eight kinds, then nothing, then ten times the sign to say them: as one-hot, and what to say at each step."""
    said = torch.randint(1, 9, (n, DIGITS), generator=generator)
    seen, target = torch.zeros(n, length, dtype=torch.long), torch.zeros(n, length, dtype=torch.long)
    seen[:, :DIGITS], seen[:, -DIGITS:], target[:, -DIGITS:] = said, 9, said
    return functional.one_hot(seen, 10).float(), target


def pictures(n: int, length: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Shapes of ten kinds, moved by up to a pixel each way and noisy, told pixel by pixel: which kind is it?

    In the place of the digits of MNIST; `length` pixels are read, a square number.
    """
    side = math.isqrt(length)
    rough = torch.randn(CLASSES, 1, 4, 4, generator=Generator().manual_seed(0))
    shapes = functional.interpolate(rough, size=(side + 2, side + 2), mode="bicubic", align_corners=True)[:, 0]
    kind = torch.randint(CLASSES, (n,), generator=generator)
    down, right = torch.randint(3, (2, n), generator=generator)
    rows = down[:, None, None] + torch.arange(side)[:, None]
    columns = right[:, None, None] + torch.arange(side)
    clean = (shapes[kind[:, None, None], rows, columns] > 0).float()
    return (clean + 0.5 * torch.randn(n, side, side, generator=generator)).reshape(n, side * side, 1), kind


def _copied(outputs: Tensor, target: Tensor) -> float:
    return float((outputs[:, -DIGITS:].argmax(dim=-1) == target[:, -DIGITS:]).float().mean())


TASKS = {
    "adding": Task(2, 1, 200, 1500, False, adding, functional.mse_loss, chance=lambda length: 1 / 6),
    "copy": Task(
        10, 10, 120, 800, True, copying, lambda out, y: functional.cross_entropy(out.flatten(0, 1), y.flatten()), _copied,
        lambda length: DIGITS * math.log(8) / length,
    ),
    "pictures": Task(
        1, CLASSES, SIDE * SIDE, 400, False, pictures, functional.cross_entropy,
        lambda out, y: float((out.argmax(dim=-1) == y).float().mean()), lambda length: math.log(CLASSES),
    ),
}  # fmt: skip


class Learner(nn.Module):
    """(B, T, width) -> (B, outputs), or (B, T, outputs) where the task asks at each step."""

    def __init__(self, backbone: nn.Module, task: Task) -> None:
        super().__init__()
        self.backbone, self.each = backbone, task.each
        self.read = nn.Linear(int(backbone.out), task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        if not self.each:
            return self.read(self.backbone(x))
        match self.backbone:
            case Recurrent():
                return self.read(self.backbone.lstm(x)[0])
            case Gated():
                return self.read(self.backbone.gru(x)[0])
            case _:
                return self.read(self.backbone.steps(x))


def learner(
    name: str, task: Task, length: int, levels: int | None = None, *, kernel: int = KERNEL, budget: int = BUDGET
) -> Learner:
    """The network of this name with the width whose number of parameters comes nearest to the budget."""
    levels = levels or levels_for(kernel, length)

    def made(channels: int) -> Learner:
        match name:
            case "tcn":
                return Learner(TemporalConvolution(task.width, channels, kernel, levels, dropout=0.0), task)
            case "lstm":
                return Learner(Recurrent(task.width, channels), task)
            case _:
                return Learner(Gated(task.width, channels), task)

    return min((made(channels) for channels in range(2, 100)), key=lambda one: abs(parameters(one) - budget))


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def learn(
    network: Learner, task: Task, length: int, steps: int, rate: float, seed: int, looks: int = 5
) -> Iterator[dict[str, float]]:
    """Train on fresh sequences; so many times on the way the loss, and the share of right answers, on others."""
    generator = Generator().manual_seed(seed)
    tested = task.draw(TESTED, length, Generator().manual_seed(10**6 + seed))
    mover = torch.optim.Adam(network.parameters(), lr=rate)
    began = time.process_time()
    for step in range(1, steps + 1):
        x, y = task.draw(BATCH, length, generator)
        mover.zero_grad(set_to_none=True)
        task.loss(network(x), y).backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        mover.step()
        if step * looks % steps < looks:
            with torch.no_grad():
                outputs = torch.cat([network(part) for part in tested[0].split(100)])
            right = task.right(outputs, tested[1]) if task.right else math.nan
            yield {
                "step": step,
                "loss": float(task.loss(outputs, tested[1])),
                "right": right,
                "seconds": time.process_time() - began,
            }


def run(name: str, task: str, length: int, steps: int, rate: float, seed: int, budget: int = BUDGET) -> pd.DataFrame:
    """A row a look, of one network trained once."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = learner(name, TASKS[task], length, budget=budget)
    rows = pd.DataFrame(learn(network, TASKS[task], length, steps, rate, seed))
    return rows.assign(task=task, model=name, length=length, rate=rate, seed=seed, parameters=parameters(network))


def table(rows: pd.DataFrame) -> str:
    """Each model at the learning rate with the lowest last loss over the seeds: its losses on the way, Markdown."""
    lines = []
    for task, mine in rows.groupby("task", sort=False):
        steps, length = sorted(mine["step"].unique()), mine["length"].iloc[0]
        lines += [f"\n{task}, {length} steps long; chance loses {TASKS[str(task)].chance(length):.4f}\n"]
        lines += [f"| model | parameters | rate | {' | '.join(f'{s:.0f} batches' for s in steps)} | right % | s |"]
        lines += ["|---" * 3 + "|---:" * (len(steps) + 2) + "|"]
        for model, its in mine.groupby("model", sort=False):
            last = its[its["step"] == steps[-1]].groupby("rate")["loss"].mean()
            best = its[its["rate"] == last.idxmin()]
            losses = [best[best["step"] == s]["loss"] for s in steps]
            end = best[best["step"] == steps[-1]]
            cells = [f"{x.mean():.4f}{f' ± {x.std():.4f}' if len(x) > 1 else ''}" for x in losses]
            right = "" if end["right"].isna().all() else f"{100 * end['right'].mean():.1f}"
            lines += [
                f"| {model} | {end['parameters'].iloc[0]:,} | {last.idxmin():g} | {' | '.join(cells)} | {right} | {end['seconds'].mean():.0f} |"
            ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--length", type=int, help="of the sequences, instead of each task's own")
    parser.add_argument("--steps", type=int, help="batches to learn from, instead of each task's own number")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="ten batches of each, one seed, one rate")
    asked = parser.parse_args()
    if asked.quick:
        asked.steps, asked.seeds, asked.rates = 10, 1, RATES[:1]
    jobs = [
        (name, task, asked.length or TASKS[task].length, asked.steps or TASKS[task].steps, rate, seed)
        for task, seed, rate, name in product(asked.tasks, range(asked.seeds), asked.rates, NAMES)
    ]
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        rows = pd.concat(track(pool.map(run, *zip(*jobs, strict=True)), "trainings", len(jobs)), ignore_index=True)
    print(table(rows))


if __name__ == "__main__":
    main()
