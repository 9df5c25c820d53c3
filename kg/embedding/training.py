"""Fit an embedding on facts: PyKEEN's sampled loop for small graphs, matrix products over shared candidates for large ones."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from kdtcn.errors import ModelError
from kg.embedding import nets
from kg.embedding.ranks import Ranks
from kg.embedding.recipe import Recipe
from kg.embedding.stored import Embedding

if TYPE_CHECKING:
    from pykeen.models import ERModel

Triples = np.ndarray | pd.DataFrame | Sequence[tuple[str, str, str]]
Told = Callable[
    [int, float, float | None], None
]  # epoch, mean loss, mean reciprocal rank on the validation facts if it was taken

PARTS = 16  # updates an epoch: few enough to be quick, enough to learn from small graphs
SMALLEST, LARGEST = 256, 8192


def embed(
    triples: Triples, recipe: Recipe | None = None, *, seed: int = 0, valid: Triples | None = None, told: Told | None = None
) -> Embedding:
    """Fit an embedding on (n, 3) head, relation, tail ids; the same triples and seed give the same vectors on one machine.

    valid: facts apart from these; the vectors with the best mean reciprocal rank on them are kept, and training stops after
    `recipe.patience` looks without a better one. told: called after each epoch. A GPU is used where there is one.
    """
    recipe = recipe or Recipe()
    rows = as_triples(triples)
    if not len(rows):
        raise ModelError("graph embedding: there are no facts to learn from; run `kdtcn kg build` first")
    entities, relations = np.unique(rows[:, [0, 2]]).tolist(), np.unique(rows[:, 1]).tolist()
    facts = numbered(rows, entities, relations)
    batch = min(recipe.batch or max(len(rows) // PARTS, SMALLEST), LARGEST, len(rows))
    with nets.quiet():
        net = nets.make(recipe, len(entities), len(relations), seed=seed)
        if torch.cuda.is_available():
            net = net.cuda()
        watch = None
        if valid is not None:
            checked = numbered(as_triples(valid), entities, relations)
            watch = _Watch(net, Ranks(checked, known=[facts]), recipe)
        if recipe.objective == "nssa":
            _sampled(net, facts, recipe, batch, watch, told)
        else:
            _shared(net, facts, recipe, batch, watch, told, seed)
        if watch is not None:
            watch.back_to_best()
    return nets.store(net, recipe, entities, relations)


def as_triples(triples: Triples) -> np.ndarray:
    """Distinct rows (n, 3) of text, sorted, so that their order does not matter."""
    return np.unique(np.asarray(triples, dtype=str).reshape(-1, 3), axis=0)


def numbered(rows: np.ndarray, entities: Sequence[str], relations: Sequence[str]) -> torch.Tensor:
    """Triples as row numbers (n, 3), int64; those that name something else are left out."""
    places = (pd.Index(entities), pd.Index(relations), pd.Index(entities))
    found = np.column_stack([place.get_indexer(pd.Index(rows[:, i])) for i, place in enumerate(places)])
    return torch.from_numpy(found[(found >= 0).all(axis=1)].astype(np.int64))


def _sampled(net: "ERModel", facts: torch.Tensor, recipe: Recipe, batch: int, watch: "_Watch | None", told: Told | None) -> None:
    """PyKEEN's sLCWA loop; its own early stopper keeps weights as a pickle on disk, so ours looks in as a callback."""
    from pykeen.training import SLCWATrainingLoop
    from pykeen.training.callbacks import TrainingCallback
    from pykeen.triples import CoreTriplesFactory

    factory = CoreTriplesFactory(facts, num_entities=net.num_entities, num_relations=net.num_relations)

    class Look(TrainingCallback):
        def post_epoch(self, epoch: int, epoch_loss: float, **_: object) -> None:
            rank = watch.look(epoch) if watch else None
            if told:
                told(epoch, epoch_loss, rank)
            if watch and watch.done:
                self.training_loop._should_stop = True  # as PyKEEN's own stopper does

    loop = SLCWATrainingLoop(
        model=net,
        triples_factory=factory,
        optimizer=torch.optim.Adam(net.parameters(), lr=recipe.learning_rate),
        negative_sampler="basic",
        negative_sampler_kwargs={"num_negs_per_pos": max(recipe.negatives, 1)},
    )
    loop.train(
        triples_factory=factory,
        num_epochs=recipe.epochs,
        batch_size=batch,
        use_tqdm=False,
        use_tqdm_batch=False,
        num_workers=0,
        pin_memory=False,
        drop_last=False,
        callbacks=Look(),
    )


