"""What the lake holds of a world, beside the truth about it: forecasts, event tuples and links, event effects."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.demo import reading
from kdtcn.demo.truth import Truth, load
from kdtcn.errors import InputError
from kdtcn.evaluation.stored import last_trained, stored_predictions
from kdtcn.explain.pending import explain_pending, newest_effects
from kdtcn.lake import Lake
from kdtcn.training.fold import Sight
from kdtcn.training.store import stored_models

DRIVERS = ("seen", "unseen", "none")  # what drives a session: an entity that caused before the test period, another, nothing


@dataclass(frozen=True)
class Found:
    """One world.

    right: session, model, seed, right and up (0 or 1), driver. reading: a row an event tuple told, see `reading.score`. effects: a row
    an explained session and model seed: session, seed, driver, place of the planted event by |effect| (1 is the largest; NaN
    without a cause, inf where it was not read), outside (planted event outside its placebo band), others (how many other
    events), inside (how many of them lie inside their band).
    """

    known: Truth
    prices: Path
    right: pd.DataFrame
    reading: pd.DataFrame
    effects: pd.DataFrame


def gather(lake: Lake, settings: Settings, truth: Path, sample: int) -> Found:
    """Read a run of the chain; effects of `sample` sessions a driver and model seed are computed where they are missing.

    InputError where the lake holds another world, or no forecasts yet.
    """
    known = load(truth)
    if settings.evaluation.test_from.isoformat() != known.about["test_from"]:
        raise InputError(
            f"evaluation.test_from {settings.evaluation.test_from}: the test period of this world begins {known.about['test_from']}; set it so"
        )
    made = stored_predictions(lake, settings)
    made = made[made["alignment"] == "forecast"]
    if made.empty:
        raise InputError(f"{lake.url}: no forecasts of the test period yet; run `kdtcn run` with the same configuration")
    heads = headlines(lake, known)
    events, links = read(lake, settings)
    return Found(
        known,
        truth.parent / "world" / "prices.csv",
        correct(made, known),
        reading.score(known, heads, events, links),
        effects(lake, settings, known, heads, events, sample),
    )


def headlines(lake: Lake, known: Truth) -> pd.DataFrame:
    """headline_id, date, text of everything in the lake; InputError where a headline of the world is not there."""
    heads = lake.read("headlines", columns=["headline_id", "text", "published_at"])
    heads = heads.assign(date=heads["published_at"].dt.tz_convert("America/New_York").dt.tz_localize(None).dt.normalize())
    there = known.headlines.merge(heads[["date", "text"]].drop_duplicates(), on=["date", "text"])
    if len(there) < len(known.headlines):
        raise InputError(
            f"{lake.url}: holds {len(there)} of the {len(known.headlines)} headlines of this world; run `kdtcn run` in a new home"
        )
    return heads[["headline_id", "date", "text"]]


def read(lake: Lake, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and links as the chain of these settings reads them."""
    sight = Sight.of(lake, settings)
    columns = ["event_id", "headline_id", "subject", "predicate", "object", "negated"]
    events = lake.read("events", columns=columns, where=ds.field("extractor") == sight.extractor)
    mine = (ds.field("linker") == sight.linker) & (ds.field("graph_version") == sight.graph.version)
    return events, lake.read("links", columns=["event_id", "role", "entity_id"], where=mine & (ds.field("entity_id") != ""))


def drivers(known: Truth) -> pd.DataFrame:
    """session and driver of every session."""
    driver = known.causes["seen"].map({1.0: "seen", 0.0: "unseen"}).fillna("none")
    return known.causes[["session"]].assign(driver=driver)


def correct(made: pd.DataFrame, known: Truth) -> pd.DataFrame:
    """session, model, seed, right and up (0 or 1), driver of the forecasts made."""
    rows = made.merge(drivers(known), on="session")
    right = (rows["p_up"] >= 0.5) == (rows["up"] == 1)
    return rows.assign(right=right.astype(float), up=rows["up"].astype(float))[
        ["session", "model", "seed", "right", "up", "driver"]
    ]


def effects(lake: Lake, settings: Settings, known: Truth, heads: pd.DataFrame, events: pd.DataFrame, sample: int) -> pd.DataFrame:
    """The live model's effects in each of its seeds, against the truth; each seed explains sessions of its own."""
    models = stored_models(lake)
    mine = models["model_id"].isin(last_trained(lake)) & (models["family"] == settings.training.live)
    mine &= models["alignment"] == "forecast"
    planted = known.causes.dropna(subset="date").merge(heads, left_on=["date", "news"], right_on=["date", "text"])
    causes = planted.set_index("session")["headline_id"]
    told = events.set_index("event_id")["headline_id"]
    sight, parts = Sight.of(lake, settings), []
    for seed, name in sorted(zip(models.loc[mine, "seed"], models.loc[mine, "model_id"], strict=True)):
        chosen = sampled(known, sample, seed)
        explain_pending(lake, settings, sight, name, pd.DatetimeIndex(chosen["session"]))
        rows = newest_effects(lake, name, settings.explain.method)
        rows = rows[rows["event_id"].isin(told.index)].assign(headline_id=lambda frame: frame["event_id"].map(told))
        by_session = dict(list(rows.groupby("session")))
        for session, driver in chosen.itertuples(index=False):
            mine_now = by_session.get(session, rows.head(0))
            parts.append({"session": session, "seed": seed, "driver": driver, **_judged(mine_now, causes.get(session, ""))})
    return pd.DataFrame(parts)


def sampled(known: Truth, sample: int, seed: int) -> pd.DataFrame:
    """session and driver of up to `sample` sessions of the test period a driver, in order of time.

    One order a world, of which each model seed takes the next stretch: several seeds cover most sessions before any twice.
    """
    rng = np.random.default_rng(known.about["seed"])
    test = drivers(known)[known.in_test.to_numpy()]
    picked = []
    for driver in DRIVERS:
        group = test[test["driver"] == driver]
        order = rng.permutation(len(group))
        picked.append(group.iloc[np.roll(order, -seed * sample)[:sample]])
    return pd.concat(picked).sort_values("session")


def _judged(rows: pd.DataFrame, cause: str) -> dict[str, float]:
    """Effects of one session, of one model."""
    planted = (rows["headline_id"] == cause).to_numpy()
    size = rows["effect"].abs().to_numpy()
    inside = rows["effect"].between(rows["placebo_low"], rows["placebo_high"]).to_numpy()
    found = {"others": float((~planted).sum()), "inside": float((inside & ~planted).sum())}
    if not cause:
        return {"place": float("nan"), "outside": float("nan"), **found}
    if not planted.any():
        return {"place": float("inf"), "outside": 0.0, **found}
    return {"place": 1.0 + float((size > size[planted].max()).sum()), "outside": float((~inside & planted).any()), **found}
