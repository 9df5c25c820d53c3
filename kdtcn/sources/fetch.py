"""One round over the configured providers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from kdtcn.config import Settings
from kdtcn.errors import ConfigError, SourceError
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.sessions import Day, parse_day
from kdtcn.sources.base import Context, Counts
from kdtcn.sources.cache import Cache
from kdtcn.sources.http import Client
from kdtcn.sources.registry import configured
from kdtcn.sources.store import collect


@dataclass(frozen=True)
class Round:
    """What one round brought: counts by provider, and why a provider, or a part of one, was left out."""

    counts: dict[str, Counts] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        """Whether there was somebody to ask and nobody answered."""
        return bool(self.failed) and not self.counts


def fetch(
    lake: Lake, settings: Settings, first: Day | None = None, last: Day | None = None, *, now: datetime | None = None
) -> dict[str, Counts]:
    """As `ask`, counts alone; SourceError when no provider answers."""
    found = ask(lake, settings, first, last, now=now)
    if found.silent:
        raise SourceError(": ".join(next(iter(found.failed.items()))))
    return found.counts


def ask(
    lake: Lake, settings: Settings, first: Day | None = None, last: Day | None = None, *, now: datetime | None = None
) -> Round:
    """Store what the providers of the settings have for the days `first` to `last` (both included).

    A service that does not answer is said and left for the next round. A file that cannot be used, or an option that is wrong,
    ends the round. Without a provider to ask there is nothing to do: an empty answer.
    """
    begin, end = (None if day is None else parse_day(day, what).date() for day, what in ((first, "from"), (last, "to")))
    if begin and end and begin > end:
        raise ConfigError(f"from {begin} to {end}: the range ends before it begins; swap the dates")
    providers = configured(settings.sources)
    client = Client(
        timeout=settings.sources.timeout,
        attempts=settings.sources.attempts,
        budget=settings.sources.requests,
        cache=Cache(settings.folder / "cache"),
        clock=(lambda: now) if now else (lambda: datetime.now(UTC)),
    )
    found = Round()
    try:
        for name, provider in providers.items():
            context = Context(begin, end, client.clock(), settings.folder / "state", client)
            try:
                found.counts[name] = collect(lake, provider, context)
                if context.problems:
                    found.failed[name] = "; ".join(context.problems)
            except SourceError as error:
                found.failed[name] = str(error)
                say(f"left out for now: {name}: {error}")
    finally:
        client.close()
    return found
