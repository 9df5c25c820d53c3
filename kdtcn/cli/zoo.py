"""`kdtcn zoo`: every model there is on the same folds, seeds and budget, into CSV, Markdown and the list of models."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.cli.paper import DataOption, planned, tell, trained


@app.command()
def zoo(
    data: DataOption = None,
    output: Annotated[Path | None, typer.Option("--output", help="folder for the files; default: zoo/ beside the lake")] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="also renew costs, results and conclusions in this list of models", metavar="FILE"),
    ] = None,
    config: ConfigOption = Path("configs/zoo.yaml"),
    sets: SetOption = [],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be trained, and do nothing")] = False,
    json_: JsonOption = False,
) -> None:
    """Train the whole field on one fixed origin and on rolling folds, score it, and write what it costs and what it is worth.

    An empty lake is filled first. Started again after a kill it goes on where it was; when all is there it only writes.

    Examples:
        kdtcn zoo --data ../shared/data/djia
        kdtcn zoo --set training.models='[always-up, gru, kdtcn]' --set training.seeds=2
        kdtcn zoo --into docs/MODELS.md
    """
    from dataclasses import asdict

    from kdtcn.evaluation.protocols import walks
    from kdtcn.evaluation.zoo import ZOO, field
    from kdtcn.models import family
    from kdtcn.report.paper import put_into
    from kdtcn.report.zoo import conclusions, put_columns, summary, write

    settings, lake = open_lake(config, sets)
    for name in settings.training.models:
        family(name)  # an unknown name fails now, not after the extraction
    ways = [walk for _, walk in walks(settings, ZOO)]
    if dry_run:
        show(planned(lake, settings, ways), json_)
        return
    command = f"kdtcn zoo --config {config}" + "".join(f" --set {pair}" for pair in sets)
    ids = trained("zoo", lake, settings, ways, data)
    found = field(lake, settings, ids)
    written = write(found, settings, command, output or settings.folder / "zoo")
    if into is not None:
        put_columns(into, found)
        put_into(into, summary(found, settings, command))
    said = conclusions(found)
    if json_:
        show({"table": str(written), "conclusions": [asdict(section) for section in said]}, True)
        return
    tell(said)
    out.print(f"\n{written.resolve()}, and CSV files beside it", markup=False)
