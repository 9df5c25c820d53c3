"""`kdtcn demo plant`: how large must an effect in real headlines be for the chain to find it? One replicate at one size.

A replicate plants its own headlines among the real ones and fits text vectors and graph embedding anew; a size then moves
the real prices by that much, trains the model on the sessions before the test period, and tests its forecasts after.
"""

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.demo import plant_copy, plant_draw, plant_judge
from kdtcn.demo.cast import assemble
from kdtcn.demo.plant_draw import Planting
from kdtcn.features import fitted as folds
from kdtcn.features.dataset import Dataset
from kdtcn.features.market import Market, market
from kdtcn.features.news import News
from kdtcn.features.vectors import priced
from kdtcn.lake import Lake
from kdtcn.models import UP
from kdtcn.training.fold import Fold, Sight, prepare
from kdtcn.training.jobs import Job, run_job


@dataclass(frozen=True)
class Trial:
    """What is planted, apart from its size: the share of sessions that are moved, the seed of all draws, and as `plant_draw.draw` has it."""

    rate: float = 0.5
    seed: int = 0
    late: bool = False
    mirrored: bool = True

    def name(self, replicate: int) -> str:
        """The source by which the planted headlines of a replicate are known in their lake."""
        kind = f"{'late' if self.late else 'early'}-{'mirrored' if self.mirrored else 'real'}"
        return f"planted-{self.rate:g}-{self.seed}-{kind}-{replicate}"

    def draw(self, replicate: int, prices: Market) -> Planting:
        """The same trial and replicate give the same planting; late or early, the same sessions move."""
        rng = np.random.default_rng([self.seed, replicate])
        # a session without trailing volatility has no unit to be moved by; the first has no news before it
        movable = np.isfinite(prices.sigma) & (np.arange(len(prices)) > 0)
        return plant_draw.draw(assemble(rng), prices.sessions, movable, self.rate, rng, late=self.late, mirrored=self.mirrored)


@dataclass(frozen=True)
class Row:
    """One replicate at one size, on the n test sessions, `planted` of them moved (by `percent` in the mean).

    always_up, oracle (knows every planted effect, says up elsewhere) and accuracy are shares of right forecasts; area is that
    under the ROC curve, p the rank test's; rejected is how often that test rejects when the labels are dealt anew.
    """

    replicate: int
    size: float
    n: int
    planted: int
    percent: float
    always_up: float
    oracle: float
    accuracy: float
    area: float
    p: float
    rejected: float


class Bench:
    """The copied data, read and linked, with one fold of the real ones: what all replicates share."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.real, self.planted = Lake(str(folder / plant_copy.REAL)), plant_copy.planted_in(folder)

    @cached_property
    def sight(self) -> Sight:
        return Sight.of(self.real, self.settings)

    @cached_property
    def fold(self) -> Fold:
        """The fold of the real data, whose split, cut and real news all replicates use."""
        return prepare(self.real, self.settings, "forecast", self.sight)

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Every row of prices, restatements included."""
        return self.real.read("prices").drop(columns="ingested_at")

    @cached_property
    def told(self) -> News:
        """The planted headlines of all replicates, with the events and links that the chain found in them."""
        return self.sight.news(self.planted, self.settings, "forecast", self.fold.market.sessions)

    def data(self, trial: Trial, replicate: int) -> Dataset:
        """Inputs with the planted headlines among the real ones, in spaces fitted anew at the cut; prices and labels are real."""
        name = trial.name(replicate)
        said = plant_copy.joined(self.fold.news, self.told, plant_copy.headlines_of(self.planted, name))
        fitted = folds.fit(said, self.sight.graph, self.fold.fitted.cut, self.settings, name, self.sight.reading)
        return fitted.dataset(self.fold.market, said, self.settings.features.window)

    def moved(self, data: Dataset, planting: Planting, size: float) -> Dataset:
        """The same news over prices in which the planting has an effect of `size`, taken from a lake as all prices are."""
        shift = plant_draw.shifts(planting, self.fold.market.sigma, size)
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            lake = Lake(place)
            lake.upsert("prices", plant_draw.move(self.prices, self.fold.market, planting, shift))
            return priced(market(lake, self.settings), data.window, data.items)

    def forecast(self, data: Dataset, seed: int) -> np.ndarray:
        """(n_test,) raw logits of P(up) by the live model, trained on the sessions before the test period."""
        chosen = self.settings.training
        options = {"epochs": chosen.epochs, **chosen.options}
        job = Job(chosen.live, seed, "planted")
        return run_job(job, data, self.fold.split, self.fold.split.test, options).logits[:, UP]

    def row(self, data: Dataset, planting: Planting, replicate: int, size: float) -> Row:
        """Move the prices, train, test."""
        data = self.moved(data, planting, size)
        logits = self.forecast(data, replicate)
        test = self.fold.split.test
        up, sign = data.up[test] == 1, planting.sign[test]
        shift = plant_draw.shifts(planting, self.fold.market.sigma, size)[test]
        knows = np.where((sign != 0) & (size > 0), sign > 0, True)
        return Row(
            replicate=replicate,
            size=size,
            n=len(test),
            planted=int((sign != 0).sum()),
            percent=float(100 * np.abs(shift[sign != 0]).mean()) if sign.any() else 0.0,
            always_up=float(up.mean()),
            oracle=float((knows == up).mean()),
            accuracy=float(((logits >= 0) == up).mean()),
            area=float(plant_judge.areas(logits[None], up[None])[0, 0]),
            p=plant_judge.p_value(logits, up),
            rejected=plant_judge.size(logits, up, np.random.default_rng(replicate)),
        )
