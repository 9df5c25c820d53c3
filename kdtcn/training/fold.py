"""One fold of an experiment: its rows, its cut, and everything fitted before that cut."""

import hashlib
from dataclasses import dataclass

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
from kdtcn.features.vectors import priced
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.sessions import closes, decision_times
from kdtcn.training.splits import Split, fixed_origin
from kg import Graph, Linker
from kg import load as load_graph

FITTED_BY = ("decision", "features", "graph", "nlp")  # sections that shape what is fitted once a fold


@dataclass(frozen=True)
class Sight:
    """How events were read and linked: the versions that news is taken from."""

    extractor: str
    linker: str
    graph: Graph

    @classmethod
    def of(cls, lake: Lake, settings: Settings) -> "Sight":
        graph = load_graph(lake)
        return cls(extractor_id(load_pipeline(settings.nlp.model)), Linker.name, graph)

    def news(
        self, lake: Lake, settings: Settings, alignment: Alignment, sessions: pd.DatetimeIndex, as_of: pd.Timestamp | None = None
    ) -> News:
        """The news of the sessions, as this extractor and linker read it."""
        return news(
            lake, settings, alignment, sessions, extractor=self.extractor, linker=self.linker, graph_version=self.graph.version, as_of=as_of
        )


@dataclass(frozen=True)
class Fold:
    """Data of one alignment, split at a fixed origin, in the vector spaces fitted before the cut."""

    alignment: Alignment
    market: Market
    news: News
    fitted: Fitted
    data: Dataset
    split: Split

    @property
    def trained_until(self) -> pd.Timestamp:
        """The last session whose label any fit or stopping rule has seen."""
        return self.data.sessions[int(max(self.split.train.max(), self.split.valid.max(initial=0)))]


def prepare(lake: Lake, settings: Settings, alignment: Alignment, sight: Sight) -> Fold:
    """Join the lake's tables into a fold; what is fitted is stored, and found again by the next run.

    The cut lies after the last training session: validation and test rows meet vectors that never saw them.
    """
    prices = market(lake, settings)
    said = sight.news(lake, settings, alignment, prices.sessions)
    window = settings.features.window
    usable = priced(prices, window).usable()
    split = fixed_origin(prices.sessions, usable, test_from=settings.evaluation.test_from, embargo=window)
    last = prices.sessions[split.train[-1]]
    # the headlines of a training session are in its features, so under `same_day` the cut is its close, not its start
    cut = closes(pd.DatetimeIndex([last]))[0] if alignment == "same_day" else decision_times(pd.DatetimeIndex([last]), settings.decision.at)[0]
    if (said.headlines["available_at"] <= cut).sum() == 0:
        raise InputError(f"{lake.url}: no headline before {cut:%Y-%m-%d}; import news that covers the training period")
    fitted_id = _identity(settings, cut, sight, said)
    if f"{fitted_id}-graph" in set(lake.read("models", columns=["model_id"])["model_id"]):
        fitted = folds.load(lake, fitted_id, sight.graph)
    else:
        say(f"{alignment}: fitting text vectors and the graph embedding on what was known by {cut:%Y-%m-%d}")
        fitted = folds.fit(said, sight.graph, cut, settings, fitted_id)
        fitted.store(lake, settings.fingerprint(*FITTED_BY))
    return Fold(alignment, prices, said, fitted, fitted.dataset(prices, said, window), split)


def _identity(settings: Settings, cut: pd.Timestamp, sight: Sight, said: News) -> str:
    """Equal inputs before the cut and equal settings give the same id, whatever happened after the cut."""
    known = said.events.loc[said.events["available_at"] <= cut, "event_id"]
    heads = said.headlines.loc[said.headlines["available_at"] <= cut, "headline_id"]
    parts = [settings.fingerprint(*FITTED_BY), cut.isoformat(), sight.graph.version, sight.extractor, sight.linker]
    digest = hashlib.sha256("|".join(parts).encode())
    for ids in (heads, known):
        digest.update("".join(sorted(ids)).encode())
    return f"fold-{digest.hexdigest()[:12]}"
