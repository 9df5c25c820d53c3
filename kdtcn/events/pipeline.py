"""Load the spaCy pipeline: the one that ships, or any other by name or path."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import spacy
from spacy.language import Language

from kdtcn.errors import InputError

SHIPPED = Path(__file__).parent / "model"


@lru_cache(maxsize=4)
def load(name: str = "") -> Language:
    """The pipeline called `name`: "" is the shipped one, else an installed package or a folder. It must have a dependency parser.

    Raises:
        InputError: there is no such pipeline, or it cannot parse.
    """
    target = Path(name) if name and Path(name).is_dir() else name or SHIPPED
    try:
        nlp = spacy.load(target)
    except OSError as error:
        remedy = (
            "reinstall kdtcn, or run `make nlp`" if not name else f"install it, or leave nlp.model empty ({_first_line(error)})"
        )
        raise InputError(f"no spaCy pipeline {str(target)!r}: {remedy}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the spaCy pipeline {str(target)!r} does not load with spaCy {spacy.__version__}: {_first_line(error)}"
        ) from error
    if not nlp.has_pipe("parser"):
        raise InputError(
            f"the pipeline {str(target)!r} has no dependency parser, which event tuples need: set nlp.model to one that has"
        )
    return nlp


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:120]
