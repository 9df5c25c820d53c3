"""Embeddings: shapes, the same by seed, neighbours near, stored and read back, unseen entities completed."""

import networkx as nx
import numpy as np
import pytest

from kdtcn.errors import ModelError
from kg import Embedding, Recipe, complete, embed

# two rings of ten that never touch: a translation model keeps them apart
TRIPLES = np.array(
    [(f"{ring}{i}", "next", f"{ring}{(i + 1) % 10}") for ring in "ab" for i in range(10)]
    + [(f"{ring}{i}", "in", ring) for ring in "ab" for i in range(10)]
)
RECIPE = Recipe(dimensions=8, epochs=60, batch=10)


@pytest.fixture(scope="module")
def fitted() -> Embedding:
    return embed(TRIPLES, RECIPE, seed=3)


def test_shapes(fitted):
    assert fitted.vectors.shape == (22, 8)
    assert fitted.relation_vectors.shape == (2, 8)
    assert fitted.vectors.dtype == np.float32
    assert fitted.entities == sorted(set(TRIPLES[:, 0]) | set(TRIPLES[:, 2]))
    assert np.isfinite(fitted.vectors).all()


def test_same_seed_same_vectors_whatever_the_order(fitted):
    again = embed(TRIPLES[::-1], RECIPE, seed=3)
    assert np.array_equal(again.vectors, fitted.vectors)
    assert not np.array_equal(embed(TRIPLES, RECIPE, seed=4).vectors, fitted.vectors)


def test_a_translation_finds_the_tail(fitted):
    """TransE: h + r is near t (Bordes et al. 2013, eq. 1)."""
    row = {e: i for i, e in enumerate(fitted.entities)}
    inside = fitted.relation_vectors[fitted.relations.index("in")]
    right = 0
    for ring in "ab":
        for i in range(10):
            here = fitted.vectors[row[f"{ring}{i}"]] + inside
            near, far = (np.linalg.norm(here - fitted.vectors[row[other]]) for other in (ring, "ab".replace(ring, "")))
            right += near < far
    assert right >= 18


def test_saved_and_read_back(fitted):
    again = Embedding.load(fitted.save())
    assert (again.entities, again.relations, again.model) == (fitted.entities, fitted.relations, fitted.model)
    assert np.array_equal(again.vectors, fitted.vectors)


@pytest.mark.parametrize("data", [b"", b"not tensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_bytes_that_are_no_embedding(data):
    with pytest.raises(ModelError, match="train it again"):
        Embedding.load(data)


def test_an_id_map_of_another_embedding_is_refused(fitted):
    data = fitted.save().replace(b'\\"a0\\"', b'\\"z0\\"')
    with pytest.raises(ModelError, match="id map"):
        Embedding.load(data)


def test_unseen_entities_are_the_mean_of_their_neighbours(fitted):
    graph = nx.MultiDiGraph()
    graph.add_edge("new", "a0", key="next")
    graph.add_edge("a1", "new", key="next")
    graph.add_node("alone")
    row = {e: i for i, e in enumerate(fitted.entities)}
    expected = (fitted.vectors[row["a0"]] + fitted.vectors[row["a1"]]) / 2
    assert np.allclose(complete(fitted, "new", graph), expected)
    assert np.array_equal(complete(fitted, "a5", graph), fitted.vectors[row["a5"]])
    assert complete(fitted, "alone", graph) is None
    assert complete(fitted, "elsewhere", graph) is None
