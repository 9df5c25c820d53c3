"""From rows of the lake to what a page shows; the only part of the report that reads tables."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn import __version__
from kdtcn.config import Alignment, Settings
from kdtcn.errors import ModelError
from kdtcn.evaluation.intervals import wilson
from kdtcn.explain.abrupt import AbruptPoint, recent
from kdtcn.explain.linkage import EventLinks, Linkage, link_events
from kdtcn.explain.pending import BASE, LOGIT, OLDER, UNRANKED, newest_effects, popularity
from kdtcn.explain.seeds import METHOD as SEEDS_METHOD
from kdtcn.explain.seeds import sibling_ids, stability
from kdtcn.explain.similar import LOOK_BACK, Likeness, mentions
from kdtcn.features.market import Market, market
from kdtcn.features.news import assign, months_of
from kdtcn.lake import Lake, degradations
from kdtcn.report.gaps import expected, news_gaps, price_gaps
from kdtcn.report.page import (
    EntityRef,
    EventRow,
    HeadlineRow,
    OlderRow,
    Outcome,
    Provenance,
    Record,
    SessionPage,
    SimilarRow,
    Stability,
)
from kdtcn.sessions import NEW_YORK, decision_time
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import newest
from kdtcn.training.store import stored_models
from kg.graph import relations

RECORD = 250  # sessions in the honest record beside a forecast
SHOWN = 60  # sessions in the chart of abrupt changes
SENTENCES = 24  # of the linkage; the picture and its rest hold all


@dataclass(frozen=True)
class Assembler:
    """Makes the pages of one model; what many pages share is read once."""

    lake: Lake
    settings: Settings
    sight: Sight
    model_id: str
    config_path: str
    only: pd.DatetimeIndex | None = None  # the sessions whose pages are wanted, so that no more news is read than theirs

    @cached_property
    def model(self) -> pd.Series:
        rows = stored_models(self.lake)
        mine = rows[rows["model_id"] == self.model_id]
        if mine.empty:
            raise ModelError(f"model {self.model_id!r} is not in {self.lake.url}; `kdtcn models list` shows what is")
        return mine.iloc[0]

    @property
    def alignment(self) -> Alignment:
        return "forecast" if self.model["alignment"] == "forecast" else "same_day"

    @cached_property
    def market(self) -> Market:
        return market(self.lake, self.settings)

    @cached_property
    def price_rows(self) -> pd.DataFrame:
        """When each price of the index was known, restatements included."""
        mine = ds.field("symbol") == self.settings.sources.symbol
        return self.lake.read("prices", columns=["session", "available_at"], where=mine)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return newest(self.lake, self.model_id).set_index("session")

    @cached_property
    def effects(self) -> pd.DataFrame:
        found = newest_effects(self.lake, self.model_id, self.settings.explain.method)
        return found if self.only is None else found[found["session"].isin(self.only)]

    @cached_property
    def headlines(self) -> pd.DataFrame:
        """All headlines of the explained sessions with their session and rank."""
        months = self._months(self.effects["session"])
        heads = self.lake.read("headlines", where=ds.field("month").isin(months))
        heads = heads.assign(
            session=assign(heads, self.alignment, self.settings), rank=heads["headline_id"].map(popularity(self.lake, months))
        )
        return heads[heads["session"].isin(self.effects["session"])]

    @cached_property
    def events(self) -> pd.DataFrame:
        mine = (ds.field("extractor") == self.sight.extractor) & ds.field("month").isin(self._months(self.effects["session"]))
        rows = self.lake.read("events", where=mine)
        return rows.merge(
            self.headlines[["headline_id", "text", "url", "source", "published_at", "rank", "session"]], on="headline_id"
        )

    @cached_property
    def links(self) -> Mapping[tuple[str, str], list[EntityRef]]:
        rows = self.lake.read("links", where=self._linked & ds.field("month").isin(self._months(self.effects["session"])))
        described = self.sight.graph.entities.set_index("id")["description"]
        found: dict[tuple[str, str], list[EntityRef]] = {}
        for row in _rows(rows.sort_values("span_start", kind="stable")):
            entity = EntityRef(row.entity_id, row.label, str(described.get(row.entity_id, "")), float(row.score))
            found.setdefault((row.event_id, row.role), []).append(entity)
        return found

    @cached_property
    def past(self) -> pd.DataFrame:
        """headline_id, session and expected of all headlines from LOOK_BACK sessions before the first page to the last page."""
        heads = self.lake.read(
            "headlines",
            columns=["headline_id", "published_at", "available_at"],
            where=ds.field("month").isin(months_of(self._span[0], self._span[-1])),
        )
        heads = heads.assign(session=assign(heads, self.alignment, self.settings), expected=expected(heads, self.settings))
        return heads[["headline_id", "session", "expected"]]

    @cached_property
    def likeness(self) -> Likeness:
        """The events of these sessions as terms, to find earlier ones like them."""
        months = ds.field("month").isin(months_of(self._span[0], self._span[-1]))
        events = self.lake.read(
            "events",
            columns=["event_id", "headline_id", "event_type"],
            where=(ds.field("extractor") == self.sight.extractor) & months,
        ).merge(self.past, on="headline_id")
        links = self.lake.read("links", columns=["event_id", "entity_id", "label"], where=self._linked & months)
        return Likeness(self._span, mentions(events, links))

    @cached_property
    def seed_effects(self) -> pd.DataFrame:
        """session, model_id, event_id and effect of the models trained from other seeds, and of this one, by one method."""
        names = sibling_ids(self.lake, self.model_id)
        parts = [newest_effects(self.lake, name, SEEDS_METHOD) for name in names] if len(names) > 1 else []
        rows = pd.concat([part for part in parts if len(part)]) if any(map(len, parts)) else self.effects.head(0)
        return rows.loc[~rows["event_id"].str.startswith((OLDER, BASE, LOGIT)), ["session", "model_id", "event_id", "effect"]]

    @cached_property
    def _span(self) -> pd.DatetimeIndex:
        wanted = self.effects["session"]
        known = self.market.sessions.union(pd.DatetimeIndex(wanted.unique()))  # a session that has not closed has no price
        first = max(0, int(known.searchsorted(wanted.min())) - LOOK_BACK)
        return known[first : int(known.searchsorted(wanted.max(), side="right"))]

    @property
    def _linked(self) -> ds.Expression:
        return (
            (ds.field("linker") == self.sight.linker)
            & (ds.field("graph_version") == self.sight.graph.version)
            & (ds.field("entity_id") != "")
        )

    def _months(self, sessions: pd.Series) -> list[str]:
        return sorted({month for day in sessions.unique() for month in months_of(day, day)})

    # -- one page ---------------------------------------------------------------------------------------------

    def page(self, session: pd.Timestamp) -> SessionPage:
        """Everything the page of a session shows. ModelError where it has no forecast or no effects yet."""
        effects = self.effects[self.effects["session"] == session]
        if session not in self.predictions.index or effects.empty:
            raise ModelError(
                f"{session:%Y-%m-%d} is not explained yet; run `kdtcn explain {session:%Y-%m-%d} --config {self.config_path}`"
            )
        forecast: dict[str, Any] = self.predictions.loc[session].to_dict()  # type: ignore[assignment]  # one row a session
        seeds = self.seed_effects[self.seed_effects["session"] == session]
        events = self._event_rows(session, effects, seeds)
        older = [row for row in _rows(effects.sort_values("event_id")) if row.event_id.startswith(OLDER)]
        return SessionPage(
            session=session,
            p_up=float(forecast["p_up"]),
            p_abrupt=float(forecast["p_abrupt"]),
            logit=float(forecast["logit_up"]),
            base=float(effects.loc[effects["event_id"] == BASE, "effect"].iloc[0]),
            threshold=self.settings.abrupt.threshold,
            decision=self._known_at(session),
            alignment=self.alignment,
            trained_on=bool(session <= self.model["trained_until"]),
            provenance=self._provenance(session, forecast),
            symbol=self.settings.title,
            outcome=self._outcome(session),
            record=self.record(session),
            events=tuple(events),
            older=tuple(
                OlderRow(pd.Timestamp(row.event_id.removeprefix(OLDER)), float(row.effect), int(row.popularity)) for row in older
            ),
            headlines=tuple(self._without_event(session)),
            linkage=self._linkage(session, events),
            recent=tuple(self._recent(session)),
            similar=tuple(self._similar(session)),
            stability=_stability(seeds),
            gaps=tuple(self._gaps(session)),
            archive=bool((self.headlines.loc[self.headlines["session"] == session, "source"].str.startswith("kaggle")).any()),
        )

    def _known_at(self, session: pd.Timestamp) -> str:
        if self.alignment == "same_day":
            return f"the end of {session:%Y-%m-%d}, New York"
        return f"{decision_time(session, self.settings.decision.at).tz_convert(NEW_YORK):%Y-%m-%d %H:%M} New York"

    def _event_rows(self, session: pd.Timestamp, effects: pd.DataFrame, seeds: pd.DataFrame) -> list[EventRow]:
        reach = seeds.groupby("event_id")["effect"].agg(["min", "max"]) if seeds["model_id"].nunique() > 1 else seeds.head(0)
        mine = self.events[self.events["session"] == session].merge(
            effects.drop(columns=["session", "available_at", "ingested_at"]), on="event_id"
        )
        mine = mine.assign(order=mine["rank"].fillna(UNRANKED)).sort_values(
            ["order", "headline_id", "subject_span", "event_id"], kind="stable"
        )
        return [
            EventRow(
                event_id=row.event_id,
                headline_id=row.headline_id,
                headline=row.text,
                popularity=_whole(row.rank),
                subject=row.subject,
                predicate=row.predicate,
                object=row.object,
                effect=float(row.effect),
                stderr=float(np.nan_to_num(row.stderr)),
                low=_real(row.placebo_low),
                high=_real(row.placebo_high),
                url=_text(row.url),
                source=_text(row.source),
                published=f"{row.published_at.tz_convert(NEW_YORK):%Y-%m-%d}",
                event_type=_text(row.event_type),
                negated=bool(row.negated),
                modality=_text(row.modality),
                speaker=_text(row.speaker),
                rule=_text(row.rule),
                confidence=_real(row.confidence),
                subject_entities=tuple(self.links.get((row.event_id, "subject"), ())),
                object_entities=tuple(self.links.get((row.event_id, "object"), ())),
                seeds=tuple(reach.loc[row.event_id].astype(float)) if row.event_id in reach.index else None,
            )
            for row in _rows(mine)
        ]

    def _without_event(self, session: pd.Timestamp) -> list[HeadlineRow]:
        heads = self.headlines[
            (self.headlines["session"] == session) & ~self.headlines["headline_id"].isin(self.events["headline_id"])
        ]
        heads = heads.assign(order=heads["rank"].fillna(UNRANKED)).sort_values(["order", "headline_id"], kind="stable")
        return [
            HeadlineRow(
                row.text, _whole(row.rank), _text(row.url), _text(row.source), f"{row.published_at.tz_convert(NEW_YORK):%Y-%m-%d}"
            )
            for row in _rows(heads)
        ]

    def _linkage(self, session: pd.Timestamp, events: list[EventRow]) -> Linkage:
        day = session if self.alignment == "same_day" else session - pd.Timedelta(days=1)
        known = self.sight.graph.as_of(day, undated=self.settings.graph.undated)
        pairs = [
            EventLinks(
                event_id=event.event_id,
                subject=event.subject,
                predicate=event.predicate,
                object=event.object,
                subject_entities=tuple((e.id, e.label) for e in event.subject_entities),
                object_entities=tuple((e.id, e.label) for e in event.object_entities),
                negated=event.negated,
                effect=event.effect,
            )
            for event in events
        ]
        told = {name: r.label for name, r in relations().items()}
        return link_events(pairs, known, relation_labels=told, max_sentences=SENTENCES)

    def _outcome(self, session: pd.Timestamp) -> Outcome | None:
        i = self.market.sessions.get_indexer(pd.DatetimeIndex([session]))[0]
        if i < 0 or self.market.up[i] < 0:
            return None
        c = float(self.market.c[i])
        return Outcome(
            bool(self.market.up[i] == 1), float(self.market.d[i]), _real(c), None if np.isnan(c) else bool(self.market.abrupt[i])
        )

    def record(self, session: pd.Timestamp) -> Record | None:
        """The model's accuracy over the last forecasts before this session whose outcome is known."""
        mine = self.predictions.index
        before = mine[(mine < session) & (mine > self.model["trained_until"])]
        rows = self.market.sessions.get_indexer(before)
        known = (rows >= 0) & (self.market.up[np.maximum(rows, 0)] >= 0)
        before, rows = before[known][-RECORD:], rows[known][-RECORD:]
        if len(before) == 0:
            return None
        up = self.market.up[rows] == 1
        right = (self.predictions.loc[before, "p_up"].to_numpy() >= 0.5) == up
        low, high = wilson(int(right.sum()), len(right))
        jumps = self.market.abrupt[rows]
        rate = float((jumps[jumps >= 0] == 1).mean()) if (jumps >= 0).any() else None
        return Record(len(right), float(right.mean()), low, high, float(up.mean()), before[0], before[-1], rate)

    def _recent(self, session: pd.Timestamp) -> list[AbruptPoint]:
        i = int(self.market.sessions.searchsorted(session))
        return recent(self.market, min(i, len(self.market.sessions) - 1), self.settings.abrupt.threshold, n=SHOWN)

    def _similar(self, session: pd.Timestamp) -> Iterator[SimilarRow]:
        """The earlier sessions most like this one by events, with what happened then."""
        for alike in self.likeness.of(session):
            i = self.market.sessions.get_indexer(pd.DatetimeIndex([alike.session]))[0]
            d, c = (None, None) if i < 0 else (_real(self.market.d[i]), _real(self.market.c[i]))
            yield SimilarRow(alike.session, alike.cosine, alike.shared, d, c, None if c is None else bool(self.market.abrupt[i]))

    def _gaps(self, session: pd.Timestamp) -> Iterator[str]:
        yield from degradations(self.lake, session)
        yield from news_gaps(self.past, session, self._span)
        yield from price_gaps(self.market, self.price_rows, session, self.settings)

    def _provenance(self, session: pd.Timestamp, forecast: dict[str, Any]) -> Provenance:
        return Provenance(
            model_id=self.model_id,
            family=self.model["family"],
            config_hash=self.model["config_hash"],
            code_version=__version__,
            command=f"kdtcn explain {session:%Y-%m-%d} --model {self.model_id} --config {self.config_path}",
            trained_until=f"{self.model['trained_until']:%Y-%m-%d}",
            graph_version=self.sight.graph.version,
            extractor=self.sight.extractor,
            method=self.settings.explain.method,
            seed=int(self.model["seed"]),
            data_versions=json.loads(forecast["data_versions"]),
        )


def _stability(seeds: pd.DataFrame) -> Stability | None:
    """How alike the seeds order the events of one session; None where there is one seed, or too few events."""
    table = seeds.pivot_table(index="event_id", columns="model_id", values="effect").dropna()
    found = stability([table[name].to_numpy() for name in table.columns])
    return None if found is None else Stability(table.shape[1], found)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples, whose columns a type checker cannot know."""
    yield from frame.itertuples()


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _real(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
