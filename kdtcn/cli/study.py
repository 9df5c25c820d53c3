"""`kdtcn study`: the index around sessions whose news told of an event type or an entity."""

from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    import pandas as pd


@app.command()
def study(
    event_type: Annotated[str, typer.Option("--event-type", help="for example conflict", metavar="TYPE")] = "",
    entity: Annotated[str, typer.Option("--entity", help="an entity id or a name", metavar="NAME")] = "",
    before: Annotated[int, typer.Option("--before", help="sessions ahead of the event", min=0)] = 5,
    after: Annotated[int, typer.Option("--after", help="sessions behind it", min=0)] = 5,
    same_day: Annotated[bool, typer.Option("--same-day", help="headlines meet the session of their own date")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """How the index moved around events, with intervals; without a choice, every event type on its own session.

    Examples:
        kdtcn study --config configs/djia.yaml
        kdtcn study --event-type conflict --entity Ukraine --config configs/djia.yaml
    """
    from kdtcn.cli.graph import find_entity
    from kdtcn.evaluation.render import grid
    from kdtcn.evaluation.study import event_types, positions
    from kdtcn.evaluation.study import study as around
    from kdtcn.features.market import market
    from kdtcn.training.fold import Sight

    settings, lake = open_lake(config, sets)
    lake.require("prices", f"import some first, for example `kdtcn import djia FOLDER --config {config}`")
    lake.require("events", f"`kdtcn run --config {config}` extracts events")
    sight = Sight.of(lake, settings)
    prices = market(lake, settings)
    told = sight.news(lake, settings, "same_day" if same_day else "forecast", prices.sessions)
    if not event_type and not entity:
        table = event_types(prices, told)
        title = "The session that the news counts for, by event type (p_holm: corrected for their number)"
    else:
        at = positions(told, event_type=event_type, entity=find_entity(sight.graph, entity) if entity else "")
        table = around(prices, at, before, after)
        title = f"{' and '.join(name for name in (event_type, entity) if name)}: {len(at)} of {len(prices)} sessions"
    if json_:
        show(table, True)
    else:
        out.print(
            grid(title, _in_percent(table), "means in percent with 95 % intervals; p: mean |D| against shifts of the calendar")
        )


def _in_percent(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table for people: means in percent with their intervals beside them."""
    import pandas as pd

    shown: dict[str, list[str]] = {n: table[n].astype(str).tolist() for n in ("event_type", "offset", "n") if n in table}
    for name, column in (("D", "d"), ("C", "c")):
        shown[name] = [format(100 * value, "+.2f") for value in table[column]]
        ends = zip(table[f"{column}_low"], table[f"{column}_high"], strict=True)
        shown[f"95 % of {name}"] = [f"{100 * low:+.2f}..{100 * high:+.2f}" for low, high in ends]
    shown["|D|"] = [format(100 * value, ".2f") for value in table["size"]]
    shown |= {name: table[name].map("{:.3f}".format).tolist() for name in ("p", "p_holm") if name in table}
    return pd.DataFrame(shown)
