"""All models behind one interface, by short name; each lives in its own module, imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from kdtcn.errors import ModelError
from kdtcn.models.base import ABRUPT, UP, History, Model, tensors_from

_WHERE = {
    "always-up": ("always_up", "AlwaysUp"),
    "previous-sign": ("signs", "PreviousSign"),
    "reversal": ("signs", "Reversal"),
    "logistic": ("logistic", "Logistic"),
    "arima": ("arima", "Arima"),
    "ewma": ("ewma", "Ewma"),
    "har": ("har", "Har"),
    "garch": ("garch", "Garch"),
    "lstm": ("lstm", "Lstm"),
    "cnn": ("cnn", "Cnn"),
    "tcn": ("tcn", "Tcn"),
    "wb-tcn": ("wb_tcn", "WbTcn"),
    "eb-tcn": ("eb_tcn", "EbTcn"),
    "kdeb-tcn": ("kdeb_tcn", "KdebTcn"),
    "kdtcn": ("kdtcn", "Kdtcn"),
}


def available() -> list[str]:
    """Short names, simplest first."""
    return list(_WHERE)


def family(name: str) -> type[Model]:
    """The class behind a short name; ModelError lists the known ones."""
    if name not in _WHERE:
        raise ModelError(f"model {name!r} is unknown; available are {', '.join(_WHERE)}")
    module, attribute = _WHERE[name]
    found: type[Model] = getattr(import_module(f"kdtcn.models.{module}"), attribute)
    return found


def create(name: str, **options: Any) -> Model:
    """A new model; options are those of `kdtcn.models.options.Options` (closed-form models have none of their own)."""
    return family(name)(**options)


def load(config: Mapping[str, Any], data: bytes) -> Model:
    """The model that `config()` and `to_bytes()` described."""
    name = str(config.get("family", ""))
    return family(name).from_state(config, tensors_from(data, name))


__all__ = ["ABRUPT", "UP", "History", "Model", "available", "create", "family", "load"]
