"""`kdtcn paper`: all models under every protocol on the real data, into CSV, Markdown and one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kdtcn.config import Settings
    from kdtcn.lake import Lake
    from kdtcn.report.conclusions import Section
    from kdtcn.training.experiment import Walk

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="folder of the Kaggle set; default: djia/ in $KDTCN_SHARED_DATA", metavar="FOLDER"),
]


@app.command()
def paper(
    data: DataOption = None,
    output: Annotated[Path | None, typer.Option("--output", help="folder for the files; default: paper/ beside the lake")] = None,
    into: Annotated[
        list[Path],
        typer.Option("--into", help="also renew the section of results in this file (repeat as needed)", metavar="FILE"),
    ] = [],
    config: ConfigOption = Path("configs/paper.yaml"),
    sets: SetOption = [],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be trained, and do nothing")] = False,
    json_: JsonOption = False,
) -> None:
    """Train every model and seed under every protocol, score them, and write what follows, in figures and in words.

    An empty lake is filled first. Started again after a kill it goes on where it was; when all is there it only writes.

    Examples:
        kdtcn paper --data ../shared/data/djia
        kdtcn paper --set training.seeds=2 --dry-run
        kdtcn paper --into README.md
    """
    from dataclasses import asdict

    from kdtcn.evaluation.protocols import results, walks
    from kdtcn.models import family
    from kdtcn.report.conclusions import conclusions
    from kdtcn.report.paper import MARKDOWN, put_into, summary, write

    settings, lake = open_lake(config, sets)
    for name in settings.training.models:
        family(name)  # an unknown name fails now, not after the extraction
    ways = [walk for _, walk in walks(settings)]
    if dry_run:
        show(planned(lake, settings, ways), json_)
        return
    command = f"kdtcn paper --config {config}" + "".join(f" --set {pair}" for pair in sets)
    ids = trained("paper", lake, settings, ways, data)
    found = results(lake, settings, ids)
    page = write(found, settings, command, output or settings.folder / "paper")
    for path in into:
        put_into(path, summary(found, settings, command))
    said = conclusions(found, settings.training.live)
    if json_:
        show({"page": str(page), "conclusions": [asdict(section) for section in said]}, True)
        return
    tell(said)
    out.print(f"\n{page.resolve()}, {page.with_name(MARKDOWN).name} and CSV files beside it", markup=False)


def trained(command: str, lake: "Lake", settings: "Settings", ways: "list[Walk]", data: Path | None) -> "Sequence[Sequence[str]]":
    """Fill the lake and train what is missing; the models of every way. `evaluate` shows those of the first, the rolling origin."""
    from kdtcn.lake import Run
    from kdtcn.training.experiment import train
    from kdtcn.training.fold import Sight

    with Run(lake, command, settings.fingerprint()) as run:
        fill(lake, settings, data)
        ids = train(lake, settings, Sight.of(lake, settings), ways)
        run.note(model_ids=ids[0])
    return ids


def tell(said: "Iterable[Section]") -> None:
    """What follows, question by question."""
    for section in said:
        out.print(f"\n{section.title}", style="bold", markup=False)
        for sentence in section.sentences:
            out.print(f"  {sentence}", markup=False)


def fill(lake: "Lake", settings: "Settings", data: Path | None) -> None:
    """Everything ahead of training: import where there are no prices, the graph, event tuples, links. Done stages do nothing."""
    import os

    from kdtcn.events.pending import extract_pending
    from kdtcn.progress import say
    from kdtcn.sources.kaggle import import_folder
    from kg import build
    from kg import load as load_graph
    from kg.pending import link_pending

    if lake.version("prices") < 0:
        folder = data or Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "djia"
        say(f"importing {folder}")
        import_folder(lake, folder)
    build(lake, settings.graph.sources, settings.graph.data)
    extract_pending(lake, settings)
    link_pending(lake, load_graph(lake), threshold=settings.graph.threshold, folder=settings.folder / "index")


def planned(lake: "Lake", settings: "Settings", ways: "list[Walk]") -> dict[str, object]:
    """What would be trained at most, before anything that is done already is left out."""
    from kdtcn.training import jobs_for
    from kdtcn.training.experiment import folds_of

    each = len(jobs_for(settings.training.models, range(settings.training.seeds), [""]))
    plan: dict[str, object] = {"models and seeds a fold": each, "lake": lake.url}
    if lake.version("prices") < 0:
        return {**plan, "folds": "told after the import"}
    tasks, _ = folds_of(lake, settings, ways)
    return {**plan, "folds": len(tasks), "trainings": len(tasks) * each}
