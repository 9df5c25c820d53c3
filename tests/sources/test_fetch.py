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
from kdtcn.sources.http import FRESH

from .conftest import NOW, Reply, Service

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
    assert fetch(lake, settings, "2016-06-21", "2016-06-24", now=NOW) == {"news csv": Counts(2, 2), "news rss": Counts(1, 1)}
    assert fetch(lake, settings, now=NOW) == {"news csv": Counts(3, 1, 2), "news rss": Counts(1, 0, 1)}
    assert service.count("/feed") == 1  # the answer is as good as new
    assert fetch(lake, settings, now=NOW + FRESH)["news rss"] == Counts()  # its tag was remembered
    assert service.count("/feed") == 2


def test_the_requests_of_a_round_are_counted(
    service: Service, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feeds = [service.on(path, Reply(FEED.replace("Oil", path[1:]))) for path in ("/one", "/two", "/three")]
    settings = _settings(tmp_path, {"provider": "rss", "options": {"feeds": feeds}})
    settings = settings.model_copy(update={"sources": settings.sources.model_copy(update={"requests": 2})})
    assert fetch(lake, settings, now=NOW) == {"news rss": Counts(2, 2)}
    assert "/three: not asked, the request budget of this run is spent; run again to go on" in capsys.readouterr().err
    assert fetch(lake, settings, now=NOW) == {"news rss": Counts(3, 1, 2)}  # two from the cache, which costs nothing
    assert [service.count(path) for path in ("/one", "/two", "/three")] == [1, 1, 1]


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
