"""`kdtcn kg embed`: what it would do, what it does, and one line for what can be mended."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kdtcn.cli import app, embed  # noqa: F401  (registers the command)
from kdtcn.errors import KdtcnError
from kg import Embedding, load_seed


def run(folder: Path, *arguments: str) -> dict:
    config = folder / "settings.yaml"
    config.write_text(f"name: embed\nhome: {folder}\ngraph: {{dim: 4, epochs: 1}}\n")
    found = CliRunner().invoke(app, ["kg", "embed", *arguments, "--config", str(config), "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    about = run(tmp_path, "--as-of", "2014-12-31", "--dry-run")
    assert about["recipe"]["dimensions"] == 4
    assert 0 < about["facts"] <= len(load_seed().facts)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_an_embedding_of_a_day_is_written_and_read_back(tmp_path: Path) -> None:
    output = tmp_path / "mine.safetensors"
    about = run(tmp_path, "--model", "distmult", "--dimensions", "4", "--epochs", "1", "--as-of", "2014-12-31", "-o", str(output))
    found = Embedding.load(output.read_bytes())
    assert (found.model, found.vectors.shape[1]) == ("DistMult", 4)
    named, every = map(int, about["entities with a vector"].split(" of "))
    assert len(found.entities) <= named <= every == len(load_seed().entities)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "transx"], "--model 'transx': unknown; known are transe, distmult"),
        (["--recipe", "none.yaml"], "none.yaml: no such recipe"),
        (["--model", "rotate", "--recipe", "configs/kg/transe.yaml"], "is a recipe of TransE"),
        (["--dimensions", "1"], "dimensions: Input should be greater"),
        (["--update", "--as-of", "2016-06-25"], "2016-06-2"),
        (["--update", "--as-of", "2016-06-24"], "run `kdtcn train`"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(KdtcnError) as error:
        run(tmp_path, *arguments)
    assert message in str(error.value)
