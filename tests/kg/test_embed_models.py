"""Each of the five models learns a small graph, in PyKEEN's loop and over shared candidates, the same way every time."""

import numpy as np
import pytest
import torch

from kdtcn.errors import ModelError
from kg.embedding import MODELS, Embedding, Recipe, embed, mean_reciprocal_rank, nets
from kg.embedding.recipe import DISTANCES

# a calendar: days follow each other, lie in a week, and a week has a kind
RNG = np.random.default_rng(0)
FACTS = np.array(
    [(f"day{i}", "next", f"day{(i + 1) % 60}") for i in range(60)]
    + [(f"day{i}", "in", f"week{i // 6}") for i in range(60)]
    + [(f"week{i}", "kind", f"kind{i % 2}") for i in range(10)]
)
HELD = FACTS[RNG.choice(60, 8, replace=False) + 60]  # some days' weeks
KNOWN = np.array([row for row in FACTS.tolist() if row not in HELD.tolist()])
SMALL = Recipe(dimensions=16, epochs=50, batch=32, learning_rate=0.02)
SHARED = SMALL.but(objective="softmax", negatives=0)


@pytest.mark.parametrize(
    ("model", "objective"), [*((model, "softmax") for model in MODELS), *((model, "nssa") for model in DISTANCES)]
)
def test_each_model_beats_chance(model: str, objective: str) -> None:
    """Chance among n entities is the mean of 1/rank, H(n)/n; what was learnt must rank several times better."""
    recipe = {"softmax": SHARED, "nssa": SMALL.but(negatives=16)}[objective]
    fitted = embed(KNOWN, recipe.but(model=model), seed=1)
    n = len(fitted.entities)
    chance = float((1 / np.arange(1, n + 1)).mean())
    assert mean_reciprocal_rank(fitted, KNOWN) > {"softmax": 5, "nssa": 2}[objective] * chance


def test_held_out_facts_are_found_too() -> None:
    """A day's week is the next day's week: TransE must rank it well above chance."""
    fitted = embed(KNOWN, SHARED, seed=1)
    assert mean_reciprocal_rank(fitted, HELD, known=[KNOWN]) > 0.3


@pytest.mark.parametrize("model", MODELS)
def test_the_matrix_forms_score_as_pykeen_does(model: str) -> None:
    """TuckER's without its batch norms, TransE's with the Euclidean norm."""
    from pykeen.models import model_resolver
    from pykeen.triples import KGInfo

    size = KGInfo(num_entities=7, num_relations=3, create_inverse_triples=False)
    options = {"TransE": {"scoring_fct_norm": 2}, "TuckER": {"apply_batch_normalization": False}}.get(model, {})
    theirs = model_resolver.make(model, triples_factory=size, embedding_dim=4, random_seed=0, **options).eval()
    ours = nets.make(Recipe(model=model, dimensions=4, objective="softmax"), 7, 3, seed=5).eval()
    with torch.no_grad():
        for side in ("entity", "relation"):
            nets.table(ours, side).copy_(nets.table(theirs, side))
        if model == "TuckER":
            ours.interaction.core.copy_(theirs.interaction.core_tensor)
        batch = torch.tensor([[0, 1, 2], [3, 2, 0], [6, 0, 6]])
        few = torch.tensor([5, 1])
        for one, other in (
            (ours.score_hrt(batch), theirs.score_hrt(batch)),
            (ours.score_t(batch[:, :2]), theirs.score_t(batch[:, :2])),
            (ours.score_h(batch[:, 1:]), theirs.score_h(batch[:, 1:])),
            (ours.score_t(batch[:, :2], tails=few), theirs.score_t(batch[:, :2])[:, few]),
            (ours.score_h(batch[:1, 1:], heads=few), theirs.score_h(batch[:1, 1:])[:, few]),
        ):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("recipe", [SMALL.but(epochs=3), SHARED.but(epochs=3, negatives=8)], ids=["nssa", "softmax"])
def test_same_seed_same_vectors(recipe: Recipe) -> None:
    one, two, other = (embed(rows, recipe, seed=seed) for rows, seed in ((KNOWN, 3), (KNOWN[::-1], 3), (KNOWN, 4)))
    assert np.array_equal(one.vectors, two.vectors)
    assert not np.array_equal(one.vectors, other.vectors)


@pytest.mark.parametrize("recipe", [SMALL, SHARED], ids=["nssa", "softmax"])
def test_early_stopping_keeps_the_best(recipe: Recipe) -> None:
    told: list[tuple[int, float | None]] = []
    stopped = embed(
        KNOWN,
        recipe.but(epochs=100, every=5, patience=1),
        valid=HELD,
        told=lambda epoch, loss, rank: told.append((epoch, rank)),
    )
    looks = [rank for _, rank in told if rank is not None]
    assert len(told) < 100
    assert [epoch for epoch, rank in told if rank is not None] == list(range(5, len(told) + 1, 5))
    assert mean_reciprocal_rank(stopped, HELD, known=[KNOWN]) == pytest.approx(max(looks), abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_stored_weights_score_as_before(model: str) -> None:
    fitted = embed(KNOWN, SHARED.but(model=model, epochs=2, dimensions=6))
    again = Embedding.load(fitted.save())
    assert again.recipe == fitted.recipe
    assert mean_reciprocal_rank(again, HELD) == mean_reciprocal_rank(fitted, HELD)
    for name, weights in fitted.rest.items():
        assert np.array_equal(weights, again.rest[name])


def test_no_facts_is_an_error() -> None:
    with pytest.raises(ModelError, match="no facts"):
        embed([])
    assert np.isnan(mean_reciprocal_rank(embed(KNOWN, SMALL.but(epochs=1)), np.array([["no", "such", "fact"]])))
