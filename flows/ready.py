"""What can be told to be wrong before any work starts: names, options, paths and places that the settings point to."""

import importlib.util
import tempfile
from pathlib import Path

from kdtcn import models
from kdtcn.config import Settings
from kdtcn.errors import ConfigError, ModelError
from kdtcn.sources.registry import configured
from kg.importers.sources import READERS


def ready(settings: Settings) -> None:
    """ConfigError for a model, option, provider, pipeline or graph source that does not exist, and a home that cannot be written.

    Nothing is read, asked or stored but one empty file in the home, which is gone afterwards.
    """
    _models(settings)
    for name, provider in configured(settings.sources).items():
        path = getattr(provider, "path", None)
        if isinstance(path, Path) and not path.exists():
            raise ConfigError(f"{name}: {path}: no such file or folder; correct its option 'path'")
    _pipeline(settings.nlp.model)
    for source in settings.graph.sources:
        if source.partition(":")[0] not in (known := ("seed", *READERS)):
            raise ConfigError(f"graph.sources: unknown source {source!r}; known are {', '.join(known)}")
    _writable(settings.folder)
    if "://" not in settings.lake_url:
        _writable(Path(settings.lake_url))


def _models(settings: Settings) -> None:
    from kdtcn.models.options import Options

    named = dict.fromkeys(settings.training.models, "training.models")
    named.setdefault(settings.serve.without_news, "serve.without_news")
    for name, key in named.items():
        try:
            models.family(name)
        except ModelError as error:
            raise ConfigError(f"{key}: {error}") from None
    try:
        Options.of(settings.training.options)
    except (ModelError, TypeError, ValueError) as error:
        raise ConfigError(f"training.options: {error}") from None


def _pipeline(name: str) -> None:
    if name and not Path(name).is_dir() and (not name.isidentifier() or importlib.util.find_spec(name) is None):
        raise ConfigError(f"nlp.model {name!r}: no such folder or installed package; leave it empty for the pipeline that ships")


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror}); set home to a folder of your own") from None
