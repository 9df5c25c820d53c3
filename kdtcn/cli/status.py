"""What the lake holds and what comes next."""

from kdtcn.cli import app
from kdtcn.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, SetOption, open_lake, show


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, sets: SetOption = [], json_: JsonOption = False) -> None:
    """What the lake holds: tables, last session, rejects, last runs, the model in force.

    Example: kdtcn status --config configs/djia.yaml
    """
    from kdtcn.training.store import live_model, stored_models

    settings, lake = open_lake(config, sets)
    prices, heads = lake.read("prices", columns=["session"]), lake.read("headlines", columns=["available_at"])
    rejects = lake.read("rejects", columns=["source", "reason"])
    runs = lake.read("runs", columns=["command", "started", "ended", "status"]).sort_values("started").tail(5)
    about = {
        "lake": lake.url,
        "sessions with prices": len(prices.drop_duplicates()),
        "last session": "" if prices.empty else f"{prices['session'].max():%Y-%m-%d}",
        "headlines": len(heads),
        "last headline": "" if heads.empty else f"{heads['available_at'].max():%Y-%m-%d %H:%M} UTC",
        "rejects": len(rejects),
        "models": len(stored_models(lake)),
        "in force": live_model(lake) or "none",
    }
    if json_:
        show({**about, "runs": runs.astype(str).to_dict("records")}, True)
        return
    show(about, False, settings.name)
    if len(rejects):
        show(rejects.value_counts().rename("rows").reset_index(), False, "rejects by reason")
    show(runs, False, "last runs")
