"""The static site: a page a session, an index, the evaluation and the data. Rendering takes plain dataclasses, never the lake."""

from kdtcn.report.page import (
    ADVICE,
    EntityRef,
    EventRow,
    HeadlineRow,
    OlderRow,
    Outcome,
    Provenance,
    Record,
    SessionPage,
)
from kdtcn.report.site import write_site
from kdtcn.report.summary import Column, DataSummary, Evaluation, RejectReason, SiteMeta, SourceCount, TableCount

__all__ = [
    "ADVICE",
    "Column",
    "DataSummary",
    "EntityRef",
    "Evaluation",
    "EventRow",
    "HeadlineRow",
    "OlderRow",
    "Outcome",
    "Provenance",
    "Record",
    "RejectReason",
    "SessionPage",
    "SiteMeta",
    "SourceCount",
    "TableCount",
    "write_site",
]
