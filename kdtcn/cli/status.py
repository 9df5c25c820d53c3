"""What the lake holds, how each source stands, how the nights went, what the model in force was worth, and what comes next."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show

SHOWN = 3  # gaps named on a terminal, the newest; --json names all
LAST = 5  # nights and other runs


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """What the lake holds: for each source its last session, lag, gaps, late and refused rows; the model in force and its record,
    the last nights and other runs, and when the next night starts and what it will fetch.

    Lag is how many sessions a source is behind: closed ones without a price, or decided ones without a headline. Gaps are
    sessions without a price or a headline, between the first and the last that have one. Late are restated prices, and
    headlines known only after their day. The record is of the last 250 settled sessions that the model was not trained on.

    Example: kdtcn status --config configs/djia.yaml
    """
    from kdtcn.evaluation.record import record
    from kdtcn.lake.runs import NIGHT, nights
    from kdtcn.sources.standing import lag, next_nightly, rejects, standings
    from kdtcn.training.store import live_model, stored_models

    settings, lake = open_lake(config, sets)
    runs = lake.read("runs", columns=["command", "started", "ended", "status"]).sort_values("started")
    runs = runs[~runs["command"].str.startswith(NIGHT)].tail(LAST)
    told = nights(lake).tail(LAST)
    live = live_model(lake)
    worth = record(lake, settings, live) if live else None
    about = {"lake": lake.url, "models": len(stored_models(lake)), "in force": live or "none"}
    sources: list[dict[str, Any]] = [
        {
            "kind": one.kind,
            "source": one.source,
            "rows": one.rows,
            "last session": f"{one.last_session:%Y-%m-%d}" if one.last_session is not None else "",
            "lag": lag(one, settings),
            "gaps": [f"{day:%Y-%m-%d}" for day in one.gaps],
            "late rows": one.late,
        }
        for one in standings(lake, settings.decision.at)
    ]
    refused = rejects(lake)
    coming = next_nightly(settings)
    nightly = {
        "starts": f"{coming.starts:%Y-%m-%d %H:%M} UTC",
        "session": f"{coming.session:%Y-%m-%d}",
        "days": f"{coming.first:%Y-%m-%d} to {coming.last:%Y-%m-%d}",
        "fetches": list(coming.providers),
    }
    if json_:
        show(
            {
                **about,
                "record": None if worth is None else {k: None if v != v else v for k, v in asdict(worth).items()},
                "sources": sources,
                "rejects": refused.to_dict("records"),
                "next nightly": nightly,
                "nights": told.astype({"session": str, "started": str, "ended": str}).to_dict("records"),
                "runs": runs.astype(str).to_dict("records"),
            },
            True,
        )
        return
    show({**about, "record": worth or "no settled session after its training"} if live else about, False, settings.name)
    if sources:
        show([{**row, "gaps": _gaps(row["gaps"])} for row in sources], False, "sources")
    if len(refused):
        show(refused, False, "rejects by reason")
    if len(told):
        show(told.assign(marks=told["marks"].map("; ".join), took=_took(told)).drop(columns="ended"), False, "last nights")
    if len(runs):
        show(runs.assign(took=_took(runs)).drop(columns="ended"), False, "last runs")
    asked = ", ".join(coming.providers) or "nothing: this configuration names no provider"
    show({**nightly, "fetches": asked}, False, "next nightly, where `kdtcn serve` runs")


def _gaps(days: list[str]) -> str:
    """How many, and the newest."""
    if not days:
        return "0"
    return f"{len(days)}: {'' if len(days) <= SHOWN else '… '}{' '.join(days[-SHOWN:])}"


def _took(rows: pd.DataFrame) -> pd.Series:
    return (rows["ended"] - rows["started"]).map(lambda span: "" if pd.isna(span) else f"{span.total_seconds():.0f} s")
