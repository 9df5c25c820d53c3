"""What the lake holds, how each source stands, and what comes next."""

from typing import Any

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show

SHOWN = 3  # gaps named on a terminal, the newest; --json names all


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """What the lake holds: for each source its last session, gaps, late and refused rows; the model in force, the last runs,
    and what the next nightly will fetch.

    Gaps are sessions without a price or a headline, between the first and the last that have one. Late are restated prices,
    and headlines known only after their day.

    Example: kdtcn status --config configs/djia.yaml
    """
    from kdtcn.sources.standing import next_nightly, rejects, standings
    from kdtcn.training.store import live_model, stored_models

    settings, lake = open_lake(config, sets)
    runs = lake.read("runs", columns=["command", "started", "ended", "status"]).sort_values("started").tail(5)
    about = {"lake": lake.url, "models": len(stored_models(lake)), "in force": live_model(lake) or "none"}
    found = standings(lake, settings.decision.at)
    sources: list[dict[str, Any]] = [
        {
            "kind": one.kind,
            "source": one.source,
            "rows": one.rows,
            "last session": f"{one.last_session:%Y-%m-%d}" if one.last_session is not None else "",
            "gaps": [f"{day:%Y-%m-%d}" for day in one.gaps],
            "late rows": one.late,
        }
        for one in found
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
                "sources": sources,
                "rejects": refused.to_dict("records"),
                "next nightly": nightly,
                "runs": runs.astype(str).to_dict("records"),
            },
            True,
        )
        return
    show(about, False, settings.name)
    if sources:
        show([{**row, "gaps": _gaps(row["gaps"])} for row in sources], False, "sources")
    if len(refused):
        show(refused, False, "rejects by reason")
    if len(runs):
        show(runs, False, "last runs")
    asked = ", ".join(coming.providers) or "nothing: this configuration names no provider"
    show({**nightly, "fetches": asked}, False, "next nightly, where `kdtcn serve` runs")


def _gaps(days: list[str]) -> str:
    """How many, and the newest."""
    if not days:
        return "0"
    return f"{len(days)}: {'' if len(days) <= SHOWN else '… '}{' '.join(days[-SHOWN:])}"
