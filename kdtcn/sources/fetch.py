"""Ask every configured provider for its rows; one that is down does not stop the others."""

from pathlib import Path

from kdtcn.config import Settings
from kdtcn.errors import InputError, SourceError
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.sessions import parse_day
from kdtcn.sources.base import Context, Counts
from kdtcn.sources.registry import configured
from kdtcn.sources.store import collect


def fetch(lake: Lake, settings: Settings, first: str | None = None, last: str | None = None) -> dict[str, Counts]:
    """Counts by provider for the days wanted (both included). SourceError when every provider failed."""
    begin = parse_day(first, "--from").date() if first else None
    end = parse_day(last, "--to").date() if last else None
    if begin and end and begin > end:
        raise InputError(f"--from {begin} is after --to {end}")
    state = Path(settings.folder) / "sources"
    counts: dict[str, Counts] = {}
    failed: list[str] = []
    providers = configured(settings.sources)
    for number, provider in enumerate(providers, start=1):
        name = f"{number} {provider.kind} {type(provider).__name__.lower()}"
        try:
            counts[name] = collect(lake, provider, Context(first=begin, last=end, state=state))
            say(f"{name}: {counts[name]}")
        except SourceError as error:
            failed.append(str(error))
            say(f"{name}: {error}")
    if providers and not counts:
        raise SourceError(f"no provider answered; the first said: {failed[0]}")
    return counts
