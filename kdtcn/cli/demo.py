"""`kdtcn demo ...`: make the synthetic world again, and hold the chain against its truth."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.config import Settings, load

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
    worlds: Annotated[
        list[int],
        typer.Option("--world", help="make the world of this seed and run the chain on it (repeat as needed)", metavar="SEED"),
    ] = [],
    seeds: Annotated[int, typer.Option("--seeds", help="training seeds, with --world", min=1)] = 3,
    home: Annotated[Path, typer.Option("--home", help="folder for the worlds and their lakes, with --world")] = Path(
        "var/worlds"
    ),
    sample: Annotated[
        int, typer.Option("--sample", help="sessions explained a training seed, for each of seen, unseen and no cause", min=1)
    ] = 24,
    way: Annotated[
        float | None,
        typer.Option(
            "--way",
            help="share of the way from always-up to the best possible that KDTCN must go; default 0.7 from 10 seeds and 3 worlds on, else 0.6",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be made, trained and explained, and do nothing")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Hold what the chain found in a world against the truth; exit code 1 where a finding does not hold.

    Judges the run of the configuration, or with --world makes and runs worlds of its own first. Started again after a kill it goes on
    where it was.

    Examples:
        kdtcn run --config configs/demo.yaml && kdtcn demo check
        kdtcn demo check --world 0 --world 1 --world 2 --seeds 10
    """
    from dataclasses import asdict

    from kdtcn.demo.check import check as judge
    from kdtcn.demo.found import gather
    from kdtcn.demo.trial import forecasts, settings_of, world_of
    from kdtcn.progress import say

    if dry_run:
        show(planned(load(config, [*sets, f"training.seeds={seeds}"] if worlds else sets), worlds, home, sample), json_)
        return
    found = []
    for number, seed in enumerate(worlds, start=1):
        say(f"world {number} of {len(worlds)}, seed {seed}")
        folder = world_of(home / f"world-{seed}", seed)
        settings = settings_of(config, [*sets, f"training.seeds={seeds}"], folder)
        found.append(gather(forecasts(settings), settings, folder / "truth", sample))
    if not worlds:
        settings, lake = open_lake(config, sets)
        found.append(gather(lake, settings, truth, sample))
    report = judge(found, way)
    tables = {
        "oracle": (report.oracle.rename_axis("features"), "what there is to learn: accuracy on the test period"),
        "tuples": (report.tuples.rename_axis("frames"), "how sentences were read: F1 of tuples and of their parts"),
        "links": (report.links.rename_axis("role"), "how entities were linked"),
        "models": (report.models, "accuracy of the models, by what drives the session"),
    }
    if json_:
        read = {name: table.reset_index().to_dict("records") for name, (table, _) in tables.items()}
        show({"findings": [asdict(f) for f in report.findings], **read}, True)
    else:
        for table, title in tables.values():
            show(table.reset_index(), False, title)
        rows = [
            {
                "": "ok" if f.holds else "FAILS",
                "finding": f.what,
                "value": f"{f.value:.3f}",
                "95 %": f"{f.low:.3f} to {f.high:.3f}",
                "n": f.n,
                "wanted": f.wanted,
                **({"each world": " ".join(f"{v:.3f}" for v in f.worlds)} if len(worlds) > 1 else {}),
            }
            for f in report.findings
        ]
        show(rows, False, f"findings: {report.seeds} training seeds, {len(found)} {'worlds' if len(found) > 1 else 'world'}")
    if not report.holds:
        raise typer.Exit(1)


def planned(settings: Settings, worlds: list[int], home: Path, sample: int) -> dict[str, object]:
    """What a check would do at most, before anything that is done already is left out."""
    from kdtcn.demo.found import DRIVERS
    from kdtcn.training import jobs_for

    seeds = range(settings.training.seeds)
    each = len(jobs_for(settings.training.models, seeds, ["forecast"]))
    return {
        "worlds": " ".join(str(home / f"world-{seed}") for seed in worlds) or f"none: judges {settings.lake_url}",
        "trainings": each * len(worlds),
        "sessions explained": len(DRIVERS) * sample * len(seeds) * max(1, len(worlds)),
    }
