"""A warm update learns what is new, moves nothing that was there, and costs what is new."""

from functools import cache

import numpy as np
import pytest
import torch

from kg.embedding import MODELS, Recipe, embed, mean_reciprocal_rank, nets, update
from kg.embedding.stored import Embedding
from kg.embedding.training import numbered, softmax_loss
from kg.embedding.update import Rehearsal

GROUPS, EACH = 8, 12  # members of a group share its leader and its place
FACTS = np.array(
    [(f"m{g}.{i}", relation, f"{relation}{g}") for g in range(GROUPS) for i in range(EACH) for relation in ("led by", "lies in")]
)
NEW = [f"m{g}.0" for g in range(GROUPS)]
OLD_FACTS = FACTS[[head not in NEW for head in FACTS[:, 0]]]
NEW_FACTS = FACTS[[head in NEW for head in FACTS[:, 0]]]
RECIPE = Recipe(objective="softmax", negatives=0, dimensions=16, epochs=30, batch=64, learning_rate=0.02)


@cache
def fit(model: str = "TransE") -> Embedding:
    return embed(OLD_FACTS, RECIPE.but(model=model))


def unchanged(before: Embedding) -> None:
    after = update(before, NEW_FACTS, epochs=2).embedding
    n, m = len(before.entities), len(before.relations)
    assert after.entities == [*before.entities, *sorted(NEW)]
    assert np.array_equal(after.vectors[:n], before.vectors)
    assert np.array_equal(after.relation_vectors[:m], before.relation_vectors)
    assert np.isfinite(after.vectors).all()


@pytest.mark.parametrize("model", MODELS)
def test_old_vectors_do_not_change_by_a_bit(model: str) -> None:
    unchanged(fit(model))


def test_nor_do_vectors_of_length_one() -> None:
    before = embed(OLD_FACTS, Recipe(dimensions=8, epochs=2))
    unchanged(before)
    assert np.allclose(np.linalg.norm(update(before, NEW_FACTS, epochs=2).embedding.vectors, axis=1), 1)


def test_what_is_new_is_learnt_and_what_is_old_keeps_its_rank() -> None:
    """Learn half of what is said of each new member; the other half must follow."""
    before = fit()
    leaders = NEW_FACTS[NEW_FACTS[:, 1] == "led by"]
    places = NEW_FACTS[NEW_FACTS[:, 1] == "lies in"]
    after = update(before, leaders).embedding
    assert mean_reciprocal_rank(after, leaders, known=[OLD_FACTS, places]) > 0.5
    assert mean_reciprocal_rank(after, places, known=[OLD_FACTS, leaders]) > 0.4
    old = mean_reciprocal_rank(before, OLD_FACTS)
    assert mean_reciprocal_rank(after, OLD_FACTS, known=[NEW_FACTS]) > old - 0.01


def test_rehearsal_keeps_new_entities_from_old_questions() -> None:
    """A new member says nothing of the old ones' places: with their facts rehearsed it answers for them less often."""
    before = fit()
    crowd = np.array([(f"c{i}", "led by", f"led by{i % GROUPS}") for i in range(60)])
    ranks = [
        mean_reciprocal_rank(update(before, crowd, known=known).embedding, OLD_FACTS, known=[crowd]) for known in ((), OLD_FACTS)
    ]
    assert ranks[1] > ranks[0]


def test_cost_grows_with_what_is_new_and_not_with_the_graph() -> None:
    before = fit()
    one, four = (update(before, NEW_FACTS[: 2 * n], epochs=5, anchors=20) for n in (1, 4))
    assert (one.facts, four.facts) == (2, 8)
    assert one.rows < four.rows < 4 * one.rows + 1
    more = np.array([(f"x{i}", "led by", f"led by{i % GROUPS}") for i in range(300)])
    larger = update(embed(np.vstack([OLD_FACTS, more]), RECIPE.but(epochs=1)), NEW_FACTS[:2], epochs=5, anchors=20)
    assert larger.rows <= one.rows + 5 * 2  # a neighbour may be among the anchors in one and not in the other
    again = update(before, np.vstack([OLD_FACTS, NEW_FACTS[:2]]), epochs=5, anchors=20)
    assert again.rows == one.rows, "facts that are known cost nothing"


def test_the_same_input_gives_the_same_vectors_whatever_its_order() -> None:
    before = fit()
    one, two = (update(before, rows, epochs=5).embedding.vectors for rows in (NEW_FACTS, NEW_FACTS[::-1]))
    assert np.array_equal(one, two)


def test_new_relations_and_chains_of_new_entities_get_vectors() -> None:
    before = fit()
    rows = [("a", "led by", "led by1"), ("b", "knows", "a"), ("c", "knows", "b")]
    after = update(before, rows)
    assert (after.entities, after.relations, after.facts) == (["a", "b", "c"], ["knows"], 3)
    assert after.embedding.relations[-1] == "knows"
    assert np.abs(after.embedding.vectors[-3:]).sum(axis=1).min() > 0
    assert after.embedding.relation_vectors.any(axis=1).all()


def test_nothing_new_is_no_update() -> None:
    before = fit()
    after = update(before, OLD_FACTS)
    assert after.embedding is before
    assert (after.entities, after.facts, after.rows) == ([], 0, 0)


@pytest.mark.parametrize("model", MODELS)
def test_the_rehearsal_is_the_loss_of_old_facts_among_all_candidates(model: str) -> None:
    """What does not change is worked out once: the loss and what the new rows learn from it are those of the whole."""
    before = fit(model)
    n, fresh = len(before.entities), 3
    start = np.vstack([before.vectors, before.vectors[:fresh] + 0.1]).astype(np.float32)
    past = numbered(OLD_FACTS[:40], [*before.entities, *NEW[:fresh]], before.relations)
    candidates, each = torch.tensor([*range(0, n, 3), *range(n, n + fresh)]), torch.ones(len(range(0, n, 3)) + fresh)
    each[:-fresh] = 3.0
    rows = torch.tensor([3, 1, 1, 39, 20])
    found = []
    for whole in (True, False):
        with nets.quiet():
            net = nets.restore(before, start, before.relation_vectors)
        weight = nets.table(net, "entity").requires_grad_(True)
        kept = Rehearsal(net, past, (candidates, each), n)
        with torch.no_grad():
            weight[n:] += 0.2  # the new ones have moved since
        loss = softmax_loss(net, past[rows], candidates, each) if whole else kept.loss(net, rows)
        loss.backward()
        assert weight.grad is not None
        found.append((loss.item(), weight.grad[n:].numpy()))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert np.abs(found[0][1]).max() > 0
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-6)
