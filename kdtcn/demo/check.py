"""`kdtcn demo check`: does the chain find what was planted? Each finding has a value, a bound, and holds or does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.demo import oracle, reading
from kdtcn.demo.truth import FOLDER, Truth, load
from kdtcn.errors import InputError
from kdtcn.evaluation.stored import stored_predictions
from kdtcn.lake import Lake

SUBSETS = ("all", "seen", "unseen", "none")


@dataclass(frozen=True)
class Finding:
    what: str
    value: str
    wanted: str
    holds: bool


@dataclass(frozen=True)
class Report:
    """oracle: what there is to learn. reading: tuples and links. models: accuracy by what drives the session, mean over seeds."""

    oracle: pd.DataFrame
    reading: pd.DataFrame
    models: pd.DataFrame
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)


def check(lake: Lake, settings: Settings, *, truth: Path = FOLDER, way: float = 0.7) -> Report:
    """Judge the forecasts, events and links that the lake holds; `way` is KDTCN's share of the way from always-up to Bayes.

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
    right = correct(made, known)
    table = oracle.scores(known, truth.parent / "world" / "prices.csv")
    return Report(table, read(lake, known), models(right), [*sanity(table), *findings(right, known, way)])


def read(lake: Lake, known: Truth) -> pd.DataFrame:
    """The newest extractor's tuples and the newest links of them, scored."""
    heads = lake.read("headlines", columns=["headline_id", "text", "published_at"])
    heads = heads.assign(date=heads["published_at"].dt.tz_convert("America/New_York").dt.tz_localize(None).dt.normalize())
    columns = ["event_id", "headline_id", "subject", "predicate", "object", "negated", "extractor", "ingested_at"]
    matched = known.headlines.merge(heads[["date", "text"]].drop_duplicates(), on=["date", "text"])
    if len(matched) < len(known.headlines):
        raise InputError(
            f"{lake.url}: holds {len(matched)} of the {len(known.headlines)} headlines of this world; run `kdtcn run` in a new home"
        )
    events = lake.read("events", columns=columns)
    newest = events.sort_values("ingested_at")["extractor"].iloc[-1]
    events = events[events["extractor"] == newest]
    links = lake.read(
        "links",
        columns=["event_id", "role", "entity_id", "linker", "graph_version", "ingested_at"],
        where=ds.field("entity_id") != "",
    )
    last = links.sort_values("ingested_at").iloc[-1]
    links = links[(links["linker"] == last["linker"]) & (links["graph_version"] == last["graph_version"])]
    return reading.score(known, heads, events, links)


def correct(made: pd.DataFrame, known: Truth) -> pd.DataFrame:
    """session, model, seed, right (0 or 1), driver (seen, unseen or none: what drives the session)."""
    causes = known.causes.assign(driver=known.causes["seen"].map({1.0: "seen", 0.0: "unseen"}).fillna("none"))
    rows = made.merge(causes[["session", "driver"]], on="session")
    return rows.assign(right=((rows["p_up"] >= 0.5) == (rows["up"] == 1)).astype(float))[
        ["session", "model", "seed", "right", "driver"]
    ]


def models(right: pd.DataFrame) -> pd.DataFrame:
    """Accuracy (models x SUBSETS), mean over seeds."""
    order = list(dict.fromkeys(right["model"]))
    by = right.pivot_table(index="model", columns="driver", values="right")
    return by.assign(all=right.groupby("model")["right"].mean()).reindex(index=order, columns=list(SUBSETS))


def sanity(table: pd.DataFrame) -> Iterable[Finding]:
    """The world itself: there is something to learn, and only where it was planted."""
    reach, best = _cell(table, "event type x class", "all"), _cell(table, "Bayes, in this world", "all")
    yield Finding("oracle with classes reaches Bayes", f"{reach:.3f}", f">= {best - 0.03:.3f}", bool(reach >= best - 0.03))


def findings(right: pd.DataFrame, known: Truth, way: float) -> Iterable[Finding]:
    """What issue and documentation promise of the models; a model that was not run has no finding."""
    table = models(right)
    bayes = known.about["bayes"]["all"]
    if "kdtcn" in table.index:
        low, high = bayes["always_up"], bayes["bayes"]
        share = (_cell(table, "kdtcn", "all") - low) / (high - low)
        yield Finding("KDTCN on the way from always-up to Bayes", f"{share:.2f}", f">= {way:.2f}", bool(share >= way))
    if {"kdtcn", "eb-tcn"} <= set(table.index):
        gap, half = difference(right[right["driver"] == "unseen"], "kdtcn", "eb-tcn")
        yield Finding(
            "KDTCN before EB-TCN on unseen causes",
            f"{gap:.3f} ± {half:.3f}",
            ">= 0.100, interval off zero",
            bool(gap >= 0.1 and gap > half),
        )
    if "tcn" in table.index:
        each = right[right["model"] == "tcn"].groupby("session")["right"].mean()
        half = 1.96 * 0.5 / np.sqrt(len(each))
        yield Finding(
            "TCN (prices only) at chance", f"{each.mean():.3f}", f"0.500 ± {half:.3f}", bool(abs(each.mean() - 0.5) <= half)
        )


def difference(right: pd.DataFrame, one: str, other: str) -> tuple[float, float]:
    """Mean difference of accuracy over sessions, seeds averaged first, and the half-width of its 95 % interval."""
    table = right[right["model"].isin([one, other])].pivot_table(index="session", columns="model", values="right")
    gap = table[one] - table[other]
    return float(gap.mean()), float(1.96 * gap.std(ddof=1) / np.sqrt(len(gap)))


def _cell(table: pd.DataFrame, row: str, column: str) -> float:
    return float(table[column].loc[row])
