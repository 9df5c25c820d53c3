"""Texts in, event tuples out, in order: in this process, in several, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from multiprocessing.connection import wait
from threading import Lock, Thread
from typing import NamedTuple

from spacy.language import Language

from kdtcn.errors import ConfigError
from kdtcn.events.cleaning import prepare
from kdtcn.events.extractor import extract, extractor_id, mentions
from kdtcn.events.pipeline import SHIPPED, load
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
def reader(nlp: Language, *, workers: int, batch_size: int, dask: str = "") -> Iterator[Reader]:
    """A function from texts to readings whose workers live until the block ends.

    With several workers the pipeline is loaded once in each, by the name or folder it came from, and only tuples travel back.
    `dask` is the address of a scheduler, whose workers then read instead of processes of this machine. ConfigError where no
    scheduler answers there, or where a worker would read otherwise than this process.
    """
    if nlp.path is None or (workers == 1 and not dask):
        yield partial(_read_here, nlp, batch_size)
    elif dask:
        with _cluster(dask, nlp) as (executor, processes):
            yield partial(_read_there, executor, nlp, processes, batch_size)
    else:
        # Spawned, not forked: a fork would inherit the locks of threads that torch or arrow run. None starts before the first batch.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(_name(nlp),)) as pool:
            yield partial(_read_there, pool, nlp, workers, batch_size)


@contextmanager
def _cluster(address: str, nlp: Language) -> Iterator[tuple[Executor, int]]:
    """The cluster as an executor, and how many processes it has."""
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("nlp.dask needs the package distributed: pip install 'kdtcn[dask]'") from None
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(f"nlp.dask {address!r}: no Dask scheduler answers there ({error.__class__.__name__})") from None
    with client:
        try:
            found = client.run(_reads_as, _name(nlp), on_error="return")
        except ValueError:  # of distributed, where there is no worker
            found = {}
        if not found:
            raise ConfigError(
                f"nlp.dask {address!r}: the scheduler has no worker; start some with `dask worker {address} --nthreads 1`"
            )
        mine = extractor_id(nlp)
        for worker, reads_as in found.items():
            if reads_as != mine:
                raise ConfigError(
                    f"nlp.dask: worker {worker} reads as {str(reads_as)[:120]}, this process as {mine}; install the same kdtcn and pipeline there"
                )
        yield client.get_executor(pure=False, retries=2), len(found)


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


def _read_there(pool: Executor, nlp: Language, workers: int, batch_size: int, texts: Iterable[str]) -> Iterator[Reading]:
    stream = iter(texts)
    first = list(islice(stream, WORTH_WORKERS * batch_size))
    if len(first) < WORTH_WORKERS * batch_size:
        yield from _read_here(nlp, batch_size, first)
        return
    stream = chain(first, stream)
    waiting: deque[Future[list[Reading]]] = deque()
    while True:
        while len(waiting) < workers * AHEAD and (batch := list(islice(stream, batch_size))):
            waiting.append(pool.submit(_work, _name(nlp), batch))
        if not waiting:
            return
        yield from waiting.popleft().result()


def _name(nlp: Language) -> str:
    """What a worker loads the pipeline by; that which ships lies in each machine's own installation."""
    return "" if nlp.path == SHIPPED else str(nlp.path)


def _start(name: str) -> None:
    """Load the pipeline once in a worker. One thread each: more would fight over the cores."""
    os.environ["OMP_NUM_THREADS"] = "1"
    Thread(target=_end_with_parent, daemon=True).start()
    load(name)


def _end_with_parent() -> None:
    """A parent that was killed cannot end its workers: they wait for texts for ever, unless they look."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


_one = Lock()  # a Dask worker may have several threads; the pipeline is for one at a time


def _work(name: str, texts: list[str]) -> list[Reading]:
    with _one:
        return extract_batch(texts, load(name))


def _reads_as(name: str) -> str:
    return extractor_id(load(name))
