"""One set of models under every protocol: three ways through the same test sessions, and the two splits of the literature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from kdtcn.config import EvaluationSettings, Settings
from kdtcn.evaluation.abrupt import abrupt_comparisons, abrupt_table
from kdtcn.evaluation.comparison import comparisons, holm, mcnemar_test
from kdtcn.evaluation.ensembles import with_ensemble
from kdtcn.evaluation.openings import opened, times
from kdtcn.evaluation.overfitting import Overfitting, overfitting
from kdtcn.evaluation.stored import stored_predictions
from kdtcn.evaluation.tables import directional, table
from kdtcn.lake import Lake
from kdtcn.training.experiment import Walk
from kdtcn.training.tried import tried


@dataclass(frozen=True)
class Protocol:
    """How training and test sessions are parted; `test_from` None: that of the settings."""

    name: str
    title: str
    origin: Literal["fixed", "shares", "rolling", "window"]
    test_from: date | None = None

    def of(self, chosen: EvaluationSettings) -> EvaluationSettings:
        """The settings' evaluation under this protocol."""
        return chosen.model_copy(update={"origin": self.origin, "test_from": self.test_from or chosen.test_from})

    def words(self, chosen: EvaluationSettings) -> str:
        """What is done, in a sentence."""
        period = f"{chosen.months} months"
        return {
            "rolling": f"trained again before every {period} of the test period, on all sessions before them",
            "window": f"trained again before every {period} of the test period, on the {chosen.longest} sessions before them",
            "fixed": f"trained once, on sessions before {self.test_from or chosen.test_from}",
            "shares": "trained on the first 80 % of all sessions, validated on the next 10 %, tested on the last 10 %",
        }[self.origin]


PRIMARY = "rolling"
PROTOCOLS = (
    Protocol(PRIMARY, "Rolling origin", "rolling"),
    Protocol("window", "Rolling window", "window"),
    Protocol("fixed", "Fixed origin", "fixed"),
    Protocol("fixed-2015", "Fixed origin, tested from 2015", "fixed", date(2015, 1, 1)),
    Protocol("shares", "80 / 10 / 10 %", "shares", date(1900, 1, 1)),  # the last tenth, whenever it begins
)
SAME_SESSIONS = (PRIMARY, "window", "fixed")


def walks(settings: Settings, protocols: Sequence[Protocol] = PROTOCOLS) -> list[tuple[Protocol, Walk]]:
    """Every protocol under every alignment of the settings; alignments one after the other."""
    chosen = settings.evaluation
    return [(protocol, Walk(name, protocol.of(chosen))) for name in chosen.alignments for protocol in protocols]


@dataclass(frozen=True)
class Results:
    """The figures of all protocols. Frames have the columns of the function named, behind `protocol` where there is one.

    scores: `tables.table`, with `opened`; tests: `comparisons`; on_abrupt: `comparisons` with reversal on abrupt sessions
    alone; origins and alignments: `paired`, with `alignment` and `other`, or with `protocol`; luck by protocol and alignment;
    volatility: `abrupt_table` and its tests `abrupt_comparisons`, of the primary protocol.
    """

    scores: pd.DataFrame
    tests: pd.DataFrame
    on_abrupt: pd.DataFrame
    origins: pd.DataFrame
    alignments: pd.DataFrame
    luck: dict[tuple[str, str], Overfitting]
    volatility: pd.DataFrame
    volatility_tests: pd.DataFrame
    first: pd.Timestamp
    last: pd.Timestamp
    configurations: int = 1


