"""The five score functions as matrix products, for many candidates that a batch of queries shares.

PyKEEN's own forms write out (batch, candidates, dimensions) numbers; these write (batch, candidates), which is what makes
scoring all entities of a sub-graph of Wikidata affordable on a processor. The scores are PyKEEN's (a test compares).
"""

from typing import Any

import torch
from pykeen.nn.modules import Interaction
from torch import Tensor, nn

CLOSE = 1e-12  # squared distance below which the square root's slope is cut off


class _Shared(Interaction):
    """A score that compares a query, made of two slots of a triple, with the entity in the third."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        """Where the tail should be: (..., d)."""
        raise NotImplementedError

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        """Where the head should be: (..., d)."""
        raise NotImplementedError

    def pairs(self, query: Tensor, entity: Tensor) -> Tensor:
        """Scores of broadcastable (..., d) and (..., d)."""
        raise NotImplementedError

    def table(self, query: Tensor, entities: Tensor) -> Tensor:
        """Scores (b, n) of queries (b, d) against entities (n, d)."""
        raise NotImplementedError

    def forward(self, h: Any, r: Any, t: Any) -> Tensor:
        """Scores of broadcastable representations; PyKEEN gives candidates as (1, n, d) beside slots of (b, 1, d)."""
        if t.ndim == 3 and t.shape[0] == 1 and h.shape[1] == 1:
            return self.table(self.drop(self.tail_query(h, r)).squeeze(1), _real(t).squeeze(0))
        if h.ndim == 3 and h.shape[0] == 1 and t.shape[1] == 1:
            return self.table(self.drop(self.head_query(r, t)).squeeze(1), _real(h).squeeze(0))
        return self.pairs(self.drop(self.tail_query(h, r)), _real(t))


class _Distance(_Shared):
    """Minus the Euclidean distance; |q - c|^2 = |q|^2 + |c|^2 - 2 q.c is a matrix product."""

    def pairs(self, query: Tensor, entity: Tensor) -> Tensor:
        return -((query - entity) ** 2).sum(-1).clamp_min(CLOSE).sqrt()

    def table(self, query: Tensor, entities: Tensor) -> Tensor:
        square = (query**2).sum(1, keepdim=True) + (entities**2).sum(1) - 2 * query @ entities.T
        return -square.clamp_min(CLOSE).sqrt()


class _Product(_Shared):
    """The dot product."""

    def pairs(self, query: Tensor, entity: Tensor) -> Tensor:
        return (query * entity).sum(-1)

    def table(self, query: Tensor, entities: Tensor) -> Tensor:
        return query @ entities.T


class TransE(_Distance):
    """-|h + r - t| (Bordes et al., NIPS 2013, eq. 1)."""

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        return h + r

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        return t - r


class RotatE(_Distance):
    """-|h * r - t| with |r_i| = 1 (Sun et al., ICLR 2019, eq. 2); the inverse rotation moves the tail to the head."""

    is_complex = True

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        return _real(h * r)

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        return _real(t * r.conj())


class DistMult(_Product):
    """<h, r, t> (Yang et al., ICLR 2015)."""

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        return h * r

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        return r * t


class ComplEx(_Product):
    """Re <h, r, conj t> (Trouillon et al., ICML 2016, eq. 9): a real dot product of (real, imaginary) parts."""

    is_complex = True

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        return _real(h * r)

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        return _real(r.conj() * t)


class TuckER(_Product):
    """W x1 h x2 r x3 t (Balazevic et al., EMNLP 2019, eq. 1), without the batch norms: heads and tails have the same score."""

    def __init__(self, dropout: float = 0.0, *, dim: int) -> None:
        super().__init__(dropout)
        self.core = nn.Parameter(torch.empty(dim, dim, dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Of the size that keeps a query's length near that of an entity."""
        nn.init.normal_(self.core, std=1 / self.core.shape[0])

    def tail_query(self, h: Tensor, r: Tensor) -> Tensor:
        return torch.einsum("...i,...j,ijk->...k", h, r, self.core)

    def head_query(self, r: Tensor, t: Tensor) -> Tensor:
        return torch.einsum("...j,...k,ijk->...i", r, t, self.core)


def _real(x: Tensor) -> Tensor:
    """Complex (..., d) as real (..., 2 d), parts alternating; real numbers as they are."""
    return torch.view_as_real(x).flatten(-2) if x.is_complex() else x
