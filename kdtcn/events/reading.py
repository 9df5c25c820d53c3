"""Texts in, event tuples out, in order: in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from spacy.language import Language

from kdtcn.events.cleaning import prepare
from kdtcn.events.extractor import extract, mentions
from kdtcn.events.pipeline import load
from kdtcn.events.tuples import EventTuple, Mention

# Batches in flight for each worker: enough to keep it busy, few enough that memory does not grow with the number of texts.
AHEAD = 3
# Fewer batches than this are read here: a worker takes seconds to start.
WORTH_WORKERS = 4


class Reading(NamedTuple):
    """What one text says: its event tuples and its named entities, in text order."""

    events: list[EventTuple]
    mentions: list[Mention]


Reader = Callable[[Iterable[str]], Iterator[Reading]]


def extract_texts(texts: Iterable[str], nlp: Language, *, workers: int = 1, batch_size: int = 256) -> Iterator[Reading]:
    """The reading of each text, in order; texts are taken as they are needed, so that memory does not grow with their number."""
    with reader(nlp, workers=workers, batch_size=batch_size) as read:
        yield from read(texts)


@contextmanager
def reader(nlp: Language, *, workers: int, batch_size: int) -> Iterator[Reader]:
    """A function from texts to readings whose workers live until the block ends.

    With several workers the pipeline is loaded once in each, from the folder it came from, and only tuples travel back.
    """
    if workers == 1 or nlp.path is None:
        yield partial(_read_here, nlp, batch_size)
        return
    # Spawned, not forked: a fork would inherit the locks of threads that torch or arrow run. None starts before the first batch.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(str(nlp.path),)) as pool:
        yield partial(_read_there, pool, nlp, workers, batch_size)


def extract_batch(texts: list[str], nlp: Language) -> list[Reading]:
    """One batch in this process."""
    ready = [prepare(text) for text in texts]
    docs = nlp.pipe([parsed for parsed, _ in ready], batch_size=len(texts))
    return [
        Reading(extract(doc, text, offsets), mentions(doc, text, offsets))
        for doc, text, (_, offsets) in zip(docs, texts, ready, strict=True)
    ]


def _read_here(nlp: Language, batch_size: int, texts: Iterable[str]) -> Iterator[Reading]:
    stream = iter(texts)
    while batch := list(islice(stream, batch_size)):
        yield from extract_batch(batch, nlp)


def _read_there(
    pool: ProcessPoolExecutor, nlp: Language, workers: int, batch_size: int, texts: Iterable[str]
) -> Iterator[Reading]:
    stream = iter(texts)
    first = list(islice(stream, WORTH_WORKERS * batch_size))
    if len(first) < WORTH_WORKERS * batch_size:
        yield from _read_here(nlp, batch_size, first)
        return
    stream = chain(first, stream)
    waiting: deque[Future[list[Reading]]] = deque()
    while True:
        while len(waiting) < workers * AHEAD and (batch := list(islice(stream, batch_size))):
            waiting.append(pool.submit(_work, batch))
        if not waiting:
            return
        yield from waiting.popleft().result()


_nlp: Language | None = None


def _start(path: str) -> None:
    """Load the pipeline once in a worker. One thread each: more would fight over the cores."""
    global _nlp
    os.environ["OMP_NUM_THREADS"] = "1"
    _nlp = load(path)


def _work(texts: list[str]) -> list[Reading]:
    assert _nlp is not None
    return extract_batch(texts, _nlp)
