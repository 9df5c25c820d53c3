"""Progress on standard error, so that standard output stays free for data."""

import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")

EVERY = 10.0  # seconds between two lines where there is no terminal

console = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One status line."""
    console.print(text, markup=False)


def bar() -> Progress:
    """The one look of every progress display: what, how far, rate of time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=False,
    )


def track(iterable: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield the items while a bar shows how far they are; without a terminal, a line every ten seconds."""
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    if not console.is_terminal:
        yield from _lines(iterable, description, total)
        return
    with bar() as progress:
        task = progress.add_task(description, total=total)
        for item in iterable:
            yield item
            progress.advance(task)


def _lines(iterable: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    start = told = time.monotonic()
    done = 0
    for item in iterable:
        yield item
        done += 1
        now = time.monotonic()
        if now - told >= EVERY:
            told = now
            rate = done / (now - start)
            say(f"{description}: {done:,}{f' of {total:,}' if total else ''}{f' ({rate:,.0f}/s)' if rate >= 1 else ''}")
    say(f"{description}: {done:,} in {time.monotonic() - start:.0f} s")
