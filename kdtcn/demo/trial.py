"""A world of any seed through the whole chain, from its files to forecasts; what is done already is not done again."""

import json
from collections.abc import Sequence
from pathlib import Path

from kdtcn.config import Settings, load
from kdtcn.demo.world import make
from kdtcn.errors import InputError
from kdtcn.events.pending import extract_pending
from kdtcn.lake import Lake, Run
from kdtcn.sources.fetch import fetch
from kdtcn.training.experiment import train_folds
from kdtcn.training.fold import Sight
from kg import build
from kg import load as load_graph
from kg.pending import link_pending


def settings_of(config: Path, sets: Sequence[str], world: Path) -> Settings:
    """The settings of `config`, pointed at the world made in the folder `world` (world/, truth/); its lake lies there too."""
    about = json.loads((world / "world" / "world.json").read_text(encoding="utf-8"))
    symbol = about["symbol"]

    def source(name: str, **more: str) -> str:
        path = str(world / "world" / name)
        return json.dumps([{"provider": "csv", "options": {"path": path, "source": "world"}, **more}])  # JSON is YAML

    own = [
        f"home={json.dumps(str(world))}",
        f"lake.url={json.dumps(str(world / 'lake'))}",
        f"sources.symbol={symbol}",
        f"sources.prices={source('prices.csv', symbol=symbol)}",
        f"sources.news={source('headlines.csv.gz')}",
        f"evaluation.test_from={about['test_from']}",
    ]
    return load(config, [*own, *sets])


def world_of(folder: Path, seed: int) -> Path:
    """The world of a seed, made in `folder` unless it is there; InputError where another world lies there."""
    about = folder / "world" / "world.json"
    if not about.exists():
        make(folder / "world", truth=folder / "truth", seed=seed)
    found = json.loads(about.read_text(encoding="utf-8"))["seed"]
    if found != seed:
        raise InputError(f"{folder}: holds the world of seed {found}, not of {seed}; name another --home")
    return folder


def forecasts(settings: Settings) -> Lake:
    """Run the chain as far as the forecasts of the test period; returns the lake that holds them.

    The stages of `kdtcn run` one after the other, without a Prefect server and without pages.
    """
    lake = Lake(settings.lake_url)
    with Run(lake, "demo check", settings.fingerprint()) as run:
        fetch(lake, settings)
        run.rows.update(build(lake, settings.graph.sources, settings.graph.data))
        run.rows.update(extract_pending(lake, settings))
        run.rows["links"] = link_pending(lake, load_graph(lake), threshold=settings.graph.threshold)["links"]
        run.note(model_ids=train_folds(lake, settings, "forecast", Sight.of(lake, settings)))
    return lake
