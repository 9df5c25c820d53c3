"""Score a pipeline on held-out text and on speed: python nlp/evaluate.py --data DIR [--model PATH] [--texts FILE.csv --column News] [--out FILE]"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from pathlib import Path

import spacy

sys.path.insert(0, str(Path(__file__).parent))

from score import score_all

from kdtcn.events.extractor import extract
from kdtcn.events.pipeline import SHIPPED
from kdtcn.events.reading import extract_texts


def speed(nlp: spacy.language.Language, texts: list[str], workers: int) -> dict[str, float]:
    """Headlines a second: bare pipeline, pipeline and rules in one process, and with `workers` processes from text to tuples."""
    started = time.process_time()
    docs = list(nlp.pipe(texts, batch_size=256))
    bare = time.process_time() - started
    started = time.process_time()
    events = sum(len(extract(doc)) for doc in docs)
    rules = time.process_time() - started
    started = time.perf_counter()
    for _ in extract_texts(texts, nlp, workers=workers):
        pass
    wall = time.perf_counter() - started
    return {"headlines": len(texts), "tuples": events, "bare_per_cpu_second": round(len(texts) / bare), "rules_overhead_percent": round(100 * rules / bare, 1),
            "workers": workers, "per_wall_second": round(len(texts) / wall)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default=SHIPPED)
    parser.add_argument("--texts", type=Path, help="a CSV file of headlines to time")
    parser.add_argument("--column", default="News")
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="where the scores go as JSON")
    args = parser.parse_args()
    nlp = spacy.load(args.model)
    scores: dict[str, object] = dict(score_all(nlp, args.data))
    if args.texts:
        with args.texts.open(encoding="utf-8", newline="") as file:
            rows = [row[args.column] for row in csv.DictReader(file)]
        scores["speed"] = speed(nlp, rows[:: max(1, len(rows) // args.limit)][: args.limit], args.workers)
    text = json.dumps(scores, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
