"""`kdtcn evaluate` and `kdtcn backtest`: the stored forecasts of the test period against what happened."""

from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.errors import InputError


@app.command()
def evaluate(
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print a Markdown table")] = False,
    tests: Annotated[
        bool, typer.Option("--tests", help="instead: tests of every model against always-up, price-only TCN and reversal")
    ] = False,
) -> None:
    """The evaluation table of the stored forecasts: all sessions, large moves, abrupt sessions, both alignments.

    Examples:
        kdtcn evaluate --config configs/djia.yaml
        kdtcn evaluate --config configs/djia.yaml --tests
    """
    from kdtcn.evaluation.comparison import comparisons, in_words
    from kdtcn.evaluation.stored import stored_predictions
    from kdtcn.evaluation.render import as_markdown, as_rich
    from kdtcn.evaluation.tables import table

    settings, lake = open_lake(config, sets)
    made = stored_predictions(lake, settings)
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period; run `kdtcn train --config {config}` first")
    found = comparisons(made) if tests else table(made)
    if json_:
        show(found, True)
    elif tests:
        short = {"mcnemar": "McN", "mcnemar_holm": "McN*", "dm": "DM", "dm_holm": "DM*", "timing": "PT"}
        for alignment, rows in found.groupby("alignment", sort=False):
            columns = rows.drop(columns=["alignment", "n"]).rename(columns=short).round(3)
            show(columns, False, f"{alignment}: p-values of McNemar, Diebold-Mariano (* by Holm), Pesaran-Timmermann")
        out.print(in_words(found), markup=False)
    elif markdown:
        typer.echo(as_markdown(found))
    else:
        for part in as_rich(found):
            out.print(part)


@app.command()
def backtest(
    cost: Annotated[float, typer.Option("--cost", help="share of the position that entering or leaving takes")] = 0.0005,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """What the stored forecasts of the test period would have earned, long or out, against buy-and-hold. Secondary to accuracy.

    Example: kdtcn backtest --config configs/djia.yaml --cost 0.001
    """
    from kdtcn.evaluation.backtest import backtest as trade
    from kdtcn.evaluation.stored import stored_predictions

    settings, lake = open_lake(config, sets)
    made = stored_predictions(lake, settings)
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period; run `kdtcn train --config {config}` first")
    show(trade(made, cost), json_, f"traded at the close before, {1e4 * cost:g} basis points a change; an upper bound")
