"""Commands that look into the tables of the lake and keep them in order."""

from typing import Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show

lake_app = typer.Typer(help="Look into the tables.", no_args_is_help=True)
app.add_typer(lake_app, name="lake")


@lake_app.command()
def tables(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Every table with its version and number of rows.

    Example: kdtcn lake tables --config configs/demo.yaml
    """
    settings, lake = open_lake(config, sets)
    show(
        [{"table": name, "version": version, "rows": lake.count(name)} for name, version in lake.versions().items()],
        json_,
        settings.lake_url,
    )


@lake_app.command()
def history(
    table: Annotated[str, typer.Argument(help="name of a table")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The commits of one table, newest first.

    Example: kdtcn lake history headlines
    """
    import pandas as pd

    _, lake = open_lake(config, sets)
    rows = [
        {
            "version": commit["version"],
            "time": str(pd.Timestamp(int(str(commit["timestamp"])), unit="ms", tz="UTC").round("s")),
            "operation": commit.get("operation", ""),
        }
        for commit in lake.history(table)
    ]
    show(rows, json_, f"{table} in {lake.url}")
