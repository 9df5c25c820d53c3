"""Time and memory of imports, each through the command line in a process of its own: python benchmarks/sources.py kaggle|dump|csv.

kaggle: the two news files and the prices of the Kaggle set (--data, default $KDTCN_SHARED_DATA/djia).
dump:   a month of submissions of Reddit that is generated here, --rows lines, --share of them of the subreddit that is imported.
csv:    a file of --gib GiB with a time on each row, generated here, read to its end by --dry-run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kdtcn.sources.archive import zstd

FIRST = 1464739200  # 1 June 2016
MONTH = 30 * 86400
WORDS = (
    "oil",
    "rates",
    "minister",
    "court",
    "vote",
    "trade",
    "border",
    "port",
    "strike",
    "union",
    "bank",
    "storm",
    "summit",
    "treaty",
    "fuel",
)


def measured(*command: str) -> dict[str, object]:
    """Run kdtcn; seconds of wall and processor time, and the peak of its memory in MiB."""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "kdtcn", *command], stdout=subprocess.PIPE, text=True, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": used.ru_maxrss // 1024,
        "result": json.loads(done.stdout),
    }


def headlines(rows: int) -> Iterator[tuple[int, str]]:
    """Times, in order over a month, and texts of which no two are alike."""
    dice = random.Random(1)
    for i in range(rows):
        yield FIRST + i * MONTH // rows, f"{' '.join(dice.choices(WORDS, k=9))} number {i}"


def write_dump(path: Path, rows: int, share: float, window: int) -> int:
    """A dump as the public ones are; bytes before packing."""
    dice, size = random.Random(2), 0
    options = {
        zstd.CompressionParameter.window_log: window,
        zstd.CompressionParameter.enable_long_distance_matching: int(window > 27),
    }
    with zstd.ZstdFile(path, "w", options=options) as sink:
        for moment, text in headlines(rows):
            post = {
                "id": f"{dice.getrandbits(36):x}", "subreddit": "worldnews" if dice.random() < share else "pics", "title": text,
                "created_utc": moment, "retrieved_on": moment + 40 * 86400, "score": dice.randrange(9000), "num_comments": dice.randrange(900),
                "url": f"https://example.org/{dice.getrandbits(64):x}", "author": f"user{dice.getrandbits(30):x}", "selftext": "",
                "over_18": False, "permalink": f"/r/worldnews/comments/{dice.getrandbits(36):x}/",
            }  # fmt: skip
            size += sink.write(json.dumps(post).encode() + b"\n")
    return size


def write_csv(path: Path, size: int) -> int:
    """Rows until the file is that large; how many."""
    written = rows = 0
    with path.open("w", encoding="utf-8", newline="") as sink:
        written += sink.write("time,title,url\n")
        for moment, text in headlines(1 << 40):
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + rows))
            written += sink.write(f'{stamp},"{text}, said ""{moment}""",https://example.org/{rows:040d}\n')
            rows += 1
            if written >= size:
                return rows
    raise AssertionError("unreachable")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("kaggle", "dump", "csv"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "djia")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--window", type=int, default=27, help="log2 of the window; the public dumps have 31")
    parser.add_argument("--gib", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        lake = ["--set", f"home={folder}/home", "--json"]
        facts: dict[str, object]
        if options.what == "kaggle":
            facts = measured("import", "djia", str(options.data), *lake)
        elif options.what == "dump":
            path = Path(folder) / "RS_2016-06.zst"
            size = write_dump(path, options.rows, options.share, options.window)
            facts = {"mib": size >> 20, "packed_mib": path.stat().st_size >> 20, "window": options.window}
            facts |= measured("import", "news", str(path), "--provider", "reddit-dump", *lake)
        else:
            path = Path(folder) / "headlines.csv"
            rows = write_csv(path, int(options.gib * (1 << 30)))
            facts = {"mib": path.stat().st_size >> 20, "rows": rows}
            facts |= measured("import", "news", str(path), "--option", "columns={date: time}", "--dry-run", *lake)
    print(json.dumps({"what": options.what, **facts}))


if __name__ == "__main__":
    main()
