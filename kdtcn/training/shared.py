"""Datasets on disk as plain arrays, so that worker processes map the same memory instead of copying it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from kdtcn.features.dataset import Dataset, Items

_ARRAYS = ("prices", "d", "c", "up", "abrupt", "sigma")


def put(data: Dataset, folder: Path, kinds: set[str]) -> None:
    """Write a dataset with the named kinds of items."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "sessions.npy", data.sessions.to_numpy().astype("datetime64[D]"))
    np.save(folder / "shape.npy", np.array([data.first, data.window], dtype=np.int64))
    np.save(folder / "threshold.npy", np.array(data.threshold))
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(data, name))
    for kind, items in data.items.items():
        if kind not in kinds:
            continue
        np.save(folder / f"{kind}.offsets.npy", items.offsets)
        np.save(folder / f"{kind}.vectors.npy", np.ascontiguousarray(items.vectors, dtype=np.float32))


def get(folder: Path) -> Dataset:
    """Read a dataset back; big arrays are mapped copy-on-write (pages are shared until written, and nobody writes)."""
    items: dict[str, Items] = {}
    for path in sorted(folder.glob("*.vectors.npy")):
        kind = path.name.removesuffix(".vectors.npy")
        offsets = np.load(folder / f"{kind}.offsets.npy")
        empty = not offsets[-1]  # an empty file cannot be mapped
        items[kind] = Items(np.zeros(0, dtype=str), np.load(path, mmap_mode=None if empty else "c"), offsets)
    first, window = np.load(folder / "shape.npy")
    arrays: Mapping[str, np.ndarray] = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS}
    return Dataset(
        sessions=pd.DatetimeIndex(np.load(folder / "sessions.npy")),
        first=int(first),
        window=int(window),
        items=items,
        threshold=float(np.load(folder / "threshold.npy")),
        **arrays,
    )
