"""Build the site of one configuration from what its lake holds."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.evaluation import openings
from kdtcn.evaluation.abrupt import abrupt_comparisons, abrupt_table
from kdtcn.evaluation.stored import last_trained, stored_predictions
from kdtcn.evaluation.tables import table
from kdtcn.explain.abrupt import intervals, points
from kdtcn.features.market import Market, market
from kdtcn.findings import Finding
from kdtcn.lake import Lake, audits
from kdtcn.report.assemble import Assembler
from kdtcn.report.coverage import data_summary
from kdtcn.report.entities import MOST_FACTS, About, Describe, FactRow
from kdtcn.report.learning import curves, reliability
from kdtcn.report.site import write_site
from kdtcn.report.summary import Audit, Background, Evaluation, SiteMeta
from kdtcn.training.fold import Sight
from kdtcn.training.store import stored_models
from kg.graph import Graph, relations


def sessions_to_show(lake: Lake, settings: Settings, model_id: str) -> pd.DatetimeIndex:
    """The last sessions of the test period and its largest abrupt ones, in order of date."""
    predicted = pd.DatetimeIndex(
        lake.read("predictions", columns=["session"], where=ds.field("model_id") == model_id)["session"].unique()
    )
    prices = market(lake, settings)
    rows = pd.DataFrame({"c": prices.c, "abrupt": prices.abrupt}, index=prices.sessions)
    rows = rows[rows.index.isin(predicted) & (rows.index >= pd.Timestamp(settings.evaluation.test_from))]
    last = rows.index[-settings.report.last :] if settings.report.last else rows.index[:0]
    largest = rows[rows["abrupt"] == 1]["c"].abs().nlargest(settings.report.largest).index
    return pd.DatetimeIndex(last.union(largest)).sort_values()


def build_site(
    lake: Lake,
    settings: Settings,
    config_path: str,
    model_id: str,
    sessions: pd.DatetimeIndex | None = None,
    *,
    whole: bool = True,
) -> Path:
    """Write the site and return its index.

    With `sessions`, their pages are written anew and the others stay; without, the pages of all sessions that were explained by
    this model are. Pages of other models stay while the lake holds their model, so that each can still be made again from its
    provenance. Without `whole`, the pages on evaluation and data, which read all of history, are kept as they stand.
    """
    versions = lake.versions()
    sight = Sight.of(lake, settings)
    assembler = Assembler(lake, settings, sight, model_id, config_path, sessions)
    wanted = pd.DatetimeIndex(assembler.effects["session"].unique()).sort_values() if sessions is None else sessions
    pages = [assembler.page(session) for session in wanted]
    models = set(stored_models(lake)["model_id"])
    return write_site(
        settings.folder / "report",
        pages,
        _evaluation(lake, settings, counted=sessions is None) if whole else None,
        data_summary(lake, settings, sight, assembler.market) if whole else None,
        SiteMeta(
            title=f"KDTCN: {settings.title}",
            code_version=__version__,
            config_hash=settings.fingerprint(),
            command=f"kdtcn report build --config {config_path}",
            symbol=settings.title,
            synthetic=settings.report.synthetic,
            threshold=settings.abrupt.threshold,
            intervals=tuple(_test_intervals(assembler.market, settings)),
            lake=versions,
        ),
        background=Background(_closes(assembler.market, settings, wanted), describer(sight.graph, settings.graph.undated)),
        keep=models if sessions is not None else models - {model_id},
    )


def _evaluation(lake: Lake, settings: Settings, counted: bool) -> Evaluation | None:
    """The scores with how often the hold-out was opened, this time `counted`: a page that is added to the site chooses nothing."""
    rows = stored_predictions(lake, settings)
    if rows.empty:
        return None
    times = openings.opened(lake, settings, rows, "report build") if counted else openings.times(lake, rows)
    live = settings.training.live
    return Evaluation(
        table(rows),
        notes=tuple(openings.in_words(times, counted=counted).replace("same_day", "same day").splitlines()),
        live=live,
        abrupt=abrupt_table(rows),
        abrupt_tests=abrupt_comparisons(rows),
        reliability=reliability(rows, live),
        curves=curves(lake, last_trained(lake), live),
        audits=tuple(_audits(lake, settings.fingerprint())),
    )


def _audits(lake: Lake, config: str) -> Iterator[Audit]:
    for row in _rows(audits(lake, config)):
        yield Audit(row.title, f"kdtcn {row.command}", f"{row.ended:%Y-%m-%d}", tuple(Finding(**found) for found in row.findings))


def _test_intervals(prices: Market, settings: Settings) -> list:
    series = points(prices, settings.abrupt.threshold)
    start = pd.Timestamp(settings.evaluation.test_from)
    return intervals([point for point in series if point.session >= start])


def _closes(prices: Market, settings: Settings, shown: pd.DatetimeIndex) -> pd.Series:
    """The index from the start of the test period, or of the first page where that is earlier."""
    start = min([pd.Timestamp(settings.evaluation.test_from), *shown])
    closes = pd.Series(prices.closes, index=prices.sessions)
    return closes[closes.index >= start]


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples, whose columns a type checker cannot know."""
    yield from frame.itertuples()


def describer(graph: Graph, undated: str) -> Describe:
    """Tells an entity with the facts that the graph knew on the day before a session, those with a date first, newest on top."""
    labels = dict(zip(graph.entities["id"], graph.entities["label"], strict=True))
    about = graph.entities.set_index("id")[["description", "types"]]
    known = relations()

    @lru_cache(maxsize=2)  # entities come in order of their day
    def facts_on(day: pd.Timestamp) -> pd.DataFrame:
        return graph.facts_as_of(day, undated)

    def describe(entity: str, session: pd.Timestamp) -> About:
        day = session - pd.Timedelta(days=1)
        seen = facts_on(day)
        rows = pd.concat(
            [seen[seen["head"] == entity].assign(forward=True), seen[seen["tail"] == entity].assign(forward=False)]
        ).sort_values(["valid_from", "relation", "head", "tail"], ascending=[False, True, True, True], kind="stable")
        facts: list[FactRow] = []
        for row in _rows(rows.head(MOST_FACTS)):
            relation = known.get(str(row.relation))
            other = str(row.tail if row.forward else row.head)
            if relation is None or (not row.forward and not relation.inverse_label):
                said = str(row.relation) if row.forward else f"{row.relation} of"
            else:
                said = relation.label if row.forward else relation.inverse_label
            since, until = ("" if pd.isna(t) else f"{t:%Y-%m-%d}" for t in (row.valid_from, row.valid_to))
            facts.append(FactRow(said, str(labels.get(other, other)), other, since, until, str(row.source)))
        mine = about.loc[entity] if entity in about.index else None
        left = max(0, len(rows) - MOST_FACTS)
        description, types = ("", ()) if mine is None else (str(mine["description"] or ""), mine["types"])
        kinds = tuple(types.split("|")) if isinstance(types, str) else tuple(str(kind) for kind in types)
        return About(
            str(labels.get(entity, entity)), description, tuple(k for k in kinds if k), tuple(facts), left, f"{day:%Y-%m-%d}"
        )

    return describe
