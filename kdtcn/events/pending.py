"""The extraction stage: read every headline that this extractor has not read yet, in order of month."""

import hashlib
from collections.abc import Sequence

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.events.cache import open_cache, read_through
from kdtcn.events.extractor import extractor_id
from kdtcn.events.pipeline import load
from kdtcn.events.reading import reader
from kdtcn.events.tuples import EventTuple
from kdtcn.lake import Lake
from kdtcn.progress import track

# Headlines read, stored and noted at a time: what a kill repeats, and what memory holds.
CHUNK = 4_096


def pending(lake: Lake, extractor: str, months: Sequence[str] | None = None) -> pd.DataFrame:
    """Headlines without a row in `extractions`, in order of month; columns headline_id, month."""
    where = None if months is None else ds.field("month").isin(list(months))
    heads = lake.read("headlines", columns=["headline_id", "month"], where=where)
    mine = ds.field("extractor") == extractor
    done = lake.read("extractions", columns=["headline_id"], where=mine if where is None else mine & where)
    return heads[~heads["headline_id"].isin(done["headline_id"])].sort_values(["month", "headline_id"], kind="stable")


def extract_pending(lake: Lake, settings: Settings, months: Sequence[str] | None = None) -> dict[str, int]:
    """Extract what is new and store it in chunks, so that a killed run goes on where it was.

    A text that this extractor has read before, on another day or for another lake of this home, is looked up. Events are stored before the
    note that their headlines were read: a kill between the two repeats work, never loses it.
    """
    nlp = load(settings.nlp.model)
    extractor = extractor_id(nlp)
    heads = pending(lake, extractor, months)
    counts = {"headlines": len(heads), "events": 0}
    if heads.empty:
        return counts
    with (
        open_cache(settings.folder / "cache", extractor) as cache,
        reader(nlp, workers=settings.nlp.workers, batch_size=settings.nlp.batch_size, dask=settings.nlp.dask) as read,
    ):
        chunks = (_texts(lake, heads.iloc[at : at + CHUNK]) for at in range(0, len(heads), CHUNK))
        done = read_through(((chunk, chunk["text"].tolist()) for chunk in chunks), cache, read)
        for chunk, found in track(done, "extracting events", len(heads), weigh=lambda pair: len(pair[0])):
            rows = list(zip(chunk.itertuples(index=False), found, strict=True))
            events = pd.DataFrame([_row(head, event, extractor) for head, tuples in rows for event in tuples])
            if len(events):
                counts["events"] += lake.upsert("events", events).stored
            lake.upsert("extractions", pd.DataFrame([_note(head, len(tuples), extractor) for head, tuples in rows]))
    return counts


def _texts(lake: Lake, heads: pd.DataFrame) -> pd.DataFrame:
    """The chunk's headlines with text and time, in its order."""
    where = ds.field("month").isin(heads["month"].unique().tolist()) & ds.field("headline_id").isin(heads["headline_id"].tolist())
    stored = lake.read("headlines", columns=["headline_id", "text", "month", "available_at"], where=where)
    return stored.sort_values(["month", "headline_id"], kind="stable")


def _note(head: tuple, n_events: int, extractor: str) -> dict[str, object]:
    return {
        "headline_id": head.headline_id,  # type: ignore[attr-defined]
        "extractor": extractor,
        "n_events": n_events,
        "month": head.month,  # type: ignore[attr-defined]
        "available_at": head.available_at,  # type: ignore[attr-defined]
    }


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
