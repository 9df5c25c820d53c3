"""Time and memory of nights on 8 years and on 1 year of the same lake, in one run: python benchmarks/nightly.py HOME [--nights 3].

HOME is that of a finished `kdtcn import djia` and `kdtcn run --config configs/djia.yaml`; it is only read. Two homes are made from
it through the lake's own verbs, one with all months and one with the last twelve; both have forgotten what came with the last
nights. Each night runs through the command line in a process of its own, Prefect's start included, the two homes by turns.
Headlines of the nights are extracted, linked, learnt from, forecast, explained and reported; nothing is trained.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from kdtcn.lake import Lake
from kdtcn.lake.schemas import TABLES
from kdtcn.sessions import calendar, decision_time, previous

LAST = "2016-07-01"  # the last session of the data set
CONFIG = "configs/djia.yaml"


def homes(source: Path, folder: Path, first_night: pd.Timestamp) -> dict[str, Path]:
    """A home of all months and one of the last twelve, as they were before the first of the nights."""
    whole = Lake(str(source / "lake"))
    made = {"8 years": None, "1 year": first_night - pd.DateOffset(years=1)}
    for name, start in made.items():
        home = folder / name.replace(" ", "-")
        copy = Lake(str(home / "lake"))
        for table in TABLES:
            rows = _before(table, whole.read(table), first_night)
            if start is not None and "month" in rows:
                rows = rows[rows["month"] >= f"{start:%Y-%m}"]
            elif start is not None and "session" in rows:
                rows = rows[rows["session"] >= start]
            if len(rows):
                copy.upsert(table, rows.drop(columns="ingested_at"))
        for part in ("index", "report", "cache"):
            if (source / part).is_dir():
                shutil.copytree(source / part, home / part)
    return {name: folder / name.replace(" ", "-") for name in made}


def _before(table: str, rows: pd.DataFrame, night: pd.Timestamp) -> pd.DataFrame:
    """Without what the nights are to make: forecasts, effects and labels from the first on, and what was read of their headlines."""
    if table in ("predictions", "effects"):
        return rows[rows["session"] < night]
    if table == "labels":
        return rows[rows["session"] < previous(night)]
    if table in ("extractions", "events", "links"):
        return rows[rows["available_at"] <= decision_time(previous(night))]
    return rows


def night(home: Path, session: pd.Timestamp) -> dict[str, float]:
    """One night; seconds of wall and processor, and the peak of memory of its largest process in MiB."""
    code = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)\n"
        "assert done.returncode == 0, done.stderr\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))\n"
    )
    command = [sys.executable, "-m", "kdtcn", "nightly", "--session", f"{session:%Y-%m-%d}", "--config", CONFIG]
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"} | {"KDTCN_HOME": str(home)}
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, *command], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    cpu, mib = json.loads(done.stdout)
    return {"seconds": time.monotonic() - began, "cpu": cpu, "mib": mib}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--nights", type=int, default=3)
    chosen = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = calendar().sessions
    end = int(known.get_loc(pd.Timestamp(LAST)))
    sessions = known[end - chosen.nights : end + 1]  # one more, whose first touch of a home is not counted
    with tempfile.TemporaryDirectory(prefix="kdtcn-nights-") as folder:
        places = homes(chosen.home, Path(folder), sessions[0])
        found: dict[str, list[dict[str, float]]] = {name: [] for name in places}
        for session in sessions:
            for name, home in places.items():
                found[name].append(night(home, session))
                print(f"{session:%Y-%m-%d} {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    middle = {
        name: {what: statistics.median(row[what] for row in rows[1:]) for what in ("seconds", "cpu", "mib")}
        for name, rows in found.items()
    }
    ratios = {
        f"{what}, 8 years to 1": round(middle["8 years"][what] / middle["1 year"][what], 3) for what in ("seconds", "cpu", "mib")
    }
    print(json.dumps({**{name: {k: round(v, 1) for k, v in row.items()} for name, row in middle.items()}, **ratios}, indent=1))


if __name__ == "__main__":
    main()
