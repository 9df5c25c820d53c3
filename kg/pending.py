"""The linking stage: link the arguments of every event that this linker has not linked on this graph yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.lake import Lake
from kdtcn.progress import track
from kdtcn.sessions import NEW_YORK
from kg.graph import Graph
from kg.linking import Link, Linker

ROLES = ("subject", "object")


def linker_id(threshold: float) -> str:
    """What stored links are known by: the linker's rules and the score below which a link is none."""
    return f"{Linker.name}-t{threshold:g}"


def unlinked(lake: Lake, graph: Graph, *, extractor: str, threshold: float) -> int:
    """How many of the extractor's events have not met this linker and graph yet."""
    mine = (ds.field("linker") == linker_id(threshold)) & (ds.field("graph_version") == graph.version)
    done = lake.read("links", columns=["event_id"], where=mine)["event_id"]
    events = lake.read("events", columns=["event_id"], where=ds.field("extractor") == extractor)["event_id"]
    return int((~events.isin(done)).sum())


def link_pending(
    lake: Lake, graph: Graph, *, threshold: float, months: Sequence[str] | None = None, folder: Path | None = None
) -> dict[str, int]:
    """Link what is new, a month at a time; a slot without entity is stored as such. Counts of events and links.

    `folder` keeps the index of names on disk, so that the next run opens it.
    """
    name = linker_id(threshold)
    within = None if months is None else ds.field("month").isin(list(months))
    events = lake.read(
        "events",
        columns=["event_id", "headline_id", "subject", "object", "subject_span", "object_span", "month", "available_at"],
        where=within,
    )
    mine = (ds.field("linker") == name) & (ds.field("graph_version") == graph.version)
    done = lake.read("links", columns=["event_id"], where=mine if within is None else mine & within)
    events = events[~events["event_id"].isin(done["event_id"])]
    counts = {"events": len(events), "links": 0}
    if events.empty:
        return counts
    linker = Linker(graph, threshold=threshold, folder=folder)
    heads = lake.read("headlines", columns=["headline_id", "text", "available_at"], where=within)
    heads = heads.assign(day=_days(heads["available_at"]))
    events = events.assign(day=_days(events["available_at"]))
    days = Days(linker, heads[heads["day"].isin(events["day"])])
    events = events.merge(heads[["headline_id", "text"]], on="headline_id").sort_values(["month", "event_id"], kind="stable")
    progress = track(events.itertuples(index=False), "linking entities", len(events))
    for rows in _months(progress, linker, days):
        found = pd.DataFrame(rows)
        lake.upsert("links", found.assign(linker=name, graph_version=graph.version))
        counts["links"] += int((found["entity_id"] != "").sum())
    return counts


def _days(moments: pd.Series) -> pd.Series:
    """The New York day on which a row became available; one of a date only is available when that date ends."""
    before = moments - pd.Timedelta(microseconds=1)
    return before.dt.tz_convert(NEW_YORK).dt.tz_localize(None).dt.normalize()


class Days:
    """Which entities the headlines of a day name beyond doubt, as far as they were out at a moment: never what came later."""

    def __init__(self, linker: Linker, heads: pd.DataFrame) -> None:
        self._named: dict[pd.Timestamp, list[tuple[pd.Timestamp, Counter[int]]]] = {}
        for key, of_day in heads.groupby("day"):
            day, so_far = pd.Timestamp(str(key)), Counter[int]()
            for at, together in of_day.groupby("available_at"):
                moment = pd.Timestamp(str(at))
                so_far = so_far + Counter(e for text in together["text"] for e in linker.sure(text, day))
                self._named.setdefault(day, []).append((moment, so_far))
        self._linker = linker

    def company(self, text: str, day: pd.Timestamp, moment: pd.Timestamp) -> frozenset[int]:
        """The entities that other headlines of the day named by the moment."""
        out = [named for at, named in self._named.get(day, ()) if at <= moment]
        own = self._linker.sure(text, day)
        return frozenset(e for e, times in out[-1].items() if times > (e in own)) if out else frozenset()


def _months(events: Iterator[tuple], linker: Linker, days: Days) -> Iterator[list[dict[str, object]]]:
    month, rows = "", list[dict[str, object]]()
    for event in events:
        if event.month != month and rows:  # type: ignore[attr-defined]
            yield rows
            rows = []
        month = event.month  # type: ignore[attr-defined]
        company = days.company(event.text, event.day, event.available_at)  # type: ignore[attr-defined]
        for role in ROLES:
            rows.extend(_rows(event, role, linker, company))
    if rows:
        yield rows


def _rows(event: tuple, role: str, linker: Linker, company: frozenset[int]) -> Iterator[dict[str, object]]:
    text, span = getattr(event, role), getattr(event, f"{role}_span")
    common = {"event_id": event.event_id, "role": role, "month": event.month, "available_at": event.available_at}  # type: ignore[attr-defined]
    links = linker.link(text, day=event.day, context=event.text, company=company) if text else []  # type: ignore[attr-defined]
    for link in links:
        yield {
            **common,
            "span_start": place(span, link),
            "surface": link.surface,
            "entity_id": link.entity_id,
            "label": link.label,
            "score": link.score,
        }
    if not links:
        yield {**common, "span_start": -1, "surface": "", "entity_id": "", "label": "", "score": 0.0}


def place(span: str, link: Link) -> int:
    """Where a link's surface starts in the headline, from its place in the slot; -1 for a slot without span.

    A slot of several pieces reads as the pieces joined by one space.
    """
    offset = link.start
    for piece in filter(None, span.split(",")):
        start, end = map(int, piece.split(":"))
        if offset <= end - start:
            return start + offset
        offset -= end - start + 1
    return -1
