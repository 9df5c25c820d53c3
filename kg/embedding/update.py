"""Vectors for what came after training: a warm start with all that was trained held where it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from kg.embedding import nets
from kg.embedding.stored import Embedding
from kg.embedding.training import Triples, as_triples, asked, evidence, numbered, softmax_loss

if TYPE_CHECKING:
    from pykeen.models import ERModel

ANCHORS = 1024  # trained entities beside the neighbours, to be told apart from
REHEARSED = 4096  # facts known before that the new entities must not answer; a batch a step
REHEARSAL = 3.0  # weight of these beside the new facts: less and new entities crowd out old answers, more and they learn little
EPOCHS = 30
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


def update(
    embedding: Embedding,
    triples: Triples,
    *,
    known: Triples = (),
    seed: int = 0,
    epochs: int = EPOCHS,
    anchors: int = ANCHORS,
) -> Update:
    """Learn the entities and relations of (n, 3) triples that the embedding does not know; all others stay as they are.

    Triples of known entities and a known relation teach nothing here and are left out: full training takes them up. A new
    entity starts at the mean of its known neighbours and is trained on its own triples against a fixed number of anchors,
    so neither time nor memory of the training grows with the graph. The same input and seed give the same vectors.

    known: facts (m, 3) that were trained on; a fixed number of them is rehearsed, so that new entities, which start in the
    middle of things, do not come to lie nearer to old questions than the answers do.
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
    past = _sample(embedding, known, draw)
    held = sorted(
        {embedding.row[name] for name in (*named, *past[:, [0, 2]].ravel().tolist()) if name in embedding.row}
        | set(others.tolist())
    )
    kept = sorted(
        {embedding.relation_row[r] for r in (*rows[:, 1].tolist(), *past[:, 1].tolist()) if r in embedding.relation_row}
    )
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
        place = {i: k for k, i in enumerate(held)}
        candidates = torch.tensor([*(place[i] for i in others.tolist()), *range(len(held), len(names))])
        # an anchor stands for its share of the graph, a new entity for itself
        each = torch.ones(len(candidates))
        each[: len(others)] = len(embedding.entities) / len(others)
        steps = _train(net, facts, numbered(past, names, kinds), (candidates, each), (len(held), len(kept)), epochs, seed)
    new = [nets.table(net, side).detach().numpy()[first:] for side, first in (("entity", len(held)), ("relation", len(kept)))]
    grown = replace(
        embedding,
        entities=[*embedding.entities, *entities],
        relations=[*embedding.relations, *relations],
        vectors=np.vstack([embedding.vectors, new[0]]).astype(np.float32),
        relation_vectors=np.vstack([embedding.relation_vectors, new[1]]).astype(np.float32),
    )
    return Update(
        grown,
        entities,
        relations,
        len(rows),
        steps * len(candidates) + 3 * epochs * len(rows) + 3 * steps * min(len(past), BATCH),
    )


def _sample(embedding: Embedding, known: Triples, draw: np.random.Generator) -> np.ndarray:
    """(n, 3) some of the known facts, none that names what the embedding does not know."""
    rows = np.asarray(known, dtype=str).reshape(-1, 3)
    rows = rows[draw.permutation(len(rows))[:REHEARSED]]
    return rows[[h in embedding.row and r in embedding.relation_row and t in embedding.row for h, r, t in rows.tolist()]].reshape(
        -1, 3
    )


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


def _train(
    net: "ERModel",
    facts: torch.Tensor,
    past: torch.Tensor,
    candidates: tuple[torch.Tensor, torch.Tensor],
    first: tuple[int, int],
    epochs: int,
    seed: int,
) -> int:
    """Train the rows from the first new entity and the first new relation on; returns the number of steps."""
    net.requires_grad_(False)
    moving, before = [], []
    for side, n in zip(("entity", "relation"), first, strict=True):
        weight = nets.table(net, side)
        before.append(weight.detach()[:n].clone())
        if n < len(weight):
            weight.requires_grad_(True)
            weight.register_hook(_only_from(n))
            moving.append(weight)
    optimizer = torch.optim.Adam(moving, lr=LEARNING_RATE)
    draw = torch.Generator().manual_seed(seed)
    rehearsal = Rehearsal(net, past, candidates, first[0]) if len(past) and net.num_entities > first[0] else None
    steps = 0
    for _ in range(epochs):
        for rows in torch.randperm(len(facts), generator=draw).split(BATCH):
            loss = softmax_loss(net, facts[rows], *candidates)
            if rehearsal:
                again = torch.randint(len(past), (min(len(past), BATCH),), generator=draw)
                loss = loss + REHEARSAL * rehearsal.loss(net, again)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            net.post_parameter_update()
            with torch.no_grad():  # constraints, such as unit length, round the held ones too
                for side, was in zip(("entity", "relation"), before, strict=True):
                    nets.table(net, side)[: len(was)] = was
            steps += 1
    return steps


class Rehearsal:
    """What the new entities must not answer. How the held ones answer does not change, so it is worked out once."""

    def __init__(self, net: "ERModel", past: torch.Tensor, candidates: tuple[torch.Tensor, torch.Tensor], first: int) -> None:
        anchors = candidates[0] < first
        self.past, self.fresh = past, candidates[0][~anchors]
        with torch.no_grad():
            self.true = torch.cat([net.score_hrt(part).squeeze(1) for part in past.split(BATCH)])
            among = (candidates[0][anchors], candidates[1][anchors])
            held = [evidence(net, *part, *among) for part in zip(past.split(BATCH), self.true.split(BATCH), strict=True)]
            self.held = [torch.cat(side) for side in zip(*held, strict=True)]

    def loss(self, net: "ERModel", rows: torch.Tensor) -> torch.Tensor:
        """As `softmax_loss` of these facts among all candidates."""
        questions = zip(asked(net, self.past[rows]), self.held, strict=True)
        parts = [torch.logaddexp(held[rows], torch.logsumexp(score(self.fresh), 1)) for (score, _), held in questions]
        return sum((part - self.true[rows] for part in parts), torch.zeros(())).mean()


def _only_from(first: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A gradient hook that leaves the rows before `first` alone."""

    def mask(gradient: torch.Tensor) -> torch.Tensor:
        gradient = gradient.clone()
        gradient[:first] = 0
        return gradient

    return mask
