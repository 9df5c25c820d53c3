"""`kdtcn demo plant` and `kdtcn demo controls`: effects planted in a copy of real data, and what the chain makes of them."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.cli.demo import demo_app

SizeOption = Annotated[
    list[float], typer.Option("--size", help="effect in trailing sigma (repeat as needed)", min=0, max=20, metavar="SIGMA")
]
RateOption = Annotated[float, typer.Option("--rate", help="share of the sessions that are moved", min=0.01, max=1)]
SeedOption = Annotated[int, typer.Option("--seed", help="another seed draws other sessions and headlines", min=0)]
ScratchOption = Annotated[
    Path | None, typer.Option("--scratch", help="folder of the copies and results; default: HOME/plant", metavar="FOLDER")
]
SIZES = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5]
RATE = 0.5
SECONDS = 15.0, 2.5  # a replicate and a training, measured on one core with the Kaggle set: 1,989 sessions, 73,573 headlines
READING = 0.004  # a headline, extracted and linked


@demo_app.command()
def plant(
    size: SizeOption = SIZES,
    replicates: Annotated[int, typer.Option("--replicates", help="plantings at each size", min=1)] = 20,
    rate: RateOption = RATE,
    seed: SeedOption = 0,
    mirrored: Annotated[
        bool,
        typer.Option(
            "--mirrored/--as-it-was",
            help="turn half of the real returns round at random, so that every replicate has its own noise; or leave the one history as it was",
        ),
    ] = True,
    workers: Annotated[int, typer.Option("--workers", help="processes", min=1)] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done and about how long it takes")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print the table as Markdown")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", help="draw the curve into this file", metavar="FILE")] = None,
    scratch: ScratchOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The smallest effect in real headlines that the chain detects with 80 % power at the 5 % level.

    Plants headlines of known effect among those of the lake, moves the prices of the sessions they precede by SIGMA trailing
    standard deviations, up or down by the class of the entity in the graph, trains on the sessions before
    evaluation.test_from and tests the forecasts after. Size 0 shows what the test does without an effect. All this is done in
    copies: the lake is only read. Started again it goes on where it was.

    Examples:
        kdtcn demo plant --dry-run
        kdtcn demo plant --size 0 --size 0.5 --size 1 --replicates 10
        kdtcn demo plant --rate 0.1 --markdown --svg power.svg
    """
    from kdtcn.demo import plant_curve, plant_run
    from kdtcn.demo.plant import Trial

    settings, lake = open_lake(config, sets)
    home, trial = scratch or settings.folder / "plant", Trial(rate, seed, mirrored=mirrored)
    if dry_run:
        todo = plant_run.plan(lake, settings, home, trial, size, replicates)
        real = 0 if todo.folder.exists() else max(0, lake.count("headlines") - lake.count("extractions"))
        headlines = real + round(len(todo.left) * 2 * rate * lake.count("prices"))  # causes and look-alikes
        seconds = len(todo.left) * SECONDS[0] + todo.trainings * SECONDS[1] + headlines * READING
        about = {
            "trainings": todo.trainings,
            "stored already": len(todo.wanted) - todo.trainings,
            "headlines to read": headlines,
            "about minutes on one core": round(seconds / 60, 1),
            "folder": str(todo.results),
        }
        show(about, json_, "demo plant: nothing was done")
        return
    found = plant_curve.curve(plant_run.curve(lake, settings, home, trial, size, replicates, workers=workers))
    if svg is not None:
        plant_curve.draw(found, svg)
    if json_:
        show(found.as_dict(), True)
    elif markdown:
        typer.echo(plant_curve.markdown(found))
    else:
        title = f"power at the {100 * plant_curve.LEVEL:.0f} % level (labels dealt anew: {found.null:.3f} rejected)"
        show(plant_curve.brief(found), False, title)
        out.print(found.sentence(), markup=False)


@demo_app.command("controls")
def controls_(
    size: Annotated[
        float, typer.Option("--size", help="planted effect in trailing sigma", min=0.01, max=20, metavar="SIGMA")
    ] = 1.5,
    replicates: Annotated[int, typer.Option("--replicates", help="plantings", min=1)] = 3,
    rate: RateOption = RATE,
    seed: SeedOption = 0,
    scratch: ScratchOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Positive and negative controls on planted real data; exit code 1 where one does not hold.

    Told before the session, an effect must be found. Told only after it, it must not, unless the model is given the headlines of
    the session after, which it must then use. With shuffled training labels, or headlines of another year, nothing must be found.
    Meant for real data: the synthetic world has causes of its own.

    Examples:
        kdtcn demo controls
        kdtcn demo controls --replicates 10 --json
    """
    from dataclasses import asdict

    from kdtcn.demo.controls import controls

    settings, lake = open_lake(config, sets)
    home = scratch or settings.folder / "plant"
    rows = controls(lake, settings, home, rate=rate, seed=seed, size=size, replicates=replicates)
    shown = [{"": "ok" if row.holds else "FAILS", **asdict(row)} for row in rows]
    show([{**asdict(row), "holds": row.holds} for row in rows] if json_ else shown, json_, "controls on planted data")
    if not all(row.holds for row in rows):
        raise typer.Exit(1)
