"""Event vectors: tuples as text, as graph vectors, or both, and the headlines as word vectors and by their sentiment."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from kdtcn.features.dataset import Dataset, Items
from kdtcn.features.market import Market
from kdtcn.features.news import News
from kdtcn.features.sentiment import sentiments
from kdtcn.features.text import TextVectors
from kg import Embedding

OF_HEADLINES = ("word", "sentiment")  # kinds with an item a headline; the others have one an event
SLOTS = ("subject", "predicate", "object")
EVENT_RELATION = "event:"  # prefix of the relations that event tuples add to the graph


def event_triples(events: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
    """(n, 3) (subject entity, event:TYPE, object entity) of the events whose two arguments are linked."""
    pair = events[["event_id", "event_type"]]
    for role in ("subject", "object"):
        mine = links.loc[links["role"] == role, ["event_id", "entity_id"]].rename(columns={"entity_id": role})
        pair = pair.merge(mine, on="event_id")
    pair = pair[pair["subject"] != pair["object"]]
    relation = EVENT_RELATION + pair["event_type"]
    return np.column_stack([pair["subject"], relation, pair["object"]]).astype(str).reshape(-1, 3)


def text_items(events: pd.DataFrame, text: TextVectors) -> np.ndarray:
    """(n_events, 3 * dim + 1): the text vectors of subject, predicate and object side by side, and the negation."""
    return np.hstack([*(_unique_transform(events[slot], text) for slot in SLOTS), _negated(events)])


def _negated(events: pd.DataFrame) -> np.ndarray:
    return events["negated"].fillna(False).to_numpy(np.float32)[:, None]


def graph_items(
    events: pd.DataFrame,
    links: pd.DataFrame,
    embedding: Embedding,
    complete: Callable[[str], np.ndarray | None],
    later: Mapping[str, tuple[int, np.ndarray]] | None = None,
) -> np.ndarray:
    """(n_events, 3 * dim + 3): mean entity vector of the subject, relation vector, mean of the object, and three flags.

    The flags say whether each argument is linked, and the negation; an unlinked slot is zeros, for which the event encoder learns a meaning.
    An entity unknown at the cut gets what `complete` makes of it. later: vectors learnt since, each with the position from
    which it counts; events before that keep what they had.
    """
    dim = embedding.vectors.shape[1]
    scale = np.float32(np.sqrt(dim))  # unit-length vectors to about unit variance, as the text vectors are
    row, later = embedding.row, later or {}
    names = pd.unique(links["entity_id"]) if len(links) else np.array([], dtype=object)
    table = np.zeros((len(names), dim), np.float32)
    known = np.zeros(len(names), bool)
    for i, name in enumerate(names):
        vector = embedding.vectors[row[name]] if name in row else complete(name)
        if vector is not None:
            table[i], known[i] = vector, True
    learnt = [i for i, name in enumerate(names) if name in later]
    since, instead = np.full(len(names), np.iinfo(np.int64).max), np.arange(len(names))
    since[learnt], instead[learnt] = [later[names[i]][0] for i in learnt], len(names) + np.arange(len(learnt))
    table = np.vstack([table, *(later[names[i]][1][None] for i in learnt)])
    known = np.append(known, np.ones(len(learnt), bool))
    position = events["position"].to_numpy() if later else np.zeros(len(events), np.int64)
    place = pd.Series(np.arange(len(events)), index=events["event_id"].to_numpy())
    column = pd.Series(np.arange(len(names)), index=names)
    parts, flags = [], []
    for role in ("subject", "object"):
        mine = links[links["role"] == role]
        at, entity = place.loc[mine["event_id"]].to_numpy(), column.loc[mine["entity_id"]].to_numpy()
        entity = np.where(since[entity] <= position[at], instead[entity], entity)
        at, entity = at[known[entity]], entity[known[entity]]
        total, count = np.zeros((len(events), dim)), np.zeros(len(events))
        np.add.at(total, at, table[entity])
        np.add.at(count, at, 1)
        parts.append(total / np.maximum(count, 1)[:, None] * scale)
        flags.append(count > 0)
    relation = dict(zip(embedding.relations, embedding.relation_vectors, strict=True))
    types, inverse = np.unique((EVENT_RELATION + events["event_type"]).to_numpy(str), return_inverse=True)
    zero = np.zeros(dim, np.float32)
    middle = np.array([relation.get(name, zero) for name in types], np.float32).reshape(-1, dim)[inverse]
    for k in np.flatnonzero([name in later for name in types]):
        middle[(inverse == k) & (position >= later[types[k]][0])] = later[types[k]][1]
    length = np.linalg.norm(middle, axis=1, keepdims=True)
    middle = (middle / np.where(length > 0, length, 1) * scale).astype(np.float32)
    return np.hstack([parts[0], middle, parts[1], np.column_stack(flags), _negated(events)]).astype(np.float32)


def dataset(
    market: Market,
    news: News,
    text: TextVectors,
    embedding: Embedding,
    complete: Callable[[str], np.ndarray | None],
    *,
    window: int,
    later: Mapping[str, tuple[int, np.ndarray]] | None = None,
) -> Dataset:
    """Join prices and news into what the models see."""
    n = len(market.sessions)
    heads, ends = news.headlines["headline_id"].to_numpy(str), _offsets(news.headlines, n)
    as_text = text_items(news.events, text)
    as_graph = graph_items(news.events, news.links, embedding, complete, later)
    ids, offsets = news.events["event_id"].to_numpy(str), _offsets(news.events, n)
    items: Mapping[str, Items] = {
        "word": Items(heads, _unique_transform(news.headlines["text"], text), ends),
        "sentiment": Items(heads, sentiments(news.headlines["text"].fillna("")), ends),
        "text": Items(ids, as_text, offsets),
        "graph": Items(ids, as_graph, offsets),
        "text+graph": Items(ids, np.hstack([as_text, as_graph]), offsets),
    }
    return priced(market, window, items)


def priced(market: Market, window: int, items: Mapping[str, Items] | None = None) -> Dataset:
    """The price side alone as a Dataset: enough for splits and for models that read no news."""
    return Dataset(
        sessions=market.sessions,
        prices=market.prices,
        d=market.d,
        c=market.c,
        up=market.up,
        abrupt=market.abrupt,
        sigma=market.sigma,
        first=market.warmup + window - 1,
        window=window,
        items=items or {},
        threshold=market.threshold,
    )


def _offsets(frame: pd.DataFrame, n: int) -> np.ndarray:
    return np.searchsorted(frame["position"].to_numpy(), np.arange(n + 1)).astype(np.int64)


def _unique_transform(texts: pd.Series, text: TextVectors) -> np.ndarray:
    """Vectors of many texts; equal texts (predicates, mostly) are computed once."""
    unique, inverse = np.unique(texts.fillna("").to_numpy(str), return_inverse=True)
    return text.transform(unique.tolist())[inverse] if len(unique) else np.zeros((0, text.dim), np.float32)
