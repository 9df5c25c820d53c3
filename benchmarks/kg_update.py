"""What a warm update costs and what it does to old facts: python benchmarks/kg_update.py [--recipe FILE] [--out FILE].

CoDEx-M without some entities is trained; these then come in with their facts, in three amounts. MRR is filtered, both
sides, among all entities there are at the time: of test facts among old entities, and of test and validation facts that
name a new one. Full training on everything stands beside it. Seconds are of the processor, so a busy machine counts less.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from kg_embed import triples

from kg.embedding import Embedding, embed, mean_reciprocal_rank, read_recipe, update

AMOUNTS = (25, 100, 400)


def between(rows: np.ndarray, entities: set[str]) -> np.ndarray:
    """The rows (n, 3) with both ends among the entities."""
    return rows[[h in entities and t in entities for h, _, t in rows.tolist()]]


def naming(rows: np.ndarray, entities: set[str]) -> np.ndarray:
    """The rows (n, 3) with an end among the entities."""
    return rows[[h in entities or t in entities for h, _, t in rows.tolist()]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", type=Path, default=Path("configs/kg/transe.yaml"))
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    recipe = read_recipe(asked.recipe).but(dimensions=asked.dimensions, epochs=asked.epochs, patience=0, negatives=256)
    train, valid, test = (triples("codex_m", part) for part in ("train", "valid", "test"))
    everyone = np.unique(train[:, [0, 2]])
    coming = np.random.default_rng(0).permutation(everyone)[: max(AMOUNTS)].tolist()
    old = set(everyone.tolist()) - set(coming)
    old_test = between(test, old)

    def ranks(embedding: Embedding, new: set[str]) -> dict[str, float]:
        known = [train, valid, test]
        asked_of = {"old facts": old_test, "new facts": naming(between(np.vstack([test, valid]), old | new), new)}
        return {
            f"MRR of {name}": round(mean_reciprocal_rank(embedding, rows, known=known), 4)
            for name, rows in asked_of.items()
            if len(rows)
        }

    def tell(row: dict[str, object]) -> None:
        print(json.dumps(row), flush=True)
        if asked.out:
            with asked.out.open("a") as stream:
                stream.write(json.dumps(row) + "\n")

    began = time.process_time()
    past = between(train, old)
    before = embed(past, recipe)
    tell({"what": "before", "entities": len(old), "seconds": round(time.process_time() - began, 1), **ranks(before, set())})
    for amount in AMOUNTS:
        new = set(coming[:amount])
        facts = naming(between(train, old | new), new)
        began = time.process_time()
        after = update(before, facts, known=past)
        seconds = time.process_time() - began
        cost = {"facts": after.facts, "rows touched": after.rows, "seconds": round(seconds, 1)}
        tell({"what": "update", "new entities": len(after.entities), **cost, **ranks(after.embedding, new)})
    began = time.process_time()
    anew = embed(between(train, old | set(coming)), recipe)
    steps = recipe.epochs * -(-len(train) // recipe.batch)
    cost = {"rows touched": steps * (len(anew.entities) + len(anew.relations)), "seconds": round(time.process_time() - began, 1)}
    tell({"what": "full training", "new entities": len(coming), **cost, **ranks(anew, set(coming))})


if __name__ == "__main__":
    main()
