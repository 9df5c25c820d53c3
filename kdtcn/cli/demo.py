"""`kdtcn demo ...`: make the synthetic world again."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import JsonOption, out, show

demo_app = typer.Typer(help="The synthetic world that ships: real names over invented events and prices.", no_args_is_help=True)
app.add_typer(demo_app, name="demo")


@demo_app.command()
def make(
    output: Annotated[Path, typer.Option("--output", help="folder for world/ and truth/", metavar="FOLDER")] = Path("var/world"),
    seed: Annotated[int, typer.Option("--seed", help="another seed, another world")] = 0,
    sessions: Annotated[int, typer.Option("--sessions", help="trading sessions, from the first one of 2010", min=200, max=3000)] = 1258,
    json_: JsonOption = False,
) -> None:
    """Make a world: prices, headlines, and apart from them the truth about what moved what.

    Prints the accuracy of the best possible forecaster, overall and for causes seen and unseen in training.

    Examples:
        kdtcn demo make --output data
        kdtcn demo make --seed 7 --output var/world7
    """
    from dataclasses import asdict

    from kdtcn.demo.world import make as make_world

    summary = make_world(output / "world", truth=output / "truth", seed=seed, sessions=sessions)
    if json_:
        show(asdict(summary), True)
    else:
        out.print(str(summary), markup=False)
