"""Knowledge-graph embeddings through PyKEEN: fit, store as safetensors with their id map, complete for unseen entities."""

import gc
import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from kdtcn.errors import ModelError

MODELS = ("TransE", "DistMult", "ComplEx", "RotatE", "TuckER")
BATCHES = 16  # updates an epoch: few enough to be quick, enough to learn from small graphs
SMALLEST, LARGEST = 256, 8192
NEGATIVES = 4
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class Embedding:
    """Vectors of entities (n, d) and relations (m, k), float32; complex-valued models are stored as real and imaginary parts side by side."""

    model: str
    entities: list[str]
    relations: list[str]
    vectors: np.ndarray
    relation_vectors: np.ndarray

    def save(self) -> bytes:
        """Safetensors bytes that carry the id map and its fingerprint."""
        about = {
            "model": self.model,
            "entities": json.dumps(self.entities),
            "relations": json.dumps(self.relations),
            "ids": _fingerprint(self.entities, self.relations),
        }
        tensors = {"entities": torch.from_numpy(self.vectors.copy()), "relations": torch.from_numpy(self.relation_vectors.copy())}
        return save_tensors(tensors, metadata=about)

    @classmethod
    def load(cls, data: bytes) -> "Embedding":
        """Read what `save` wrote; ModelError where the id map does not belong to the vectors."""
        try:
            about = _metadata(data)
            tensors = load_tensors(data)
            entities, relations = json.loads(about["entities"]), json.loads(about["relations"])
        except Exception as error:
            raise ModelError(f"graph embedding: not a stored embedding ({error}); train it again") from None
        vectors, relation_vectors = tensors["entities"].numpy(), tensors["relations"].numpy()
        if (
            about["ids"] != _fingerprint(entities, relations)
            or len(entities) != len(vectors)
            or len(relations) != len(relation_vectors)
        ):
            raise ModelError("graph embedding: the id map does not belong to the vectors; train it again")
        return cls(about["model"], entities, relations, vectors, relation_vectors)


def embed(
    triples: np.ndarray | pd.DataFrame | Sequence[tuple[str, str, str]],
    *,
    model: str = "TransE",
    dim: int = 48,
    epochs: int = 40,
    seed: int = 0,
    batch: int | None = None,
    negatives: int = NEGATIVES,
    learning_rate: float = LEARNING_RATE,
) -> Embedding:
    """Fit an embedding on (n, 3) head, relation, tail ids; the same triples and seed give the same vectors on one machine.

    TransE: Bordes et al., NIPS 2013; the loss is self-adversarial negative sampling (Sun et al., ICLR 2019, eq. 5).
    """
    if model not in MODELS:
        raise ModelError(f"graph embedding: unknown model {model!r}; known are {', '.join(MODELS)}")
    rows = np.unique(np.asarray(triples, dtype=str).reshape(-1, 3), axis=0)
    if not len(rows):
        raise ModelError("graph embedding: there are no facts to learn from; run `kdtcn kg build` first")
    with _quiet():
        from pykeen.losses import NSSALoss
        from pykeen.models import model_resolver
        from pykeen.training import SLCWATrainingLoop
        from pykeen.triples import TriplesFactory

        factory = TriplesFactory.from_labeled_triples(rows)
        torch.manual_seed(seed)
        batch = min(batch or max(len(rows) // BATCHES, SMALLEST), LARGEST, len(rows))
        net = model_resolver.make(
            model,
            triples_factory=factory,
            embedding_dim=dim,
            loss=NSSALoss(margin=6.0, adversarial_temperature=0.5),
            random_seed=seed,
        )
        optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
        loop = SLCWATrainingLoop(
            model=net,
            triples_factory=factory,
            optimizer=optimizer,
            negative_sampler="basic",
            negative_sampler_kwargs={"num_negs_per_pos": negatives},
        )
        loop.train(
            triples_factory=factory,
            num_epochs=epochs,
            batch_size=batch,
            use_tqdm=False,
            use_tqdm_batch=False,
            num_workers=0,
            pin_memory=False,
            drop_last=False,
        )
        vectors, relation_vectors = _real(net.entity_representations[0]()), _real(net.relation_representations[0]())
    entities = [factory.entity_id_to_label[i] for i in range(factory.num_entities)]
    names = [factory.relation_id_to_label[i] for i in range(factory.num_relations)]
    return Embedding(model, entities, names, vectors, relation_vectors)


def complete(embedding: Embedding, entity: str, graph: nx.MultiDiGraph) -> np.ndarray | None:
    """The vector of an entity that was not trained: the mean of its neighbours' vectors; None where it has none."""
    row = _rows(embedding)
    if entity in row:
        return embedding.vectors[row[entity]]
    if entity not in graph:
        return None
    near = sorted({n for n in (*graph.successors(entity), *graph.predecessors(entity)) if n in row})
    return embedding.vectors[[row[n] for n in near]].mean(axis=0) if near else None


_ROWS: dict[int, tuple[Embedding, dict[str, int]]] = {}


def _rows(embedding: Embedding) -> dict[str, int]:
    """Entity -> row, remembered for the last embedding asked."""
    held = _ROWS.get(id(embedding))
    if held is None or held[0] is not embedding:
        _ROWS.clear()
        _ROWS[id(embedding)] = held = (embedding, {name: i for i, name in enumerate(embedding.entities)})
    return held[1]


def _real(weights: torch.Tensor) -> np.ndarray:
    held = weights.detach().cpu()
    if held.is_complex():
        held = torch.view_as_real(held).flatten(1)
    return held.reshape(len(held), -1).to(torch.float32).numpy()


def _fingerprint(entities: Sequence[str], relations: Sequence[str]) -> str:
    return hashlib.blake2b(json.dumps([list(entities), list(relations)]).encode(), digest_size=16).hexdigest()


def _metadata(data: bytes) -> dict[str, str]:
    """The text header of safetensors bytes: eight bytes of length, then JSON."""
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])["__metadata__"]


class _quiet:
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
