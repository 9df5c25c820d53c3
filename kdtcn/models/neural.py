"""Neural models: what the TCN variants, the LSTM and the CNN share; each names its backbone and its items."""

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.models import volatility
from kdtcn.models.base import ABRUPT, UP, History, Model, logit, one_thread, rate
from kdtcn.models.batches import Source
from kdtcn.models.descent import initialise
from kdtcn.models.har import Har
from kdtcn.models.loop import optimise, predict
from kdtcn.models.network import Backbone, Network
from kdtcn.models.options import Options
from kdtcn.models.snapshots import Snapshots

_HAR = "har."  # before the names of its tensors in the state


class NeuralModel(Model):
    """A network with its options and dimensions; `network` is None until it is fitted or restored."""

    seeded: ClassVar[bool] = True

    def __init__(self, **options: Any) -> None:
        self._use(Options.of(options))
        self.network: Network | Snapshots | None = None
        self.dims: dict[str, int] = {}
        self.volatility = torch.zeros(7, dtype=torch.float64)

    def _use(self, options: Options) -> None:
        self.options = options
        self.har = Har() if options.volatility == "har" else None
        self.history = self.har.history if self.har is not None else 0

    @abstractmethod
    def backbone(self, channels: int, window: int) -> Backbone:
        """The module over T sessions, `channels` wide."""

    def widths(self, item_dim: int, window: int) -> dict[str, int]:
        """Widths of the backbone and of the items' hidden layer."""
        return {"channels": self.options.channels, "hidden": 32}

    def build(self, dims: Mapping[str, int]) -> Network:
        """A network with fresh weights for dims item, window, channels, hidden."""
        options = self.options
        return Network(
            self.backbone(dims["channels"], dims["window"]), dims["item"], dims["hidden"], options.pooled, options.dropout
        )

    def fit(
        self, data: Dataset, train: np.ndarray, valid: np.ndarray, *, seed: int = 0, options: Mapping[str, Any] | None = None
    ) -> History:
        self._use(self.options.with_(options or {}))
        train = np.asarray(train, dtype=np.int64)
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            source = Source(data, self.kind)
            self.dims = {"item": source.item_dim, "window": data.window, **self.widths(source.item_dim, data.window)}
            network = self.build(self.dims)
            initialise(network, self.options.init, but=network.output)
            self._prepare(network, source, data, train)
            if self.har is not None:
                self.har.fit(data, train, valid)
            else:
                self.volatility = volatility.fit(data, train)
            history, kept = optimise(
                network,
                source,
                data,
                train,
                np.asarray(valid, dtype=np.int64),
                self._start(data, np.arange(len(data))),
                seed,
                self.options,
            )
            self.network = self._assemble(network, kept)
        return history

    def _assemble(self, network: Network, kept: list[dict[str, Tensor]]) -> Network | Snapshots:
        """The network with the weights to keep; several sets make an ensemble."""
        if len(kept) > 1:
            self.dims["members"] = len(kept)
            members = [copy.deepcopy(network) for _ in kept]
        else:
            members = [network]
        for member, weights in zip(members, kept, strict=True):
            member.load_state_dict(weights)
        return Snapshots(members) if len(kept) > 1 else network

    def _prepare(self, network: Network, source: Source, data: Dataset, train: np.ndarray) -> None:
        """The base rate of rises as the first bias, and the items' scaler: both from the training rows alone."""
        with torch.no_grad():
            network.output.bias[UP] = float(logit(rate(data.up, train)))
            network.output.bias[ABRUPT] = 0.0
            if self.options.class_weights == "balanced":
                network.output.bias[UP] = 0.0  # both classes weigh the same, so neither is likelier
            if network.news is not None and source.items is not None and source.vectors is not None and len(train):
                first, last = int(train.min()) - data.window + 1, int(train.max())
                start, stop = int(source.items.offsets[first]), int(source.items.offsets[last + 1])
                network.news.standardise(source.vectors[start:stop], (stop - start) / (last + 1 - first))

    def _start(self, data: Dataset, idx: np.ndarray) -> Tensor:
        """(n, 2) logits that the network's outputs are added to: nothing for P(up), what volatility says for P(abrupt).

        Price vectors are z-scored over a trailing window, which removes the level of volatility that an abrupt change
        in percent hangs on. So the networks learn what news and price patterns add to it.
        """
        start = torch.zeros(len(idx), 2)
        if self.har is not None:
            start[:, ABRUPT] = torch.from_numpy(self.har.logits(data, idx)[:, ABRUPT])
        else:
            start[:, ABRUPT] = torch.from_numpy(volatility.logits(data, idx, self.volatility.numpy()))
        return start

    def fitted(self) -> Network | Snapshots:
        """The network in evaluation mode; ModelError before fitting."""
        if self.network is None:
            raise ModelError(f"{self.family}: not fitted yet; call fit first")
        return self.network.eval()

    def logits(self, data: Dataset, idx: np.ndarray) -> np.ndarray:
        network = self.fitted()
        source = Source(data, self.kind)
        if source.item_dim != self.dims["item"] or data.window != self.dims["window"]:
            raise ModelError(
                f"{self.family}: fitted for items of {self.dims['item']} numbers and windows of {self.dims['window']},"
                f" the dataset has {source.item_dim} and {data.window}; train the model again"
            )
        idx = np.asarray(idx, dtype=np.int64)
        with one_thread():
            return (predict(network, source, idx) + self._start(data, idx)).double().numpy()

    def config(self) -> dict[str, Any]:
        return {"family": self.family, "options": self.options.as_dict(), "dims": dict(self.dims)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        model = cls(**config.get("options", {}))
        model.dims = dict(config.get("dims", {}))
        return model

    def state(self) -> dict[str, torch.Tensor]:
        before = (
            {"volatility": self.volatility}
            if self.har is None
            else {_HAR + name: tensor for name, tensor in self.har.state().items()}
        )
        return {**self.fitted().state_dict(), **before}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        try:
            members = [self.build(self.dims) for _ in range(self.dims.get("members", 1))]
            network = Snapshots(members) if len(members) > 1 else members[0]
            rest = dict(tensors)
            if self.har is None:
                self.volatility = rest.pop("volatility")
            else:
                self.har.restore({name.removeprefix(_HAR): rest.pop(name) for name in tensors if name.startswith(_HAR)})
            network.load_state_dict(rest)
        except (KeyError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ModelError(
                f"{self.family}: the stored weights do not fit its configuration ({reason}); train it again"
            ) from None
        self.network = network.eval()

    @property
    def n_parameters(self) -> int:
        return sum(p.numel() for p in self.fitted().parameters())
