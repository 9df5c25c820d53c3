"""HOME/metrics.prom as Prometheus reads it: valid, whole, and of the last run of each command."""

import json
from pathlib import Path

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows import metrics
from kdtcn.config import Settings
from kdtcn.errors import InputError, LakeError
from kdtcn.lake import Lake


def run(lake: Lake, number: int, command: str, started: str, seconds: int | None, status: str, **rows: object) -> None:
    began = pd.Timestamp(started, tz="UTC")
    ended = None if seconds is None else began + pd.Timedelta(seconds=seconds)
    row = {
        "run_id": str(number),
        "command": command,
        "started": began,
        "ended": ended,
        "status": status,
        "row_counts": json.dumps(rows),
    }
    lake.upsert("runs", pd.DataFrame([{**row, "config": "", "versions": "{}"}]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    run(lake, 1, "nightly 2016-06-23", "2016-06-23T04:30", 30, "done", headlines=25)
    run(lake, 2, "nightly 2016-06-24", "2016-06-24T04:30", 60, "failed", headlines=7, error='quote " and \\ back')
    stages = [{"stage": "extract", "what": "headlines", "done": 5, "skipped": 9}]
    run(lake, 3, "backfill 2016-01-04 2016-03-31", "2016-06-25T00:00", 90, "done", stages=stages)
    run(lake, 4, "run", "2016-06-26T00:00", None, "running")
    prices = dict.fromkeys(("open", "high", "low", "close", "adj_close", "volume"), 1.0)
    sessions = pd.to_datetime(["2016-06-22", "2016-06-23"])
    at = sessions.tz_localize("UTC") + pd.Timedelta(hours=20)
    lake.upsert("prices", pd.DataFrame({"symbol": "^DJI", "session": sessions, "source": "test", "available_at": at, **prices}))
    made = {"session": sessions, "model_id": 'a "b" \\', "made_at": at, "available_at": at, "p_up": [0.4, 0.6], "p_abrupt": 0.1}
    lake.upsert("predictions", pd.DataFrame({**made, "logit_up": 0.0, "logit_abrupt": 0.0, "data_versions": "{}"}))
    return lake


def read(path: Path) -> dict[tuple[str, str], float]:
    """Name and labels to value, by Prometheus' own parser, which refuses a file that is not valid."""
    found = {}
    for family in text_string_to_metric_families(path.read_text()):
        assert family.documentation
        assert family.type == "gauge"
        for sample in family.samples:
            key = (sample.name, " ".join(sample.labels.values()))
            assert key not in found
            found[key] = sample.value
    return found


def test_the_file_says_how_the_last_run_of_each_command_went(lake: Lake, tmp_path: Path) -> None:
    found = read(metrics.write(lake, tmp_path))
    assert found["kdtcn_run_success", "nightly"] == 0
    assert found["kdtcn_run_duration_seconds", "nightly"] == 60
    assert found["kdtcn_run_last_success_timestamp_seconds", "nightly"] == pd.Timestamp("2016-06-23T04:30:30Z").timestamp()
    assert found["kdtcn_run_rows", "nightly headlines"] == 7
    assert found["kdtcn_run_rows", "backfill extract headlines skipped"] == 9
    assert found["kdtcn_run_started_timestamp_seconds", "run"] == pd.Timestamp("2016-06-26", tz="UTC").timestamp()
    assert ("kdtcn_run_success", "run") not in found  # it has not ended
    assert found["kdtcn_table_rows", "runs"] == 4
    assert found["kdtcn_newest_price_timestamp_seconds", ""] == pd.Timestamp("2016-06-23", tz="UTC").timestamp()
    assert found["kdtcn_forecast_probability", 'a "b" \\ up'] == 0.6
    assert ("kdtcn_newest_headline_timestamp_seconds", "") not in found


def test_an_empty_lake_has_a_valid_file(tmp_path: Path) -> None:
    assert read(metrics.write(Lake(str(tmp_path / "lake")), tmp_path))["kdtcn_table_rows", "prices"] == 0


def test_a_run_that_fails_leaves_its_figures_and_its_error(lake: Lake, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(InputError, match="of the run"), metrics.measured(lake, settings):
        raise InputError("of the run")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [metrics.FILE]


def test_a_file_that_cannot_be_written_hides_no_error_and_leaves_the_old_one(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = metrics.write(lake, tmp_path).read_text()

    def full(lake: Lake) -> list:
        raise LakeError("the disk is full")

    monkeypatch.setattr(metrics, "samples", full)
    with metrics.measured(lake, Settings(home=tmp_path)):
        pass
    assert (tmp_path / metrics.FILE).read_text() == before
