"""The lakes of `demo plant`: a copy of the real data, read and linked once, and beside it one that holds the planted headlines.

The user's own lake is only read.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.demo.plant_draw import Planting
from kdtcn.events.pending import extract_pending
from kdtcn.features.news import News
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.sources.store import store_news
from kg import build
from kg import load as load_graph
from kg.pending import link_pending

INPUTS = ("prices", "headlines", "entities", "same_as", "facts")
READ = ("extractions", "events", "links")  # what the stages in between made of them: taken over, not made again
REAL, READY = "real", "READY"
WRITERS = (
    "cast.json",
    "cast.py",
    "frames.csv",
    "headlines.py",
    "names.csv",
    "plan.py",
    "plant_draw.py",
    "rules.csv",
    "words.csv",
)


def data_key(lake: Lake, settings: Settings) -> str:
    """A name for the real data as they stand: it changes when any of them does. LakeError where there are none."""
    for table in INPUTS[:2]:
        lake.require(table, "import some first, for example `kdtcn import djia FOLDER`")
    held = {table: lake.version(table) for table in INPUTS}
    graph = settings.graph.model_dump(mode="json", include={"sources", "threshold"})
    told = json.dumps([lake.url, held, settings.nlp.model, graph], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:10]


@cache
def written_by() -> str:
    """A name for what draws and writes plantings: once it changes, headlines planted before belong to other draws."""
    return hashlib.sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in WRITERS)).hexdigest()[:8]


def planted_in(folder: Path) -> Lake:
    """The lake of planted headlines."""
    return Lake(str(folder / f"planted-{written_by()}"))


def real(lake: Lake, settings: Settings, folder: Path) -> Lake:
    """The copy of the real data, its headlines read and linked. A copy that was not finished is gone on with."""
    place = folder / REAL
    copy = Lake(str(place))
    if not (place / READY).exists():
        say(f"copying prices, headlines and the graph to {place}")
        for table in (*INPUTS, *READ):
            copy.upsert(table, lake.read(table).drop(columns="ingested_at"))
        if copy.count("facts") == 0:
            build(copy, settings.graph.sources, settings.graph.data)
        (place / READY).touch()
    _read(copy, settings, copy)
    return copy


def planted(copy: Lake, settings: Settings, draws: Mapping[str, Callable[[], Planting]], folder: Path) -> None:
    """Add the plantings to the lake of planted headlines, each as a source of its own, read and linked on the graph of `copy`.

    All replicates together: the stages work month by month, and a month costs the same with one headline or with a hundred.
    """
    lake = planted_in(folder)
    there = set(lake.read("headlines", columns=["source"])["source"])
    records = [record._replace(source=name) for name, draw in draws.items() if name not in there for record in draw().records]
    if records:
        store_news(lake, records, datetime.now(UTC))
    _read(lake, settings, copy)


def _read(lake: Lake, settings: Settings, graph: Lake) -> None:
    """Extract and link what is new, as every run does."""
    extract_pending(lake, settings)
    link_pending(lake, load_graph(graph), threshold=settings.graph.threshold)


def headlines_of(lake: Lake, name: str) -> pd.Series:
    """The headline ids of one planting."""
    return lake.read("headlines", columns=["headline_id"], where=ds.field("source") == name)["headline_id"]


def joined(said: News, told: News, ids: pd.Series) -> News:
    """The real news `said` with the headlines `ids` of those told among them, in the order that the features expect."""
    heads = told.headlines[told.headlines["headline_id"].isin(ids)]
    events = told.events[told.events["headline_id"].isin(ids)]
    links = told.links[told.links["event_id"].isin(events["event_id"])]
    return News(
        said.alignment,
        _in_order(said.headlines, heads, ["position", "available_at", "headline_id"]),
        _in_order(said.events, events, ["position", "available_at", "headline_id", "event_id"]),
        pd.concat([said.links, links], ignore_index=True),
    )


def _in_order(one: pd.DataFrame, other: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return pd.concat([one, other]).sort_values(by, kind="stable").reset_index(drop=True)
