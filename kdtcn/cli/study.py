"""`kdtcn study`: the index around sessions whose news told of an event type or an entity."""

from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show


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
        show(event_types(prices, told).round(5), json_, "mean return and size of move on the session that the news counts for")
        return
    at = positions(told, event_type=event_type, entity=find_entity(sight.graph, entity) if entity else "")
    what = " and ".join(name for name in (event_type, entity) if name)
    show(around(prices, at, before, after).round(5), json_, f"{what}: {len(at)} of {len(prices)} sessions")
