"""At most one night at a time on one home: a lock that the operating system drops with the process that holds it."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kdtcn.errors import KdtcnError

LOCK = "nightly.lock"
_here: set[Path] = set()  # held by this process, whose own locks the system does not hold against it
_entry = threading.Lock()


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the home's lock; KdtcnError names the process that has it.

    A record lock and not a file that exists: it ends with its process, killed or not, and children do not inherit it, so a
    crash leaves nothing to clear away. The number in the file only tells who it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / LOCK).resolve()
    with _entry:
        if path in _here:
            raise KdtcnError(_taken(path, os.getpid()))
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(held, 32).decode(errors="replace").strip()
            os.close(held)
            raise KdtcnError(_taken(path, holder or "unknown")) from None
        _here.add(path)
    try:
        os.ftruncate(held, 0)
        os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        with _entry:
            _here.discard(path)
            os.close(held)


def _taken(path: Path, holder: int | str) -> str:
    return f"{path}: another night is under way (process {holder}); wait for it to end, or end that process"
