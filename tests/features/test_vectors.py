"""Text and event vectors: what they hold, and that saving loses nothing."""

import numpy as np
import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.features.text import TextVectors, fit
from kdtcn.features.vectors import event_triples, graph_items
from kg import Embedding

TEXTS = [
    "oil prices fall on supply",
    "oil prices rise on demand",
    "central bank raises rates",
    "central bank cuts rates",
    "rates fall and prices rise",
] * 3


def test_text_vectors_have_about_unit_variance_and_know_only_their_words() -> None:
    text = fit(TEXTS, dim=4, max_features=100)
    found = text.transform(["oil prices", "zebra", ""])
    assert found.shape == (3, 4)
    assert np.linalg.norm(found[0]) == pytest.approx(2.0)  # sqrt(dim)
    assert not found[1:].any()


def test_saving_text_vectors_loses_nothing() -> None:
    text = fit(TEXTS, dim=4, max_features=100)
    again = TextVectors.load(text.save())
    np.testing.assert_allclose(again.transform(TEXTS), text.transform(TEXTS), atol=1e-6)


def test_too_few_words_is_an_error() -> None:
    with pytest.raises(InputError, match="import more news"):
        fit(["one", "two"], dim=4, max_features=100)


EVENTS = pd.DataFrame({"event_id": ["e1", "e2", "e3"], "event_type": ["rise", "fall", "rise"], "negated": [False, True, False]})
LINKS = pd.DataFrame(
    [("e1", "subject", "a"), ("e1", "object", "b"), ("e1", "object", "c"), ("e2", "subject", "a"), ("e3", "object", "new")],
    columns=["event_id", "role", "entity_id"],
)


def test_triples_are_the_events_with_both_arguments_linked() -> None:
    assert event_triples(EVENTS, LINKS).tolist() == [["a", "event:rise", "b"], ["a", "event:rise", "c"]]


def test_a_graph_vector_is_the_mean_of_its_entities_and_flags() -> None:
    vectors = np.eye(3, 4, dtype=np.float32)
    embedding = Embedding("TransE", ["a", "b", "c"], ["event:rise"], vectors, np.ones((1, 4), np.float32))
    found = graph_items(EVENTS, LINKS, embedding, lambda entity: np.full(4, 7.0, np.float32) if entity == "new" else None)
    subject, relation, thing, flags = np.split(found, [4, 8, 12], axis=1)
    np.testing.assert_allclose(subject[0], 2 * vectors[0])  # unit vectors are scaled by sqrt(dim)
    np.testing.assert_allclose(thing[0], vectors[1] + vectors[2])
    np.testing.assert_allclose(relation, [[1] * 4, [0] * 4, [1] * 4])  # an event type unknown at the cut has no vector
    np.testing.assert_allclose(thing[2], 14)  # an entity unknown at the cut is completed from its neighbours
    assert flags.tolist() == [[1, 1, 0], [1, 0, 1], [0, 1, 0]]
