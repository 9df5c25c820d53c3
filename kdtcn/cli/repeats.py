"""`kdtcn repeats`: whether enough seeds were run."""

from pathlib import Path
from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.errors import InputError


@app.command()
def repeats(
    within: Annotated[
        float, typer.Option("--within", help="points of accuracy that count as a small enough standard error", min=0.01)
    ] = 0.5,
    svg: Annotated[Path | None, typer.Option("--svg", help="draw box plots and curves into this file", metavar="FILE")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """How many repeats are enough: spread over the stored seeds of each model, and how many make its mean certain.

    Examples:
        kdtcn repeats --config configs/djia.yaml
        kdtcn repeats --within 0.3 --svg repeats.svg --config configs/djia.yaml
    """
    from kdtcn.evaluation import openings
    from kdtcn.evaluation.repeats import repeats as read
    from kdtcn.evaluation.stored import stored_predictions

    settings, lake = open_lake(config, sets)
    made = stored_predictions(lake, settings)
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period; run `kdtcn train --config {config}` first")
    counts = openings.opened(lake, settings, made, "repeats")
    found = read(made, within / 100)
    if svg is not None:
        from kdtcn.report.repeats import draw

        draw(found, svg, within / 100)
    if json_:
        show({"summary": found.summary.to_dict("records"), "curve": found.curve.to_dict("records")}, True)
        return
    for alignment, rows in found.summary.groupby("alignment", sort=False):
        shown = rows.drop(columns=["alignment", "chance"])
        for name in ("mean", "std", "error"):
            shown[name] = (100 * shown[name]).map("{:.2f}".format)
        show(shown, False, f"{alignment}: accuracy over seeds, percent; repeats for a standard error of {within:g} points")
    chance = 100 * float(found.summary["chance"].iloc[0])
    out.print(f"{chance:.1f} points of standard error come from the number of sessions; no repeat takes them away.", markup=False)
    out.print(openings.in_words(counts), markup=False)
