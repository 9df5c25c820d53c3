"""Commands that run the chain and keep it running: run, nightly, backfill, serve, report, doctor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.config import Settings
from kdtcn.errors import ConfigError, InputError

report_app = typer.Typer(help="The site of explanation reports.", no_args_is_help=True)
app.add_typer(report_app, name="report")


@contextmanager
def _prefect(settings: Settings) -> Iterator[None]:
    """A Prefect server for one command: the configured one (PREFECT_API_URL), or our own on loopback."""
    import os

    from flows import server

    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    server.prepare(settings.folder)
    with server.running(settings.folder):
        yield


def ready(settings: Settings) -> None:
    """ConfigError now for what would otherwise fail in the middle of the work."""
    from flows.ready import ready as check

    check(settings)


@app.command()
def run(config: ConfigOption = Path("configs/demo.yaml"), sets: SetOption = []) -> None:
    """The whole chain: prices and headlines to event tuples, links, models, evaluation, effects and the report.

    Started again after a kill it goes on where it was; a second run with nothing new trains and explains nothing.

    Examples:
        kdtcn run --config configs/demo.yaml
        kdtcn run --config configs/djia.yaml --set training.seeds=3
    """
    from kdtcn.evaluation.render import as_rich
    from kdtcn.evaluation.stored import evaluation_table, stored_predictions

    settings, lake = open_lake(config, sets)
    ready(settings)
    if not settings.sources.prices and lake.version("prices") < 0:
        raise InputError(
            f"{lake.url}: nothing imported yet, and {config} names no provider; for example `kdtcn import djia FOLDER --config {config}`"
        )
    with _prefect(settings):
        from flows.experiment import experiment

        index = experiment(str(config), sets)
    for part in as_rich(evaluation_table(lake, settings, stored_predictions(lake, settings), "run")):
        out.print(part)
    out.print(f"report: {Path(index).resolve()}")


@app.command()
def nightly(
    session: Annotated[
        str, typer.Option("--session", help="the session to forecast; default: today in New York", metavar="DATE")
    ] = "",
    config: ConfigOption = Path("configs/live.yaml"),
    sets: SetOption = [],
) -> None:
    """Settle the session before, forecast this one, explain it, and renew the report.

    Example: kdtcn nightly --session 2016-06-24 --config configs/djia.yaml
    """
    from kdtcn.sessions import parse_session
    from kdtcn.training.store import in_force

    settings, lake = open_lake(config, sets)
    ready(settings)
    if session:
        in_force(lake, parse_session(session))  # say at once, not after the server has started
    with _prefect(settings):
        from flows.nightly import nightly as flow

        index = flow(session or None, str(config), sets)
    if index:
        out.print(f"report: {Path(index).resolve()}")


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="first day of the range", metavar="DATE")],
    last: Annotated[str, typer.Option("--to", help="last day of the range", metavar="DATE")],
    stages: Annotated[
        list[str],
        typer.Option(
            "--stages", help="only these, with commas between: fetch extract link settle predict explain report", metavar="STAGES"
        ),
    ] = [],
    model: Annotated[
        str,
        typer.Option("--model", help="as-of: the model that was live then, or would have been; or the id of one", metavar="ID"),
    ] = "as-of",
    force: Annotated[bool, typer.Option("--force", help="predict and explain again what is there")] = False,
    workers: Annotated[int, typer.Option("--workers", help="processes that extract events; default nlp.workers", min=0)] = 0,
    dask: Annotated[
        str, typer.Option("--dask", help="a Dask scheduler whose workers extract events, e.g. tcp://host:8786", metavar="ADDRESS")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Every stage for a range of past sessions; what is done already is skipped, and a killed run goes on where it was.

    Examples:
        kdtcn backfill --from 2016-01-04 --to 2016-03-31 --config configs/djia.yaml
        kdtcn backfill --from 2008-08-08 --to 2016-07-01 --stages extract,link --workers 8
    """
    import pandas as pd

    if workers and dask:
        raise InputError("--workers and --dask: give one; a cluster has as many workers as were started for it")
    sets = [*sets, *([f"nlp.workers={workers}"] if workers else []), *([f"nlp.dask={dask}"] if dask else [])]
    settings, lake = open_lake(config, sets)
    ready(settings)
    # not flows.backfill yet: Prefect reads the address of its server when it is imported
    from flows.span import plan, range_of, stages_of, without_model

    chosen, wanted = range_of(first, last), stages_of(stages)
    if not settings.sources.prices or "fetch" not in wanted:
        lake.require("prices", f"import some first, for example `kdtcn import djia FOLDER --config {config}`")
    work = plan(lake, settings, str(config), chosen, wanted, model, force)
    if dry_run:
        used = ", ".join(f"{name} ({n} sessions)" for name, n in work.models[work.models != ""].value_counts(sort=False).items())
        about = {"sessions": len(chosen), "first": f"{chosen[0]:%Y-%m-%d}", "last": f"{chosen[-1]:%Y-%m-%d}"}
        show(
            {**about, "stages": " ".join(wanted), "models": used or "none needed", "left out": without_model(work.models)}, json_
        )
        return
    with _prefect(settings):
        from flows.backfill import backfill as flow

        rows = flow(first, last, str(config), sets, wanted, force, model)
    show(rows if json_ else pd.DataFrame(rows), json_, f"{first} to {last}: {len(chosen)} sessions")


