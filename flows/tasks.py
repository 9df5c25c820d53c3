"""The tasks of every flow: each opens the lake, calls one stage of the library, and returns counts.

State passes between tasks through the lake alone, so that a task can be repeated and a killed flow started again.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from kdtcn.config import Settings
from kdtcn.lake import Lake
from kdtcn.progress import say

if TYPE_CHECKING:
    from kdtcn.sources.fetch import Round
    from kdtcn.training.live import Choice
    from kdtcn.training.succession import Succession

NETWORK = 1800  # seconds after which a round over the providers is given up


def lake_of(settings: Settings) -> Lake:
    return Lake(settings.lake_url)


@task(name="pull", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=5, timeout_seconds=NETWORK)
def pull(settings: Settings, first: str | None = None, last: str | None = None, now: datetime | None = None) -> "Round":
    """Ask the configured providers for prices and headlines; asked again, and SourceError, where not one answers."""
    from kdtcn.errors import SourceError
    from kdtcn.sources.fetch import ask

    found = ask(lake_of(settings), settings, first, last, now=now)
    if found.silent:
        raise SourceError("; ".join(f"{name}: {why}" for name, why in found.failed.items()))
    return found


@task(name="graph", cache_policy=NO_CACHE)
def build_graph(settings: Settings) -> dict[str, int]:
    """Store the configured knowledge graph; nothing is written when it is there already."""
    from kg import build

    return build(lake_of(settings), settings.graph.sources, settings.graph.data)


@task(name="extract", cache_policy=NO_CACHE)
def extract(settings: Settings, months: list[str] | None = None) -> dict[str, int]:
    """Event tuples of the headlines that were not read yet."""
    from kdtcn.events.pending import extract_pending

    return extract_pending(lake_of(settings), settings, months)


@task(name="link", cache_policy=NO_CACHE)
def link(settings: Settings, months: list[str] | None = None) -> dict[str, int]:
    """Entity links of the events that were not linked yet."""
    from kg import load
    from kg.pending import link_pending

    lake = lake_of(settings)
    return link_pending(lake, load(lake), threshold=settings.graph.threshold, months=months, folder=settings.folder / "index")


@task(name="train", cache_policy=NO_CACHE)
def train(settings: Settings) -> list[str]:
    """All models and seeds of all alignments; what is trained already is not trained again."""
    from kdtcn.training.experiment import train_configured
    from kdtcn.training.fold import Sight

    lake = lake_of(settings)
    return train_configured(lake, settings, Sight.of(lake, settings))


@task(name="promote", cache_policy=NO_CACHE)
def promote(settings: Settings, trained: list[str]) -> str:
    """Put the configured model in force, its first seed, of the last fold; returns its id."""
    from kdtcn.training import store

    *_, live = (name for name in trained if name.startswith(f"{settings.training.live}-forecast-s0-"))
    store.promote(lake_of(settings), live)
    return live


@task(name="settle", cache_policy=NO_CACHE)
def settle(settings: Settings, sessions: pd.DatetimeIndex) -> int:
    """Labels of sessions whose close is known."""
    from kdtcn.training.forecast import settle as store_labels

    return store_labels(lake_of(settings), settings, sessions)


@task(name="choose", cache_policy=NO_CACHE)
def choose(settings: Settings, session: pd.Timestamp) -> "Choice":
    """The model that forecasts a session, given what is known of it."""
    from kdtcn.training.live import choose as chosen

    return chosen(lake_of(settings), settings, session)


@task(name="learn", cache_policy=NO_CACHE)
def learn(settings: Settings, model_id: str, sessions: pd.DatetimeIndex) -> int:
    """Vectors for the entities that each session names and the model's embedding does not know; returns how many."""
    from kdtcn.features.reach import shares
    from kdtcn.training.fold import Sight
    from kdtcn.training.renewal import renew

    if not settings.serve.learn:
        return 0
    lake = lake_of(settings)
    found = renew(lake, settings, Sight.of(lake, settings), model_id, sessions)
    if found.coverage:
        say(shares(found.coverage))
    return len(found.learnt)


@task(name="forecast", cache_policy=NO_CACHE)
def forecast(settings: Settings, model_id: str, sessions: pd.DatetimeIndex, force: bool = False) -> pd.DataFrame:
    """P(up) and P(abrupt) of each session, as known at its decision time; those of sessions to come are sealed."""
    from kdtcn.evaluation.ledger import seal
    from kdtcn.training.fold import Sight
    from kdtcn.training.forecast import forecast as predict

    lake = lake_of(settings)
    made = predict(lake, settings, Sight.of(lake, settings), model_id, sessions, force=force)
    seal(lake, settings, made)
    return made


@task(name="explain", cache_policy=NO_CACHE)
def explain(settings: Settings, model_id: str, sessions: pd.DatetimeIndex, force: bool = False) -> int:
    """Event effects of each session."""
    from kdtcn.explain.pending import explain_pending
    from kdtcn.training.fold import Sight

    lake = lake_of(settings)
    return explain_pending(lake, settings, Sight.of(lake, settings), model_id, sessions, force=force)


@task(name="report", cache_policy=NO_CACHE)
def report(settings: Settings, config: str, live: str, sessions: pd.DatetimeIndex | None = None, whole: bool = True) -> str:
    """The site, made anew, or with the pages of the sessions renewed, and those on the whole where asked; the path of its index.

    A page is that of `live`, where it explained the session; else of the model that did; a session without one has no page.
    """
    from kdtcn.explain.pending import explainers
    from kdtcn.report.build import build_site

    lake = lake_of(settings)
    if sessions is None:
        index = build_site(lake, settings, config, live)
    else:
        by = explainers(lake, settings.explain.method, sessions, live)
        for name in sorted(set(by) - {live}):
            build_site(lake, settings, config, name, pd.DatetimeIndex(by.index[by == name]), whole=False)
        index = build_site(lake, settings, config, live, pd.DatetimeIndex(by.index[by == live]), whole=whole)
    say(f"report: {index}")
    return str(index)


@task(name="retrain", cache_policy=NO_CACHE)
def retrain(settings: Settings, session: pd.Timestamp) -> "Succession":
    """Where the policy asks for it: a new model, put in force if it is not worse than the one that is."""
    from kdtcn.training.succession import succeed

    return succeed(lake_of(settings), settings, session)


@task(name="publish", cache_policy=NO_CACHE)
def publish(session: pd.Timestamp, rows: dict[str, object], told: str, marks: list[str], index: str) -> None:
    """Artifacts in Prefect's pages: the counts, the forecast with its marks, and the link to the report."""
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    from kdtcn.progress import mask

    counts = [{"what": name, "rows": str(value)} for name, value in rows.items() if isinstance(value, int | float)]
    create_table_artifact(key="night-rows", table=counts, description=f"rows of the night before {session:%Y-%m-%d}")
    lines = [f"# {session:%Y-%m-%d}", told, *(f"- {text}" for text in marks)]
    create_markdown_artifact(key="night-forecast", markdown=mask("\n\n".join(lines)))
    if index:
        create_link_artifact(key="night-report", link=Path(index).resolve().as_uri(), link_text=f"report of {session:%Y-%m-%d}")


@task(name="tell", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=5, timeout_seconds=120)
def tell(title: str, body: str) -> int:
    """A notification to the configured addresses; how many took it."""
    from flows.notify import notify

    return notify(title, body)
