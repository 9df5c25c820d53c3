"""What `kdtcn doctor` looks at; each check is a line with its state and, where it is not ok, the remedy."""

import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from importlib import metadata
from pathlib import Path

import pandas as pd

from kdtcn.config import Settings, load
from kdtcn.errors import KdtcnError
from kdtcn.lake import Lake

MIN_FREE = 2 * 2**30  # bytes; a real lake with its models and report takes some hundred megabytes
AHEAD = pd.Timedelta(days=30)  # how far the calendar must know the future

Answer = tuple[str, str]


def checks(config: Path, sets: list[str]) -> list[dict[str, str]]:
    """Rows with what, state (ok, warn, fail), and what was found or is to be done."""
    try:
        settings = load(config, sets)
    except KdtcnError as error:
        return [_row("configuration", "fail", str(error))]
    rows = []
    for name, check in CHECKS.items():
        try:
            state, found = check(settings)
        except (KdtcnError, OSError) as error:
            state, found = "fail", str(error)
        rows.append(_row(name, state, found))
    rows[0]["found"] = f"{config}: {rows[0]['found']}"
    return rows


def _row(what: str, state: str, found: str) -> dict[str, str]:
    return {"what": what, "state": state, "found": found}


def _configuration(settings: Settings) -> Answer:
    from flows.ready import ready

    ready(settings)
    return "ok", f"home {settings.folder.resolve()}"


def _versions(settings: Settings) -> Answer:
    names = ("torch", "spacy", "pykeen", "prefect", "deltalake", "pandas")
    return "ok", f"Python {sys.version.split()[0]}, " + ", ".join(f"{name} {metadata.version(name)}" for name in names)


def _disk(settings: Settings) -> Answer:
    folder = settings.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free / 2**30:.1f} GiB free at {folder.resolve()}"
    return ("ok", told) if free > MIN_FREE else ("warn", f"{told}; make room, or set home to a larger disk")


def _clock(settings: Settings) -> Answer:
    """The machine's zone, New York's time by its zone data, and whether the clock stands before what the lake holds."""
    now = pd.Timestamp.now("UTC")
    told = f"{now:%Y-%m-%d %H:%M} UTC, {now.tz_convert('America/New_York'):%H:%M} in New York, machine's zone {_zone()}"
    lake = Lake(settings.lake_url)
    started = lake.read("runs", columns=["started"])["started"].max()
    if started is not pd.NaT and started > now + pd.Timedelta(minutes=5):
        return "fail", f"{told}: before the lake's last run ({started:%Y-%m-%d %H:%M} UTC); set the clock, e.g. by NTP"
    return "ok", told


def _zone() -> str:
    return datetime.now().astimezone().tzname() or "unknown"


def _calendar(settings: Settings) -> Answer:
    from kdtcn.sessions import calendar

    known, today = calendar().sessions, pd.Timestamp.now("UTC").tz_localize(None).normalize()
    if known[-1] < today + AHEAD:
        return "warn", f"ends {known[-1]:%Y-%m-%d}; pip install --upgrade exchange_calendars"
    return "ok", f"XNYS to {known[-1]:%Y-%m-%d}, next session {known[known >= today][0]:%Y-%m-%d}"


def _language(settings: Settings) -> Answer:
    from kdtcn.events.pipeline import load as load_pipeline

    nlp = load_pipeline(settings.nlp.model)
    return "ok", f"{nlp.meta['name']} {nlp.meta['version']}: {', '.join(nlp.pipe_names)}"


def _providers(settings: Settings) -> Answer:
    """What is configured, whether its credentials are there, and since when nothing came of it; the network is not asked."""
    from kdtcn.sources.registry import configured
    from kdtcn.sources.standing import lag, standings

    named = list(configured(settings.sources))
    if not named:
        return "ok", "none: this configuration fetches nothing"
    lake = Lake(settings.lake_url)
    behind = [
        f"{one.source} is {days} sessions behind"
        for one in standings(lake, settings.decision.at)
        if (days := lag(one, settings)) and days > 1
    ]
    told = ", ".join(named)
    return ("warn", f"{told}; {'; '.join(behind)}: `kdtcn fetch` says why") if behind else ("ok", told)


def _prefect(settings: Settings) -> Answer:
    """The server that runs use: one of their own on loopback, or that of PREFECT_API_URL, which must answer."""
    import httpx

    from flows import server

    address = os.environ.get("PREFECT_API_URL", "")
    if not address:
        try:
            server.free_port(settings.serve.port)
        except KdtcnError as error:
            return "warn", f"{error}; this is as it should be where `kdtcn serve` runs already"
        return (
            "ok",
            f"own server on loopback, port {settings.serve.port or 'any'}; state in {settings.folder / 'prefect'}; telemetry off",
        )
    try:
        answer = httpx.get(f"{address.rstrip('/')}/admin/version", timeout=5)
        answer.raise_for_status()
        theirs = str(answer.json())
    except (httpx.HTTPError, ValueError) as error:
        return "fail", f"{address} does not answer ({error.__class__.__name__}); start that server, or unset PREFECT_API_URL"
    mine = metadata.version("prefect")
    if theirs.split(".")[:2] != mine.split(".")[:2]:
        return "warn", f"{address} is {theirs}, this client {mine}; install the same version"
    return "ok", f"{address}, version {theirs}"


def _lake(settings: Settings) -> Answer:
    lake = Lake(settings.lake_url)
    versions = lake.versions()
    if not versions:
        return "warn", f"{lake.url}: empty; `kdtcn run` or `kdtcn import` fills it"
    unended = lake.read("runs", columns=["command", "started", "status"])
    unended = unended[(unended["status"] == "running") & (unended["started"] < pd.Timestamp.now("UTC") - pd.Timedelta(days=1))]
    told = f"{lake.url}: {len(versions)} tables, {lake.count('headlines'):,} headlines, {lake.count('prices'):,} prices"
    if len(unended):
        last = unended.sort_values("started").iloc[-1]
        return (
            "warn",
            f"{told}; `{last['command']}` of {last['started']:%Y-%m-%d} never ended: run it again, it goes on where it was",
        )
    return "ok", told


def _model(settings: Settings) -> Answer:
    """The model in force, whose weights and fitted vectors must load."""
    from kdtcn.features import fitted as folds
    from kdtcn.training.fold import Sight
    from kdtcn.training.store import live_model, load_stored, stored_models

    lake = Lake(settings.lake_url)
    live = live_model(lake)
    if not live:
        return "warn", "none in force; `kdtcn train` makes one"
    _, about = load_stored(lake, live)
    sight = Sight.of(lake, settings)
    folds.load(lake, str(about["fitted_id"]), sight.graph, sight.reading)
    row = stored_models(lake).set_index("model_id").loc[live]
    return "ok", f"{live} loads with its vectors; trained until {row['trained_until']:%Y-%m-%d}"


CHECKS: dict[str, Callable[[Settings], Answer]] = {
    "configuration": _configuration,
    "versions": _versions,
    "disk": _disk,
    "clock": _clock,
    "calendar": _calendar,
    "language pipeline": _language,
    "providers": _providers,
    "Prefect": _prefect,
    "lake": _lake,
    "model": _model,
}