@app.command()
def serve(config: ConfigOption = Path("configs/live.yaml"), sets: SetOption = []) -> None:
    """Start a loopback Prefect server and run the nightly before each session, until interrupted.

    Example: kdtcn serve --config configs/live.yaml
    """
    from flows.serve import serve as run_forever

    settings, _ = open_lake(config, sets)
    ready(settings)  # a configuration error is found before anything starts
    if settings.serve.at > settings.decision.at and any(source.provider in ("rss", "reddit") for source in settings.sources.news):
        raise ConfigError(
            f"serve.at {settings.serve.at:%H:%M} is after decision.at {settings.decision.at:%H:%M}: what the night fetches would count for the next session only; set decision.at later"
        )
    run_forever(config, sets)


@report_app.command("build")
def report_build(
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    model: Annotated[
        str, typer.Option("--model", help="the model whose pages are written; default: the one in force", metavar="ID")
    ] = "",
    sessions: Annotated[
        list[str],
        typer.Option("--sessions", help="make both pages of these sessions as well, forecast and same day", metavar="DATE,..."),
    ] = [],
    json_: JsonOption = False,
) -> None:
    """Write the site again from what the lake holds, or add the pages of named sessions to it.

    Pages of the model in force are made anew; those of other models stay as long as the lake holds their model.
    With --sessions, a forecast page comes from a model trained before the session, or is left out; a same-day page explains, and
    says so where its model was trained on the session.

    Examples:
        kdtcn report build --config configs/djia.yaml
        kdtcn report build --config configs/djia.yaml --sessions 2008-09-29,2010-05-06,2011-08-08,2016-06-24
    """
    import pandas as pd

    from kdtcn.errors import ModelError
    from kdtcn.report.build import build_site
    from kdtcn.report.cases import cases, make_pages
    from kdtcn.sessions import parse_session
    from kdtcn.training.store import live_model

    settings, lake = open_lake(config, sets)
    days = sorted({parse_session(day) for part in sessions for day in part.split(",") if day})
    if days:
        found = list(cases(lake, settings, pd.DatetimeIndex(days)))
        index = make_pages(lake, settings, str(config), found)
        rows = [
            {"session": f"{c.session:%Y-%m-%d}", "alignment": c.alignment, "page": c.page, "model": c.model_id, "note": c.note}
            for c in found
        ]
        show(rows, json_, "pages")
    else:
        name = model or live_model(lake)
        if not name:
            raise ModelError(f"{lake.url}: no model is in force; run `kdtcn train --config {config}` first")
        index = build_site(lake, settings, str(config), name)
    if not json_:
        out.print(f"report: {index.resolve()}")


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Check configuration, versions, disk, clock, calendar, language pipeline, providers, Prefect, lake and model; exit code 1 if one fails.

    Nothing is fetched or changed; a line that is not ok says what to do.

    Example: kdtcn doctor --config configs/djia.yaml
    """
    from kdtcn.cli.checks import checks

    rows = checks(config, sets)
    show(rows, json_, "doctor")
    if any(row["state"] == "fail" for row in rows):
        raise typer.Exit(1)
