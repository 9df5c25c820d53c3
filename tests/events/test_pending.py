"""The extraction stage: texts are read once, events belong to headlines, and a cache only saves time."""

from pathlib import Path

import pandas as pd
import pytest
from spacy.language import Language

from kdtcn.config import Settings
from kdtcn.events import pending
from kdtcn.events.cache import open_cache, read_through
from kdtcn.events.extractor import extractor_id
from kdtcn.events.reading import Reading, extract_texts
from kdtcn.lake import Lake

TEXTS = ["Gunmen kill mayor in Lima", "Ten reasons for hope", "Rebels seize port", "Gunmen kill mayor in Lima"]


def stored(folder: Path, name: str = "lake", texts: list[str] = TEXTS) -> Lake:
    """A lake with one headline a month."""
    lake = Lake(str(folder / name))
    days = pd.date_range("2016-01-31", periods=len(texts), freq="31D", tz="UTC")
    lake.upsert(
        "headlines",
        pd.DataFrame(
            {
                "headline_id": [f"h{i}" for i in range(len(texts))],
                "published_at": days,
                "source": "test",
                "text": texts,
                "url": "",
                "month": days.strftime("%Y-%m"),
                "available_at": days,
            }
        ),
    )
    return lake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", nlp={"workers": 1})


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that reach the pipeline."""
    seen: list[str] = []
    through = pending.read_through

    def watched(chunks, cache, read):
        def watch(asked):
            return read(seen.append(text) or text for text in asked)

        return through(chunks, cache, watch)

    monkeypatch.setattr(pending, "read_through", watched)
    return seen


def test_each_text_is_parsed_once_and_each_headline_has_its_events(tmp_path: Path, settings: Settings, parsed: list[str]) -> None:
    lake = stored(tmp_path)
    assert pending.extract_pending(lake, settings) == {"headlines": 4, "events": 3}
    assert sorted(parsed) == sorted(set(TEXTS))
    events = lake.read("events")
    assert events["event_id"].is_unique
    same = events[events["headline_id"].isin(["h0", "h3"])]
    assert set(same["headline_id"]) == {"h0", "h3"}
    assert len(same.drop(columns=["event_id", "headline_id", "month", "available_at", "ingested_at"]).drop_duplicates()) == 1
    assert lake.read("extractions").set_index("headline_id")["n_events"].to_dict() == {"h0": 1, "h1": 0, "h2": 1, "h3": 1}


def test_a_second_run_reads_nothing_and_writes_nothing(tmp_path: Path, settings: Settings, parsed: list[str]) -> None:
    lake = stored(tmp_path)
    pending.extract_pending(lake, settings)
    versions, _ = lake.versions(), parsed.clear()
    assert pending.extract_pending(lake, settings)["headlines"] == 0
    assert lake.versions() == versions
    assert parsed == []


def test_the_same_text_on_another_day_or_in_another_lake_is_looked_up(
    tmp_path: Path, settings: Settings, parsed: list[str]
) -> None:
    pending.extract_pending(stored(tmp_path), settings)
    parsed.clear()
    other = stored(tmp_path, "other", [*TEXTS, "Court bans plastic bags"])
    assert pending.extract_pending(other, settings) == {"headlines": 5, "events": 4}
    assert parsed == ["Court bans plastic bags"]


def test_only_the_months_asked_for_are_read(tmp_path: Path, settings: Settings, parsed: list[str]) -> None:
    lake = stored(tmp_path)
    month = lake.read("headlines", columns=["month"])["month"].max()
    assert pending.extract_pending(lake, settings, [month])["headlines"] == 1
    assert parsed == [TEXTS[-1]]


def test_stopping_between_chunks_loses_nothing(
    tmp_path: Path, settings: Settings, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = stored(tmp_path)
    monkeypatch.setattr(pending, "CHUNK", 2)
    settings = Settings(home=settings.home, nlp={"workers": 1, "batch_size": 2})  # what is read ahead of the chunk is read again
    upsert = lake.upsert

    def stops(table: str, frame: pd.DataFrame):
        if table == "extractions":
            raise KeyboardInterrupt
        return upsert(table, frame)

    monkeypatch.setattr(lake, "upsert", stops)
    with pytest.raises(KeyboardInterrupt):
        pending.extract_pending(lake, settings)
    monkeypatch.setattr(lake, "upsert", upsert)
    pending.extract_pending(lake, settings)
    assert lake.count("extractions") == 4
    assert lake.read("events")["event_id"].is_unique
    assert len(parsed) == len(set(TEXTS))


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path, settings: Settings, nlp: Language) -> None:
    path = settings.folder / "cache" / f"{extractor_id(nlp)}.sqlite"
    path.parent.mkdir(parents=True)
    path.write_text("not a database, whatever its name " * 100)
    assert pending.extract_pending(stored(tmp_path), settings)["events"] == 3


@pytest.mark.parametrize("text", ["", "\ud800 lone surrogate", "quote ' and \x00", "Rebels seize port"])
def test_tuples_come_back_as_they_were_kept(tmp_path: Path, text: str, nlp: Language) -> None:
    (reading,) = extract_texts([text], nlp)

    def never(asked):
        assert not list(asked)
        return iter(())

    with open_cache(tmp_path, "one") as cache:
        kept = read_through([("a", [text])], cache, lambda asked: (Reading(reading.events, []) for _ in asked))
        assert list(kept) == [("a", [reading.events])]
        assert list(read_through([("b", [text, text]), ("c", [])], cache, never)) == [("b", [reading.events] * 2), ("c", [])]
    with open_cache(tmp_path, "two") as cache:
        assert cache.known([text]) == {}
