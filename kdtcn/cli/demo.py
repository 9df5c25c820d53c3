"""`kdtcn demo ...`: make the synthetic world again, and hold the chain against its truth."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import ConfigOption, JsonOption, SetOption, open_lake, out, show

demo_app = typer.Typer(help="The synthetic world that ships: real names over invented events and prices.", no_args_is_help=True)
app.add_typer(demo_app, name="demo")


@demo_app.command()
def make(
    output: Annotated[Path, typer.Option("--output", help="folder for world/ and truth/", metavar="FOLDER")] = Path("var/world"),
    seed: Annotated[int, typer.Option("--seed", help="another seed, another world")] = 0,
    sessions: Annotated[
        int, typer.Option("--sessions", help="trading sessions, from the first one of 2010", min=200, max=3000)
    ] = 1258,
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


@demo_app.command()
def check(
    config: ConfigOption = Path("configs/demo.yaml"),
    sets: SetOption = [],
    truth: Annotated[Path, typer.Option("--truth", help="folder with the truth of the world", metavar="FOLDER")] = Path(
        "data/truth"
    ),
    way: Annotated[
        float, typer.Option("--way", help="how much of the way from always-up to the best possible KDTCN must go")
    ] = 0.6,
    json_: JsonOption = False,
) -> None:
    """Hold what the chain found in the world against the truth; exit code 1 where a finding does not hold.

    Example: kdtcn run --config configs/demo.yaml && kdtcn demo check
    """
    from dataclasses import asdict

    from kdtcn.demo.check import check as hold_against_truth

    settings, lake = open_lake(config, sets)
    found = hold_against_truth(lake, settings, truth=truth, way=way)
    if json_:
        show({"findings": [asdict(f) for f in found.findings], "models": found.models.reset_index().to_dict("records")}, True)
    else:
        show(found.reading.rename_axis("frames").reset_index(), False, "how sentences were read: tuple F1, links")
        show(found.oracle.rename_axis("features").reset_index(), False, "what there is to learn: accuracy on the test period")
        show(found.models.reset_index(), False, "accuracy of the models, by what drives the session")
        show(
            [{"": "ok" if f.holds else "FAILS", "finding": f.what, "value": f.value, "wanted": f.wanted} for f in found.findings],
            False,
            "findings",
        )
    if not found.holds:
        raise typer.Exit(1)
