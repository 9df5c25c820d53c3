"""Filtered ranks of held-out facts, by PyKEEN's evaluator: both sides, realistic rank among ties."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from kg.embedding import nets
from kg.embedding.stored import Embedding

if TYPE_CHECKING:
    from pykeen.models import Model

BATCH = 256  # PyKEEN's automatic size is found by trial and very slow without a GPU


class Ranks:
    """Facts to rank (n, 3), and the facts that are true besides, which are no errors when they rank higher."""

    def __init__(self, facts: torch.Tensor, *, known: Sequence[torch.Tensor] = ()) -> None:
        self.facts, self.known = facts, list(known)

    def mean_reciprocal(self, net: "Model") -> float:
        """Filtered mean reciprocal rank of heads and tails together."""
        from pykeen.evaluation import RankBasedEvaluator

        evaluator = RankBasedEvaluator(filtered=True, metrics=["inverse_harmonic_mean_rank"], add_defaults=False)
        was = net.training
        net.eval()
        found = evaluator.evaluate(
            net,
            self.facts,
            batch_size=BATCH,
            additional_filter_triples=self.known,
            use_tqdm=False,
            do_time_consuming_checks=False,
        )
        net.train(was)
        return float(found.get_metric("both.realistic.inverse_harmonic_mean_rank"))


def mean_reciprocal_rank(embedding: Embedding, facts: np.ndarray, *, known: Sequence[np.ndarray] = ()) -> float:
    """Filtered mean reciprocal rank, heads and tails, of facts (n, 3) of ids among all entities of the embedding.

    known: other true facts. Facts that name an unknown entity or relation are left out; NaN where none is left.
    """
    from kg.embedding.training import as_triples, numbered

    asked, *others = (numbered(as_triples(rows), embedding.entities, embedding.relations) for rows in (facts, *known))
    if not len(asked):
        return float("nan")
    with nets.quiet(), torch.inference_mode():
        net = nets.restore(embedding, embedding.vectors, embedding.relation_vectors)
        if torch.cuda.is_available():
            net = net.cuda()
        return Ranks(asked, known=others).mean_reciprocal(net)
