"""Speed of the extraction stage: python benchmarks/events.py RedditNews.csv [--column News] [--headlines N] [--workers 2]

All in one run, so that the ratios hold on a busy machine too: the bare pipeline (`nlp.pipe` in as many processes, documents thrown away)
against headlines stored as tuples, in CPU seconds of all processes and by the wall clock; a second run over the same lake, and over a fresh
lake beside the same cache; peak memory at a seventh of the headlines and at all. Last, the slowest of a set of hostile texts.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from kdtcn.config import Settings
from kdtcn.events.cleaning import prepare
from kdtcn.events.pending import extract_pending
from kdtcn.events.pipeline import load
from kdtcn.events.reading import extract_texts
from kdtcn.lake import Lake

BATCH = 256
HOSTILE = [
    "a" * 10_000, "- " * 5_000, '"' * 10_000, "“" * 10_000, "(" * 10_000, "the " * 2_500, "and, " * 2_000, "\n" * 10_000, "🔥" * 10_000,
    "؟" * 10_000, "!?.," * 2_500, "a-" * 5_000, "$1 " * 3_000, "'s " * 3_000, "X says " * 1_500, "killed by " * 1_000, "U.S. " * 2_000,
    "who killed the man who " * 400, "e\u0301" * 5_000, "\u202e" * 10_000, "\x00" * 10_000, "&amp;" * 2_000, "[a] " * 2_500, "a | b " * 1_600,
]  # fmt: skip


def frame(texts: list[str]) -> pd.DataFrame:
    """Headlines spread over months as an archive has them, about 800 in each."""
    at = pd.Timestamp("2008-06-01", tz="UTC") + pd.to_timedelta([i // 27 for i in range(len(texts))], unit="D")
    return pd.DataFrame(
        {
            "headline_id": [f"{i:08d}" for i in range(len(texts))],
            "published_at": at,
            "source": "benchmark",
            "text": texts,
            "url": "",
            "month": at.strftime("%Y-%m"),
            "available_at": at,
        }
    )


def cpu() -> float:
    """CPU seconds of this process and of those it has waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def pipe(texts: list[str]) -> int:
    """The bare pipeline over one share of the texts, in a process of its own."""
    return sum(1 for _ in load().pipe(texts, batch_size=BATCH))


def bare(texts: list[str], workers: int) -> dict[str, float]:
    ready = [prepare(text)[0] for text in texts]
    wall, used = time.perf_counter(), cpu()
    with ProcessPoolExecutor(workers) as pool:
        assert sum(pool.map(pipe, [ready[i::workers] for i in range(workers)])) == len(texts)
    return {"wall": time.perf_counter() - wall, "cpu": cpu() - used}


def stage(lake: Path, home: Path, workers: int) -> dict[str, float]:
    settings = Settings(home=home, lake={"url": str(lake)}, nlp={"workers": workers, "batch_size": BATCH})
    wall, used = time.perf_counter(), cpu()
    counts = extract_pending(Lake(str(lake)), settings)
    own, children = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"wall": time.perf_counter() - wall, "cpu": cpu() - used, "own MiB": own, "worker MiB": children, **counts}


def once(what: str, texts: Path, lake: Path, home: Path, workers: int) -> dict[str, float]:
    """One step in a fresh process, so that peaks and CPU seconds are its own."""
    command = [
        sys.executable,
        __file__,
        str(texts),
        "--step",
        what,
        "--lake",
        str(lake),
        "--home",
        str(home),
        "--workers",
        str(workers),
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def slowest() -> tuple[float, str]:
    """CPU seconds of the slowest hostile text of 10,000 characters, and the text's beginning."""
    nlp = load()
    list(extract_texts(["Police arrest banker"], nlp))
    took = []
    for text in HOSTILE:
        used = time.process_time()
        list(extract_texts([text[:10_000]], nlp))
        took.append((time.process_time() - used, text[:12]))
    return max(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--column", default="News")
    parser.add_argument("--headlines", type=int, default=0, help="the first N only; default all")
    parser.add_argument("--workers", type=int, default=2)
    for hidden in ("--step", "--lake", "--home"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        texts = json.loads(args.texts.read_text())
        print(
            json.dumps(
                bare(texts, args.workers) if args.step == "bare" else stage(Path(args.lake), Path(args.home), args.workers)
            )
        )
        return
    with args.texts.open(encoding="utf-8", newline="") as file:
        texts = [row[args.column] for row in csv.DictReader(file)]
    texts = texts[: args.headlines or None]
    few = len(texts) // 7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps(texts))
        for lake, some in (("few", texts[:few]), ("all", texts), ("fresh", texts)):
            Lake(str(folder / lake)).upsert("headlines", frame(some))

        def step(what: str, lake: str = "all", home: str = "home") -> dict[str, float]:
            return once(what, folder / "texts.json", folder / lake, folder / home, args.workers)

        alone, small, first = step("bare"), step("stage", "few", "other"), step("stage")
        second, fresh = step("stage"), step("stage", "fresh")
        cache = sum(f.stat().st_size for f in (folder / "home" / "cache").iterdir()) / 2**20
    seconds, text = slowest()
    print(
        f"{len(texts)} headlines, {first['events']} tuples, {args.workers} workers\n"
        f"bare nlp.pipe {alone['cpu']:.0f} CPU s, {alone['wall']:.0f} s; stored as tuples {first['cpu']:.0f} CPU s, {first['wall']:.0f} s: "
        f"overhead {first['cpu'] / alone['cpu'] - 1:.1%} CPU, {first['wall'] / alone['wall'] - 1:.1%} by the clock (aim: at most 30 %)\n"
        f"{len(texts) / first['wall']:.0f} headlines/s by the clock (aim: 600 on an idle machine)\n"
        f"second run {second['wall'] / first['wall']:.2%} of the first by the clock, {second['cpu'] / first['cpu']:.2%} of its CPU "
        f"(aim: under 5 %); a fresh lake beside the same cache {fresh['wall'] / first['wall']:.1%}, cache {cache:.0f} MiB\n"
        f"peak memory at {few} / {len(texts)} headlines: {small['own MiB']:.0f} / {first['own MiB']:.0f} MiB, "
        f"a worker {small['worker MiB']:.0f} / {first['worker MiB']:.0f} MiB\n"
        f"slowest hostile text of 10,000 characters: {seconds:.2f} CPU s ({text!r}...; aim: under 1)"
    )


if __name__ == "__main__":
    main()
