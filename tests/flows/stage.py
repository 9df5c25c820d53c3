"""A small world with a model in force, and nights on it one after the other in this process."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import yaml

from kdtcn.config import Settings, load
from kdtcn.lake import Lake
from kdtcn.sessions import NEW_YORK, calendar
from tests.flows.providers import Providers

BASE = 200  # sessions before the first night

SETTINGS = {
    "name": "nights",
    "nlp": {"workers": 1},
    "decision": {"at": "01:00"},
    "features": {"price_window": 20, "window": 5, "text_dim": 16},
    "graph": {"epochs": 3, "dim": 16},
    "training": {"models": ["tcn", "kdtcn"], "seeds": 1, "epochs": 3, "workers": 1, "options": {}},
    "evaluation": {"alignments": ["forecast"]},
    "explain": {"samples": 16, "placebo": 10},
    "report": {"last": 3, "largest": 2, "synthetic": True},
    "serve": {"pause": 0},
}


def founded(folder: Path, nights: int) -> Providers:
    """A home with the first `BASE` sessions of a world imported and a model in force; `nights` more sessions are to come."""
    from kdtcn.demo.world import make
    from kdtcn.events.pending import extract_pending
    from kdtcn.sources.fetch import fetch
    from kdtcn.training import store
    from kdtcn.training.experiment import train_folds
    from kdtcn.training.fold import Sight
    from kg import build
    from kg import load as load_graph
    from kg.pending import link_pending

    make(folder / "world", truth=folder / "truth", seed=3, sessions=BASE + nights)
    providers = Providers.of(folder / "world")
    days = providers.prices.index
    files = {
        "symbol": "KDW",
        "prices": [
            {"provider": "csv", "symbol": "KDW", "options": {"path": str(folder / "world/prices.csv"), "source": "yahoo"}}
        ],
        "news": [{"provider": "csv", "options": {"path": str(folder / "world/headlines.csv.gz"), "source": "world"}}],
    }
    tree = SETTINGS | {"home": str(folder / "home"), "sources": files}
    settings = Settings.model_validate(tree | {"evaluation": {"alignments": ["forecast"], "test_from": days[BASE - 30].date()}})
    lake = Lake(settings.lake_url)
    fetch(lake, settings, days[0], days[BASE - 1])
    build(lake, settings.graph.sources)
    extract_pending(lake, settings)
    link_pending(lake, load_graph(lake), threshold=settings.graph.threshold, folder=settings.folder / "index")
    trained = train_folds(lake, settings, "forecast", Sight.of(lake, settings))
    store.promote(lake, next(name for name in trained if name.startswith("kdtcn-")))
    return providers


def configure(folder: Path, providers: Providers, **sections: dict) -> Path:
    """The configuration of the nights: the same home, fed by the loopback providers."""
    (folder / "graph.yaml").write_text(
        yaml.safe_dump({"where": "?item wdt:P31 wd:Q1 .", "endpoint": providers.url("graph"), "attempts": 2, "interval": 0})
    )
    sources = {
        "symbol": "KDW",
        "timeout": 1.0,
        "attempts": 2,
        "prices": [{"provider": "yahoo", "symbol": "KDW", "options": {"base_url": providers.url("prices"), "timeout": 1.0}}],
        "news": [{"provider": "rss", "options": {"feeds": [providers.url(part)], "source": part}} for part in ("one", "two")],
    }
    tree = SETTINGS | {"home": str(folder / "home"), "sources": sources}
    tree["evaluation"] = {"alignments": ["forecast"], "test_from": f"{providers.prices.index[BASE - 30]:%Y-%m-%d}"}
    for name, section in sections.items():
        tree[name] = tree.get(name, {}) | section
    path = folder / "nights.yaml"
    path.write_text(yaml.safe_dump(tree))
    return path


def half_past_midnight(session: pd.Timestamp) -> datetime:
    """00:30 New York of a session, when its night begins."""
    return (session + pd.Timedelta(minutes=30)).tz_localize(NEW_YORK).tz_convert(UTC).to_pydatetime()


def coming(providers: Providers, n: int) -> pd.Timestamp:
    """The session of the n-th night, counted from 0."""
    return calendar().sessions[calendar().sessions.get_loc(providers.prices.index[BASE]) + n]


def settings_of(path: Path) -> Settings:
    return load(path)


def lake_of(path: Path) -> Lake:
    return Lake(load(path).lake_url)
