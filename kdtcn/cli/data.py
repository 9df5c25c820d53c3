"""Commands that bring data in and look at it: import, fetch, extract."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show
from kdtcn.errors import InputError

OptionOption = Annotated[
    list[str], typer.Option("--option", help="one option of the reader, e.g. 'columns={text: title}'", metavar="KEY=VALUE")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="read and count, store nothing")]

import_app = typer.Typer(
    help="Import files: prices, headlines, graphs. A second import of the same file stores nothing twice.", no_args_is_help=True
)
app.add_typer(import_app, name="import")


@import_app.command("djia")
def import_djia(
    folder: Annotated[Path, typer.Argument(help="folder with RedditNews.csv, Combined_News_DJIA.csv and DJIA_table.csv")],
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Import the Kaggle set "Daily News for Stock Market Prediction".

    Example: kdtcn import djia ../shared/data/djia --config configs/djia.yaml
    """
    from kdtcn.lake import Run
    from kdtcn.sources.kaggle import import_folder

    settings, lake = open_lake(config, sets)
    with Run(lake, f"import djia {folder}", settings.name) as run:
        counts = import_folder(lake, folder)
        run.rows.update({name: count.stored for name, count in counts.items()})
    _show_counts({name: vars(count) for name, count in counts.items()}, json_)


