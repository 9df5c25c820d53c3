"""`kdtcn effects`: event effects of a period put together by entity, event type or time."""

from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show


@app.command()
def effects(
    by: Annotated[str, typer.Option("--by", help="entity, type, month, quarter or year")] = "entity",
    first: Annotated[str, typer.Option("--from", help="first day; default: the first forecast", metavar="DATE")] = "",
    last: Annotated[str, typer.Option("--to", help="last day; default: the last forecast", metavar="DATE")] = "",
    top: Annotated[int, typer.Option("--top", help="rows to show, largest mean first", min=1)] = 25,
    name: Annotated[str, typer.Option("--model", help="a model's id; default: the model in force", metavar="ID")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """What entities, event types or periods did to the forecasts of a model, with intervals over sessions.

    Effects are measured on all forecast sessions of the range by integrated gradients, in raw logits of P(up).

    Examples:
        kdtcn effects --by entity --config configs/djia.yaml
        kdtcn effects --by type --from 2015-01-01 --to 2015-12-31 --json
    """
    from kdtcn.errors import InputError, ModelError
    from kdtcn.explain.aggregate import GROUPS, grouped, groups, measured
    from kdtcn.report.words import effect
    from kdtcn.sessions import parse_day
    from kdtcn.training.fold import Sight
    from kdtcn.training.store import live_model

    if by not in GROUPS:
        raise InputError(f"--by {by!r}: choose one of {', '.join(GROUPS)}")
    settings, lake = open_lake(config, sets)
    model_id = name or live_model(lake)
    if not model_id:
        raise ModelError(f"{lake.url}: no model is in force; run `kdtcn train --config {config}` first")
    sight = Sight.of(lake, settings)
    begin, end = (parse_day(day, what) if day else None for day, what in ((first, "from"), (last, "to")))
    found = measured(lake, settings, sight, model_id, begin, end)
    table = grouped(found, groups(lake, sight, found, by))
    if by not in ("entity", "type"):
        table = table.sort_values("group", ignore_index=True)
    if json_:
        show(table, True)
        return
    shown = table.head(top).rename(columns={"group": by})
    rows = shown.assign(**{column: shown[column].map(effect) for column in ("mean", "low", "high", "total")})
    show(rows, False, f"effects of {model_id} on {found['session'].nunique()} sessions, by {by}")
    off = int(((table["low"] > 0) | (table["high"] < 0)).sum())
    out.print(f"{off} of {len(table)} intervals leave out zero; where nothing is there, about {0.05 * len(table):.0f} would.")
