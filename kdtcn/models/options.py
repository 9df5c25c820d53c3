"""The options of every network and of the loop that fits it, with their defaults, checked in one place."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

from kdtcn.errors import ConfigError

Optimiser = Literal["adamw", "adam", "rmsprop", "adagrad", "sgd"]
Schedule = Literal["halving", "inverse", "cosine", "restarts", "constant"]
Init = Literal["default", "xavier", "kaiming", "orthogonal", "normal"]
Weights = Literal["none", "balanced"]
Volatility = Literal["regression", "har"]
_CHOICES = {
    "optimiser": get_args(Optimiser),
    "schedule": get_args(Schedule),
    "init": get_args(Init),
    "class_weights": get_args(Weights),
    "volatility": get_args(Volatility),
}
_AT_LEAST_ONE = ("parameters", "channels", "kernel", "pooled", "epochs", "patience", "halve_after", "cycle", "run", "runs")
_SHARES = ("dropout", "momentum", "drop_items", "drop_sessions")


@dataclass(frozen=True)
class Options:
    """Network and loop options. The defaults regularise strongly: honest accuracy on daily data is 50 to 56 %."""

    # network
    parameters: int = 12_000  # budget of the TCN variants; widths are chosen to meet it
    channels: int = 16  # backbone width of the models that read news (and of the LSTM and the CNN)
    kernel: int = 3  # kernel size of the temporal convolutions
    pooled: int = 8  # width of an encoded item and of a session's pooled news
    dropout: float = 0.3
    init: Init = "default"  # how weight matrices are drawn; default: as torch draws those of each layer
    # loop
    epochs: int = 60
    patience: int = 6  # epochs without a better validation loss before fitting stops
    optimiser: Optimiser = "adamw"
    momentum: float = 0.9  # of sgd, as Nesterov's; sgd wants a learning rate about ten times that of the others
    schedule: Schedule = "halving"
    halve_after: int = 3  # halving: epochs without a better validation loss before the learning rate is halved
    decay: float = 0.1  # inverse: d in learning_rate / (1 + d * epoch)
    cycle: int = 10  # restarts: epochs from one start at the full learning rate to the next
    snapshots: bool = False  # restarts: keep the best weights of every cycle and forecast by their mean logits
    learning_rate: float = 4e-3
    weight_decay: float = 0.02  # L2: apart from the gradient in adamw, in the gradient in the others
    l1: float = 0.0  # weight of the sum of absolute weights in the loss
    clip: float = 1.0  # largest norm of the gradient
    abrupt_weight: float = 0.5  # w in BCE(up) + w * BCE(abrupt)
    volatility: Volatility = "regression"  # what P(abrupt) starts from, before the network adds to it
    class_weights: Weights = "none"  # balanced: both classes of a label weigh the same, by their shares in the training rows
    run: int = 32  # consecutive windows that share their encoded sessions
    runs: int = 4  # such runs in a batch
    drop_items: float = 0.1  # share of single items hidden in training
    drop_sessions: float = 0.05  # share of sessions whose items are all hidden in training

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _CHOICES:
                if value not in _CHOICES[field.name]:
                    raise ConfigError(f"option {field.name!r}: expected one of {', '.join(_CHOICES[field.name])}, got {value!r}")
            elif isinstance(field.default, bool):
                if not isinstance(value, bool):
                    raise ConfigError(f"option {field.name!r}: expected true or false, got {value!r}")
            else:
                _check_number(field.name, value, whole=isinstance(field.default, int))
        if self.optimiser == "sgd" and not self.momentum:
            raise ConfigError("option 'momentum': 0 leaves Nesterov's method nothing to look ahead by; use more, below 1")
        if self.snapshots and self.schedule != "restarts":
            raise ConfigError(f"option 'snapshots': one member a cycle needs schedule: restarts, not {self.schedule}")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Options from a mapping; ConfigError names an unknown key and lists the known ones."""
        return cls().with_(given)

    def with_(self, given: Mapping[str, Any]) -> Self:
        known = [field.name for field in fields(self)]
        for key in given:
            if key not in known:
                raise ConfigError(f"training option {key!r} is unknown; known are {', '.join(known)}")
        return replace(self, **given)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _check_number(name: str, value: object, *, whole: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise ConfigError(f"option {name!r}: expected {'an integer' if whole else 'a number'}, got {value!r}")
    if not (1 if name in _AT_LEAST_ONE else 0) <= value < (1 if name in _SHARES else math.inf):
        raise ConfigError(f"option {name!r}: {value!r} is out of range")
