"""What the pages about the whole site show, as plain data: the evaluation table, the data's counts, the site's own facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from kdtcn.explain.abrupt import Interval
from kdtcn.findings import Finding
from kdtcn.report.entities import Describe


@dataclass(frozen=True)
class Column:
    """How a column of the evaluation table is shown: kind is text, count, percent, points (signed percent) or number."""

    name: str
    title: str
    kind: str = "number"


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same P(up): their mean, the share of sessions that rose (95 % interval), how many."""

    said: float
    came: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Reliability:
    """How far P(up) can be taken at its word: ten equally filled bins; Brier score beside that of the base rate."""

    model: str
    bins: tuple[Bin, ...] = ()
    brier: float | None = None
    brier_base: float | None = None
    gap: float | None = None  # mean distance between said and came, weighted by n
    n: int = 0


@dataclass(frozen=True)
class LearningCurve:
    """One trained model: its losses an epoch (valid may be empty), the epoch that was kept, and what the curve says in words."""

    model_id: str
    family: str
    seed: int
    epochs: tuple[float, ...]
    train: tuple[float, ...]
    valid: tuple[float, ...] = ()
    best: int = 0
    words: str = ""
    parameters: int = 0


@dataclass(frozen=True)
class Audit:
    """What `kdtcn audit` last found, and when (ISO date)."""

    title: str
    command: str
    day: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Evaluation:
    """The evaluation table: `frame` with the columns model, subset, alignment, n, accuracy, low, high and any of `columns`.

    accuracy, low and high are fractions. Rows are shown in the order of the frame, one block an alignment and subset.
    `abrupt` is the table of P(abrupt), `abrupt_tests` what it is tested against: as `kdtcn.evaluation.abrupt` makes them.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    live: str = ""
    abrupt: pd.DataFrame | None = None
    abrupt_tests: pd.DataFrame | None = None
    reliability: Reliability | None = None
    curves: tuple[LearningCurve, ...] = ()
    audits: tuple[Audit, ...] = ()
    columns: tuple[Column, ...] = (
        Column("accuracy_std", "± over seeds", "percent"),
        Column("lift", "over reversal", "points"),
        Column("f1", "F1"),
        Column("mcc", "MCC"),
        Column("auc", "AUC"),
    )


@dataclass(frozen=True)
class SourceCount:
    """An import's counts; read = stored + known + rejected."""

    source: str
    read: int
    stored: int
    known: int
    rejected: int


@dataclass(frozen=True)
class RejectReason:
    source: str
    reason: str
    n: int
    example: str = ""


@dataclass(frozen=True)
class TableCount:
    """A table of the lake: rows, version, and the first and last day it covers (ISO dates or empty)."""

    table: str
    rows: int
    version: str
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class MonthCount:
    """What a month holds: sessions with a price, headlines, headlines that an extractor has read, events, events with an entity."""

    month: str
    prices: int
    headlines: int
    read: int
    events: int
    linked: int


@dataclass(frozen=True)
class StandingRow:
    """How a source stands: its rows, last session, sessions without any (ISO dates), rows that came late."""

    kind: str
    source: str
    rows: int
    last: str
    gaps: tuple[str, ...]
    late: int


@dataclass(frozen=True)
class DataSummary:
    sources: tuple[SourceCount, ...] = ()
    rejects: tuple[RejectReason, ...] = ()
    tables: tuple[TableCount, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    months: tuple[MonthCount, ...] = ()
    standings: tuple[StandingRow, ...] = ()


@dataclass(frozen=True)
class SiteMeta:
    """What every page of a site shares. `intervals` are the abrupt intervals of the whole period, with or without pages."""

    title: str
    code_version: str
    config_hash: str
    command: str
    symbol: str = "DJIA"
    synthetic: bool = False
    threshold: float = 0.02
    intervals: tuple[Interval, ...] = ()
    notes: tuple[str, ...] = field(default=())
    lake: Mapping[str, int] = field(default_factory=dict)  # version of every table when the site was written


@dataclass(frozen=True)
class Background:
    """What entity pages show beside the events: the index (closes by session) and what the graph knew of an entity on a day."""

    closes: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    describe: Describe | None = None
