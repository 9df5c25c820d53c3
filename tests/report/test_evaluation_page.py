"""The evaluation page shows a frame's own numbers, with its interval drawn on a scale that holds it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.report import Column, Evaluation, write_site
from kdtcn.report.render import blocks
from tests.report import made

ROWS = [
    ("always-up", "all", "forecast", 376, 0.541, np.nan, 0.491, 0.591, np.nan),
    ("kdtcn", "all", "forecast", 376, 0.5234, 0.011, 0.473, 0.574, 0.012),
    ("reversal", "abrupt", "forecast", 53, 0.83, np.nan, 0.71, 0.91, 0.0),
    ("kdtcn", "abrupt", "forecast", 53, np.nan, np.nan, np.nan, np.nan, -0.3),
    ("kdtcn", "all", "same_day", 376, 0.53, 0.01, 0.48, 0.58, 0.02),
]
COLUMNS = ["model", "subset", "alignment", "n", "accuracy", "accuracy_std", "low", "high", "lift"]


@pytest.fixture
def evaluation() -> Evaluation:
    share = pd.DataFrame(
        [("kdtcn", "forecast", 376, 0.141, 0.55, 0.1234, 0.401, 0.405, 0.0099)],
        columns=["model", "alignment", "n", "rate", "auc", "brier", "log_loss", "base_log_loss", "skill"],
    )
    tests = pd.DataFrame(
        [("forecast", "kdtcn", "har", 376, -0.01, 0.21, 0.643), ("forecast", "kdtcn", "garch", 376, 0.02, np.nan, np.nan)],
        columns=["alignment", "model", "against", "n", "gap", "dm", "dm_holm"],
    )
    return Evaluation(
        pd.DataFrame(ROWS, columns=COLUMNS),
        ("forecast: hold-out opened 3 times",),
        live="kdtcn",
        abrupt=share,
        abrupt_tests=tests,
    )


def test_a_block_for_each_alignment_and_subset_in_the_order_of_the_frame(evaluation: Evaluation) -> None:
    found = blocks(evaluation)
    assert [block["title"] for block in found] == [
        "All sessions, forecast",
        "Abrupt sessions, forecast",
        "All sessions, same day",
    ]
    assert [len(block["rows"]) for block in found] == [2, 2, 1]
    assert (found[0]["always_up"], found[2]["always_up"]) == (0.541, None)


def test_the_scale_of_a_block_holds_its_intervals(evaluation: Evaluation) -> None:
    for block in blocks(evaluation):
        ends = [row[key] for row in block["rows"] for key in ("low", "high") if row[key] is not None]
        assert block["lo"] <= min(ends)
        assert max(ends) <= block["hi"] <= 1


def test_the_page_writes_the_numbers_and_what_is_unknown_as_a_dash(evaluation: Evaluation, tmp_path: Path) -> None:
    index = write_site(tmp_path / "out", [], evaluation, None, made.META)
    text = (index.parent / "evaluation.html").read_text(encoding="utf-8")
    for number in (
        "52.3\u202f%",
        "47.3\u202f% to 57.4\u202f%",
        "+1.2\u202f%",
        "−30.0\u202f%",
        "1.1\u202f%",
        "14.1\u202f%",
        "0.401",
        "0.123",
        "0.643",
        "p against garch",
        "hold-out opened 3 times",
    ):
        assert number in text
    assert ">– to –<" in text
    assert "nan" not in re.sub(r"<[^>]+>", " ", text).lower().split()
    assert text.count("Explains, does not forecast.") == 1
    assert text.count("Read against the") == 1


def test_columns_can_be_chosen() -> None:
    frame = pd.DataFrame(ROWS, columns=COLUMNS).assign(note="<i>", n_up=203)
    chosen = Evaluation(
        frame, columns=(Column("note", "Note", "text"), Column("n_up", "Up", "count"), Column("absent", "Absent"))
    )
    assert blocks(chosen)[0]["rows"][0]["rest"] == [("<i>", ""), ("203", "r num")]


def test_an_empty_frame_is_no_block() -> None:
    assert blocks(Evaluation(pd.DataFrame(columns=COLUMNS))) == []
