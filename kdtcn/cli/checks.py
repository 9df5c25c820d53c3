"""What `kdtcn doctor` looks at; each check is a line with its state and, where it is not ok, the remedy."""

import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pandas as pd

from kdtcn.config import Settings, load
from kdtcn.errors import KdtcnError
from kdtcn.lake import Lake

MIN_FREE = 2 * 2**30  # bytes; a real lake with its models and report takes some hundred megabytes


def checks(config: Path, sets: list[str]) -> list[dict[str, str]]:
    """Rows with what, state (ok, warn, fail), and what was found or is to be done."""
    try:
        settings = load(config, sets)
    except KdtcnError as error:
        return [{"what": "configuration", "state": "fail", "found": str(error)}]
    rows = [{"what": "configuration", "state": "ok", "found": str(config)}]
    for name, check in CHECKS.items():
        try:
            state, found = check(settings)
        except KdtcnError as error:
            state, found = "fail", str(error)
        rows.append({"what": name, "state": state, "found": found})
    return rows


def _versions(settings: Settings) -> tuple[str, str]:
    names = ("torch", "spacy", "pykeen", "prefect", "deltalake", "pandas")
    return "ok", f"Python {sys.version.split()[0]}, " + ", ".join(f"{name} {metadata.version(name)}" for name in names)


def _disk(settings: Settings) -> tuple[str, str]:
    folder = settings.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return ("ok" if free > MIN_FREE else "warn"), f"{free / 2**30:.1f} GiB free at {folder.resolve()}" + (
        "" if free > MIN_FREE else "; make room"
    )


def _calendar(settings: Settings) -> tuple[str, str]:
    from kdtcn.sessions import NEW_YORK, calendar

    last, today = calendar().sessions[-1], pd.Timestamp.now(NEW_YORK).tz_localize(None)
    if last < today + pd.Timedelta(days=30):
        return "warn", f"ends {last:%Y-%m-%d}; upgrade exchange_calendars"
    return "ok", f"XNYS to {last:%Y-%m-%d}; New York time {today:%Y-%m-%d %H:%M}"


def _language(settings: Settings) -> tuple[str, str]:
    from kdtcn.events.pipeline import load as load_pipeline

    nlp = load_pipeline(settings.nlp.model)
    return "ok", f"{nlp.meta['name']} {nlp.meta['version']}: {', '.join(nlp.pipe_names)}"


def _lake(settings: Settings) -> tuple[str, str]:
    lake = Lake(settings.lake_url)
    versions = lake.versions()
    if not versions:
        return "warn", f"{lake.url}: empty; `kdtcn run` or `kdtcn import` fills it"
    return "ok", f"{lake.url}: {len(versions)} tables, {lake.count('headlines'):,} headlines, {lake.count('prices'):,} prices"


def _model(settings: Settings) -> tuple[str, str]:
    from kdtcn.training.store import stored_models

    rows = stored_models(Lake(settings.lake_url))
    live = rows[rows["status"] == "live"]
    return (
        ("ok", f"{live['model_id'].iloc[0]}, trained until {live['trained_until'].iloc[0]:%Y-%m-%d}")
        if len(live)
        else ("warn", "none in force; `kdtcn train` makes one")
    )


CHECKS: dict[str, Callable[[Settings], tuple[str, str]]] = {
    "versions": _versions,
    "disk": _disk,
    "calendar": _calendar,
    "language pipeline": _language,
    "lake": _lake,
    "model": _model,
}
