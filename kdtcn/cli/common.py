"""What every command shares: its options, the settings and lake they name, and how results are printed."""

import json
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from kdtcn.config import Settings, load
from kdtcn.lake import Lake

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="settings file; the ones that ship are in configs/", envvar="KDTCN_CONFIG")
]
SetOption = Annotated[
    list[str], typer.Option("--set", help="one setting, e.g. training.seeds=3 (repeat as needed)", metavar="KEY=VALUE")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print data as JSON")]
DEFAULT_CONFIG = Path("configs/djia.yaml")

out = Console(highlight=False, soft_wrap=True)


def open_lake(config: Path, overrides: list[str]) -> tuple[Settings, Lake]:
    """The settings a command names and the lake they point to."""
    settings = load(config, overrides)
    return settings, Lake(settings.lake_url)


def show(data: Any, as_json: bool, title: str = "") -> None:
    """Print a frame, a mapping or a list: as JSON for programs, as a table for people."""
    if as_json:
        typer.echo(json.dumps(_plain(data), ensure_ascii=False, default=str))
        return
    if isinstance(data, dict):
        data = pd.DataFrame({"what": list(data), "value": [str(v) for v in data.values()]})
    if not isinstance(data, pd.DataFrame):
        data = pd.DataFrame(data)
    table = Table(title=title or None, header_style="bold", title_justify="left")
    for name in data.columns:
        table.add_column(str(name), justify="right" if pd.api.types.is_numeric_dtype(data[name]) else "left", overflow="fold")
    for row in data.itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() and value.tz is None else f"{value:%Y-%m-%d %H:%M %Z}".strip()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e12 else f"{value:.4g}"
    return str(value).replace("[", "\\[")


def _plain(data: Any) -> Any:
    if isinstance(data, pd.DataFrame):
        return json.loads(data.to_json(orient="records", date_format="iso"))
    return data
