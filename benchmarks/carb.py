"""Score the extractor on CaRB's development sentences: python benchmarks/carb.py DIR [--pipeline NAME]; DIR holds dev.txt and dev_gold.tsv.

CaRB: Bhardwaj, Aggarwal and Mausam (2019), A Crowdsourced Benchmark for Open IE, EMNLP. The lenient tuple match: words are compared slot by slot,
relations must share one; recall takes the best prediction for each gold tuple, precision pairs predictions with gold tuples one to one.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import defaultdict
from pathlib import Path

from kdtcn.events.pipeline import load
from kdtcn.events.reading import extract_texts

Tuple3 = tuple[list[str], list[str], list[str]]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def shared(left: list[str], right: list[str]) -> int:
    rest = list(right)
    hits = 0
    for word in left:
        if word in rest:
            rest.remove(word)
            hits += 1
    return hits


def match(gold: Tuple3, given: Tuple3) -> tuple[float, float]:
    """(precision, recall) of one prediction against one gold tuple, over (predicate, subject, objects)."""
    if not shared(gold[0], given[0]):
        return 0.0, 0.0
    hits = sum(shared(g, p) for g, p in zip(gold, given, strict=True))
    return hits / max(1, sum(map(len, given))), hits / max(1, sum(map(len, gold)))


def score(gold: dict[str, list[Tuple3]], given: dict[str, list[Tuple3]]) -> dict[str, float]:
    precision = recall = 0.0
    n_gold = n_given = 0
    for sentence, wanted in gold.items():
        said = given.get(sentence, [])
        table = [[match(g, p) for p in said] for g in wanted]
        recall += sum(max((cell[1] for cell in row), default=0.0) for row in table)
        cells = sorted(((table[i][j][0], i, j) for i in range(len(wanted)) for j in range(len(said))), reverse=True)
        rows, columns = set(), set()
        for value, i, j in cells:
            if i not in rows and j not in columns and value > 0:
                rows.add(i)
                columns.add(j)
                precision += value
        n_gold += len(wanted)
        n_given += len(said)
    p, r = precision / max(1, n_given), recall / max(1, n_gold)
    return {
        "precision": round(p, 3),
        "recall": round(r, 3),
        "f1": round(2 * p * r / max(1e-9, p + r), 3),
        "sentences": len(gold),
        "tuples": n_given,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pipeline", default="")
    args = parser.parse_args()
    gold: dict[str, list[Tuple3]] = defaultdict(list)
    with (args.folder / "dev_gold.tsv").open(encoding="utf-8", newline="") as file:
        for sentence, relation, subject, *objects in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            gold[sentence].append((words(relation), words(subject), words(" ".join(objects))))
    texts = list(gold)
    given = {
        text: [(words(e.predicate), words(e.subject), words(e.object)) for e in events]
        for text, (events, _) in zip(texts, extract_texts(texts, load(args.pipeline)), strict=True)
    }
    print(json.dumps(score(gold, given)))


if __name__ == "__main__":
    main()
