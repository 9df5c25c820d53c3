"""The table of providers: names and options from the settings, errors that name them."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kdtcn.config import Settings, SourcesSettings
from kdtcn.errors import ConfigError, SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Counts, Provider, available, configured, create
from kdtcn.sources.fetch import fetch
from kdtcn.sources.http import FRESH

from .conftest import NOW, Reply, Service

DOCS = Path(__file__).parents[2] / "docs" / "SOURCES.md"


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
            "prices": [
                {"provider": "kaggle"},
                {"provider": "yahoo", "symbol": "^GSPC"},
                {"provider": "yahoo", "symbol": "^GSPC", "options": {"universe": "djia"}},
            ],
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
        "prices yahoo ^GSPC 3": "Yahoo",
        "news reddit": "Reddit",
        "news csv": "CsvNews",
        "news csv 3": "CsvNews",
    }
    assert made["prices yahoo ^GSPC"].model_dump()["symbol"] == "^GSPC"


def test_the_example_of_the_documentation_is_a_package_of_its_own(
    service: Service, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Installed beside this one, found by its entry point, asked by `fetch` like any other."""
    code, entry = re.findall(
        r"```(?:python|toml)\n(.*?)```", DOCS.read_text(encoding="utf-8").split("## A new provider")[1], re.DOTALL
    )
    (tmp_path / "their_package.py").write_text(code, encoding="utf-8")
    info = tmp_path / "their_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (points,) = tomllib.loads(entry)["project"]["entry-points"].items()
    (info / "entry_points.txt").write_text(
        f"[{points[0]}]\n" + "".join(f"{name} = {value}\n" for name, value in points[1].items())
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert "wire" in available("news")
    stories = [
        {"time": "2016-06-24T08:00:00", "title": "Oil falls", "link": "https://example.org/1"},
        {"time": "soon", "title": "Rates rise", "link": ""},
    ]
    service.on("/world.json", Reply(json.dumps(stories)), Reply("<html>"))
    settings = Settings.model_validate(
        {"home": tmp_path, "sources": {"news": [{"provider": "wire", "options": {"site": service.url}}]}}
    )
    assert fetch(lake, settings, now=NOW) == {"news wire": Counts(2, 1, 0, 1)}
    assert fetch(lake, settings, now=NOW) == {"news wire": Counts(2, 0, 1, 1)}
    with pytest.raises(SourceError, match="instead of JSON"):
        fetch(lake, settings, now=NOW + FRESH)
    assert list(lake.read("headlines")["text"]) == ["Oil falls"]
