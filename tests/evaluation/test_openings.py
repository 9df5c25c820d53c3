"""The hold-out counter: a new result counts, the same result looked at again does not, and an older lake takes it in."""

from pathlib import Path

import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.evaluation.openings import fingerprint, in_words, opened, times
from kdtcn.lake import Lake
from kdtcn.lake.checks import verify
from tests.evaluation.test_tables import predictions

SETTINGS = Settings()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_looking_again_opens_nothing(lake: Lake) -> None:
    rows = predictions(alignments=("forecast", "same_day"))
    assert opened(lake, SETTINGS, rows, "run") == {"forecast": 1, "same_day": 1}
    version = lake.version("openings")
    assert times(lake, rows) == {"forecast": 1, "same_day": 1}
    assert times(lake, rows.assign(p_up=0.5)) == {"forecast": 1, "same_day": 1}  # asking alone opens nothing
    assert opened(lake, SETTINGS, rows.sample(frac=1, random_state=0), "evaluate") == {"forecast": 1, "same_day": 1}
    assert lake.version("openings") == version
    stored = lake.read("openings")
    assert stored["command"].tolist() == ["run", "run"]
    assert stored["config_hash"].tolist() == [SETTINGS.fingerprint()] * 2
    assert stored["test_from"].tolist() == [rows["session"].min()] * 2


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.assign(p_up=rows["p_up"] + 1e-9),
        lambda rows: rows.assign(p_abrupt=rows["p_abrupt"] * 0.999),
        lambda rows: rows.assign(up=1 - rows["up"]),
        lambda rows: rows[rows["model"] != "coin"],
        lambda rows: rows[rows["session"] < rows["session"].max()],
        lambda rows: rows.assign(seed=rows["seed"] + 1),
    ],
)
def test_anything_new_counts(lake: Lake, change: object) -> None:
    rows = predictions()
    opened(lake, SETTINGS, rows, "evaluate")
    assert opened(lake, SETTINGS, change(rows), "evaluate") == {"forecast": 2}  # type: ignore[operator]


def test_another_test_period_counts_only_where_it_shares_sessions(lake: Lake) -> None:
    rows = predictions()
    later = rows.assign(session=rows["session"] + pd.DateOffset(years=5))
    assert opened(lake, SETTINGS, rows, "evaluate") == {"forecast": 1}
    assert opened(lake, SETTINGS, later, "evaluate") == {"forecast": 1}
    both = pd.concat([rows, later.assign(session=later["session"] + pd.DateOffset(days=1))])
    assert opened(lake, SETTINGS, both, "evaluate") == {"forecast": 3}


def test_the_words_are_for_people(lake: Lake) -> None:
    rows = predictions()
    assert in_words(opened(lake, SETTINGS, rows, "run")) == "forecast: hold-out opened 1 time, this one included"
    assert "2 times" in in_words(opened(lake, SETTINGS, rows.assign(p_up=0.5), "run"))


def test_the_fingerprint_does_not_hang_on_types(lake: Lake) -> None:
    rows = predictions()
    same = rows.assign(seed=rows["seed"].astype("int32"), up=rows["up"].astype("int8"), model=rows["model"].astype(object))
    assert fingerprint(same) == fingerprint(rows)


def test_a_lake_from_before_these_tables_takes_them_in(lake: Lake) -> None:
    """They come with their first row; until then the lake reads as it did, and nothing has to be migrated."""
    from kdtcn.evaluation.ledger import seal
    from kdtcn.lake.migrations import migrate
    from kdtcn.lake.query import query
    from tests.evaluation.sealer import forecasts
    from tests.evaluation.test_ledger import coming
    from tests.lake.made import prices

    lake.upsert("prices", prices("2016-06-23", "2016-06-24"))
    assert lake.versions() == {"prices": 1}
    assert migrate(lake) == []
    assert int(query(lake, "SELECT count(*) FROM openings").iloc[0, 0]) == 0
    opened(lake, SETTINGS, predictions(), "evaluate")
    seal(lake, SETTINGS, forecasts(coming(1)))
    assert set(lake.versions()) == {"prices", "openings", "ledger"}
    assert migrate(lake) == []
    assert {finding.table for finding in verify(lake)} == {"ledger"}  # its model is not in this lake
    assert int(query(lake, "SELECT count(*) FROM ledger").iloc[0, 0]) == 1
