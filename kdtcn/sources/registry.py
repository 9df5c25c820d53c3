"""The table of providers: a name in the settings to the class that does it."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from kdtcn.config import SourcesSettings
from kdtcn.errors import ConfigError
from kdtcn.sources.base import Provider

GROUP = "kdtcn.sources"  # other packages add theirs under "prices.NAME" or "news.NAME" of this entry-point group
BUILTIN = {
    "prices.csv": "kdtcn.sources.csv_prices:CsvPrices",
    "prices.kaggle": "kdtcn.sources.kaggle:KagglePrices",
    "prices.yahoo": "kdtcn.sources.yahoo:Yahoo",
    "news.gdelt": "kdtcn.sources.gdelt:Gdelt",
    "news.gdelt-files": "kdtcn.sources.gdelt_files:GdeltFiles",
    "news.csv": "kdtcn.sources.csv_news:CsvNews",
    "news.kaggle": "kdtcn.sources.kaggle:KaggleNews",
    "news.reddit": "kdtcn.sources.reddit:Reddit",
    "news.reddit-dump": "kdtcn.sources.reddit_dump:RedditDump",
    "news.rss": "kdtcn.sources.rss:Rss",
}


def available(kind: str) -> list[str]:
    """The provider names of a kind, 'prices' or 'news'."""
    return sorted(key.partition(".")[2] for key in _table() if key.startswith(f"{kind}."))


def create(kind: str, name: str, options: dict[str, Any] | None = None) -> Provider:
    """A provider with its options; ConfigError names the provider or the option that is wrong."""
    target = _table().get(f"{kind}.{name}")
    if target is None:
        raise ConfigError(f"no {kind} provider {name!r}; there are {', '.join(available(kind))}")
    module, _, attribute = target.partition(":")
    found: type[Provider] = getattr(import_module(module), attribute)
    try:
        return found(**(options or {}))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        fields = ", ".join(found.model_fields)
        raise ConfigError(f"{kind} provider {name!r}, option {key!r}: {first['msg']}; its options are {fields}") from None


def configured(settings: SourcesSettings) -> dict[str, Provider]:
    """The providers that the settings list and that have something to read from, by a name to show; prices first."""
    made: dict[str, Provider] = {}

    def add(kind: str, provider: str, title: str, options: dict[str, Any], number: int) -> None:
        if _reads(provider, options):
            made[title if title not in made else f"{title} {number}"] = create(kind, provider, options)

    for number, price in enumerate(settings.prices, start=1):
        add(
            "prices", price.provider, f"prices {price.provider} {price.symbol}", {"symbol": price.symbol, **price.options}, number
        )
    for number, news in enumerate(settings.news, start=1):
        add("news", news.provider, f"news {news.provider}", news.options, number)
    return made


def _reads(name: str, options: dict[str, Any]) -> bool:
    """A file provider without a path stands in the settings only to rank what was imported."""
    return name not in ("csv", "kaggle") or "path" in options


def _table() -> dict[str, str]:
    return {**{entry.name: entry.value for entry in entry_points(group=GROUP)}, **BUILTIN}
