"""`kdtcn ledger ...`: the forecasts sealed before their time, and the proof that nothing was changed since."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, out, show

if TYPE_CHECKING:
    import pandas as pd

ledger_app = typer.Typer(help="Forecasts sealed before their decision time.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")


@ledger_app.command("show")
def show_entries(
    last: Annotated[int, typer.Option("--last", help="only so many of the newest entries; 0: all", min=0)] = 20,
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """The newest entries, with what became of their sessions where that is known.

    Examples:
        kdtcn ledger show --config configs/live.yaml
        kdtcn ledger show --last 0 --json --config configs/live.yaml
    """
    from kdtcn.evaluation.ledger import entries
    from kdtcn.evaluation.render import grid

    _, lake = open_lake(config, sets)
    rows = entries(lake)
    newest = lake.read("labels", columns=["session", "price_version", "up", "abrupt"]).sort_values("price_version")
    outcome = newest.drop_duplicates("session", keep="last")[["session", "up", "abrupt"]]
    rows = rows.merge(outcome, on="session", how="left").sort_values("seq", kind="stable")
    shown = rows.tail(last) if last else rows
    if json_:
        show(shown, True)
        return
    title = f"{len(rows)} sealed forecasts, {int(rows['in_time'].sum())} of them in time"
    out.print(grid(title, _words(shown), "came: what the session did, where that is known by now"))


def _words(rows: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    came = {True: "up", False: "down"}
    return pd.DataFrame(
        {
            "model": rows["model_id"].tolist(),
            "no.": [str(n) for n in rows["seq"]],
            "session": [f"{day:%Y-%m-%d}" for day in rows["session"]],
            "P(up)": [f"{p:.3f}" for p in rows["p_up"]],
            "abrupt": [f"{p:.3f}" for p in rows["p_abrupt"]],
            "in time": ["yes" if there else "late" for there in rows["in_time"]],
            "came": [came.get(up, "") for up in rows["up"]],
            "hash": [digits[:8] for digits in rows["hash"]],
        }
    )


@ledger_app.command()
def verify(
    head: Annotated[str, typer.Option("--head", help="a head noted down elsewhere; it must still stand", metavar="HASH")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    sets: SetOption = [],
    json_: JsonOption = False,
) -> None:
    """Prove that no sealed forecast was added, changed, removed or reordered later; exit code 1 where one was.

    Note the head that is printed down elsewhere (a mail, a notebook, another's clock): given back with --head it proves that
    the chain up to it is the one of that day.

    Examples:
        kdtcn ledger verify --config configs/live.yaml
        kdtcn ledger verify --head 5f0c... --config configs/live.yaml
    """
    from kdtcn.evaluation.ledger import head_of
    from kdtcn.evaluation.ledger import verify as proof

    _, lake = open_lake(config, sets)
    found = proof(lake, head)
    n, last = head_of(lake)
    if json_:
        show({"entries": n, "head": last, "findings": [asdict(finding) for finding in found]}, True)
    else:
        rows = [{"": "ok" if f.holds else "FAILS", "finding": f.what, "value": f.value, "wanted": f.wanted} for f in found]
        show(rows, False, "sealed forecasts")
        out.print(f"head: {last} ({n} entries)", markup=False)
    if not all(finding.holds for finding in found):
        raise typer.Exit(1)
