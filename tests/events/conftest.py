"""The shipped pipeline, loaded once."""

import pytest
from spacy.language import Language

from kdtcn.events.pipeline import load


@pytest.fixture(scope="session")
def nlp() -> Language:
    return load()
