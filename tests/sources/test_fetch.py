"""A round over the configured providers: ranges, a service that is down, files that are wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdtcn.config import Settings
from kdtcn.errors import ConfigError, InputError, SourceError
from kdtcn.lake import Lake
from kdtcn.sources import Counts
from kdtcn.sources.fetch import fetch

from .conftest import Reply, Service

FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>Oil falls</title>'
    "<pubDate>Fri, 24 Jun 2016 08:00:00 GMT</pubDate></item></channel></rss>"
)


def _settings(tmp_path: Path, *news: dict[str, Any], prices: list[dict[str, Any]] | None = None) -> Settings:
    return Settings.model_validate({"home": tmp_path, "sources": {"news": list(news), "prices": prices or []}})


@pytest.fixture
def headlines(write: Callable[..., Path]) -> dict[str, Any]:
    path = write("n.jsonl", "".join(f'{{"Date": "2016-06-{day}", "title": "News of day {day}"}}\n' for day in (20, 21, 22)))
    return {"provider": "csv", "options": {"path": str(path)}}


def test_days_of_the_range_from_every_provider(service: Service, lake: Lake, tmp_path: Path, headlines: dict[str, Any]) -> None:
    feed = {
        "provider": "rss",
        "options": {"feeds": [service.on("/feed", Reply(FEED, headers={"ETag": '"1"'}), Reply(status=304))]},
    }
    settings = _settings(tmp_path, headlines, feed)
    assert fetch(lake, settings, "2016-06-21", "2016-06-24") == {"news csv": Counts(2, 2), "news rss": Counts(1, 1)}
    assert fetch(lake, settings) == {"news csv": Counts(3, 1, 2), "news rss": Counts()}  # the feed's tag was remembered


def test_a_service_that_is_down_does_not_stop_the_others(
    service: Service, lake: Lake, tmp_path: Path, headlines: dict[str, Any]
) -> None:
    down = {"provider": "rss", "options": {"feeds": [service.on("/feed", Reply(status=404))]}}
    assert fetch(lake, _settings(tmp_path, down, headlines)) == {"news csv": Counts(3, 3)}
    with pytest.raises(SourceError, match="answered 404"):
        fetch(lake, _settings(tmp_path, down))


def test_files_and_options_that_are_wrong_end_the_round(lake: Lake, tmp_path: Path, headlines: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no such file"):
        fetch(lake, _settings(tmp_path, headlines, prices=[{"provider": "csv", "options": {"path": str(tmp_path / "none.csv")}}]))
    with pytest.raises(ConfigError, match="no news provider 'telex'"):
        fetch(lake, _settings(tmp_path, headlines, {"provider": "telex"}))
    with pytest.raises(ConfigError, match="ends before it begins"):
        fetch(lake, _settings(tmp_path, headlines), "2016-06-24", "2016-06-21")
    with pytest.raises(InputError, match="from 'soon'"):
        fetch(lake, _settings(tmp_path, headlines), "soon")
    assert lake.versions() == {}


def test_imported_archives_have_nothing_to_fetch(lake: Lake, tmp_path: Path) -> None:
    assert fetch(lake, _settings(tmp_path, prices=[{"provider": "kaggle"}])) == {}
