"""A snapshot ensemble: the weights kept at each cycle of warm restarts, forecasting by the mean of their logits.

Huang et al. (2017), "Snapshot Ensembles: Train 1, Get M for Free", arXiv:1704.00109. A member is the best of its cycle on
the validation rows, not its last: on daily returns a network overfits before a cycle ends.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdtcn.models.batches import Batch
from kdtcn.models.network import Network


class Snapshots(nn.Module):
    """Networks of one shape behind the steps of one: encode, pool, head, and the whole forward pass."""

    def __init__(self, members: Sequence[Network]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> (N, M * (P + 1)): each member's value and weight side by side; the second tensor only fills its place."""
        parts = [member.encode(vectors) for member in self.members]  # type: ignore[operator]
        return torch.cat([torch.cat([v, w[:, None]], dim=1) for v, w in parts], dim=1), parts[0][1]

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor:
        """Each member pools what it has encoded, (..., n_sessions, M * P)."""
        parts = zip(self.members, v.chunk(len(self.members), dim=-1), strict=True)
        return torch.cat([member.pool(own[:, :-1], own[:, -1], session, mask, n_sessions) for member, own in parts], dim=-1)  # type: ignore[operator]

    def head(self, prices: Tensor, pooled: Tensor | None, windows: Tensor) -> Tensor:
        """The mean of the members' logits, (..., B, 2)."""
        given = [None] * len(self.members) if pooled is None else pooled.chunk(len(self.members), dim=-1)
        return torch.stack([m.head(prices, part, windows) for m, part in zip(self.members, given, strict=True)]).mean(dim=0)  # type: ignore[operator]

    def forward(self, batch: Batch) -> Tensor:
        return torch.stack([member(batch) for member in self.members]).mean(dim=0)
