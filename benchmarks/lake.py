"""What adding one day costs in a lake of 10,000 headlines and in one of 1,000,000.

Both lakes come from the same source, 400 headlines a day, once imported at one go and once grown night by night, a commit
each. A day is then added in a fresh process, small and large lake in turn, and the medians are compared:

    python benchmarks/lake.py

Exit code 1 when time or peak memory of the large lake exceed twice those of the small one.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

A_DAY = 400
FIRST = datetime(2008, 1, 1, tzinfo=UTC)
LIMIT = 2.0


def records(day: int) -> Iterator:
    from kdtcn.sources.base import Record

    moment = FIRST + timedelta(days=day)
    for i in range(A_DAY):
        text = f"Ministers of country {i % 190} meet on day {day} to talk about matter {i}"
        yield Record(moment, moment, "bench", moment.date(), text, f"http://example.org/{day}/{i}")


def build(url: str, days: int, *, grown: bool) -> None:
    from kdtcn.lake import Lake
    from kdtcn.sources.store import store_news

    lake, now = Lake(url), datetime.now(UTC)
    if grown:
        for day in range(days):
            store_news(lake, records(day), now)
    else:
        store_news(lake, (record for day in range(days) for record in records(day)), now)


def add(url: str, day: int) -> dict[str, float]:
    """Add one day as a fetch does, in this process; seconds, and MiB at the peak."""
    from kdtcn.lake import Lake, Run
    from kdtcn.sources.store import store_news

    rows = list(records(day))
    wall, cpu = time.perf_counter(), time.process_time()
    lake = Lake(url)
    with Run(lake, f"fetch {day}", "bench") as run:
        run.rows["headlines"] = store_news(lake, rows, datetime.now(UTC)).stored
    assert run.rows["headlines"] == A_DAY
    used = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    return {**used, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def compare(folder: Path, small: int, large: int, rounds: int, *, grown: bool) -> dict[str, float]:
    lakes = {rows: str(folder / f"{'grown' if grown else 'imported'}-{rows}") for rows in (small, large)}
    for rows, url in lakes.items():
        subprocess.run(
            [sys.executable, __file__, "--build", url, str(rows // A_DAY), *(["--grown"] if grown else [])], check=True
        )
    taken: dict[int, list[dict[str, float]]] = {small: [], large: []}
    for turn in range(rounds):
        for rows, url in lakes.items():
            command = [sys.executable, __file__, "--add", url, str(rows // A_DAY + turn)]
            taken[rows].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    ratios = {}
    print(f"\nlake {'grown night by night' if grown else 'imported at one go'}; medians of {rounds} days added")
    for name in ("wall_s", "cpu_s", "peak_mib"):
        few, many = (statistics.median(one[name] for one in taken[rows]) for rows in (small, large))
        ratios[name] = many / few
        print(
            f"  {name:8}  {small:,} headlines {few:8.3f}   {large:,} headlines {many:8.3f}   ratio {many / few:.2f}", flush=True
        )
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    for hidden in ("--build", "--add"):
        parser.add_argument(hidden, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--grown", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        build(given.build[0], int(given.build[1]), grown=given.grown)
    elif given.add:
        print(json.dumps(add(given.add[0], int(given.add[1]))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            ratios = [compare(Path(folder), given.small, given.large, given.rounds, grown=grown) for grown in (False, True)]
        return int(any(value > LIMIT for ratio in ratios for value in ratio.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
