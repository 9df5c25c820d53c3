"""Filtered MRR of embeddings beside the published figures: python benchmarks/kg_embed.py [--data codex_m] [--models transe ...].

Early stopping looks at 1,000 sampled validation facts; the test facts are ranked once, at the end. `make bench-kg` runs
TransE on CoDEx-M, `make bench-kg FULL=1` all models on both sub-graphs, on a GPU where there is one.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from kdtcn.progress import say
from kg.embedding import MODELS, Recipe, embed, mean_reciprocal_rank, read_recipe

SHARED = Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "kg"
PUBLISHED = {  # filtered MRR on test: CoDEx paper (Safavi and Koutra, EMNLP 2020, table 4); LibKGE (Ruffinelli et al., ICLR 2020)
    ("codex_m", "TransE"): 0.303,
    ("codex_m", "ComplEx"): 0.337,
    ("codex_m", "TuckER"): 0.328,
    ("fb15k237", "TransE"): 0.313,
    ("fb15k237", "RotatE"): 0.333,
}
LOOKED_AT = 1000  # validation facts


def triples(data: str, part: str) -> np.ndarray:
    """(n, 3) head, relation, tail of one part of a sub-graph; FB15k-237's lines are head, tail, relation below a count."""
    if data == "codex_m":
        return np.array([line.split("\t") for line in (SHARED / data / f"{part}.txt").read_text("utf-8").splitlines()])
    rows = np.loadtxt(SHARED / data / f"{part}2id.txt", dtype=str, skiprows=1)
    return rows[:, [0, 2, 1]]


def measure(data: str, recipe: Recipe, threads: int) -> dict[str, object]:
    """Train on the train part, stop by validation, rank the test part."""
    torch.set_num_threads(threads)
    train, valid, test = (triples(data, part) for part in ("train", "valid", "test"))
    sample = np.random.default_rng(0).choice(len(valid), min(LOOKED_AT, len(valid)), replace=False)
    began, busy = time.perf_counter(), time.process_time()
    looks: list[tuple[int, float]] = []

    def told(epoch: int, loss: float, rank: float | None) -> None:
        if rank is not None:
            looks.append((epoch, rank))
            minutes = (time.perf_counter() - began) / 60
            say(f"{data} {recipe.model}: epoch {epoch}, {minutes:.1f} min, loss {loss:.3f}, validation MRR {rank:.4f}")

    embedding = embed(train, recipe, valid=valid[sample], told=told)
    minutes, cpu = (time.perf_counter() - began) / 60, (time.process_time() - busy) / 60
    gpu = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
    return {
        "data": data,
        "model": recipe.model,
        "test MRR": round(mean_reciprocal_rank(embedding, test, known=[train, valid]), 4),
        "published": PUBLISHED.get((data, recipe.model)),
        "validation MRR": round(max(rank for _, rank in looks), 4),
        "best epoch": max(looks, key=lambda look: look[1])[0],
        "epochs": looks[-1][0],
        "minutes": round(minutes, 1),
        "processor minutes": round(cpu, 1),
        "peak GiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "GPU GiB": round(gpu, 2),
        "threads": threads,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["codex_m"], choices=["codex_m", "fb15k237"])
    parser.add_argument("--models", nargs="+", default=["transe"], choices=[name.lower() for name in MODELS])
    parser.add_argument("--recipes", type=Path, default=Path("configs/kg"))
    parser.add_argument("--epochs", type=int, help="at most so many, to see that all of it runs")
    parser.add_argument("--dimensions", type=int, help="instead of the recipe's")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="append a JSON line a model")
    asked = parser.parse_args()
    if not SHARED.exists():
        raise SystemExit(f"{SHARED} is absent: set KDTCN_SHARED_DATA to the folder that holds kg/")
    rows = []
    for data in asked.data:
        for model in asked.models:
            recipe = read_recipe(asked.recipes / f"{model}.yaml")
            epochs = min(asked.epochs or recipe.epochs, recipe.epochs)
            recipe = recipe.but(epochs=epochs, every=min(recipe.every, epochs), dimensions=asked.dimensions or recipe.dimensions)
            rows.append(measure(data, recipe, asked.threads))
            if asked.out:
                with asked.out.open("a") as stream:
                    stream.write(json.dumps(rows[-1]) + "\n")
            print(pd.DataFrame(rows).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
