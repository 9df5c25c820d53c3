"""PyKEEN models made from a recipe, and the way between their weights and a stored embedding."""

import gc
import logging
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from kg.embedding.recipe import Recipe
from kg.embedding.stored import Embedding

if TYPE_CHECKING:
    from pykeen.models import ERModel

SPREAD = 0.3  # first entity and relation vectors of the distance models lie in [-0.3, 0.3]
SMALL = 0.1  # standard deviation of those of the product models


def make(recipe: Recipe, n_entities: int, n_relations: int, *, seed: int) -> "ERModel":
    """A fresh model. `nssa` takes PyKEEN's as they are; `softmax` takes their forms as matrix products, unconstrained."""
    from pykeen.losses import NSSALoss
    from pykeen.models import model_resolver
    from pykeen.triples import KGInfo

    size = KGInfo(num_entities=n_entities, num_relations=n_relations, create_inverse_triples=False)
    torch.manual_seed(seed)
    if recipe.objective == "nssa":
        loss = NSSALoss(margin=6.0, adversarial_temperature=0.5)
        return model_resolver.make(
            recipe.model, triples_factory=size, embedding_dim=recipe.dimensions, loss=loss, random_seed=seed
        )
    from pykeen.models import ERModel
    from pykeen.nn.init import init_phases
    from torch.nn.init import normal_, uniform_

    from kg.embedding import interactions

    spread: Any = partial(uniform_, a=-SPREAD, b=SPREAD)
    start = spread if recipe.model in ("TransE", "RotatE") else partial(normal_, std=1.0 if recipe.model == "TuckER" else SMALL)
    kind: dict[str, Any] = {"shape": recipe.dimensions, "initializer": start}
    if getattr(interactions, recipe.model).is_complex:
        kind["dtype"] = torch.cfloat
    relations = kind | ({"initializer": init_phases, "constrainer": "complex_normalize"} if recipe.model == "RotatE" else {})
    own = {"dim": recipe.dimensions} if recipe.model == "TuckER" else {}
    return ERModel(
        triples_factory=size,
        interaction=getattr(interactions, recipe.model)(dropout=recipe.dropout, **own),
        entity_representations_kwargs=kind,
        relation_representations_kwargs=relations,
        random_seed=seed,
    )


def store(net: "ERModel", recipe: Recipe, entities: list[str], relations: list[str]) -> Embedding:
    """The weights of a model as an embedding."""
    vectors, relation_vectors = (_plain(table(net, side)) for side in ("entity", "relation"))
    rest = {
        k: v.detach().cpu().numpy().astype(np.float32) for k, v in net.interaction.state_dict().items() if v.is_floating_point()
    }
    return Embedding(recipe.model, entities, relations, vectors, relation_vectors, rest, recipe)


def restore(embedding: Embedding, vectors: np.ndarray, relation_vectors: np.ndarray) -> "ERModel":
    """A model with these rows as its vectors and the embedding's other weights; it scores and does not drop out."""
    net = make(embedding.recipe, len(vectors), len(relation_vectors), seed=0)
    with torch.no_grad():
        for side, rows in (("entity", vectors), ("relation", relation_vectors)):
            weight = table(net, side)
            weight.copy_(torch.from_numpy(rows).reshape(weight.shape))
    net.interaction.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in embedding.rest.items()}, strict=False)
    return net.eval()


def table(net: "ERModel", side: str) -> torch.nn.Parameter:
    """The weights of all entities or all relations; complex ones are pairs of real numbers."""
    return getattr(net, f"{side}_representations")[0]._embeddings.weight


def _plain(weight: torch.Tensor) -> np.ndarray:
    return weight.detach().cpu().reshape(len(weight), -1).to(torch.float32).numpy().copy()


class quiet:
    """PyKEEN logs every default it takes, and collects garbage after every epoch, which took nine tenths of the time here.

    Keep the log out of the console, and freeze what is alive so that those collections have nothing to look through.
    """

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.filterwarnings("ignore", message=".*pin_memory.*")  # PyKEEN asks for pinned memory with or without a GPU
        self._level = logging.root.manager.disable
        logging.disable(logging.WARNING)  # by level of the whole process: its loggers set their own levels

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        self._warnings.__exit__(None, None, None)
        logging.disable(self._level)
