"""Extraction in several processes: chunks go out, tuples come back in order, and no more chunks wait than keep the workers busy."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from spacy.language import Language

from kdtcn.events.tuples import EventTuple, Mention

# Chunks in flight for each worker.
AHEAD = 3
_nlp: Language | None = None


def _start(path: str) -> None:
    """Load the pipeline once in a worker. One thread each: more would fight over the cores."""
    global _nlp
    os.environ["OMP_NUM_THREADS"] = "1"
    from kdtcn.events.pipeline import load

    _nlp = load(path)


def _work(texts: list[str]) -> list[tuple[list[EventTuple], list[Mention]]]:
    from kdtcn.events.extractor import extract_batch

    assert _nlp is not None
    return extract_batch(texts, _nlp)


def extract_in_processes(
    texts: Iterable[str], path: str, workers: int, batch_size: int
) -> Iterator[tuple[list[EventTuple], list[Mention]]]:
    """As extractor.extract_texts, in `workers` processes."""
    stream = iter(texts)
    # Spawned, not forked: a fork would inherit the locks of threads that torch or arrow run.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(path,)) as pool:
        waiting: deque[Future[list[tuple[list[EventTuple], list[Mention]]]]] = deque()
        while True:
            while len(waiting) < workers * AHEAD and (batch := list(islice(stream, batch_size))):
                waiting.append(pool.submit(_work, batch))
            if not waiting:
                return
            yield from waiting.popleft().result()
