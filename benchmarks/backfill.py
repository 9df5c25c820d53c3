"""What the stages of a backfill cost per million headlines, and what a second worker or a Dask cluster brings.

    python benchmarks/backfill.py RedditNews.csv [--column News] [--headlines N]

All in one run, each step in a fresh process: headlines are stored, extracted by one process, by two, and by a Dask cluster of two
worker processes (in turn, best of --rounds), then linked. Rates are by the clock and only their ratio says something on a
busy machine; costs are processor seconds. Exit code 1 when two workers are less than 1.6 times as fast as one, or when the rows differ.
"""

import argparse
import csv
import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from events import cpu, frame

WANTED = 1.6
MILLION = 1_000_000


def extract(lake: Path, home: Path, workers: int, dask: str) -> dict[str, float]:
    from kdtcn.config import Settings
    from kdtcn.events.pending import extract_pending
    from kdtcn.lake import Lake

    return dict(extract_pending(Lake(str(lake)), Settings(home=home, nlp={"workers": workers, "dask": dask})))


def link(lake: Path, home: Path) -> dict[str, float]:
    from kdtcn.lake import Lake
    from kg import build, load
    from kg.pending import link_pending

    store = Lake(str(lake))
    build(store)
    return dict(link_pending(store, load(store), threshold=0.5, folder=home / "index"))


def store_graph(lake: Path, facts: int) -> None:
    """A graph of made-up facts, a quarter as many entities, stored as `kg build` stores one."""
    import numpy as np
    import pandas as pd

    from kdtcn.lake import Lake
    from kg import load_seed
    from kg.store import ALWAYS, fact_ids

    draw, n = np.random.default_rng(0), facts // 4
    ids = pd.Series([f"kd:b{i:012d}" for i in range(n)])
    entities = load_seed().entities.iloc[:1].drop(columns="id").merge(ids.rename("entity_id"), how="cross")
    entities["label"] = "Entity " + entities["entity_id"]
    table = pd.DataFrame(
        {
            "head": ids.to_numpy()[draw.integers(0, n, facts)],
            "relation": draw.choice(load_seed().facts["relation"].unique(), facts),
            "tail": ids.to_numpy()[draw.integers(0, n, facts)],
            "valid_from": pd.Timestamp("1990-01-01") + pd.to_timedelta(draw.integers(0, 9000, facts), unit="D"),
            "source": "benchmark",
        }
    )
    table["fact_id"] = fact_ids(table)
    store = Lake(str(lake))
    store.replace("entities", entities.assign(available_at=ALWAYS))
    store.replace("facts", table.drop_duplicates("fact_id").assign(available_at=ALWAYS))


def graph(lake: Path) -> dict[str, float]:
    """Load it and look at a day of it; MiB above what the process had before."""
    from kdtcn.lake import Lake
    from kg import load

    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, began = memory("VmRSS"), time.process_time()
    found = load(Lake(str(lake)))
    loaded = time.process_time() - began
    return {"facts": len(found.facts), "load": loaded, "above": memory("VmHWM") - before, "held": memory("VmRSS") - before}


def memory(name: str) -> float:
    """MiB of this process, by the kernel's name for it."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def step(what: str, lake: Path, home: Path, workers: int, dask: str) -> dict[str, float]:
    """One step in this process: seconds by the clock and of the processors, and MiB at the peak of the largest process."""
    wall, used = time.perf_counter(), cpu()
    counts = {
        "extract": lambda: extract(lake, home, workers, dask),
        "link": lambda: link(lake, home),
        "graph": lambda: graph(lake),
    }[what]()
    wall = time.perf_counter() - wall
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    return {"wall": wall, "cpu": cpu() - used, "peak": peak, **counts}


def apart(what: str, lake: Path, home: Path, workers: int = 1, dask: str = "") -> dict[str, float]:
    command = [sys.executable, __file__, "-", "--step", what, str(lake), str(home), str(workers), dask]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def rows(lake: Path) -> str:
    """A hash of the tuples in order, without when they were stored."""
    from kdtcn.lake import Lake

    found = Lake(str(lake)).read("events").drop(columns="ingested_at")
    return hashlib.sha256(found.to_csv().encode()).hexdigest()


def size(*folders: Path) -> int:
    return sum(file.stat().st_size for folder in folders if folder.exists() for file in folder.rglob("*") if file.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--column", default="News")
    parser.add_argument("--headlines", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--facts", type=int, default=1_000_000, help="facts of the graph that is loaded; 0: none")
    parser.add_argument("--step", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        what, lake, home, workers, dask = given.step
        print(json.dumps(step(what, Path(lake), Path(home), int(workers), dask)))
        return 0
    from distributed import LocalCluster

    from kdtcn.lake import Lake

    with given.texts.open(encoding="utf-8", newline="") as file:
        texts = [row[given.column] for row in csv.DictReader(file)][: given.headlines]
    taken: dict[str, list[dict[str, float]]] = {"one": [], "two": [], "dask": []}
    found = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for turn in range(given.rounds):
            for way, workers in (("one", 1), ("two", 2), ("dask", 2)):
                lake, home = folder / f"{way}{turn}", folder / f"{way}{turn}-home"  # each with a cache of its own
                Lake(str(lake)).upsert("headlines", frame(texts))
                if way == "dask":
                    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
                        taken[way].append(apart("extract", lake, home, dask=cluster.scheduler_address))
                else:
                    taken[way].append(apart("extract", lake, home, workers))
                found.add(rows(lake))
                print(f"{way}: {len(texts) / taken[way][-1]['wall']:.0f} headlines/s by the clock", flush=True)
        lake, home = folder / "one0", folder / "one0-home"
        disk = {"headlines": size(lake / "headlines"), "extract": size(lake / "events", lake / "extractions", home / "cache")}
        linked = apart("link", lake, home)
        disk["link"] = size(lake / "links")
        if given.facts:
            store_graph(folder / "graph", given.facts)
            loaded = apart("graph", folder / "graph", folder)
            loaded["disk"] = size(folder / "graph")
    rate = {way: max(len(texts) / one["wall"] for one in runs) for way, runs in taken.items()}
    cheapest = min(taken["one"], key=lambda one: one["cpu"])
    scale = MILLION / len(texts)
    print(f"\n{len(texts):,} headlines, best of {given.rounds}; per million headlines:\n")
    print("| stage | core-minutes | peak MiB of a process | GiB on disk |\n|---|---|---|---|")
    print(f"| headlines as stored | | | {disk['headlines'] * scale / 2**30:.2f} |")
    for stage, cost in (("extract", cheapest), ("link", linked)):
        print(f"| {stage} | {cost['cpu'] * scale / 60:.0f} | {cost['peak']:.0f} | {disk[stage] * scale / 2**30:.2f} |")
    if given.facts:
        per = MILLION / loaded["facts"]
        print(
            f"\ngraph of {loaded['facts']:,.0f} facts; per million: {loaded['load'] * per:.0f} s of a processor to load, "
            f"{loaded['above'] * per:.0f} MiB while it loads, {loaded['held'] * per:.0f} MiB afterwards, {loaded['disk'] * per / 2**20:.0f} MiB on disk"
        )
    print(
        f"\nrate of two workers {rate['two'] / rate['one']:.2f} times that of one (aim: {WANTED}), "
        f"of a Dask cluster of two worker processes {rate['dask'] / rate['one']:.2f} times; "
        f"rows {'equal' if len(found) == 1 else 'DIFFER'}"
    )
    return int(rate["two"] < WANTED * rate["one"] or len(found) != 1)


if __name__ == "__main__":
    sys.exit(main())
