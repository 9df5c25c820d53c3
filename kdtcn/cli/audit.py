"""`kdtcn audit ...`: hold what was built against what it promises; exit code 1 where a finding does not hold.

The newest findings of each stand on the report's page about the models.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show

if TYPE_CHECKING:
    from kdtcn.config import Settings
    from kdtcn.findings import Finding
    from kdtcn.lake import Lake

audit_app = typer.Typer(help="Hold models against what they promise.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@audit_app.command()
def model(
    names: Annotated[
        list[str], typer.Argument(help="short names of models; `kdtcn models available` lists them", metavar="MODEL...")
    ] = ["kdtcn"],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Train models afresh and check how they start, whether they can learn by heart, their gradients, and that none looks ahead.

    Examples:
        kdtcn audit model kdtcn --config configs/demo.yaml
        kdtcn audit model lstm cnn tcn kdtcn --config configs/djia.yaml
    """
    from kdtcn.evaluation.audit_model import audit
    from kdtcn.models import family
    from kdtcn.training.fold import Sight, prepare

    settings, lake = open_lake(config, sets)
    for name in names:
        family(name)
    lake.require("extractions", f"`kdtcn run --config {config}` extracts and links events first")
    fold = prepare(lake, settings, "forecast", Sight.of(lake, settings))
    options = {"epochs": settings.training.epochs, **settings.training.options}
    found = (
        replace(finding, what=f"{name}: {finding.what}") if len(names) > 1 else finding
        for name in names
        for finding in audit(name, fold.data, fold.split, options)
    )
    conclude(lake, settings, "model", found, f"{', '.join(names)} on {settings.name}", json_)


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
    found = audit(lake, settings, sight, fold, sessions=sessions, model=name)
    conclude(lake, settings, "leaks", found, f"leaks in {settings.name}", json_)


@audit_app.command()
def effects(
    sessions: Annotated[int, typer.Option("--sessions", help="sessions of the test period to measure", min=2)] = 24,
    name: Annotated[str, typer.Option("--model", help="a model's id; default: the model in force", metavar="ID")] = "",
    truth: Annotated[Path, typer.Option("--truth", help="folder with the truth of a synthetic world", metavar="FOLDER")] = Path(
        "data/truth"
    ),
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Whether event effects are faithful: deletion and insertion, sufficiency, stability over seeds, shuffled weights.

    On a synthetic world the planted causes that effects find come with it, as `kdtcn demo check` measures them.

    Examples:
        kdtcn audit effects --config configs/djia.yaml
        kdtcn audit effects --config configs/demo.yaml --sessions 40 --json
    """
    from kdtcn.errors import ModelError
    from kdtcn.explain.audit import judge, measure
    from kdtcn.training.fold import Sight
    from kdtcn.training.store import live_model

    settings, lake = open_lake(config, sets)
    model_id = name or live_model(lake)
    if not model_id:
        raise ModelError(f"{lake.url}: no model is in force; run `kdtcn train --config {config}` first")
    rows = measure(lake, settings, Sight.of(lake, settings), model_id, sessions)
    found = list(judge(rows))
    if settings.report.synthetic:
        from kdtcn.demo.check import effect_findings
        from kdtcn.demo.found import gather
        from kdtcn.findings import Finding

        for f in effect_findings([gather(lake, settings, truth, sessions)]):
            found.append(Finding(f.what, f"{f.value:.2f} ({f.low:.2f} to {f.high:.2f}), n = {f.n}", f.wanted, f.holds))
    conclude(lake, settings, "effects", found, f"effects of {model_id}, {len(rows)} sessions", json_)


def conclude(lake: "Lake", settings: "Settings", kind: str, findings: "Iterable[Finding]", title: str, json_: bool) -> None:
    """Print the findings and keep them for the report; exit code 1 where one does not hold."""
    from kdtcn.lake import Run
    from kdtcn.lake.runs import AUDIT

    with Run(lake, AUDIT + kind, settings.fingerprint()) as run:
        found = list(findings)
        run.rows.update(title=title, findings=[asdict(finding) for finding in found])
    if json_:
        show([asdict(finding) for finding in found], True)
    else:
        rows = [{"": "ok" if f.holds else "FAILS", "finding": f.what, "value": f.value, "wanted": f.wanted} for f in found]
        show(rows, False, title)
    if not all(finding.holds for finding in found):
        raise typer.Exit(1)
