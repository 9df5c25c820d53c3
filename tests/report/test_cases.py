"""Which pages of a session can honestly be made: a forecast only by an earlier model, an explanation with its mark."""

from pathlib import Path

import pandas as pd
import pytest

from kdtcn.config import load
from kdtcn.errors import ModelError
from kdtcn.lake import Lake
from kdtcn.report.cases import cases, make_pages

DAYS = pd.DatetimeIndex(["2008-09-29", "2011-08-08", "2016-06-24"])


def _model(name: str, alignment: str, until: str, seed: int = 0, family: str = "kdtcn") -> dict[str, object]:
    return {
        "model_id": name,
        "family": family,
        "config_hash": "c",
        "config": "{}",
        "alignment": alignment,
        "trained_until": pd.Timestamp(until),
        "graph_cut": pd.Timestamp(until, tz="UTC"),
        "seed": seed,
        "weights": b"",
        "status": "trained",
        "promoted_at": None,
        "available_at": pd.Timestamp("2020-01-01", tz="UTC"),
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(str(tmp_path / "lake"))
    rows = [
        _model("f-2010", "forecast", "2010-12-31"),
        _model("f-2014", "forecast", "2014-12-16"),
        _model("s-2010", "same_day", "2010-12-31"),
        _model("s-2014-b", "same_day", "2014-12-16", seed=1),
        _model("s-2014", "same_day", "2014-12-16"),
        _model("other", "same_day", "2015-12-31", family="eb-tcn"),
    ]
    found.upsert("models", pd.DataFrame(rows))
    return found


def test_each_page_has_the_model_trained_last_before_it_or_says_what_it_is(lake: Lake) -> None:
    found = {(f"{c.session:%Y}", c.alignment): (c.model_id, c.page) for c in cases(lake, load(Path("configs/djia.yaml")), DAYS)}
    assert found == {
        ("2008", "forecast"): ("", ""),
        ("2008", "same_day"): ("s-2010", "2008-09-29-same-day"),
        ("2011", "forecast"): ("f-2010", "2011-08-08"),
        ("2011", "same_day"): ("s-2010", "2011-08-08-same-day"),
        ("2016", "forecast"): ("f-2014", "2016-06-24"),
        ("2016", "same_day"): ("s-2014", "2016-06-24-same-day"),
    }


def test_a_page_by_a_model_that_has_seen_the_session_is_told_apart(lake: Lake) -> None:
    notes = {(f"{c.session:%Y}", c.alignment): c.note for c in cases(lake, load(Path("configs/djia.yaml")), DAYS)}
    assert "no forecast" in notes["2008", "forecast"]
    assert "no test of the model" in notes["2008", "same_day"]
    assert notes["2011", "same_day"] == "trained until 2010-12-31"


def test_without_models_the_remedy_is_named(tmp_path: Path) -> None:
    empty, settings = Lake(str(tmp_path / "lake")), load(Path("configs/djia.yaml"))
    with pytest.raises(ModelError, match="kdtcn train"):
        make_pages(empty, settings, "configs/djia.yaml", list(cases(empty, settings, DAYS)))
