"""The table of providers: names and options from the settings, errors that name them."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from kdtcn.config import SourcesSettings
from kdtcn.errors import ConfigError
from kdtcn.sources import Provider, available, configured, create, registry


def test_every_name_in_the_table_leads_to_a_provider_of_its_kind() -> None:
    needs: dict[str, dict[str, Any]] = {name: {"path": "x"} for name in ("csv", "kaggle", "reddit-dump")}
    needs["rss"] = {"feeds": ["https://example.org"]}
    for kind in ("prices", "news"):
        for name in available(kind):
            made = create(kind, name, needs.get(name, {}))
            assert isinstance(made, Provider)
            assert made.kind == kind


@pytest.mark.parametrize(
    ("kind", "name", "options", "words"),
    [
        ("prices", "bloomberg", {}, "no prices provider 'bloomberg'; there are csv, kaggle, yahoo"),
        ("news", "yahoo", {}, "no news provider 'yahoo'; there are csv, gdelt, gdelt-files, kaggle, reddit, reddit-dump, rss"),
        ("news", "rss", {"feed": ["x"]}, "option 'feeds': Field required; its options are feeds, source"),
        ("news", "rss", {"feeds": ["x"], "speed": 1}, "option 'speed'"),
        ("news", "reddit", {"pages": 0}, "option 'pages'"),
        ("news", "reddit", {"subreddit": "../x"}, "option 'subreddit'"),
        ("news", "csv", {"path": "x", "delimiter": ";;"}, "option 'delimiter'"),
    ],
)
def test_what_is_wrong_is_named(kind: str, name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        create(kind, name, options)
    assert words in str(caught.value)


def test_the_settings_list_what_is_read_and_what_only_ranks() -> None:
    settings = SourcesSettings.model_validate(
        {
            "prices": [{"provider": "kaggle"}, {"provider": "yahoo", "symbol": "^GSPC"}],
            "news": [
                {"provider": "reddit"},
                {"provider": "csv", "options": {"path": "n.csv"}},
                {"provider": "csv", "options": {"path": "m.csv"}},
            ],
        }
    )
    made = configured(settings)
    assert {name: type(provider).__name__ for name, provider in made.items()} == {
        "prices yahoo ^GSPC": "Yahoo",
        "news reddit": "Reddit",
        "news csv": "CsvNews",
        "news csv 3": "CsvNews",
    }
    assert made["prices yahoo ^GSPC"].model_dump()["symbol"] == "^GSPC"


def test_another_package_adds_a_provider_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = EntryPoint("news.wire", "kdtcn.sources.rss:Rss", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [theirs] if group == registry.GROUP else [])
    assert "wire" in available("news")
    assert type(create("news", "wire", {"feeds": ["https://example.org"]})).__name__ == "Rss"
