"""What the data page shows, read from the lake: coverage by month, how each source stands, refused rows, tables."""

import pandas as pd

from kdtcn.config import Settings
from kdtcn.features.market import Market
from kdtcn.lake import Lake
from kdtcn.lake.query import connect
from kdtcn.report.summary import DataSummary, MonthCount, RejectReason, StandingRow, TableCount
from kdtcn.sources.standing import standings
from kdtcn.training.fold import Sight

GAPS = 50  # days without prices that are named
_SPANS = {"prices": "session", "headlines": "available_at", "events": "available_at", "predictions": "session"}


def data_summary(lake: Lake, settings: Settings, sight: Sight, prices: Market) -> DataSummary:
    """Coverage by month, standing of each source, rejects by reason, tables with their rows and span, missing prices."""
    tables = []
    for name, version in lake.versions().items():
        first = last = ""
        if name in _SPANS:
            span = lake.read(name, columns=[_SPANS[name]])[_SPANS[name]]
            if len(span):
                first, last = f"{span.min():%Y-%m-%d}", f"{span.max():%Y-%m-%d}"
        tables.append(TableCount(name, lake.count(name), str(version), first, last))
    rejects = lake.read("rejects", columns=["source", "reason", "raw"])
    counted = rejects.groupby(["source", "reason"])["raw"].agg(["size", "first"]).reset_index()
    counted = counted.sort_values(["source", "size"], ascending=[True, False], kind="stable")
    reasons = [RejectReason(source, reason, int(n), example[:120]) for source, reason, n, example in counted.to_numpy().tolist()]
    missing = prices.sessions[pd.isna(prices.closes)]
    gaps = [f"{day:%Y-%m-%d}: no prices" for day in missing[:GAPS]]
    if len(missing) > GAPS:
        gaps.append(f"and {len(missing) - GAPS} more sessions without prices")
    standing = tuple(
        StandingRow(s.kind, s.source, s.rows, f"{s.last_session:%Y-%m-%d}" if s.last_session is not None else "", tuple(f"{d:%Y-%m-%d}" for d in s.gaps), s.late)
        for s in standings(lake, settings.decision.at)
    )  # fmt: skip
    return DataSummary(
        rejects=tuple(reasons), tables=tuple(tables), months=months(lake, sight, prices), standings=standing, gaps=tuple(gaps)
    )


def months(lake: Lake, sight: Sight, prices: Market) -> tuple[MonthCount, ...]:
    """Every month from the first that holds anything to the last, also those that hold nothing.

    Events are those of the extractor that the site shows; linked are events of which a slot names an entity of its graph.
    """
    priced = prices.sessions[~pd.isna(prices.closes)].strftime("%Y-%m").value_counts()
    connection = connect(lake)
    try:
        heads = connection.sql("SELECT month, count(*) n FROM headlines GROUP BY month").df()
        read = connection.execute(
            "SELECT month, count(*) n FROM extractions WHERE extractor = ? GROUP BY month", [sight.extractor]
        ).df()
        events = connection.execute(
            "SELECT month, count(*) n FROM events WHERE extractor = ? GROUP BY month", [sight.extractor]
        ).df()
        linked = connection.execute(
            "SELECT l.month, count(DISTINCT l.event_id) n FROM links l JOIN events e ON e.event_id = l.event_id AND e.month = l.month"
            " WHERE e.extractor = ? AND l.linker = ? AND l.graph_version = ? AND l.entity_id <> '' GROUP BY l.month",
            [sight.extractor, sight.linker, sight.graph.version],
        ).df()
    finally:
        connection.close()
    counts = [priced, *(frame.set_index("month")["n"] for frame in (heads, read, events, linked))]
    known = sorted({str(month) for part in counts for month in part.index})
    if not known:
        return ()
    every = pd.period_range(known[0], known[-1], freq="M").strftime("%Y-%m")
    return tuple(MonthCount(month, *(int(part.get(month, 0)) for part in counts)) for month in every)
