"""Score a pipeline on held-out text and on speed: python nlp/evaluate.py --data DIR [--model PATH] [--texts FILE.csv --column News] [--out FILE]"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from pathlib import Path

import spacy
from spacy.training import Example

sys.path.insert(0, str(Path(__file__).parent))

from score import score_treebank
from treebank import entity_doc, read_all_entities, read_conllu

from kdtcn.events.extractor import extract, extract_texts
from kdtcn.events.pipeline import SHIPPED


def entity_scores(nlp: spacy.language.Language, data: Path) -> dict[str, float]:
    """F1 over entities of the held-out sentences, all kinds and each."""
    _, held = read_all_entities(data / "ner")
    docs = [entity_doc(nlp.vocab, s.tokens) for s in held]
    examples = [Example(predicted, doc) for predicted, doc in zip(nlp.pipe([d.text for d in docs]), docs, strict=True)]
    scores = nlp.get_pipe("ner").score(examples)
    return {"all": round(100 * scores["ents_f"], 2)} | {k: round(100 * v["f"], 2) for k, v in scores["ents_per_type"].items()}


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
    folder = args.data / "treebank" / "ud_ewt"
    scores: dict[str, object] = {
        part: score_treebank(nlp, read_conllu(folder / f"en_ewt-ud-{part}.conllu")) for part in ("dev", "test")
    }
    if nlp.has_pipe("ner"):
        scores["entities"] = entity_scores(nlp, args.data)
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
