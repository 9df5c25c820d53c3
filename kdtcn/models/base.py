"""The one interface of all models: fit, raw logits, and a state of named tensors that is saved as safetensors bytes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset

UP, ABRUPT = 0, 1  # columns of the logits


@dataclass(frozen=True)
class History:
    """The learning curve: one row an epoch (epoch, train, valid, valid_up, rate); empty for closed-form models."""

    rows: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0


class Model(ABC):
    """A classifier of sessions.

    `family` is its registered short name, `kind` the items it reads (None: prices only), `seeded` whether a seed
    changes it, `history` how many sessions before a row it reads where that is more than a window. Logits are raw:
    calibration is kept apart, because effects are measured on the raw logit of P(up).
    """

    family: ClassVar[str]
    kind: ClassVar[str | None] = None
    seeded: ClassVar[bool] = False
    history: int = 0

    @abstractmethod
    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        """Fit on rows `train`; rows `valid` only decide when to stop. Labels of -1 are unknown and left out."""

    @abstractmethod
    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        """(len(idx), 2) float64 raw logits of P(up) and P(abrupt), from what is known at each decision time."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """All that was fitted, as named tensors; ModelError before fitting."""

    @abstractmethod
    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over a state; ModelError where it does not fit this model."""

    def config(self) -> dict[str, Any]:
        """What is needed to make this model again before its state is restored; plain JSON."""
        return {"family": self.family}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls()

    @classmethod
    def from_state(cls, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Self:
        model = cls.from_config(config)
        model.restore(tensors)
        return model

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted."""
        return sum(tensor.numel() for tensor in self.state().values())

    def to_bytes(self) -> bytes:
        """The state as safetensors bytes: no code runs when it is read back."""
        return save_tensors({name: tensor.detach().contiguous().clone() for name, tensor in self.state().items()})


class ClosedForm(Model):
    """A model whose whole state is a few named arrays, fitted without a loop."""

    def __init__(self) -> None:
        self._state: dict[str, torch.Tensor] = {}

    def state(self) -> dict[str, torch.Tensor]:
        if not self._state:
            raise ModelError(f"{self.family}: not fitted yet; call fit first")
        return dict(self._state)

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self._state = dict(tensors)

    def number(self, name: str) -> float:
        return float(self.array(name))

    def array(self, name: str) -> np.ndarray:
        state = self.state()
        if name not in state:
            raise ModelError(f"{self.family}: the stored state has no {name!r}; fit the model again")
        return state[name].numpy()


def tensors_from(data: bytes, name: str) -> dict[str, torch.Tensor]:
    """Read safetensors bytes; ModelError names the model where they are damaged."""
    try:
        return load_tensors(data)
    except SafetensorError as error:
        raise ModelError(f"{name}: the stored weights are damaged ({error}); train the model again") from None


def known(labels: np.ndarray, idx: np.ndarray) -> np.ndarray:
    """The rows of idx whose label is known."""
    idx = np.asarray(idx, dtype=np.int64)
    return idx[labels[idx] >= 0]


def rate(labels: np.ndarray, idx: np.ndarray) -> float:
    """Share of ones among the known labels, pulled a little to one half so that its logit stays finite."""
    values = labels[known(labels, idx)]
    return float((values.sum() + 0.5) / (len(values) + 1.0))


def logit(p: float | np.ndarray) -> Any:
    return np.log(p) - np.log1p(-np.asarray(p))


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: the nets are too small to gain from more, and sums come out the same everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
