"""The command line: thin commands that parse, call the library and print.

Heavy libraries are imported inside the commands, so that `--help` and errors come at once.
"""

import os
import sys

import typer

from kdtcn import __version__
from kdtcn.errors import KdtcnError

os.environ.setdefault("DO_NOT_TRACK", "1")  # no dependency reports home
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

app = typer.Typer(
    name="kdtcn",
    help="Knowledge-driven stock trend prediction and explanation. Start with `kdtcn run --config configs/demo.yaml`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="print the version and stop")) -> None:
    if version:
        typer.echo(f"kdtcn {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point. What a user can mend is one line on standard error and exit code 2."""
    from kdtcn.cli import (  # noqa: F401  (each registers its commands)
        audit,
        config,
        data,
        demo,
        effects,
        embed,
        evaluate,
        graph,
        lake,
        ledger,
        models,
        operate,
        paper,
        plant,
        repeats,
        report,
        search,
        status,
        study,
        zoo,
    )

    try:
        app()
    except KdtcnError as error:
        print(f"kdtcn: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away (`| head`)
        raise SystemExit(0) from None