def results(lake: Lake, settings: Settings, ids: Sequence[Sequence[str]]) -> Results:
    """Score the stored forecasts of the models that `train` returned for `walks(settings)`, in its order."""
    made = forecasts(lake, settings, ids, "paper")
    configurations = max(1, tried(lake))
    parts: dict[str, list[pd.DataFrame]] = {"scores": [], "tests": [], "on_abrupt": []}
    luck: dict[tuple[str, str], Overfitting] = {}
    for name, rows in made.items():
        counts = times(lake, rows)
        scored = table(with_ensemble(rows, settings.training.live), settings.evaluation.thresholds)
        parts["scores"].append(scored.assign(protocol=name, opened=scored["alignment"].map(counts)))
        parts["tests"].append(comparisons(rows, tried=configurations).assign(protocol=name))
        some = rows[rows["abrupt"] == 1]
        parts["on_abrupt"].append(comparisons(some, ["reversal"], tried=configurations).assign(protocol=name))
        luck |= {(name, alignment): one for alignment, one in overfitting(rows).items()}
    frames = {key: _protocol_first(pd.concat(found, ignore_index=True)) for key, found in parts.items()}
    primary = made[PRIMARY]
    return Results(
        **frames,
        origins=_origins(made),
        alignments=_alignments(made),
        luck=luck,
        volatility=abrupt_table(primary),
        volatility_tests=abrupt_comparisons(primary),
        first=primary["session"].min(),
        last=primary["session"].max(),
        configurations=configurations,
    )


def forecasts(
    lake: Lake, settings: Settings, ids: Sequence[Sequence[str]], command: str, protocols: Sequence[Protocol] = PROTOCOLS
) -> dict[str, pd.DataFrame]:
    """`stored_predictions` by protocol of the models that `train` returned for `walks`; the openings of `command` are counted."""
    made = {}
    for protocol in protocols:
        under = zip(walks(settings, protocols), ids, strict=True)
        mine = [name for (other, _), names in under if other == protocol for name in names]
        chosen = settings.model_copy(update={"evaluation": protocol.of(settings.evaluation)})
        made[protocol.name] = stored_predictions(lake, chosen, mine)
    for rows in made.values():  # all before any is scored: whether a figure is looked at before or after another says nothing
        opened(lake, settings, rows, command)
    return made


def _protocol_first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["protocol", *(name for name in frame.columns if name != "protocol")]]


def paired(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The models of two sets of forecasts on the sessions of both: model, n, accuracy, accuracy_other, gap, mcnemar, mcnemar_holm.

    Seeds are one forecast, the mean of their probabilities, as in `comparisons`. The correction is for the number of models;
    one whose decisions are the same throughout is no comparison and is left out.
    """
    found = []
    names = directional(one)["model"].drop_duplicates()
    for name in names[names.isin(other["model"])]:
        hits = pd.concat([_hits(rows[rows["model"] == name]) for rows in (one, other)], axis=1, join="inner")
        mine, theirs = hits.iloc[:, 0].to_numpy(), hits.iloc[:, 1].to_numpy()
        if len(hits) == 0 or (mine == theirs).all():
            continue
        row = {"model": name, "n": len(hits), "accuracy": float(mine.mean()), "accuracy_other": float(theirs.mean())}
        found.append({**row, "gap": row["accuracy"] - row["accuracy_other"], "mcnemar": mcnemar_test(mine, theirs)})
    rows = pd.DataFrame(found, columns=["model", "n", "accuracy", "accuracy_other", "gap", "mcnemar"])
    return rows.assign(mcnemar_holm=holm(rows["mcnemar"].to_numpy(dtype=np.float64)))


def _hits(rows: pd.DataFrame) -> pd.Series:
    by = rows.groupby("session").agg(p_up=("p_up", "mean"), up=("up", "first"))
    return (by["p_up"] >= 0.5) == (by["up"] == 1)


def _origins(made: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The primary protocol against the other ways through the same sessions."""
    parts = []
    for alignment, rows in made[PRIMARY].groupby("alignment", sort=False):
        for name in SAME_SESSIONS[1:]:
            other = made[name]
            found = paired(rows, other[other["alignment"] == alignment])
            parts.append(found.assign(alignment=alignment, protocol=PRIMARY, other=name))
    return pd.concat(parts, ignore_index=True)


def _alignments(made: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Headlines of the same day against those known before; empty where one alignment was run."""
    parts = []
    for name, rows in made.items():
        by = dict(tuple(rows.groupby("alignment")))
        if {"same_day", "forecast"} <= set(by):
            parts.append(paired(by["same_day"], by["forecast"]).assign(protocol=name))
    empty = paired(made[PRIMARY].iloc[:0], made[PRIMARY].iloc[:0]).assign(protocol="")
    return pd.concat(parts, ignore_index=True) if parts else empty
