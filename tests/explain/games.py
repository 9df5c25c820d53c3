"""Small networks with known answers, and made-up sessions, for the tests of explanations."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from kdtcn.features.dataset import Dataset, Items

DIM, POOL, WINDOW = 6, 4, 5


class Curved(nn.Module):
    """encode, pool and head as the real networks have them, small, with a pool and a head that are not linear."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.value = nn.Linear(DIM, POOL)
            self.weight = nn.Linear(DIM, 1)
            self.none = nn.Parameter(torch.randn(POOL))
            self.mix = nn.Linear(WINDOW * (5 + POOL), 8)
            self.out = nn.Linear(8, 2)
        self.dropout = nn.Dropout(0.5)

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        return torch.tanh(self.value(vectors)), nn.functional.softplus(self.weight(vectors)).squeeze(-1)

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor:
        weight = mask * w
        top = self.none.expand(n_sessions, POOL).index_add(0, session, weight[:, None] * v)
        return top / torch.ones(n_sessions).index_add(0, session, weight)[:, None]

    def head(self, prices: Tensor, pooled: Tensor, windows: Tensor) -> Tensor:
        rows = torch.cat([prices, pooled], dim=-1)[windows]
        return self.out(self.dropout(torch.tanh(self.mix(rows.reshape(len(rows), -1)))))


class Additive(Curved):
    """Each item adds its first component to the logit: what every method must find."""

    def encode(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        return vectors[:, :1], torch.ones(len(vectors))

    def pool(self, v: Tensor, w: Tensor, session: Tensor, mask: Tensor, n_sessions: int) -> Tensor:
        return torch.zeros(n_sessions, 1).index_add(0, session, mask[:, None] * v)

    def head(self, prices: Tensor, pooled: Tensor, windows: Tensor) -> Tensor:
        total = 0.3 + pooled[windows].sum(dim=(1, 2))
        return torch.stack([total, -total], dim=1)


class Model:
    """What an explanation asks of a model."""

    family = "small"
    kind = "text"

    def __init__(self, network: nn.Module) -> None:
        self.network = network


class PricesOnly:
    family = "tcn"
    kind = None
    network = nn.Identity()


def dataset(counts: list[int], seed: int = 0) -> Dataset:
    """Sessions with so many items each; labels and prices are noise."""
    rng = np.random.default_rng(seed)
    n, total = len(counts), sum(counts)
    items = Items(
        ids=np.array([f"ev{i:04d}" for i in range(total)]),
        vectors=rng.normal(size=(total, DIM)).astype(np.float32),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )
    d = rng.normal(0, 0.01, n)
    c = np.diff(d, prepend=np.nan)
    return Dataset(
        sessions=pd.bdate_range("2020-01-06", periods=n),
        prices=rng.normal(size=(n, 5)).astype(np.float32),
        d=d,
        c=c,
        up=(d >= 0).astype(np.int8),
        abrupt=np.where(np.isnan(c), -1, np.abs(c) > 0.02).astype(np.int8),
        sigma=np.full(n, 0.01),
        first=WINDOW,
        window=WINDOW,
        items={"text": items},
    )
