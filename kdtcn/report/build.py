"""Build the site of one configuration from what its lake holds."""

from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.evaluation.abrupt import abrupt_table
from kdtcn.evaluation.stored import stored_predictions
from kdtcn.evaluation.tables import table
from kdtcn.explain.abrupt import intervals, points
from kdtcn.features.market import Market, market
from kdtcn.lake import Lake
from kdtcn.report.assemble import Assembler
from kdtcn.report.site import write_site
from kdtcn.report.summary import DataSummary, Evaluation, RejectReason, SiteMeta, TableCount
from kdtcn.training.fold import Sight


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


def build_site(lake: Lake, settings: Settings, config_path: str, model_id: str, sessions: pd.DatetimeIndex | None = None) -> Path:
    """Write the site and return its index.

    With `sessions`, their pages are written anew and those of the site that stands there are kept; without, the site is
    made of all sessions that were explained by this model.
    """
    assembler = Assembler(lake, settings, Sight.of(lake, settings), model_id, config_path, sessions)
    wanted = pd.DatetimeIndex(assembler.effects["session"].unique()).sort_values() if sessions is None else sessions
    pages = [assembler.page(session) for session in wanted]
    rows = stored_predictions(lake, settings)
    return write_site(
        settings.folder / "report",
        pages,
        None if rows.empty else Evaluation(table(rows), live=settings.training.live, abrupt=abrupt_table(rows)),
        data_summary(lake, settings, assembler.market),
        SiteMeta(
            title=f"KDTCN: {settings.title}",
            code_version=__version__,
            config_hash=settings.fingerprint(),
            command=f"kdtcn report build --config {config_path}",
            symbol=settings.title,
            synthetic=settings.report.synthetic,
            threshold=settings.abrupt.threshold,
            intervals=tuple(_test_intervals(assembler.market, settings)),
        ),
        keep=sessions is not None,
    )


def _test_intervals(prices: Market, settings: Settings) -> list:
    series = points(prices, settings.abrupt.threshold)
    start = pd.Timestamp(settings.evaluation.test_from)
    return intervals([point for point in series if point.session >= start])


def data_summary(lake: Lake, settings: Settings, prices: Market) -> DataSummary:
    """Tables with their rows and span, rejects by reason, sessions without prices or headlines."""
    tables = []
    for name, version in lake.versions().items():
        first = last = ""
        if name in ("prices", "headlines", "events", "predictions"):
            column = "session" if name in ("prices", "predictions") else "available_at"
            span = lake.read(name, columns=[column])[column]
            if len(span):
                first, last = f"{span.min():%Y-%m-%d}", f"{span.max():%Y-%m-%d}"
        tables.append(TableCount(name, lake.count(name), str(version), first, last))
    rejects = lake.read("rejects", columns=["source", "reason", "raw"])
    counted = rejects.groupby(["source", "reason"])["raw"].agg(["size", "first"]).reset_index()
    reasons = [RejectReason(source, reason, int(n), example[:120]) for source, reason, n, example in counted.to_numpy().tolist()]
    missing = prices.sessions[pd.isna(prices.closes)]
    gaps = tuple(f"{day:%Y-%m-%d}: no prices" for day in missing[:50])
    return DataSummary(rejects=tuple(reasons), tables=tuple(tables), gaps=gaps)
