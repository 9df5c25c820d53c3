"""`kdtcn evaluate` and `kdtcn backtest`: the stored forecasts of the test period against what happened."""

from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show
from kdtcn.errors import InputError, ModelError

if TYPE_CHECKING:
    import pandas as pd

    from kdtcn.config import Settings
    from kdtcn.lake import Lake


@app.command()
def evaluate(
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print Markdown tables")] = False,
    abrupt: Annotated[bool, typer.Option("--abrupt", help="only P(abrupt), beside models of volatility")] = False,
    tests: Annotated[
        bool, typer.Option("--tests", help="instead: tests of every model against always-up, price-only TCN and reversal")
    ] = False,
    tried: Annotated[
        int | None,
        typer.Option("--tried", help="with --tests: configurations tried, all count; default: those of `kdtcn search`", min=1),
    ] = None,
) -> None:
    """The evaluation of the stored forecasts: all sessions, large moves, abrupt sessions, P(abrupt), both alignments.

    Each look at forecasts that were not scored before is counted in the lake, and the count stands beside the scores.

    Examples:
        kdtcn evaluate --config configs/djia.yaml
        kdtcn evaluate --config configs/djia.yaml --tests --tried 24
    """
    from kdtcn.evaluation import openings
    from kdtcn.evaluation.render import as_markdown, as_rich
    from kdtcn.evaluation.stored import evaluation_table, stored_predictions
    from kdtcn.training.tried import tried as searched

    settings, lake = open_lake(config, sets)
    made = stored_predictions(lake, settings)
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period; run `kdtcn train --config {config}` first")
    if tests or abrupt:
        counts = openings.opened(lake, settings, made, "evaluate")
        (_tests(made, tried or max(1, searched(lake)), json_) if tests else _abrupt(made, json_))
        if not json_:
            out.print(openings.in_words(counts), markup=False)
        return
    found = evaluation_table(lake, settings, made, "evaluate")
    if json_:
        show(found, True)
    elif markdown:
        typer.echo(as_markdown(found))
    else:
        for part in as_rich(found):
            out.print(part)
        _abrupt(made, False)
        out.print(_coverage(lake, settings, made), markup=False)


def _coverage(lake: "Lake", settings: "Settings", made: "pd.DataFrame") -> str:
    from kdtcn.evaluation.coverage import coverage, in_words

    try:
        return in_words(coverage(lake, settings, made))
    except ModelError as error:  # the graph was built anew since: the scores stand all the same
        return f"what the embedding knows of the events: {error}"


def _tests(made: "pd.DataFrame", tried: int, json_: bool) -> None:
    from kdtcn.evaluation import overfitting
    from kdtcn.evaluation.comparison import comparisons, in_words
    from kdtcn.evaluation.render import comparison_grids

    found = comparisons(made, tried=tried)
    luck = overfitting.overfitting(made)
    if json_:
        show(found.assign(overfitting=found["alignment"].map({name: one.probability for name, one in luck.items()})), True)
        return
    for part in comparison_grids(found):
        out.print(part)
    out.print(in_words(found), markup=False)
    out.print(overfitting.in_words(luck), markup=False)


def _abrupt(made: "pd.DataFrame", json_: bool) -> None:
    from kdtcn.evaluation.abrupt import abrupt_comparisons, abrupt_table, in_words
    from kdtcn.evaluation.render import abrupt_grids

    scores, pairs = abrupt_table(made), abrupt_comparisons(made)
    if json_:
        show({"scores": scores.to_dict("records"), "comparisons": pairs.to_dict("records")}, True)
        return
    for part in abrupt_grids(scores, pairs):
        out.print(part)
    out.print(in_words(pairs), markup=False)


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
    from kdtcn.evaluation import openings
    from kdtcn.evaluation.backtest import backtest as trade
    from kdtcn.evaluation.render import backtest_grids
    from kdtcn.evaluation.stored import stored_predictions

    settings, lake = open_lake(config, sets)
    made = stored_predictions(lake, settings)
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period; run `kdtcn train --config {config}` first")
    counts = openings.opened(lake, settings, made, "backtest")
    found = trade(made, cost)
    if json_:
        show(found, True)
        return
    for part in backtest_grids(found, cost):
        out.print(part)
    out.print(openings.in_words(counts), markup=False)
