"""An embedding as plain data, stored as safetensors with the map from ids to rows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from kdtcn.errors import ModelError
from kg.embedding.recipe import Recipe


@dataclass(frozen=True)
class Embedding:
    """Vectors of entities (n, d) and relations (m, k), float32; complex-valued models are stored as real and imaginary parts side by side.

    rest: weights that belong to no id, such as TuckER's core tensor. recipe: how it was trained, which an update needs.
    """

    model: str
    entities: list[str]
    relations: list[str]
    vectors: np.ndarray
    relation_vectors: np.ndarray
    rest: Mapping[str, np.ndarray] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)

    @cached_property
    def row(self) -> dict[str, int]:
        """Entity -> row of `vectors`."""
        return {name: i for i, name in enumerate(self.entities)}

    @cached_property
    def relation_row(self) -> dict[str, int]:
        """Relation -> row of `relation_vectors`."""
        return {name: i for i, name in enumerate(self.relations)}

    def save(self) -> bytes:
        """Safetensors bytes that carry the id map and its fingerprint."""
        about = {
            "model": self.model,
            "recipe": self.recipe.model_dump_json(),
            "entities": json.dumps(self.entities),
            "relations": json.dumps(self.relations),
            "ids": _fingerprint(self.entities, self.relations),
        }
        arrays = {"entities": self.vectors, "relations": self.relation_vectors, **{f"rest.{k}": v for k, v in self.rest.items()}}
        return save_tensors({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, metadata=about)

    @classmethod
    def load(cls, data: bytes) -> "Embedding":
        """Read what `save` wrote; ModelError where the id map does not belong to the vectors."""
        try:
            about = _metadata(data)
            tensors = {name: tensor.numpy() for name, tensor in load_tensors(data).items()}
            entities, relations = json.loads(about["entities"]), json.loads(about["relations"])
            vectors, relation_vectors = tensors.pop("entities"), tensors.pop("relations")
            recipe = Recipe.model_validate_json(about["recipe"]) if "recipe" in about else Recipe(model=about["model"])
        except Exception as error:
            raise ModelError(f"graph embedding: not a stored embedding ({error}); train it again") from None
        if (
            about["ids"] != _fingerprint(entities, relations)
            or len(entities) != len(vectors)
            or len(relations) != len(relation_vectors)
        ):
            raise ModelError("graph embedding: the id map does not belong to the vectors; train it again")
        rest = {name.removeprefix("rest."): array for name, array in tensors.items()}
        return cls(about["model"], entities, relations, vectors, relation_vectors, rest, recipe)


def _fingerprint(entities: Sequence[str], relations: Sequence[str]) -> str:
    return hashlib.blake2b(json.dumps([list(entities), list(relations)]).encode(), digest_size=16).hexdigest()


def _metadata(data: bytes) -> dict[str, str]:
    """The text header of safetensors bytes: eight bytes of length, then JSON."""
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])["__metadata__"]
