"""The JSON Schema that editors read: it is that of the code, takes what ships, and refuses what the settings refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kdtcn.cli.config import recipe_schema, schema

SETTINGS, RECIPES = Path("configs/schema.json"), Path("configs/kg/schema.json")


def problems(written: Path, text: str) -> list[str]:
    tree = json.loads(json.dumps(yaml.safe_load(text), default=str))  # dates as an editor sees them
    return [error.message for error in Draft202012Validator(json.loads(written.read_text())).iter_errors(tree)]


@pytest.mark.parametrize(
    ("path", "made", "command"),
    [
        (SETTINGS, schema, "kdtcn config schema --output configs/schema.json"),
        (RECIPES, recipe_schema, "kdtcn config schema --recipe --output configs/kg/schema.json"),
    ],
)
def test_the_schema_that_ships_is_that_of_the_code(path: Path, made: Any, command: str) -> None:
    assert json.loads(path.read_text()) == json.loads(json.dumps(made())), f"the settings have changed: run `{command}`"
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("path", sorted(Path("configs").rglob("*.yaml")), ids=str)
def test_every_file_that_ships_names_its_schema_and_keeps_it(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert problems(path.parent / first.partition("=")[2], path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("trainig: {}", "trainig"),
        ("training: {sedes: 3}", "sedes"),
        ("training: {seeds: many}", "many"),
        ("training: {models: [oracle]}", "oracle"),
        ("training: {live: oracle}", "oracle"),
        ("training: {options: {epocs: 3}}", "epocs"),
        ("serve: {at: 'half past'}", "half past"),
        ("sources: {news: [{provider: rss, options: {feed: x}}]}", "feed"),
        ("nlp: {dask: here}", "here"),
    ],
)
def test_an_editor_marks_what_the_settings_refuse(text: str, told: str) -> None:
    assert any(told in message for message in problems(SETTINGS, text))


def test_an_editor_lets_pass_what_only_an_installed_package_knows() -> None:
    assert problems(SETTINGS, "sources: {news: [{provider: of-our-desk, options: {any: 1}}]}\nserve: {at: '00:30'}") == []
