"""The extraction stage: read every headline that this extractor has not read yet, month by month."""

import hashlib
from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.events.extractor import extract_texts, extractor_id
from kdtcn.events.pipeline import load
from kdtcn.events.tuples import EventTuple
from kdtcn.lake import Lake
from kdtcn.progress import track


def pending(lake: Lake, extractor: str, months: Sequence[str] | None = None) -> pd.DataFrame:
    """Headlines without a row in `extractions`, in order of month; columns headline_id, text, month, available_at."""
    where = None if months is None else ds.field("month").isin(list(months))
    heads = lake.read("headlines", columns=["headline_id", "text", "month", "available_at"], where=where)
    mine = ds.field("extractor") == extractor
    done = lake.read("extractions", columns=["headline_id"], where=mine if where is None else mine & where)
    return heads[~heads["headline_id"].isin(done["headline_id"])].sort_values(["month", "headline_id"], kind="stable")


def extract_pending(lake: Lake, settings: Settings, months: Sequence[str] | None = None) -> dict[str, int]:
    """Extract what is new and store it a month at a time, so that a killed run goes on where it was.

    Events are stored before the note that their headlines were read: a kill between the two repeats work, never loses it.
    """
    nlp = load(settings.nlp.model)
    extractor = extractor_id(nlp)
    heads = pending(lake, extractor, months)
    counts = {"headlines": len(heads), "events": 0}
    if heads.empty:
        return counts
    workers = settings.nlp.workers if len(heads) > 4 * settings.nlp.batch_size else 1  # a pool costs more than it saves on few
    found = extract_texts(heads["text"].tolist(), nlp, workers=workers, batch_size=settings.nlp.batch_size)
    progress = track(zip(heads.itertuples(index=False), found, strict=True), "extracting events", len(heads))
    for month, rows in _by_month(progress):
        events = pd.DataFrame([_row(head, event, extractor) for head, tuples in rows for event in tuples])
        if len(events):
            counts["events"] += lake.upsert("events", events).stored
        read = [
            {
                "headline_id": h.headline_id,
                "extractor": extractor,
                "n_events": len(tuples),
                "month": month,
                "available_at": h.available_at,
            }
            for h, tuples in rows
        ]
        lake.upsert("extractions", pd.DataFrame(read))
    return counts


def _by_month(progress: Iterator[tuple]) -> Iterator[tuple[str, list[tuple]]]:
    month, rows = "", list[tuple]()
    for head, (tuples, _mentions) in progress:
        if head.month != month and rows:
            yield month, rows
            rows = []
        month = head.month
        rows.append((head, tuples))
    if rows:
        yield month, rows


def _row(head: tuple, event: EventTuple, extractor: str) -> dict[str, object]:
    spans = f"{event.subject_span}|{event.predicate_span}|{event.object_span}"
    key = f"{head.headline_id}|{spans}|{extractor}"  # type: ignore[attr-defined]
    return {
        "event_id": hashlib.sha256(key.encode()).hexdigest()[:20],
        "headline_id": head.headline_id,  # type: ignore[attr-defined]
        "extractor": extractor,
        **{
            name: getattr(event, name)
            for name in (
                "subject",
                "predicate",
                "object",
                "subject_span",
                "predicate_span",
                "object_span",
                "lemma",
                "event_type",
                "negated",
                "modality",
                "speaker",
                "rule",
                "confidence",
            )
        },
        "month": head.month,  # type: ignore[attr-defined]
        "available_at": head.available_at,  # type: ignore[attr-defined]
    }
