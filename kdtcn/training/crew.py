"""Tasks on folds in parallel processes, one torch thread each: a fold's data is made by one of them and mapped by all.

What a task returns depends on its fold and its arguments alone, so the number of processes never changes it.
"""

import fcntl
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from kdtcn import progress
from kdtcn.errors import ModelError
from kdtcn.features.dataset import Dataset
from kdtcn.training import shared

Make = Callable[[int], tuple[Dataset, Any]]  # the fold of a number: its data, and what else is to be known of it

PREFIX = "kdtcn-folds-"
MAPPED = 2  # folds that a process keeps open: the one under way and the one before it
_bench: "Bench"  # of a worker process


class Bench:
    """Folds by number: made here, kept in memory or, for other processes to map, in a folder."""

    def __init__(self, make: Make, folder: Path | None, kinds: Collection[str]) -> None:
        self.make, self.folder, self.kinds = make, folder, set(kinds)
        self.open: dict[int, Dataset] = {}

    def prepare(self, number: int) -> Any:
        data, about = self.make(number)
        if self.folder is None:
            self.open[number] = data
        else:
            shared.put(data, self.folder / str(number), self.kinds)
        return about

    def run(self, number: int, task: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if number not in self.open:
            assert self.folder is not None
            while len(self.open) >= MAPPED:
                del self.open[next(iter(self.open))]
            self.open[number] = shared.get(self.folder / str(number))
        return task(self.open[number], *args)

    def drop(self, number: int) -> None:
        self.open.pop(number, None)
        if self.folder is not None:
            shutil.rmtree(self.folder / str(number), ignore_errors=True)


class Crew:
    """A context in which tasks run, in `workers` processes, or one after the other in this one where that is 1.

    Tasks are taken in the order in which they were submitted. Each is known by a tag of the caller's. Processes start when
    the first task is submitted, and end with this one, however it ends.
    """

    def __init__(self, make: Make, kinds: Collection[str], workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._tags: dict[Future[Any], Any] = {}
        self._queue: deque[tuple[Any, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._lock = -1
        folder = None
        if workers > 1:
            folder, self._lock = _folder()
            # Spawned, not forked: a fork of a process that used torch's threads can hang.
            start = (make, folder, tuple(kinds))
            self._pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=start)
        self._here = Bench(make, folder, kinds)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            assert self._here.folder is not None
            shutil.rmtree(self._here.folder, ignore_errors=True)
            os.close(self._lock)
        if isinstance(error, BrokenProcessPool):
            raise ModelError(
                "a training process was ended from outside (out of memory?); lower training.workers and run again"
            ) from None

    def prepare(self, tag: Any, number: int) -> None:
        """Have the fold made; its result is what `make` says beside the data."""
        self._submit(tag, _prepare, self._here.prepare, number)

    def prepare_here(self, number: int) -> Any:
        """Make the fold in this process, now."""
        return self._here.prepare(number)

    def submit(self, tag: Any, number: int, task: Callable[..., Any], *args: Any) -> None:
        """Have `task(data, *args)` done on the data of a fold that was prepared."""
        self._submit(tag, _run, self._here.run, number, task, args)

    def _submit(self, tag: Any, there: Callable[..., Any], here: Callable[..., Any], *args: Any) -> None:
        if self._pool is None:
            self._queue.append((tag, here, args))
        else:
            self._tags[self._pool.submit(there, *args)] = tag

    def results(self) -> Iterator[tuple[Any, Any]]:
        """(tag, result) as tasks end, until none is left; more may be submitted meanwhile. An error of a task is raised here."""
        while self._queue or self._tags:
            if self._queue:
                tag, task, args = self._queue.popleft()
                yield tag, task(*args)
            else:
                done, _ = wait(self._tags, return_when=FIRST_COMPLETED)
                for future in done:
                    yield self._tags.pop(future), future.result()

    def drop(self, number: int) -> None:
        """Forget the data of a fold on which nothing is left to do."""
        self._here.drop(number)


def _folder() -> tuple[Path, int]:
    """A new folder for data, locked as long as this process lives; what killed processes left is removed."""
    base = Path(tempfile.gettempdir())
    for old in base.glob(f"{PREFIX}*"):
        try:
            lock = os.open(old / "lock", os.O_RDWR)
        except OSError:
            continue  # of another user, or just being made or removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(old, ignore_errors=True)
        except OSError:
            pass  # its process is alive
        finally:
            os.close(lock)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _begin(make: Make, folder: Path, kinds: tuple[str, ...]) -> None:
    global _bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us in order
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    progress.console.quiet = True  # the one display is the parent's
    _bench = Bench(make, folder, kinds)


def _end_with_parent() -> None:
    """A killed parent leaves no process behind."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait_for([parent.sentinel])
    os._exit(1)


def _prepare(number: int) -> Any:
    return _bench.prepare(number)


def _run(number: int, task: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    return _bench.run(number, task, args)
