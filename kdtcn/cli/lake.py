"""Commands that look into the tables of the lake and keep them in order."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 160  # characters of one value or row on a terminal

lake_app = typer.Typer(help="Look into the tables, and keep them in order. docs/LAKE.md tells more.", no_args_is_help=True)
app.add_typer(lake_app, name="lake")

TableArgument = Annotated[str, typer.Argument(help="name of a table, as `kdtcn lake tables` lists them")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")]


@lake_app.command()
def tables(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Every table with its version, rows and files.

    Example: kdtcn lake tables --config configs/demo.yaml
    """
    settings, lake = open_lake(config, sets)
    rows = []
    for name in lake.versions():
        table = lake.delta(name)
        if table is not None:
            rows.append({"table": name, "version": table.version(), "rows": table.count(), "files": len(table.file_uris())})
    show(rows, json_, settings.lake_url)


@lake_app.command()
def history(
    table: TableArgument,
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


@lake_app.command()
def diff(
    table: TableArgument,
    first: Annotated[int, typer.Argument(metavar="FROM", help="a version of the table; 0 is the empty one it began with", min=0)],
    last: Annotated[
        int, typer.Argument(metavar="TO", help="another version; default: the newest", min=-1, show_default=False)
    ] = -1,
    rows: Annotated[int, typer.Option("--rows", help="rows of each kind to show; with --json all are given", min=0)] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Rows that were added, removed or changed between two versions of a table, by key.

    Examples:
        kdtcn lake diff prices 3
        kdtcn lake diff facts 1 2 --json
    """
    from kdtcn.lake.diff import diff as differences
    from kdtcn.lake.schemas import TABLES

    _, lake = open_lake(config, sets)
    lake.require(table, "there is nothing to compare")
    until = lake.version(table) if last < 0 else last
    found = differences(lake, table, first, until)
    parts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    if json_:
        parts = {name: json.loads(_readable(frame).to_json(orient="records", date_format="iso")) for name, frame in parts.items()}
        show({"table": table, "from": first, "to": until, **parts}, True)
        return
    counts = {"added": len(found.added), "removed": len(found.removed)}
    show({**counts, "values changed": len(found.changed)}, False, f"{table}, version {first} to {until}")
    for name, frame in parts.items():
        if len(frame) and rows:
            title = name if len(frame) <= rows else f"{name}, the first {rows} of {len(frame):,}"
            show(_by_key(_readable(frame.head(rows)), list(TABLES[table].key)), False, title)


@lake_app.command()
def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="one SELECT in DuckDB's SQL; every table is a view")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Ask the tables in SQL. Reads only: no file, address or setting can be reached from here. Times are UTC.

    Examples:
        kdtcn lake sql "SHOW TABLES"
        kdtcn lake sql "SELECT source, count(*) AS n FROM headlines GROUP BY source"
        kdtcn lake sql "SELECT session, close FROM prices WHERE session >= DATE '2016-06-20' ORDER BY session" --json
    """
    from kdtcn.lake.query import query

    _, lake = open_lake(config, sets)
    show(_readable(query(lake, statement)), json_)


@lake_app.command()
def compact(
    dry_run: DryRunOption = False, config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False
) -> None:
    """Rewrite the many small files that daily runs leave as one a month. Rows stay as they are; writers may be at work.

    Example: kdtcn lake compact --dry-run
    """
    from kdtcn.lake.upkeep import compact as compact_files

    _, lake = open_lake(config, sets)
    done = [vars(table) for table in compact_files(lake, dry_run=dry_run)]
    _report(done, json_, dry_run, "put together", "no table has small files to put together")


@lake_app.command()
def vacuum(
    hours: Annotated[int, typer.Option("--hours", help="files that only older versions need go", min=1)] = 168,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Delete files that only past versions need, but for versions that a forecast, a report or a label refers to.

    A past version without its files can no longer be read. The logs stay.

    Example: kdtcn lake vacuum --hours 720 --dry-run
    """
    from kdtcn.lake.upkeep import vacuum as vacuum_files

    _, lake = open_lake(config, sets)
    done = [
        {"table": table.table, "files": table.files, "versions kept": " ".join(map(str, table.kept_versions))}
        for table in vacuum_files(lake, hours=hours, dry_run=dry_run)
    ]
    _report(done, json_, dry_run, "deleted", f"no file is older than {hours} hours and without use")


@lake_app.command()
def export(
    table: TableArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="file to write; .parquet or .csv says the format", metavar="FILE")
    ],
    as_of: Annotated[str, typer.Option("--as-of", help="only rows known at the start of this New York day", metavar="DATE")] = "",
    version: Annotated[
        int | None, typer.Option("--version", help="a past version of the table", min=0, show_default=False)
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Write a table into one Parquet or CSV file, whatever its size.

    Examples:
        kdtcn lake export headlines --output headlines.parquet
        kdtcn lake export prices --as-of 2016-06-24 --output prices.csv
    """
    import pandas as pd

    from kdtcn.lake.export import export as export_rows
    from kdtcn.sessions import day_start, parse_day

    _, lake = open_lake(config, sets)
    lake.require(table, "there is nothing to export")
    known = day_start(pd.DatetimeIndex([parse_day(as_of, "--as-of")])).iloc[0] if as_of else None
    rows = export_rows(lake, table, output, as_of=known, version=version)
    show({"table": table, "rows": rows, "file": str(output)}, json_)


@lake_app.command()
def verify(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Check every row: types and ranges, keys stored once, sessions without prices, headlines without session, facts with
    reversed dates, rows that point to nothing. Exit code 1 when anything is found.

    Example: kdtcn lake verify --config configs/djia.yaml
    """
    from kdtcn.lake.checks import verify as look

    _, lake = open_lake(config, sets)
    found = [vars(finding) for finding in look(lake)]
    if found or json_:
        show(found, json_, f"findings in {lake.url}")
    else:
        out.print(f"{lake.url}: nothing found")
    if found:
        raise typer.Exit(1)


@lake_app.command()
def migrate(
    dry_run: DryRunOption = False, config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False
) -> None:
    """Bring a lake that an older version wrote up to date. Rows stay; interrupted, the command can be given again.

    Example: kdtcn lake migrate --dry-run
    """
    from kdtcn.lake.migrations import migrate as bring

    _, lake = open_lake(config, sets)
    done = [
        {"table": step.table, "schema": step.written, "new columns": " ".join(step.columns)}
        for step in bring(lake, dry_run=dry_run)
    ]
    _report(done, json_, dry_run, "brought up to date", "the lake is up to date")


def _readable(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with weights and other bytes told by their number."""
    return frame.map(lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value)


def _by_key(frame: "pd.DataFrame", key: list[str]) -> list[dict[str, str]]:
    """Rows of any table in two columns, or in four for changed values: the key, and what belongs to it in short."""
    rows = []
    for row in frame.to_dict("records"):
        line = {"key": " ".join(_brief(row.pop(name)) for name in key)}
        if "before" in row:
            line.update((str(name), _brief(value)) for name, value in row.items())
        else:
            told = (f"{name}: {_brief(value)}" for name, value in row.items() if _brief(value))
            line["row"] = "; ".join(told)[:WIDTH]
        rows.append(line)
    return rows


def _brief(value: Any) -> str:
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp) and value.tz is None:
        return f"{value:%Y-%m-%d}"
    text = str(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _report(rows: list[dict], as_json: bool, dry_run: bool, what: str, nothing: str) -> None:
    if rows or as_json:
        show(rows, as_json, f"{'would be ' if dry_run else ''}{what}")
    else:
        out.print(nothing)
