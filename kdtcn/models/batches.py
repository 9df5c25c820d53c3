"""Ragged batches: the sessions that some windows need, each with its own number of items, without padding."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset


@dataclass(frozen=True)
class Batch:
    """S sessions with N items in all, and B windows of T rows into them.

    prices (S, P); vectors (N, D), session (N,) and mask (N,) are the items, their session's row and whether they
    are seen (all None for models on prices); windows (B, T) rows, oldest first; rows (S,) are the sessions' rows in
    the dataset and items (N,) the items' rows in its Items.
    """

    prices: Tensor
    vectors: Tensor | None
    session: Tensor | None
    mask: Tensor | None
    windows: Tensor
    rows: np.ndarray
    items: np.ndarray | None = None

    def masked(self, mask: Tensor) -> "Batch":
        return replace(self, mask=mask)


class Source:
    """Cuts batches out of a dataset; keeps the tensors, which share memory with the dataset's arrays."""

    def __init__(self, data: Dataset, kind: str | None) -> None:
        if kind is not None and kind not in data.items:
            raise ModelError(f"the dataset has no {kind!r} items, only {sorted(data.items)}; build the features again")
        self.window = data.window
        self.prices = torch.from_numpy(np.ascontiguousarray(data.prices, dtype=np.float32))
        self.items = None if kind is None else data.items[kind]
        self.vectors = None
        if self.items is not None:
            self.vectors = torch.from_numpy(np.ascontiguousarray(self.items.vectors, dtype=np.float32))

    @property
    def item_dim(self) -> int:
        return 0 if self.vectors is None else int(self.vectors.shape[1])

    def batch(self, idx: np.ndarray) -> Batch:
        """The batch that holds the windows which end at rows `idx`."""
        ends = np.asarray(idx, dtype=np.int64)
        if len(ends) and (ends.min() < self.window - 1 or ends.max() >= len(self.prices)):
            raise ModelError(
                f"rows {ends.min()}..{ends.max()}: a full window of {self.window} sessions exists from row {self.window - 1} to {len(self.prices) - 1}"
            )
        spans = ends[:, None] + np.arange(1 - self.window, 1)
        rows, inverse = np.unique(spans, return_inverse=True)
        windows = torch.from_numpy(inverse.reshape(spans.shape).astype(np.int64))
        prices = self.prices[torch.from_numpy(rows)]
        if self.items is None or self.vectors is None:
            return Batch(prices, None, None, None, windows, rows)
        offsets = self.items.offsets
        counts = offsets[rows + 1] - offsets[rows]
        # Sessions of a run are neighbours, so their items are one block of memory: slices are cheaper than a gather.
        cuts = np.flatnonzero(np.diff(rows) != 1) + 1
        blocks = [(int(offsets[part[0]]), int(offsets[part[-1] + 1])) for part in np.split(rows, cuts) if len(part)]
        pieces = [self.vectors[a:b] for a, b in blocks]
        vectors = pieces[0] if len(pieces) == 1 else torch.cat(pieces) if pieces else self.vectors[:0]
        items = np.concatenate([np.arange(a, b) for a, b in blocks]) if blocks else np.zeros(0, dtype=np.int64)
        session = torch.from_numpy(np.repeat(np.arange(len(rows)), counts))
        return Batch(prices, vectors, session, torch.ones(len(session)), windows, rows, items)


def runs(idx: np.ndarray, length: int, together: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Every row of idx once, as batches of `together` random runs of up to `length` neighbouring rows.

    Windows of neighbours overlap in all but one session. A batch of single random windows would encode T times as
    many items as it has windows; a run of 32 windows with T = 10 encodes 41 sessions instead of 320. The runs start
    at a new random phase each epoch, so that batches differ.
    """
    idx = np.sort(np.asarray(idx, dtype=np.int64))
    phase = int(generator.integers(0, length))
    pieces = [piece for piece in np.split(idx, np.arange(phase, len(idx), length)) if len(piece)]
    order = generator.permutation(len(pieces))
    for start in range(0, len(order), together):
        yield np.concatenate([pieces[k] for k in order[start : start + together]])
