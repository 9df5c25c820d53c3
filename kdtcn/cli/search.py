"""`kdtcn search`: which options do better inside the training period."""

from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    from kdtcn.training.search import Search, Tried


@app.command()
def search(
    model: Annotated[str, typer.Option("--model", help="a model that is trained by the loop", metavar="NAME")] = "kdtcn",
    trials: Annotated[int, typer.Option("--trials", help="configurations to have tried in all", min=1)] = 20,
    seeds: Annotated[int, typer.Option("--seeds", help="seeds that a configuration is scored with", min=1)] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what it would cost, try nothing")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Search the options of a model inside the training period of the first fold; no test session is looked at.

    Every configuration tried is counted, and the tests of `evaluate` are corrected for the count. What is found does not
    apply by itself: put it into a settings file. A search that was ended goes on when it is called again.

    Examples:
        kdtcn search --model kdtcn --trials 20 --dry-run --config configs/djia.yaml
        kdtcn search --model kdtcn --trials 20 --config configs/djia.yaml
    """
    from kdtcn.lake import Run
    from kdtcn.progress import track
    from kdtcn.training.fold import Preparation, Sight, usable_rows
    from kdtcn.training.search import Search, seconds_each, space
    from kdtcn.training.splits import splits
    from kdtcn.training.tried import COMMAND

    settings, lake = open_lake(config, sets)
    space(model)
    lake.require("extractions", f"`kdtcn run --config {config}` extracts and links events first")
    preparation = Preparation.of(lake, settings, "forecast", Sight.of(lake, settings))
    first = next(splits(preparation.market.sessions, usable_rows(preparation.market, settings), settings))
    fold = preparation.fold(first)
    options = {"epochs": settings.training.epochs, **settings.training.options}
    study = Search(settings.folder, model, fold.data, fold.split, fold.inputs, options=options, seeds=seeds)
    left = max(0, trials - len(study.tried))
    if dry_run:
        each = seconds_each(lake, model)
        cost = "unknown: none was trained here yet" if each is None else f"about {left * study.fits * each / 60:.1f} minutes"
        show({"configurations left to try": left, "models to fit": left * study.fits, "time": cost}, json_)
        return
    with Run(lake, COMMAND, settings.fingerprint()) as run:
        run.note(study=study.name, tried=len(study.tried))
        for _ in track(study.run(trials), f"search, {model}", total=left):
            run.note(tried=len(study.tried))
    _tell(study, json_)


def _tell(study: "Search", json_: bool) -> None:
    rows = sorted(study.tried, key=lambda one: one.loss)
    if json_:
        show([{"number": one.number, "loss": one.loss, **one.options} for one in rows], True)
        return
    show(
        [_row(one) for one in rows[:10]],
        False,
        f"{study.model}: log loss of P(up) in the training period, the best of {len(rows)}",
    )
    now = next((one.loss for one in rows if one.number == 0), None)
    if now is not None:
        out.print(f"# {study.model}: {rows[0].loss:.4f}, as set now {now:.4f}; {len(rows)} tried", markup=False)
    out.print(study.yaml(rows[0]), markup=False)


def _row(one: "Tried") -> dict[str, object]:
    shown = [f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in one.options.items()]
    return {"number": one.number, "loss": f"{one.loss:.4f}", "options": ", ".join(shown)}