@import_app.command("prices")
def import_prices(
    files: Annotated[list[Path], typer.Argument(help="files with a date and open, high, low, close, volume", show_default=False)],
    symbol: Annotated[str, typer.Option(help="symbol of rows that name none")] = "^DJI",
    provider: Annotated[str, typer.Option(help="the reader: csv, kaggle or one of another package")] = "csv",
    option: OptionOption = [],
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Import daily prices from delimited files or JSON lines, also packed (.gz, .zst, .zip).

    Examples:
        kdtcn import prices ../shared/data/prices/DJI_1985_2020.csv --symbol ^DJI
        kdtcn import prices ../shared/data/prices/components/*.csv --option source=kaggle
        kdtcn import prices quotes.csv --option 'delimiter=";"' --option dates=dmy --dry-run
    """
    _import_files("prices", provider, files, {"symbol": symbol}, option, dry_run, config, sets, json_)


@import_app.command("news")
def import_news(
    files: Annotated[list[Path], typer.Argument(help="files with a date or time, and a text", show_default=False)],
    provider: Annotated[str, typer.Option(help="the reader: csv, kaggle, reddit-dump or one of another package")] = "csv",
    option: OptionOption = [],
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Import headlines from delimited files, JSON lines or dumps of Reddit, also packed (.gz, .zst, .zip).

    Examples:
        kdtcn import news headlines.csv --option 'columns={text: title}'
        kdtcn import news headlines.jsonl.zst --option timezone=UTC --dry-run
        kdtcn import news RS_2016-06.zst --provider reddit-dump --option subreddit=worldnews
    """
    _import_files("news", provider, files, {}, option, dry_run, config, sets, json_)


@import_app.command("kg")
def import_kg(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """Store the graphs that `graph.sources` names (the same as `kdtcn kg build`).

    Example: kdtcn import kg --set graph.sources=[seed,codex]
    """
    from kdtcn.cli.graph import build

    build(config, sets, json_)


def _import_files(
    kind: str,
    provider: str,
    files: list[Path],
    known: dict[str, Any],
    options: list[str],
    dry_run: bool,
    config: Path,
    sets: list[str],
    as_json: bool,
) -> None:
    """All files or none: nothing is stored unless every one of them can be read."""
    import yaml

    from kdtcn.lake import Run
    from kdtcn.sources import create
    from kdtcn.sources.store import collect_all, tally

    for pair in options:
        key, sign, value = pair.partition("=")
        if not sign:
            raise InputError(f"--option {pair!r}: expected KEY=VALUE")
        try:
            known[key] = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):
            raise InputError(f"--option {pair!r}: the value is not YAML; quote it") from None
    alike = len({file.name for file in files}) < len(files)
    readers = {str(file) if alike else file.name: create(kind, provider, {**known, "path": file}) for file in files}
    if dry_run:
        show([{"file": name, **row} for name, reader in readers.items() for row in tally(reader)], as_json, "nothing is stored")
        return
    settings, lake = open_lake(config, sets)
    with Run(lake, f"import {kind} {' '.join(readers)}"[:200], settings.name) as run:
        counts = collect_all(lake, readers)
        run.rows[kind] = sum(count.stored for count in counts.values())
    _show_counts({name: vars(count) for name, count in counts.items()}, as_json)


def _show_counts(counts: dict[str, dict[str, int]], as_json: bool, of: str = "file") -> None:
    rows = [{of: name, **count} for name, count in counts.items()]
    show(rows, as_json, "read = stored + known + rejected")


@app.command()
def fetch(
    first: Annotated[
        str, typer.Option("--from", help="first day (ISO date); default: what each provider offers", metavar="DATE")
    ] = "",
    last: Annotated[str, typer.Option("--to", help="last day (ISO date); default: today", metavar="DATE")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="name the providers, ask none")] = False,
    config: ConfigOption = Path("configs/live.yaml"),
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Ask the providers that the configuration names for prices and news.

    Examples:
        kdtcn fetch --config configs/live.yaml
        kdtcn fetch --from 2026-11-16 --to 2026-11-20 --config configs/live.yaml
    """
    from kdtcn.lake import Run
    from kdtcn.sources.fetch import fetch as fetch_all
    from kdtcn.sources.registry import configured

    settings, lake = open_lake(config, sets)
    if dry_run:
        span = {"from": first or "as each offers", "to": last or "today"}
        show([{"provider": name, **span} for name in configured(settings.sources)], json_, "nothing is asked")
        return
    with Run(lake, f"fetch{first and f' --from {first}'}{last and f' --to {last}'}", settings.name) as run:
        counts = fetch_all(lake, settings, first or None, last or None)
        run.rows.update({name: count.stored for name, count in counts.items()})
    _show_counts({name: vars(count) for name, count in counts.items()}, json_, "provider")


@app.command()
def extract(
    texts: Annotated[list[str], typer.Argument(help="headlines to read; none: --input", show_default=False)] = [],
    input_: Annotated[
        str, typer.Option("--input", help="JSON lines with a text each; - for standard input", metavar="FILE")
    ] = "-",
    output: Annotated[str, typer.Option("--output", help="JSON lines; - for standard output", metavar="FILE")] = "-",
    html: Annotated[
        str,
        typer.Option(
            "--html", help="draw the parses, tuples and links of the headlines given as arguments into this file", metavar="FILE"
        ),
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
) -> None:
    """Extract event tuples with their entity links from headlines, one JSON object a line, in the order of the input.

    Links use the lake's graph where one is built, else the seed graph that ships; a "Date" beside a text is the day of the
    headline, on which an office or a country must exist. Headlines given as arguments are shown with their parse when the
    output is a terminal.

    Examples:
        kdtcn extract "Britain votes to leave the European Union"
        kdtcn extract --input headlines.jsonl --output tuples.jsonl
        kdtcn extract "Oil falls as OPEC agrees to pump more" --html parse.html
    """
    from kdtcn.cli.lines import draw, extract_rows, show_reading

    settings, lake = open_lake(config, sets)
    rows = [{"text": text} for text in texts] if texts else list(_read_lines(input_))
    if html and not texts:
        raise InputError("--html draws headlines given as arguments; name some")
    found = extract_rows(rows, settings, lake)
    if html:
        drawn = list(found)
        Path(html).write_text(draw(drawn, settings), encoding="utf-8")
        found = iter(drawn)
    if texts and output == "-" and sys.stdout.isatty():
        show_reading(found, settings)
        return
    if output == "-":
        _write_lines(found, sys.stdout)
        return
    target = Path(output)
    temporary = target.with_name(target.name + ".part")  # never half a file under the final name
    try:
        with temporary.open("w", encoding="utf-8") as sink:
            _write_lines(found, sink)
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from None
    finally:
        temporary.unlink(missing_ok=True)


def _read_lines(name: str) -> Iterator[dict]:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from None
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise InputError(f'{name}, line {number}: not JSON; expected one object a line such as {{"text": "..."}}') from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not isinstance(row.get("Date") or "", str):
            raise InputError(f'{name}, line {number}: expected an object with a string "text", and a string "Date" if any')
        yield row


def _write_lines(rows: Iterator[dict], sink: TextIO) -> None:
    for row in rows:
        # a lone surrogate is legal in JSON's escapes but not in UTF-8: escape the whole line then
        line = json.dumps(row, ensure_ascii=False)
        try:
            line.encode()
        except UnicodeEncodeError:
            line = json.dumps(row)
        sink.write(line + "\n")
    sink.flush()
