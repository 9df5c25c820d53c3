"""The site of a year: how long its pages take, how large they are, how soon one can be used.

The embedded world goes through the chain once (into --home, where it stays); then the last --pages sessions are explained and
their site is written anew, which is timed, and a page is opened in Chromium with a cold cache:

    python benchmarks/report.py --home /tmp/report-bench

Exit code 1 where 250 pages take more than 120 s, a page has more than 400 KB, a year (252 sessions) more than 60 MB, or a page is
not interactive within 1 s. Explaining is not timed: effects are stored, and the pages are made of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SECONDS, PAGE, YEAR, READY = 120.0, 400_000, 60e6, 1000.0
CONFIG = "configs/demo.yaml"


def prepare(home: Path, n: int) -> None:
    """The chain, and effects for the last n sessions; what is done is skipped."""
    from kdtcn.config import load
    from kdtcn.explain.pending import explain_pending
    from kdtcn.lake import Lake
    from kdtcn.training.fold import Sight
    from kdtcn.training.forecast import newest
    from kdtcn.training.store import live_model

    if not (home / "report" / "index.html").is_file():
        subprocess.run(
            [sys.executable, "-m", "kdtcn", "run", "--config", CONFIG], env={**os.environ, "KDTCN_HOME": str(home)}, check=True
        )
    settings = load(Path(CONFIG), [f"home={home}"])
    lake = Lake(settings.lake_url)
    model = live_model(lake)
    sessions = newest(lake, model).set_index("session").index.sort_values()[-n:]
    explain_pending(lake, settings, Sight.of(lake, settings), model, sessions)


def write(home: Path) -> tuple[float, Path]:
    """Seconds to write the whole site anew, in a process of its own as `kdtcn report build` is."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "kdtcn", "report", "build", "--config", CONFIG],
        env={**os.environ, "KDTCN_HOME": str(home)},
        check=True,
    )
    return time.perf_counter() - start, home / "report"


def ready(page: Path, runs: int = 5) -> float:
    """Median milliseconds until a page from disk is interactive, each in a browser context of its own: nothing is cached."""
    from playwright.sync_api import sync_playwright

    from kdtcn.report import chromium

    found = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium.find() or None, args=["--no-sandbox", "--disable-background-networking"]
        )
        for _ in range(runs + 1):
            context = browser.new_context()
            tab = context.new_page()
            tab.goto(page.as_uri(), wait_until="load")
            found.append(tab.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
            context.close()
        browser.close()
    return statistics.median(found[1:])  # the first starts the renderer


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--home", type=Path, required=True, help="folder for the world's lake and site")
    asked.add_argument("--pages", type=int, default=250)
    given = asked.parse_args()
    prepare(given.home, given.pages)
    seconds, site = write(given.home)
    pages = sorted((site / "sessions").glob("*.html"), key=lambda path: path.stat().st_size)
    whole = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    sessions = sum(path.stat().st_size for path in (site / "sessions").iterdir())
    n = len(pages)
    result = {
        "pages": n,
        "seconds": round(seconds, 1),
        "pages a second": round(n / seconds, 2),
        "seconds for 250": round(seconds * 250 / n, 1),
        "largest page, bytes": pages[-1].stat().st_size,
        "median page, bytes": pages[n // 2].stat().st_size,
        "site, bytes": whole,
        "a year of 252, bytes": round(sessions * 252 / n + whole - sessions),
        "interactive, ms": round(ready(pages[-1])),
    }
    print(json.dumps(result, indent=1))
    if n < given.pages or n < 250:
        print(f"{n} pages: start-up weighs more than with 250, and entity pages less; judge by --pages 250", file=sys.stderr)
    held = (
        result["seconds for 250"] <= SECONDS
        and result["largest page, bytes"] <= PAGE
        and result["a year of 252, bytes"] <= YEAR
        and result["interactive, ms"] <= READY
    )
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
