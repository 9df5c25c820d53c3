"""Figures of the last runs as a text file for Prometheus, written anew after every run, nightly and backfill.

HOME/metrics.prom is in the text exposition format; node_exporter's textfile collector reads it where it is told the folder.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kdtcn.config import Settings
from kdtcn.errors import LakeError
from kdtcn.lake import Lake
from kdtcn.lake.schemas import TABLES

FILE = "metrics.prom"

HELP = {
    "kdtcn_run_started_timestamp_seconds": "When the last run of a command started.",
    "kdtcn_run_duration_seconds": "How long the last run of a command that ended took.",
    "kdtcn_run_success": "Whether the last run of a command that ended was done (1) or failed (0).",
    "kdtcn_run_last_success_timestamp_seconds": "When the last run of a command that was done ended.",
    "kdtcn_run_rows": "Counts of the last run of a command that ended.",
    "kdtcn_table_rows": "Rows in a table of the lake.",
    "kdtcn_newest_price_timestamp_seconds": "Midnight (UTC) of the last session with a price.",
    "kdtcn_newest_headline_timestamp_seconds": "When the newest headline became available.",
    "kdtcn_forecast_session_timestamp_seconds": "Midnight (UTC) of the last session with a forecast.",
    "kdtcn_forecast_probability": "The newest forecast of that session.",
}

Sample = tuple[str, dict[str, str], float]


@contextmanager
def measured(lake: Lake, settings: Settings) -> Iterator[None]:
    """Write the figures when the block ends, however it ends; a lake or disk that fails hides no error of the block."""
    try:
        yield
    finally:
        with suppress(LakeError, OSError):
            write(lake, settings.folder)


def write(lake: Lake, folder: Path) -> Path:
    """Put the figures into `folder`, whole or not at all; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    temporary = target.with_name(f"{FILE}.{os.getpid()}")  # the collector reads *.prom only
    try:
        temporary.write_text(text(samples(lake)), encoding="utf-8")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def samples(lake: Lake) -> list[Sample]:
    """Name, labels and value of every figure."""
    found: list[Sample] = [("kdtcn_table_rows", {"table": name}, lake.count(name)) for name in TABLES]
    runs = lake.read("runs", columns=["command", "started", "ended", "status", "row_counts"]).sort_values("started")
    for command, rows in runs.groupby(runs["command"].map(lambda text: text.partition(" ")[0])):
        found += _of_command({"command": str(command)}, rows)
    for table, column, name in (
        ("prices", "session", "kdtcn_newest_price_timestamp_seconds"),
        ("headlines", "available_at", "kdtcn_newest_headline_timestamp_seconds"),
    ):
        newest = _newest(lake, table, column)
        if newest is not None:
            found.append((name, {}, _seconds(newest)))
    made = lake.read("predictions", columns=["session", "model_id", "made_at", "p_up", "p_abrupt"])
    if len(made):
        last = made.sort_values(["session", "made_at"]).iloc[-1]
        found.append(("kdtcn_forecast_session_timestamp_seconds", {}, _seconds(last["session"])))
        for what in ("p_up", "p_abrupt"):
            labels = {"model": str(last["model_id"]), "of": what.removeprefix("p_")}
            found.append(("kdtcn_forecast_probability", labels, float(last[what])))
    return found


def text(found: list[Sample]) -> str:
    """The exposition format: of each figure its help and type once, then its values."""
    lines = []
    for name, told in HELP.items():
        values = [(labels, value) for given, labels, value in found if given == name]
        if values:
            lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels(labels)} {value!r}" for labels, value in values]
    return "\n".join(lines) + "\n"


def _of_command(labels: dict[str, str], rows: pd.DataFrame) -> list[Sample]:
    found: list[Sample] = [("kdtcn_run_started_timestamp_seconds", labels, _seconds(rows["started"].iloc[-1]))]
    ended = rows[rows["ended"].notna()]
    if ended.empty:
        return found
    last = ended.iloc[-1]
    found.append(("kdtcn_run_duration_seconds", labels, (last["ended"] - last["started"]).total_seconds()))
    found.append(("kdtcn_run_success", labels, float(last["status"] == "done")))
    done = ended[ended["status"] == "done"]
    if len(done):
        found.append(("kdtcn_run_last_success_timestamp_seconds", labels, _seconds(done["ended"].iloc[-1])))
    for what, value in _counts(json.loads(last["row_counts"])):
        found.append(("kdtcn_run_rows", {**labels, "what": what}, value))
    return found


def _counts(told: dict) -> Iterator[tuple[str, float]]:
    """The numbers that a run noted, those of a backfill's stages among them."""
    for what, value in told.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield what, float(value)
    for row in told.get("stages", ()):
        for kind in ("done", "skipped"):
            yield f"{row['stage']} {row['what']} {kind}", float(row[kind])


def _newest(lake: Lake, table: str, column: str) -> pd.Timestamp | None:
    """The largest value of a column, from what the table's log says of each file: no row is read."""
    opened = lake.delta(table)
    if opened is None:
        return None
    files = pa.table(opened.get_add_actions(flatten=True))
    most = pc.max(files.column(f"max.{column}")).as_py() if f"max.{column}" in files.column_names else None
    return None if most is None else pd.Timestamp(most)


def _seconds(moment: pd.Timestamp) -> float:
    return moment.timestamp()


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    escaped = {name: value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, value in labels.items()}
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"
