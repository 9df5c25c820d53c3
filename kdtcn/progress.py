"""Progress on standard error, so that standard output stays free for data."""

from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")

console = Console(stderr=True, highlight=False)


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
    """Yield the items while a bar shows how far they are; without a terminal rich prints the last state only."""
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    with bar() as progress:
        task = progress.add_task(description, total=total)
        for item in iterable:
            yield item
            progress.advance(task)
