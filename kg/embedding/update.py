"""Vectors for what came after training: a warm start with all that was trained held where it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from kg.embedding import nets
from kg.embedding.stored import Embedding
from kg.embedding.training import Triples, as_triples, numbered, softmax_loss

if TYPE_CHECKING:
    from pykeen.models import ERModel

ANCHORS = 1024  # trained entities beside the neighbours, to be told apart from
EPOCHS = 60
BATCH = 512
LEARNING_RATE = 0.02


@dataclass(frozen=True)
class Update:
    """The embedding with its new rows behind the old ones, which have not changed by a bit, and what it took.

    rows: vectors read or moved in all steps together, the cost, which grows with the new facts and not with the graph.
    """

    embedding: Embedding
    entities: list[str]
    relations: list[str]
    facts: int
    rows: int


def update(embedding: Embedding, triples: Triples, *, seed: int = 0, epochs: int = EPOCHS, anchors: int = ANCHORS) -> Update:
    """Learn the entities and relations of (n, 3) triples that the embedding does not know; all others stay as they are.

    Triples of known entities and a known relation teach nothing here and are left out: full training takes them up. A new
    entity starts at the mean of its known neighbours and is trained on its own triples against a fixed number of anchors,
    so neither time nor memory of the training grows with the graph. The same input and seed give the same vectors.
    """
    rows = as_triples(triples)
    fresh = np.array(
        [h not in embedding.row or t not in embedding.row or r not in embedding.relation_row for h, r, t in rows], bool
    )
    rows = rows[fresh]
    named = np.unique(rows[:, [0, 2]]).tolist()
    entities = [name for name in named if name not in embedding.row]
    relations = [name for name in np.unique(rows[:, 1]).tolist() if name not in embedding.relation_row]
    if not len(rows):
        return Update(embedding, [], [], 0, 0)
    draw = np.random.default_rng(seed)
    others = draw.choice(len(embedding.entities), min(anchors, len(embedding.entities)), replace=False)
    held = sorted({embedding.row[name] for name in named if name in embedding.row} | set(others.tolist()))
    kept = sorted({embedding.relation_row[r] for r in rows[:, 1].tolist() if r in embedding.relation_row})
    names = [*(embedding.entities[i] for i in held), *entities]
    kinds = [*(embedding.relations[i] for i in kept), *relations]
    facts = numbered(rows, names, kinds)
    start = _start(embedding.vectors[held], facts.numpy(), len(entities), draw)
    # an event type never seen starts without a move of its own
    at = np.vstack(
        [embedding.relation_vectors[kept], np.zeros((len(relations), embedding.relation_vectors.shape[1]), np.float32)]
    )
    if relations:
        at[len(kept) :] = draw.normal(0, 0.01, at[len(kept) :].shape)
    with nets.quiet():
        net = nets.restore(embedding, start, at)
        steps = _train(net, facts, len(held), len(kept), epochs, seed)
    new = [nets.table(net, side).detach().numpy()[first:] for side, first in (("entity", len(held)), ("relation", len(kept)))]
    grown = replace(
        embedding,
        entities=[*embedding.entities, *entities],
        relations=[*embedding.relations, *relations],
        vectors=np.vstack([embedding.vectors, new[0]]).astype(np.float32),
        relation_vectors=np.vstack([embedding.relation_vectors, new[1]]).astype(np.float32),
    )
    return Update(grown, entities, relations, len(rows), steps * len(names) + 3 * epochs * len(rows))


def _start(held: np.ndarray, facts: np.ndarray, fresh: int, draw: np.random.Generator) -> np.ndarray:
    """Held vectors, then new ones at the mean of their neighbours, with a little noise so that equals can part.

    Two rounds, so that an entity that touches new ones alone starts near those.
    """
    n, spread = len(held), float(held.std())
    vectors = np.vstack([held, np.zeros((fresh, held.shape[1]), np.float32)])
    known = np.arange(len(vectors)) < n
    for _ in range(2):
        total, count = np.zeros((fresh, held.shape[1])), np.zeros(fresh)
        for mine, other in ((facts[:, 0], facts[:, 2]), (facts[:, 2], facts[:, 0])):
            use = (mine >= n) & known[other]
            np.add.at(total, mine[use] - n, vectors[other[use]])
            np.add.at(count, mine[use] - n, 1)
        vectors[n:] = total / np.maximum(count, 1)[:, None]
        known[n:] = count > 0
    vectors[n:] += draw.normal(0, 0.1 * spread, (fresh, held.shape[1]))
    return vectors.astype(np.float32)


def _train(net: "ERModel", facts: torch.Tensor, held: int, kept: int, epochs: int, seed: int) -> int:
    """Train the rows behind the held ones; returns the number of steps."""
    net.requires_grad_(False)
    moving = []
    for side, first in (("entity", held), ("relation", kept)):
        weight = nets.table(net, side)
        if first < len(weight):
            weight.requires_grad_(True)
            weight.register_hook(_only_from(first))
            moving.append(weight)
    optimizer = torch.optim.Adam(moving, lr=LEARNING_RATE)
    draw = torch.Generator().manual_seed(seed)
    before = [
        weight.detach()[:first].clone()
        for weight, first in ((nets.table(net, "entity"), held), (nets.table(net, "relation"), kept))
    ]
    everyone = torch.arange(net.num_entities)
    steps = 0
    for _ in range(epochs):
        for rows in torch.randperm(len(facts), generator=draw).split(BATCH):
            loss = softmax_loss(net, facts[rows], everyone)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            net.post_parameter_update()
            with torch.no_grad():  # constraints, such as unit length, round the held ones too
                for side, was in zip(("entity", "relation"), before, strict=True):
                    nets.table(net, side)[: len(was)] = was
            steps += 1
    return steps


def _only_from(first: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A gradient hook that leaves the rows before `first` alone."""

    def mask(gradient: torch.Tensor) -> torch.Tensor:
        gradient = gradient.clone()
        gradient[:first] = 0
        return gradient

    return mask
