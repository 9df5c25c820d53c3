"""One round over the configured providers."""

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


def fetch(
    lake: Lake, settings: Settings, first: Day | None = None, last: Day | None = None, *, now: datetime | None = None
) -> dict[str, Counts]:
    """Store what the providers of the settings have for the days `first` to `last` (both included), counts by provider.

    A service that does not answer is said and left for the next round; SourceError when none answers. A file that cannot be
    used, or an option that is wrong, ends the round. Without a provider to ask there is nothing to do: an empty answer.
    """
    begin, end = (None if day is None else parse_day(day, what).date() for day, what in ((first, "from"), (last, "to")))
    if begin and end and begin > end:
        raise ConfigError(f"from {begin} to {end}: the range ends before it begins; swap the dates")
    providers = configured(settings.sources)
    client = Client(
        budget=settings.sources.requests,
        cache=Cache(settings.folder / "cache"),
        clock=(lambda: now) if now else (lambda: datetime.now(UTC)),
    )
    counts: dict[str, Counts] = {}
    failed: list[str] = []
    try:
        for name, provider in providers.items():
            context = Context(begin, end, client.clock(), settings.folder / "state", client)
            try:
                counts[name] = collect(lake, provider, context)
            except SourceError as error:
                failed.append(f"{name}: {error}")
                say(f"left out for now: {failed[-1]}")
    finally:
        client.close()
    if failed and not counts:
        raise SourceError(failed[0])
    return counts
