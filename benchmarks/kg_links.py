"""Link the gold arguments of headlines_gold: python benchmarks/kg_links.py [seed freebase codex] -> links.jsonl, with speed.

The subjects and objects are those of the annotators, so the score is of linking alone; score it with score_events.py GOLD links.jsonl.
"""

import csv
import json
import os
import sys
import time
from pathlib import Path

from kg import Linker
from kg.store import gather

SHARED = Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data"))


def main(sources: list[str], out: Path) -> None:
    graph, counts, _ = gather(sources, SHARED / "kg")
    began = time.perf_counter()
    linker = Linker(graph)
    print(
        f"{counts['entities']} entities, {counts['facts']} facts, {linker.index.count()} names; linker ready in {time.perf_counter() - began:.1f} s"
    )
    with (SHARED / "djia" / "RedditNews.csv").open(encoding="utf-8", newline="") as stream:
        days = {row["News"]: row["Date"] for row in csv.DictReader(stream)}
    with out.open("w", encoding="utf-8") as stream:
        for line in (SHARED / "headlines_gold" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for event in row["events"]:
                for slot in ("subject", "object"):
                    links = linker.link(event[slot], day=days.get(row["text"]), context=row["text"])
                    event[f"{slot}_entities"] = [
                        {"id": link.entity_id, "label": link.label, "score": link.score} for link in links
                    ]
            stream.write(json.dumps(row) + "\n")
    texts = list(days.items())[:10_000]
    began = time.perf_counter()
    found = sum(len(linker.link(text, day=day, context=text)) for text, day in texts)
    seconds = time.perf_counter() - began
    print(f"{len(texts) / seconds:,.0f} whole headlines/s, {found / seconds:,.0f} links/s on one core -> {out}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["seed"], Path("links.jsonl"))
