"""One fold of an experiment: its rows, its cut, and everything fitted before that cut."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from kdtcn.config import Alignment, Settings
from kdtcn.errors import InputError
from kdtcn.events.extractor import extractor_id
from kdtcn.events.pipeline import load as load_pipeline
from kdtcn.features import fitted as folds
from kdtcn.features.dataset import Dataset
from kdtcn.features.fitted import Fitted
from kdtcn.features.market import Market, market
from kdtcn.features.news import News, news
from kdtcn.features.reach import shares
from kdtcn.features.vectors import priced
from kdtcn.lake import Lake
from kdtcn.sessions import closes, decision_times
from kdtcn.training.splits import Split, splits
from kg import Graph
from kg import load as load_graph
from kg.pending import linker_id, unlinked


@dataclass(frozen=True)
class Sight:
    """How events were read and linked: the versions that news is taken from."""

    extractor: str
    linker: str
    graph: Graph

    @property
    def reading(self) -> str:
        """What vectors fitted on such events are good for: events read and linked in the same way."""
        return f"{self.extractor}/{self.linker}"

    @classmethod
    def of(cls, lake: Lake, settings: Settings) -> "Sight":
        graph = load_graph(lake)
        return cls(extractor_id(load_pipeline(settings.nlp.model)), linker_id(settings.graph.threshold), graph)

    def news(
        self, lake: Lake, settings: Settings, alignment: Alignment, sessions: pd.DatetimeIndex, as_of: pd.Timestamp | None = None
    ) -> News:
        """The news of the sessions, as this extractor and linker read it."""
        return news(
            lake,
            settings,
            alignment,
            sessions,
            extractor=self.extractor,
            linker=self.linker,
            graph_version=self.graph.version,
            as_of=as_of,
        )


@dataclass(frozen=True)
class FoldRecord:
    """All of a fold but its arrays: what is stored beside its models, and small enough to pass between processes.

    sessions: all rows of the dataset; inputs: a hash of all that training sees; coverage: how linked entities got their
    vectors, empty where the fold was found fitted.
    """

    alignment: Alignment
    sessions: pd.DatetimeIndex
    window: int
    split: Split
    fitted_id: str
    graph_cut: pd.Timestamp
    trained_until: pd.Timestamp
    inputs: str
    coverage: str = ""


@dataclass(frozen=True)
class Fold:
    """Data of one alignment, split at an origin, in the vector spaces fitted before the cut."""

    alignment: Alignment
    market: Market
    news: News
    fitted: Fitted
    data: Dataset
    split: Split
    coverage: str = ""

    @property
    def record(self) -> FoldRecord:
        return FoldRecord(
            self.alignment,
            self.data.sessions,
            self.data.window,
            self.split,
            self.fitted.fitted_id,
            self.fitted.graph_cut,
            self.trained_until,
            self.inputs,
            self.coverage,
        )

    @property
    def trained_until(self) -> pd.Timestamp:
        """The last session whose label any fit or stopping rule has seen."""
        return self.data.sessions[int(max(self.split.train.max(), self.split.valid.max(initial=0)))]

    @cached_property
    def inputs(self) -> str:
        """A hash of all that training sees: inputs and labels up to the last training or validation row."""
        rows = int((self.data.sessions <= self.trained_until).sum())
        digest = hashlib.sha256(self.fitted.fitted_id.encode())
        arrays = [
            self.data.prices[:rows],
            self.data.d[:rows],
            self.data.up[:rows],
            self.data.abrupt[:rows],
            self.split.train,
            self.split.valid,
        ]
        for kind in ("word", "text+graph"):
            items = self.data.items[kind]
            arrays += [items.offsets[: rows + 1], items.vectors[: items.offsets[rows]]]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def prepare(lake: Lake, settings: Settings, alignment: Alignment, sight: Sight) -> Fold:
    """The fold of the last test period of the configured origin; for a fixed one there is one."""
    preparation = Preparation.of(lake, settings, alignment, sight)
    *_, last = splits(preparation.market.sessions, usable_rows(preparation.market, settings), settings)
    return preparation.fold(last)


def usable_rows(prices: Market, settings: Settings) -> np.ndarray:
    """Rows of the market with a full window of inputs and a label, whatever the news."""
    return priced(prices, settings.features.window).usable()


@dataclass(frozen=True)
class Preparation:
    """What the folds of one alignment share: the lake's tables, read once."""

    lake: Lake
    settings: Settings
    alignment: Alignment
    sight: Sight
    market: Market
    news: News

    @classmethod
    def of(cls, lake: Lake, settings: Settings, alignment: Alignment, sight: Sight) -> "Preparation":
        """InputError where events wait to be linked."""
        missing = unlinked(lake, sight.graph, extractor=sight.extractor, threshold=settings.graph.threshold)
        if missing:
            raise InputError(f"{lake.url}: {missing} events are not linked on this graph yet; `kdtcn run` links them and trains")
        prices = market(lake, settings)
        return cls(lake, settings, alignment, sight, prices, sight.news(lake, settings, alignment, prices.sessions))

    def fold(self, split: Split) -> Fold:
        """Join the tables into a fold; what is fitted is stored, and found again by the next run.

        The cut lies after the last training session: validation and test rows meet vectors that never saw them.
        """
        settings = self.settings
        last = pd.DatetimeIndex([self.market.sessions[split.train[-1]]])
        # the headlines of a training session are in its features, so under `same_day` the cut is its close, not its start
        cut = closes(last)[0] if self.alignment == "same_day" else decision_times(last, settings.decision.at)[0]
        if (self.news.headlines["available_at"] <= cut).sum() == 0:
            raise InputError(f"{self.lake.url}: no headline before {cut:%Y-%m-%d}; import news that covers the training period")
        fitted, coverage = self._fitted(cut)
        data = fitted.dataset(self.market, self.news, settings.features.window)
        return Fold(self.alignment, self.market, self.news, fitted, data, split, coverage)

    def _fitted(self, cut: pd.Timestamp) -> tuple[Fitted, str]:
        fitted_id = _identity(self.settings, cut, self.sight, self.news)
        if f"{fitted_id}-graph" in set(self.lake.read("models", columns=["model_id"])["model_id"]):
            return folds.load(self.lake, fitted_id, self.sight.graph, self.sight.reading), ""
        fitted = folds.fit(self.news, self.sight.graph, cut, self.settings, fitted_id, self.sight.reading)
        fitted.store(self.lake, self.settings.fingerprint())
        return fitted, shares(fitted.reach.coverage(self.news.links, len(self.news.events)))


def _identity(settings: Settings, cut: pd.Timestamp, sight: Sight, said: News) -> str:
    """Equal inputs before the cut and equal settings give the same id, whatever happened after the cut."""
    known = said.events[said.events["available_at"] <= cut]
    heads = said.headlines.loc[said.headlines["available_at"] <= cut, "headline_id"]
    links = said.links[said.links["event_id"].isin(known["event_id"])]
    graph = settings.graph.model_dump(mode="json", exclude={"data", "sources"})
    shape = json.dumps([graph, settings.fingerprint("decision", "features")], sort_keys=True)
    digest = hashlib.sha256("|".join([shape, cut.isoformat(), sight.graph.version, sight.reading]).encode())
    for ids in (heads, known["event_id"], links["event_id"] + links["role"] + links["entity_id"]):
        digest.update("".join(sorted(ids)).encode())
    return f"fold-{digest.hexdigest()[:12]}"
