"""What the pages about the whole site show, as plain data: the evaluation table, the data's counts, the site's own facts."""

from dataclasses import dataclass, field

import pandas as pd

from kdtcn.explain.abrupt import Interval


@dataclass(frozen=True)
class Column:
    """How a column of the evaluation table is shown: kind is text, count, percent, points (signed percent) or number."""

    name: str
    title: str
    kind: str = "number"


@dataclass(frozen=True)
class Evaluation:
    """The evaluation table: `frame` with the columns model, subset, alignment, n, accuracy, low, high and any of `columns`.

    accuracy, low and high are fractions. Rows are shown in the order of the frame, one block an alignment and subset.
    `abrupt` is the table of P(abrupt): model, alignment, n, rate, auc, log_loss, base_log_loss, skill.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    live: str = ""
    abrupt: pd.DataFrame | None = None
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
class DataSummary:
    sources: tuple[SourceCount, ...] = ()
    rejects: tuple[RejectReason, ...] = ()
    tables: tuple[TableCount, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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
