"""Recipes: the ones that ship are valid, a mistake names the file and the key."""

from pathlib import Path

import pytest

from kdtcn.errors import ConfigError, ModelError
from kg.embedding import MODELS, Recipe, read_recipe

SHIPPED = sorted(Path(__file__).parents[2].glob("configs/kg/*.yaml"))


def test_one_recipe_ships_for_each_model() -> None:
    assert sorted(read_recipe(path).model for path in SHIPPED) == sorted(MODELS)
    assert all(read_recipe(path).model.lower() == path.stem for path in SHIPPED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: TransX", "model: unknown model 'TransX'; known are TransE, DistMult"),
        ("dimension: 8", "dimension: unknown key; known are model, dimensions"),
        ("dimensions: 1", "dimensions: Input should be greater than or equal to 2"),
        ("objective: hinge", "objective: Input should be 'nssa' or 'softmax'"),
        ("{model: TuckER, objective: nssa}", "objective nssa suits TransE and RotatE alone; set objective: softmax"),
        ("- TransE", "expected KEY: VALUE lines"),
        ("1: 2", "every key must be a word"),
        ("model: [", "not readable as YAML"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.yaml") as error:
        read_recipe(path)
    assert message in str(error.value)


def test_a_recipe_that_is_not_there_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such recipe; the ones that ship are in configs/kg"):
        read_recipe(tmp_path / "none.yaml")


def test_models_are_known_in_any_case_and_changes_are_checked() -> None:
    assert Recipe(model="rotate").model == "RotatE"
    assert (Recipe().objective, Recipe(model="complex").objective) == ("nssa", "softmax")
    assert Recipe().but(dimensions=8).dimensions == 8
    with pytest.raises(ModelError, match="epochs"):
        Recipe().but(epochs=0)
