"""Every table of the lake: its columns, its key, how it is partitioned, and whether a stored row may change."""

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 1
UTC = pa.timestamp("us", tz="UTC")
DAY = pa.date32()
TEXT = pa.string()
REAL = pa.float64()
WHOLE = pa.int64()
FLAG = pa.bool_()


@dataclass(frozen=True)
class Table:
    """A table's shape. An append-only row is never rewritten: the first write of its key stands."""

    name: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, pa.DataType], ...]
    append_only: bool = True
    partition: tuple[str, ...] = ()
    dated: bool = True  # whether rows carry available_at

    @property
    def schema(self) -> pa.Schema:
        """Key columns are never null; every row says when it was got, all but runs when it could be known."""
        fields = [pa.field(name, kind, nullable=name not in self.key) for name, kind in self.columns]
        if self.dated and "available_at" not in dict(self.columns):
            fields.append(pa.field("available_at", UTC, nullable=False))
        return pa.schema([*fields, pa.field("ingested_at", UTC, nullable=False)])


def _table(name: str, key: str, columns: dict[str, pa.DataType], **kind: object) -> Table:
    return Table(name, tuple(key.split()), tuple(columns.items()), **kind)  # type: ignore[arg-type]


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "prices",
            "symbol session source available_at",
            {
                "symbol": TEXT,
                "session": DAY,
                "source": TEXT,
                "available_at": UTC,
                "open": REAL,
                "high": REAL,
                "low": REAL,
                "close": REAL,
                "adj_close": REAL,
                "volume": REAL,
            },
        ),
        _table(
            "headlines",
            "headline_id",
            {"headline_id": TEXT, "published_at": UTC, "source": TEXT, "text": TEXT, "url": TEXT, "month": TEXT},
            partition=("month",),
        ),
        _table(
            "headline_scores",
            "headline_id seen_at",
            {"headline_id": TEXT, "seen_at": UTC, "rank": WHOLE, "votes": WHOLE, "month": TEXT},
            partition=("month",),
        ),
        _table("rejects", "reject_id", {"reject_id": TEXT, "source": TEXT, "raw": TEXT, "reason": TEXT}),
        # which headlines an extractor has read: a headline without event leaves no row in `events`
        _table(
            "extractions",
            "headline_id extractor",
            {"headline_id": TEXT, "extractor": TEXT, "n_events": WHOLE, "month": TEXT},
            partition=("month",),
        ),
        _table(
            "events",
            "event_id",
            {
                "event_id": TEXT,
                "headline_id": TEXT,
                "extractor": TEXT,
                "subject": TEXT,
                "predicate": TEXT,
                "object": TEXT,
                "subject_span": TEXT,
                "predicate_span": TEXT,
                "object_span": TEXT,
                "lemma": TEXT,
                "event_type": TEXT,
                "negated": FLAG,
                "modality": TEXT,
                "speaker": TEXT,
                "rule": TEXT,
                "confidence": REAL,
                "month": TEXT,
            },
            partition=("month",),
        ),
        # a slot without entity is a row with an empty entity_id, so that "none" is told from "not linked yet"
        _table(
            "links",
            "event_id role span_start entity_id linker graph_version",
            {
                "event_id": TEXT,
                "role": TEXT,
                "span_start": WHOLE,
                "linker": TEXT,
                "graph_version": TEXT,
                "surface": TEXT,
                "entity_id": TEXT,
                "label": TEXT,
                "score": REAL,
                "month": TEXT,
            },
            partition=("month",),
        ),
        _table(
            "entities",
            "entity_id",
            {"entity_id": TEXT, "label": TEXT, "aliases": TEXT, "description": TEXT, "types": TEXT, "source": TEXT},
            append_only=False,
        ),
        _table(
            "same_as", "entity_id scheme external_id", {"entity_id": TEXT, "scheme": TEXT, "external_id": TEXT}, append_only=False
        ),
        _table(
            "facts",
            "fact_id",
            {"fact_id": TEXT, "head": TEXT, "relation": TEXT, "tail": TEXT, "valid_from": DAY, "valid_to": DAY, "source": TEXT},
            append_only=False,
        ),
        _table(
            "models",
            "model_id",
            {
                "model_id": TEXT,
                "family": TEXT,
                "config_hash": TEXT,
                "config": TEXT,
                "alignment": TEXT,
                "trained_until": DAY,
                "graph_cut": DAY,
                "seed": WHOLE,
                "weights": pa.binary(),
                "status": TEXT,
                "promoted_at": UTC,
            },
            append_only=False,
        ),
        _table("vectors", "entity_id model_id", {"entity_id": TEXT, "model_id": TEXT, "vector": pa.list_(pa.float32())}),
        _table(
            "predictions",
            "session model_id made_at",
            {
                "session": DAY,
                "model_id": TEXT,
                "made_at": UTC,
                "p_up": REAL,
                "p_abrupt": REAL,
                "logit_up": REAL,
                "logit_abrupt": REAL,
                "data_versions": TEXT,
            },
        ),
        _table(
            "labels",
            "session price_version",
            {"session": DAY, "price_version": WHOLE, "up": FLAG, "d": REAL, "c": REAL, "abrupt": FLAG},
        ),
        _table(
            "effects",
            "session model_id event_id method made_at",
            {
                "session": DAY,
                "model_id": TEXT,
                "event_id": TEXT,
                "method": TEXT,
                "made_at": UTC,
                "effect": REAL,
                "stderr": REAL,
                "placebo_low": REAL,
                "placebo_high": REAL,
                "popularity": WHOLE,
            },
        ),
        # each time that labels of a test period met forecasts which they had not met before
        _table(
            "openings",
            "alignment scored",
            {
                "alignment": TEXT,
                "scored": TEXT,
                "command": TEXT,
                "test_from": DAY,
                "test_until": DAY,
                "forecasts": WHOLE,
                "config_hash": TEXT,
                "code_version": TEXT,
            },
        ),
        # forecasts sealed before their time: each row holds the hash of the one before it
        _table(
            "ledger",
            "seq",
            {
                "seq": WHOLE,
                "session": DAY,
                "model_id": TEXT,
                "p_up": REAL,
                "p_abrupt": REAL,
                "decision_time": UTC,
                "sealed_at": UTC,
                "in_time": FLAG,
                "data_versions": TEXT,
                "previous": TEXT,
                "hash": TEXT,
            },
        ),
        _table(
            "runs",
            "run_id",
            {
                "run_id": TEXT,
                "command": TEXT,
                "config": TEXT,
                "versions": TEXT,
                "started": UTC,
                "ended": UTC,
                "status": TEXT,
                "row_counts": TEXT,
            },
            append_only=False,
            dated=False,
        ),
    )
}
