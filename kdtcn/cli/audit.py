"""`kdtcn audit ...`: hold what was built against what it promises; exit code 1 where a finding does not hold."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show

if TYPE_CHECKING:
    from kdtcn.findings import Finding

audit_app = typer.Typer(help="Hold models against what they promise.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@audit_app.command()
def model(
    name: Annotated[str, typer.Argument(help="a model's short name; `kdtcn models available` lists them")] = "kdtcn",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Train a model afresh and check how it starts, whether it can learn by heart, its gradients, and that it cannot look ahead.

    Example: kdtcn audit model kdtcn --config configs/demo.yaml
    """
    from kdtcn.evaluation.audit_model import audit
    from kdtcn.models import family
    from kdtcn.training.fold import Sight, prepare

    settings, lake = open_lake(config, sets)
    family(name)
    lake.require("extractions", f"`kdtcn run --config {config}` extracts and links events first")
    fold = prepare(lake, settings, "forecast", Sight.of(lake, settings))
    options = {"epochs": settings.training.epochs, **settings.training.options}
    _conclude(audit(name, fold.data, fold.split, options), f"{name} on {settings.name}", json_)


@audit_app.command()
def leaks(
    sessions: Annotated[int, typer.Option("--sessions", help="test sessions to rebuild from the lake of their time", min=1)] = 8,
    name: Annotated[str, typer.Option("--model", help="the model that is fitted on shuffled labels")] = "kdtcn",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Nothing from the future: dates apart, inputs and vectors rebuilt from what was known, no telling input, shuffled labels.

    Example: kdtcn audit leaks --config configs/djia.yaml
    """
    from kdtcn.evaluation.audit_leaks import audit
    from kdtcn.models import family
    from kdtcn.training.fold import Sight, prepare

    settings, lake = open_lake(config, sets)
    family(name)
    lake.require("extractions", f"`kdtcn run --config {config}` extracts and links events first")
    sight = Sight.of(lake, settings)
    fold = prepare(lake, settings, "forecast", sight)
    _conclude(audit(lake, settings, sight, fold, sessions=sessions, model=name), f"leaks in {settings.name}", json_)


def _conclude(findings: "Iterable[Finding]", title: str, json_: bool) -> None:
    found = list(findings)
    if json_:
        show([asdict(finding) for finding in found], True)
    else:
        rows = [{"": "ok" if f.holds else "FAILS", "finding": f.what, "value": f.value, "wanted": f.wanted} for f in found]
        show(rows, False, title)
    if not all(finding.holds for finding in found):
        raise typer.Exit(1)
