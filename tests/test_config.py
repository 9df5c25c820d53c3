"""Settings: what wins over what, and errors that name the key."""

from datetime import time
from pathlib import Path

import pytest

from kdtcn.config import load
from kdtcn.errors import ConfigError

SHIPPED = sorted(Path("configs").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_configuration_that_ships_loads(path: Path) -> None:
    assert load(path).name == ("paper" if path.stem == "zoo" else path.stem)  # the zoo is trained in the lake of `make paper`


def test_command_line_wins_over_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("training: {seeds: 2, epochs: 7, workers: 1}\n")
    monkeypatch.setenv("KDTCN_TRAINING__SEEDS", "3")
    monkeypatch.setenv("KDTCN_TRAINING__EPOCHS", "8")
    settings = load(path, ["training.seeds=4"])
    assert (settings.training.seeds, settings.training.epochs, settings.training.workers) == (4, 8, 1)


def test_a_clock_time_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("serve: {at: 00:30}\ndecision: {at: 09:15}\n")  # YAML 1.1 reads such as numbers in base sixty
    settings = load(path)
    assert (settings.serve.at, settings.decision.at) == (time(0, 30), time(9, 15))


@pytest.mark.parametrize(
    ("text", "sets", "named"),
    [
        ("training: {sedes: 3}", [], "training.sedes"),
        ("training: {seeds: many}", [], "training.seeds"),
        ("trainig: {}", [], "trainig"),
        ("a: [1", [], "line"),
        ("- 1\n- 2", [], "list"),
        ("", ["training.seeds"], "KEY=VALUE"),
        ("", ["training.seeds=-1"], "training.seeds"),
        ("", ["name=1", "name.x=2"], "name"),
        ("evaluation: {test_from: 2015-13-45}", [], "2015|month"),
        ("", ["evaluation.test_from=2015-02-30"], "2015-02-30"),
        ("1: 2", [], "KEY"),
        ("decision: {at: '09:00+02:00'}", [], "decision.at"),
        ("training: {live: kdtcm}", [], "kdtcm"),
        ("evaluation: {alignments: [same_day]}", [], "forecast"),
    ],
)
def test_an_error_names_the_file_or_key(tmp_path: Path, text: str, sets: list[str], named: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=named) as caught:
        load(path, sets)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load(Path("nowhere.yaml"))


def test_the_fingerprint_ignores_paths_and_sees_settings(tmp_path: Path) -> None:
    base = load(None)
    assert load(None, [f"home={tmp_path}"]).fingerprint() == base.fingerprint()
    assert load(None, ["features.window=12"]).fingerprint() != base.fingerprint()


def test_an_environment_variable_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDTCN_TRAINING__MODELS", "tcn")
    with pytest.raises(ConfigError, match="JSON"):
        load(None)