def _shared(
    net: "ERModel", facts: torch.Tensor, recipe: Recipe, batch: int, watch: "_Watch | None", told: Told | None, seed: int
) -> None:
    """Cross entropy of head and tail against candidates that the whole batch shares."""
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=recipe.learning_rate)
    steps = recipe.epochs * math.ceil(len(facts) / batch)
    slower = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)  # down to nothing, in a straight line
    facts = facts.to(net.device)
    for epoch in range(1, recipe.epochs + 1):
        net.train()
        total = 0.0
        for rows in torch.randperm(len(facts), generator=draw).split(batch):
            candidates = None
            if 0 < recipe.negatives < net.num_entities:
                candidates = torch.randint(net.num_entities, (recipe.negatives,), generator=draw).to(net.device)
            loss = softmax_loss(net, facts[rows.to(net.device)], candidates)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            slower.step()
            net.post_parameter_update()
            total += loss.item() * len(rows)
        rank = watch.look(epoch) if watch else None
        if told:
            told(epoch, total / len(facts), rank)
        if watch and watch.done:
            return


def softmax_loss(
    net: "ERModel", batch: torch.Tensor, candidates: torch.Tensor | None, each: torch.Tensor | None = None
) -> torch.Tensor:
    """Minus the log-likelihood of the tail and of the head of each fact (b, 3) among all entities.

    candidates (n,): draws that stand for all, each (n,) for so many of them, by default num_entities / n; None: all themselves.
    """
    if candidates is None:
        return sum(
            (torch.nn.functional.cross_entropy(score(), true) for score, true in asked(net, batch)),
            torch.zeros(()),
        )
    true_score = net.score_hrt(batch).squeeze(1)
    return sum((part - true_score for part in evidence(net, batch, true_score, candidates, each)), torch.zeros(())).mean()


def asked(net: "ERModel", batch: torch.Tensor) -> list[tuple[Callable[..., torch.Tensor], torch.Tensor]]:
    """Both questions of each fact (b, 3), for its tail and for its head: what scores candidates (b, n), and the true answer (b,)."""
    h, r, t = batch.unbind(1)
    tails, heads = torch.stack([h, r], 1), torch.stack([r, t], 1)
    return [
        (lambda among=None: net.score_t(tails, tails=among), t),
        (lambda among=None: net.score_h(heads, heads=among), h),
    ]


def evidence(
    net: "ERModel", batch: torch.Tensor, true_score: torch.Tensor, candidates: torch.Tensor, each: torch.Tensor | None = None
) -> list[torch.Tensor]:
    """For both questions the log of the summed likelihoods (b,) of the true answer and of the candidates, as in `softmax_loss`."""
    more = math.log(net.num_entities / len(candidates)) if each is None else each.log()
    found = []
    for score, true in asked(net, batch):
        against = (score(candidates) + more).masked_fill(
            candidates[None] == true[:, None], -torch.inf
        )  # the true one counts once
        found.append(torch.logsumexp(torch.cat([true_score[:, None], against], 1), 1))
    return found


class _Watch:
    """Early stopping on validation facts; the best weights wait in memory."""

    def __init__(self, net: "ERModel", ranks: Ranks, recipe: Recipe) -> None:
        from pykeen.stoppers.early_stopping import EarlyStoppingLogic

        self.net, self.ranks, self.every = net, ranks, recipe.every
        self.logic = EarlyStoppingLogic(patience=recipe.patience or recipe.epochs)
        self.best: dict[str, torch.Tensor] = {}
        self.done = False

    def look(self, epoch: int) -> float | None:
        """The mean reciprocal rank after this epoch, where it is time to take it."""
        if epoch % self.every:
            return None
        rank = self.ranks.mean_reciprocal(self.net)
        self.done = self.logic.report_result(rank, epoch)
        if self.logic.is_best:
            self.best = {name: weight.detach().clone() for name, weight in self.net.state_dict().items()}
        return rank

    def back_to_best(self) -> None:
        if self.best:
            self.net.load_state_dict(self.best)
