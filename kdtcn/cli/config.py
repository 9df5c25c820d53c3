"""Commands about settings: the JSON Schema by which editors complete and check the YAML files."""

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter

from kdtcn.cli import app
from kdtcn.config import Settings

config_app = typer.Typer(help="The settings and what they may be.", no_args_is_help=True)
app.add_typer(config_app, name="config")

DRAFT = "https://json-schema.org/draft/2020-12/schema"
CLOCK = {"type": "string", "pattern": r"^[0-2]?\d:[0-5]\d(:[0-5]\d)?$"}  # JSON Schema's own "time" wants seconds and an offset


@config_app.command("schema")
def config_schema(
    recipe: Annotated[bool, typer.Option("--recipe", help="instead: that of the recipes of embeddings in configs/kg")] = False,
    output: Annotated[str, typer.Option("--output", help="file to write; default: standard output", metavar="FILE")] = "-",
) -> None:
    """The JSON Schema of the settings files, as configs/schema.json holds it.

    Examples:
        kdtcn config schema --output configs/schema.json
        kdtcn config schema --recipe --output configs/kg/schema.json
    """
    text = json.dumps(recipe_schema() if recipe else schema(), indent=1, ensure_ascii=False) + "\n"
    if output == "-":
        typer.echo(text, nl=False)
    else:
        Path(output).write_text(text, encoding="utf-8")


def schema() -> dict[str, Any]:
    """What a settings file may hold: the typed tree, with the models, their options and each provider's options."""
    from kdtcn import models
    from kdtcn.models.options import Options

    tree = Settings.model_json_schema()
    tree = {"$schema": DRAFT, **tree, "title": "Settings of KDTCN"}
    parts = tree["$defs"]
    for section, name in (("DecisionSettings", "at"), ("ServeSettings", "at")):
        parts[section]["properties"][name] = _told(parts[section]["properties"][name]) | CLOCK
    known = {"type": "string", "enum": list(models.available())}
    parts["TrainingSettings"]["properties"]["models"]["items"] = known
    for section, name in (("TrainingSettings", "live"), ("ServeSettings", "without_news")):
        parts[section]["properties"][name] |= known
    options = _own(TypeAdapter(Options).json_schema(), parts)
    parts["TrainingSettings"]["properties"]["options"] |= {"properties": options["properties"], "additionalProperties": False}
    for kind, section in (("prices", "PriceSource"), ("news", "NewsSource")):
        _providers(kind, parts[section], parts)
    return tree


def recipe_schema() -> dict[str, Any]:
    """What a recipe of a knowledge-graph embedding may hold."""
    from kg import Recipe

    return {"$schema": DRAFT, **Recipe.model_json_schema(), "title": "A recipe of a knowledge-graph embedding"}


def _providers(kind: str, section: dict[str, Any], parts: dict[str, Any]) -> None:
    """Name the providers that ship (others may be installed), and the options of each."""
    from kdtcn.sources.registry import BUILTIN

    own = {key.removeprefix(f"{kind}."): where for key, where in BUILTIN.items() if key.startswith(f"{kind}.")}
    section["properties"]["provider"]["anyOf"] = [{"enum": sorted(own)}, {"type": "string"}]
    section["allOf"] = []
    for name, where in sorted(own.items()):
        module, _, attribute = where.partition(":")
        found: type[BaseModel] = getattr(import_module(module), attribute)
        options = _own(found.model_json_schema(), parts)
        section["allOf"].append(
            {
                "if": {"properties": {"provider": {"const": name}}, "required": ["provider"]},
                "then": {"properties": {"options": {"properties": options["properties"], "additionalProperties": False}}},
            }
        )


def _own(found: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """A schema whose own definitions now stand among those of the whole."""
    parts.update(found.pop("$defs", {}))
    return found


def _told(field: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key in ("default", "description", "title")}
