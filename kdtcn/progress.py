"""Progress on standard error, so that standard output stays free for data."""

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")

EVERY = 10.0  # seconds between two lines where there is no terminal

console = Console(stderr=True, highlight=False, soft_wrap=True)


_hidden: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """Values that no line may show from here on: secrets of the configuration in force."""
    _hidden.update(values)


def mask(text: str) -> str:
    """The text with *** in place of every hidden value."""
    for value in sorted(_hidden, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def say(text: str) -> None:
    """One status line."""
    console.print(mask(text), markup=False)


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f}/s" if task.speed else "", style="progress.data.speed")


def bar() -> Progress:
    """The one look of every progress display: what, how far, at which rate, time gone and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=False,
    )


_open: Progress | None = None  # a terminal shows one display: what is tracked inside what is tracked is a row of it


def track(
    iterable: Iterable[T], description: str, total: int | None = None, *, weigh: Callable[[T], int] | None = None
) -> Iterator[T]:
    """Yield the items while a bar shows how far they are; without a terminal, a line every ten seconds.

    `weigh` tells how much of `total` an item is; each is one without it. Inside another `track` the bar is a row below the
    outer one, and goes when it is done.
    """
    global _open
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    size = weigh or (lambda _: 1)
    if not console.is_terminal:
        yield from _lines(iterable, description, total, size)
        return
    outer, progress = _open, _open or bar()
    task = progress.add_task(description if outer is None else f"  {description}", total=total)
    if outer is None:
        _open = progress
        progress.start()
    try:
        for item in iterable:
            yield item
            progress.advance(task, size(item))
    finally:
        if outer is None:
            _open = None
            progress.stop()
        else:
            progress.remove_task(task)


_inside = 0  # how many of `_lines` are under way


def _lines(iterable: Iterable[T], description: str, total: int | None, size: Callable[[T], int]) -> Iterator[T]:
    global _inside
    start = told = time.monotonic()
    done = 0
    _inside += 1
    try:
        for item in iterable:
            yield item
            done += size(item)
            now = time.monotonic()
            if now - told >= EVERY:
                told = now
                rate = done / (now - start)
                left = f", {_clock((total - done) / rate)} left" if total and done else ""
                say(f"{description}: {done:,}{f' of {total:,}' if total else ''} ({rate:,.1f}/s{left})")
    finally:
        _inside -= 1
    # of what ran inside another, only what took its time has a last line
    if not _inside or time.monotonic() - start >= EVERY:
        say(f"{description}: {done:,} in {time.monotonic() - start:.0f} s")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
