"""`kdtcn demo controls`: on planted real data the chain must see what can be seen, and nothing where there is nothing to see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kdtcn.config import Settings
from kdtcn.demo import plant_copy, plant_judge, plant_run
from kdtcn.demo.plant import Trial
from kdtcn.evaluation.intervals import interval
from kdtcn.features.dataset import Dataset, Items
from kdtcn.lake import Lake
from kdtcn.progress import track
from kdtcn.training.splits import Split

LEVEL = 0.01  # five verdicts: each alone errs once in a hundred
SIZE, REPLICATES = 1.5, 3
YEAR = 252  # sessions
ABOVE, CHANCE = "above chance", "at chance"


@dataclass(frozen=True)
class Control:
    """One control over all replicates: accuracy and its 95 % interval, AUC and the rank test's p, on n test sessions."""

    control: str
    accuracy: float
    low: float
    high: float
    area: float
    p: float
    n: int
    wanted: str

    @property
    def holds(self) -> bool:
        return (self.p <= LEVEL) == (self.wanted == ABOVE)


@dataclass(frozen=True)
class Arm:
    """What is done to the data before training; `late`: the telling headlines carry the date of the session they moved."""

    control: str
    wanted: str
    late: bool
    change: Callable[[Dataset, Split, int], Dataset]


def news_of(data: Dataset, by: int) -> Dataset:
    """Every session sees the news of the session `by` rows later (earlier where negative), none where there is no such row.

    With `by` above zero this is a leak on purpose. It works on arrays and cannot be configured: no run of a user comes here.
    """
    n = len(data)
    rows = np.clip(np.arange(n + 1) + by, 0, n)
    items = {kind: Items(held.ids, held.vectors, held.offsets[rows]) for kind, held in data.items.items()}
    return replace(data, items=items)


def shuffled(data: Dataset, split: Split, seed: int) -> Dataset:
    """The labels of training and validation dealt anew; those of the test rows stay."""
    known = np.concatenate([split.train, split.valid])
    order = np.random.default_rng(seed).permutation(known)
    changed = {name: getattr(data, name).copy() for name in ("up", "abrupt")}
    for name, values in changed.items():
        values[known] = getattr(data, name)[order]
    return replace(data, **changed)


ARMS = (
    Arm("told before the session", ABOVE, False, lambda data, split, seed: data),
    Arm("told after it, headlines of s+1 given", ABOVE, True, lambda data, split, seed: news_of(data, 1)),
    Arm("told after it", CHANCE, True, lambda data, split, seed: data),
    Arm("told before it, training labels shuffled", CHANCE, False, shuffled),
    Arm("told before it, headlines of another year", CHANCE, False, lambda data, split, seed: news_of(data, -YEAR)),
)


def controls(
    lake: Lake, settings: Settings, home: Path, *, rate: float, seed: int, size: float = SIZE, replicates: int = REPLICATES
) -> list[Control]:
    """All controls, in the order of ARMS. The lake is only read; copies are made under `home`."""
    trials = {late: Trial(rate, seed, late) for late in (False, True)}
    folder = home / plant_copy.data_key(lake, settings)
    wanted = [(trial, replicate) for trial in trials.values() for replicate in range(replicates)]
    bench = plant_run.prepare(lake, settings, folder, wanted)
    logits: dict[str, list[np.ndarray]] = {arm.control: [] for arm in ARMS}
    labels: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for trial, replicate in track(wanted, "controls"):
        planting = trial.draw(replicate, bench.fold.market)
        data = bench.moved(bench.data(trial, replicate), planting, size)
        labels[trial.late].append(data.up[bench.fold.split.test] == 1)
        for arm in (arm for arm in ARMS if arm.late == trial.late):
            logits[arm.control].append(bench.forecast(arm.change(data, bench.fold.split, replicate), replicate))
    return [judge(arm, logits[arm.control], labels[arm.late]) for arm in ARMS]


def judge(arm: Arm, logits: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Control:
    """A control from its replicates, which share one history: they are shifted together, and a session counts once."""
    scores, up = np.stack(logits), np.stack(labels)
    right = ((scores >= 0) == up).mean(axis=0)
    area = float(plant_judge.areas(scores, up)[:, 0].mean())
    low, high = interval(right)
    return Control(arm.control, float(right.mean()), low, high, area, plant_judge.p_value(scores, up), up.shape[1], arm.wanted)
