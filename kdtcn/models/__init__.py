"""All models behind one interface, by short name; each lives in its own module, imported when it is asked for."""

import re
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
    "svm": ("svm", "Svm"),
    "mlp": ("mlp", "Mlp"),
    "srn": ("srn", "Srn"),
    "birnn": ("birnn", "BiRnn"),
    "deep-birnn": ("deep_birnn", "DeepBiRnn"),
    "lstm": ("lstm", "Lstm"),
    "stacked-lstm": ("stacked_lstm", "StackedLstm"),
    "cnn-lstm": ("cnn_lstm", "CnnLstm"),
    "seq2seq-lstm": ("seq2seq_lstm", "Seq2seqLstm"),
    "time-lstm": ("time_lstm", "TimeLstm"),
    "wavelet-lstm": ("wavelet_lstm", "WaveletLstm"),
    "emd-lstm": ("emd_lstm", "EmdLstm"),
    "gru": ("gru", "Gru"),
    "esn": ("esn", "Esn"),
    "cwrnn": ("cwrnn", "Cwrnn"),
    "zoneout": ("zoneout", "ZoneoutLstm"),
    "sru": ("sru", "Sru"),
    "autoencoder": ("autoencoder", "Autoencoder"),
    "linear-transformer": ("linear_transformer", "LinearTransformer"),
    "gpt": ("gpt", "Gpt"),
    "cnn": ("cnn", "Cnn"),
    "dwnn": ("dwnn", "Dwnn"),
    "han": ("han", "Han"),
    "tcan": ("tcan", "Tcan"),
    "tcn": ("tcn", "Tcn"),
    "wb-tcn": ("wb_tcn", "WbTcn"),
    "eb-tcn": ("eb_tcn", "EbTcn"),
    "kdeb-tcn": ("kdeb_tcn", "KdebTcn"),
    "kdtcn": ("kdtcn", "Kdtcn"),
}

_NAME = r"(?:(?:[A-Z]\.)+ )?[A-Z][\w-]+"
_CITED = re.compile(rf"{_NAME}(?:, {_NAME})*(?: & {_NAME})?(?: et al\.)? \(?(?:19|20)\d\d")  # authors and year


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


def paper(name: str) -> str:
    """Authors and year of the paper that the model's module cites first, as in "Cho et al. 2014"."""
    found = _CITED.search(import_module(family(name).__module__).__doc__ or "")
    if found is None:
        raise ModelError(f"model {name!r}: its module cites no paper by authors and year")
    return found.group().replace("(", "")


def create(name: str, **options: Any) -> Model:
    """A new model; options are those of `kdtcn.models.options.Options` (closed-form models have none of their own)."""
    return family(name)(**options)


def load(config: Mapping[str, Any], data: bytes) -> Model:
    """The model that `config()` and `to_bytes()` described."""
    name = str(config.get("family", ""))
    return family(name).from_state(config, tensors_from(data, name))


__all__ = ["ABRUPT", "UP", "History", "Model", "available", "create", "family", "load", "paper"]
