"""`kdtcn extract`: a headline's tuples as JSON, as tables in the terminal, and drawn."""

import pytest

from kdtcn.cli.lines import draw, extract_rows, show_reading
from kdtcn.config import Settings
from kdtcn.lake import Lake

TEXT = "Army says France could leave NATO, rebels flee"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    return list(extract_rows([{"text": TEXT}], Settings(), Lake(str(tmp_path_factory.mktemp("lake")))))


def test_a_line_tells_what_a_tuple_knows(rows: list[dict]) -> None:
    first = rows[0]["events"][0]
    assert {k: first[k] for k in ("subject", "predicate", "object", "modality", "speaker", "event_type", "lemma")} == {
        "subject": "France",
        "predicate": "could leave",
        "object": "NATO",
        "modality": "possible",
        "speaker": "Army",
        "event_type": "refuse",
        "lemma": "leave",
    }
    assert [TEXT[slice(*map(int, span.split(":")))] for span in first["spans"]] == ["France", "could leave", "NATO"]
    assert [e["label"] for e in first["subject_entities"]] == ["France"]


def test_the_drawing_shows_parse_tuples_and_links(rows: list[dict]) -> None:
    page = draw(rows, Settings())
    assert page.count("<svg") == 1
    assert page.count('class="entities"') == len(rows[0]["events"])
    for piece in ("nsubj", "predicate", "subject: France", "object: NATO"):
        assert piece in page


def test_the_terminal_shows_parse_tuples_and_links(rows: list[dict], capsys: pytest.CaptureFixture[str]) -> None:
    show_reading(iter(rows), Settings())
    shown = capsys.readouterr().out
    for piece in ("nsubj", "event tuples", "could", "Army", "France"):
        assert piece in shown


def test_a_headline_without_event_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"text": "The long road to peace", "events": []}
    show_reading(iter([row]), Settings())
    assert "no event" in capsys.readouterr().out
    assert "<svg" in draw([row], Settings())
