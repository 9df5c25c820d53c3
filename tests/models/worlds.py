"""A small made-up dataset with planted causes: event type x entity class, the class visible in the graph alone."""

import numpy as np
import pandas as pd

from kdtcn.features.dataset import Dataset, Items

WINDOW = 5


def world(
    sessions: int = 700,
    mean_items: float = 8,
    seed: int = 0,
    strength: float = 1.0,
    noise: float = 0.5,
    dims: tuple[int, int] = (12, 12),
) -> tuple[Dataset, np.ndarray]:
    """A dataset and the true logit of P(up) of each session.

    Every item has one of 4 event types (seen in its text vector) and an entity of one of 4 classes. The text also
    holds a wording that says nothing of the class; the graph vector is the class's place plus the entity's own. Type 0
    lifts the index when the entity is of class 0 and sinks it when it is of class 1; on average over classes no type
    does anything, so prices and text alone are blind to it. The last third of the entities appears in the last 30 %
    of the sessions only.
    """
    rng = np.random.default_rng(seed)
    text_dim, graph_dim = dims
    entities = 120
    kinds = np.arange(entities) % 4
    places = rng.normal(size=(4, graph_dim // 2))[kinds] + 0.3 * rng.normal(size=(entities, graph_dim // 2))
    text_types, graph_types = rng.normal(size=(4, text_dim - text_dim // 2)), rng.normal(size=(4, graph_dim - graph_dim // 2))
    counts = rng.poisson(mean_items, sessions)
    counts[::29] = 0  # sessions without news exist
    owner = np.repeat(np.arange(sessions), counts)
    types = rng.integers(0, 4, len(owner))
    seen = np.where(owner < 0.7 * sessions, 2 * entities // 3, entities)
    entity = (rng.random(len(owner)) * seen).astype(int)
    text = np.hstack([text_types[types], rng.normal(size=(len(owner), text_dim // 2))])
    graph = np.hstack([graph_types[types], places[entity]])
    cause = np.where(types == 0, np.select([kinds[entity] == 0, kinds[entity] == 1], [1.0, -1.0], 0.0), 0.0)
    pull = 3.0 * strength * np.bincount(owner, cause, sessions)
    sigma = 0.01 * np.exp(0.3 * np.sin(np.arange(sessions) / 20))
    shock = rng.logistic(size=sessions)
    d = sigma * (pull + shock) * noise
    c = np.diff(d, prepend=np.nan)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    ids = np.array([f"e{k}" for k in range(len(owner))])
    moves = np.stack(
        [
            np.r_[0.0, d[:-1]] / 0.01,
            rng.normal(size=sessions),
            rng.normal(size=sessions),
            np.r_[0.0, np.abs(d[:-1])] / 0.01,
            rng.normal(size=sessions),
        ],
        1,
    )
    blur = {
        "word": np.hstack([text, rng.normal(size=(len(owner), 4))]),
        "sentiment": np.tanh(text[:, :1]),
        "text": text,
        "graph": graph,
        "text+graph": np.hstack([text, graph]),
    }
    data = Dataset(
        sessions=pd.bdate_range("2010-01-04", periods=sessions),
        prices=moves.astype(np.float32),
        d=d,
        c=c,
        up=(d >= 0).astype(np.int8),
        abrupt=np.where(np.isnan(c), -1, np.abs(c) > 0.02).astype(np.int8),
        sigma=sigma,
        first=WINDOW + 1,
        window=WINDOW,
        items={kind: Items(ids, vectors.astype(np.float32), offsets) for kind, vectors in blur.items()},
    )
    return data, pull


def bayes(pull: np.ndarray, idx: np.ndarray) -> float:
    """Accuracy of the best possible forecast: the shock is logistic, so P(up) = sigmoid(pull)."""
    p = 1 / (1 + np.exp(-pull[idx]))
    return float(np.maximum(p, 1 - p).mean())
