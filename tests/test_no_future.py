"""Nothing from the future: whatever is known only after a decision time changes no feature, vector or prediction before it.

One lake holds a fixed past and a future drawn anew each time: other prices and restatements of old ones, other headlines,
popularity, events and facts. Everything up to the cut, and every forecast made by then, must come out the same.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn import models
from kdtcn.config import Settings, TrainingSettings
from kdtcn.lake import Lake
from kdtcn.sessions import closes, day_end, decision_time, sessions
from kdtcn.training.fold import Fold, Sight, prepare
from kdtcn.training.jobs import Job, run_job
from kg import Graph, load_seed
from kg.pending import link_pending, linker_id

DAYS = sessions("2014-01-02", "2015-06-30")
CUT = 260  # sessions of fixed past; everything available after the decision time of this one is redrawn
NAMES = ["Britain", "France", "Germany", "Japan", "Russia", "China", "Apple", "Boeing", "Brazil", "India"]
VERBS = ["sues", "praises", "warns", "joins", "leaves", "sanctions"]
EXTRACTOR = "by-hand"
SETTINGS = Settings(
    name="future",
    features={"price_window": 30, "window": 5, "text_dim": 8},  # type: ignore[arg-type]
    graph={"dim": 8, "epochs": 2},  # type: ignore[arg-type]
    evaluation={"test_from": f"{DAYS[200]:%Y-%m-%d}", "alignments": ["forecast"]},  # type: ignore[arg-type]
    sources={"symbol": "X"},  # type: ignore[arg-type]
)


def build(folder: Path, future: int) -> tuple[Lake, Sight]:
    """A lake whose past is always the same and whose future is drawn with the seed `future`."""
    lake = Lake(str(folder / "lake"))
    moment = decision_time(DAYS[CUT])
    past, later = np.random.default_rng(1), np.random.default_rng(1000 + future)
    lake.upsert("prices", prices(DAYS[:CUT], past))
    lake.upsert("prices", prices(DAYS[CUT:], later))
    # values of the past restated in the future, each with its own time
    old = DAYS[later.choice(CUT, 40, replace=False)]
    lake.upsert("prices", prices(old, later).assign(available_at=moment + pd.Timedelta(days=1)))
    for when, rng in ((DAYS[: CUT - 1], past), (DAYS[CUT:], later)):
        heads, events = news(when, rng)
        assert (heads["available_at"] <= moment).all() if rng is past else (heads["available_at"] > moment).all()
        lake.upsert("headlines", heads)
        lake.upsert("events", events)
        seen = moment + pd.Timedelta(days=30)
        scores = heads[["headline_id", "month"]].assign(
            rank=rng.permutation(len(heads)), votes=1, seen_at=seen, available_at=seen
        )
        lake.upsert("headline_scores", scores)
    # votes on old headlines, counted in the future
    old_heads = lake.read("headlines", as_of=moment)[["headline_id", "month"]]
    late = moment + pd.Timedelta(days=31 + future)
    lake.upsert(
        "headline_scores", old_heads.assign(rank=later.permutation(len(old_heads)), votes=9, seen_at=late, available_at=late)
    )
    # old headlines read again in the future: more tuples, and other links of old ones
    again = lake.read("events", as_of=moment).sample(40, random_state=future).assign(available_at=moment + pd.Timedelta(days=2))
    lake.upsert("events", again.assign(event_id="again-" + again["event_id"]).drop(columns="ingested_at"))
    graph = with_future_facts(load_seed(), moment, later)
    link_pending(lake, graph, threshold=SETTINGS.graph.threshold)
    linker = linker_id(SETTINGS.graph.threshold)
    old = lake.read("events", as_of=moment)["event_id"].sample(30, random_state=future).to_numpy()
    other = {
        "role": "subject",
        "span_start": 0,
        "linker": linker,
        "graph_version": graph.version,
        "entity_id": graph.entities["id"].iloc[future],
    }
    late_links = pd.DataFrame({"event_id": old, **other, "label": "late", "score": 1.0, "month": "2014-06", "available_at": late})
    lake.upsert("links", late_links)
    return lake, Sight(EXTRACTOR, linker, graph)


def prices(days: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days))))
    spread = 1 + rng.uniform(0, 0.01, len(days))
    frame = {
        "symbol": "X",
        "session": days,
        "source": "t",
        "available_at": closes(days),
        "open": close / spread,
        "high": close * spread,
    }
    return pd.DataFrame(
        {
            **frame,
            "low": close / spread**2,
            "close": close,
            "adj_close": close,
            "volume": rng.integers(1e6, 2e6, len(days)).astype(float),
        }
    )


def news(days: pd.DatetimeIndex, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    heads, events = [], []
    for day in days:
        for i in range(3):
            subject, verb, thing = rng.choice(NAMES), rng.choice(VERBS), rng.choice(NAMES)
            key, month, text = f"{day:%Y%m%d}-{i}", f"{day:%Y-%m}", f"{subject} {verb} {thing}"
            heads.append({"headline_id": key, "source": "t", "text": text, "month": month, "day": day})
            spans = [
                f"0:{len(subject)}",
                f"{len(subject) + 1}:{len(subject) + 1 + len(verb)}",
                f"{len(text) - len(thing)}:{len(text)}",
            ]
            about = {
                "event_id": f"e{key}",
                "headline_id": key,
                "extractor": EXTRACTOR,
                "subject": subject,
                "predicate": verb,
                "object": thing,
            }
            places = dict(zip(("subject_span", "predicate_span", "object_span"), spans, strict=True))
            events.append(
                {**about, **places, "lemma": verb, "event_type": verb, "negated": False, "confidence": 1.0, "month": month}
            )
    frame = pd.DataFrame(heads)
    frame["available_at"] = day_end(pd.DatetimeIndex(frame["day"])).to_numpy()
    frame["available_at"] = (
        frame["available_at"].dt.tz_localize("UTC") if frame["available_at"].dt.tz is None else frame["available_at"]
    )
    frame["published_at"] = frame["available_at"] - pd.Timedelta(days=1)
    told = pd.DataFrame(events).assign(available_at=frame["available_at"])
    return frame.drop(columns="day"), told


def with_future_facts(graph: Graph, moment: pd.Timestamp, rng: np.random.Generator) -> Graph:
    """New facts that begin after the moment, and ends of old ones that come after it."""
    day = pd.Timestamp(moment.date())
    ids = graph.entities["id"].sample(60, random_state=int(rng.integers(1e6))).to_numpy()
    new = pd.DataFrame(
        {
            "head": ids[:30],
            "relation": "member_of",
            "tail": ids[30:],
            "valid_from": day + pd.Timedelta(days=3),
            "valid_to": pd.NaT,
            "source": "future",
        }
    )
    facts = graph.facts.copy()
    open_ended = facts.index[facts["valid_to"].isna() & (facts["valid_from"] < day - pd.Timedelta(days=3000))]
    facts.loc[rng.choice(open_ended, 20, replace=False), "valid_to"] = day + pd.Timedelta(days=int(rng.integers(2, 99)))
    return Graph(graph.entities, pd.concat([facts, new.astype(facts.dtypes.to_dict())], ignore_index=True), graph.same_as)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Fold:
    return prepare(*_args(build(tmp_path_factory.mktemp("first"), 0)))


def _args(built: tuple[Lake, Sight]) -> tuple:
    return built[0], SETTINGS, "forecast", built[1]


@pytest.mark.parametrize("future", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
def test_another_future_changes_nothing_before_it(first: Fold, tmp_path: Path, future: int) -> None:
    other = prepare(*_args(build(tmp_path, future)))
    known = CUT + 1  # rows up to and with the session decided at that moment
    assert not np.array_equal(first.market.closes[known:], other.market.closes[known:]), "the future differs"
    for name in ("prices", "sigma"):
        np.testing.assert_array_equal(getattr(first.market, name)[:known], getattr(other.market, name)[:known])
    for name in ("closes", "d", "c", "up", "abrupt"):
        np.testing.assert_array_equal(getattr(first.market, name)[:CUT], getattr(other.market, name)[:CUT])
    np.testing.assert_array_equal(first.fitted.text.components, other.fitted.text.components)
    assert first.fitted.embedding.entities == other.fitted.embedding.entities
    np.testing.assert_array_equal(first.fitted.embedding.vectors, other.fitted.embedding.vectors)
    for kind in first.data.items:
        one, two = first.data.items[kind], other.data.items[kind]
        end = int(one.offsets[known])
        np.testing.assert_array_equal(one.offsets[: known + 1], two.offsets[: known + 1])
        np.testing.assert_array_equal(one.ids[:end], two.ids[:end])
        np.testing.assert_array_equal(one.vectors[:end], two.vectors[:end])
    assert not np.array_equal(first.data.items["text"].vectors[end:], other.data.items["text"].vectors[end:])


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Fold:
    return prepare(*_args(build(tmp_path_factory.mktemp("other"), 7)))


DEFAULT = TrainingSettings().models


@pytest.mark.parametrize(
    "name", [*DEFAULT, *(pytest.param(name, marks=pytest.mark.slow) for name in models.available() if name not in DEFAULT)]
)
def test_another_future_changes_no_forecast_before_it(first: Fold, other: Fold, name: str) -> None:
    rows = first.split.test[first.split.test <= CUT]
    runs = [run_job(Job(name, 0, "forecast"), fold.data, fold.split, rows, {"epochs": 2}) for fold in (first, other)]
    assert len(rows) > 30
    np.testing.assert_array_equal(runs[0].logits, runs[1].logits)
    assert runs[0].temperature == runs[1].temperature
