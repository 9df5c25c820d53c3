"""Made-up pages for the tests of the report: no headline, price or effect in here is real."""

import networkx as nx
import numpy as np
import pandas as pd

from kdtcn.explain.abrupt import AbruptPoint, Interval, TopEffect
from kdtcn.explain.linkage import Edge, EventLinks, Linkage, Node, Sentence, link_events
from kdtcn.findings import Finding
from kdtcn.report import (
    Audit,
    Background,
    Bin,
    DataSummary,
    EntityRef,
    Evaluation,
    EventRow,
    HeadlineRow,
    LearningCurve,
    MonthCount,
    OlderRow,
    Outcome,
    Provenance,
    Record,
    RejectReason,
    Reliability,
    SessionPage,
    SiteMeta,
    SourceCount,
    StandingRow,
    TableCount,
)
from kdtcn.report.entities import About, FactRow

THRESHOLD = 0.02
ENTITIES = {
    "kd:gb": ("United Kingdom", "island country in north-western Europe"),
    "kd:eu": ("European Union", "political and economic union of European states"),
    "kd:gbp": ("Pound sterling", "currency of the United Kingdom"),
    "kd:sco": ("Scotland", "country within the United Kingdom"),
    "kd:fr": ("France", "country in western Europe"),
    "kd:de": ("Germany", "country in central Europe"),
    "kd:ecb": ("European Central Bank", "central bank of the euro area"),
    "kd:opec": ("OPEC", "organisation of oil exporting countries"),
    "kd:sa": ("Saudi Arabia", "country in western Asia"),
    "kd:oil": ("Crude oil", "commodity"),
    "kd:jp": ("Japan", "island country in eastern Asia"),
}
FACTS = (
    ("kd:gb", "member_of", "kd:eu", "1973-01-01"),
    ("kd:gb", "has_currency", "kd:gbp", None),
    ("kd:sco", "located_in", "kd:gb", None),
    ("kd:fr", "member_of", "kd:eu", "1958-01-01"),
    ("kd:de", "member_of", "kd:eu", "1958-01-01"),
    ("kd:fr", "borders", "kd:de", None),
    ("kd:ecb", "located_in", "kd:de", None),
    ("kd:sa", "member_of", "kd:opec", "1960-09-14"),
    ("kd:sa", "exports", "kd:oil", None),
)
# headline, subject, predicate, object, subject entities, object entities, event type
LINES = (
    ("Island kingdom is exiting from the continental union, ministers confirm", "Island kingdom", "exiting from", "continental union", "kd:gb", "kd:eu", "withdraw"),
    ("Pound sterling drops nearly 5% in a morning of invented trading", "Pound sterling", "drops", "nearly 5%", "kd:gbp", "", "fall"),
    ("Northern assembly demands a second vote on leaving the kingdom", "Northern assembly", "demands", "a second vote on leaving the kingdom", "kd:sco", "kd:gb", "demand"),
    ("Central bank in the river city offers unlimited loans to lenders", "Central bank", "offers", "unlimited loans to lenders", "kd:ecb", "", "aid"),
    ("Paris and Berlin call for a swift divorce", "Paris and Berlin", "call for", "a swift divorce", "kd:fr,kd:de", "", "demand"),
    ("Desert kingdom will not cut oil output, minister says", "Desert kingdom", "cut", "oil output", "kd:sa", "kd:oil", "reduce"),
    ("Oil cartel meets in an empty hall", "Oil cartel", "meets in", "an empty hall", "kd:opec", "", "meet"),
    ("Eastern island eyes a stimulus of ten trillion", "Eastern island", "eyes", "a stimulus of ten trillion", "kd:jp", "", "plan"),
    ("Farmers blockade the ring road with tractors", "Farmers", "blockade", "the ring road", "", "", "protest"),
    ("Scientists find a lake under the ice that hums", "Scientists", "find", "a lake under the ice that hums", "", "", "find"),
)  # fmt: skip


def graph() -> nx.MultiDiGraph:
    found = nx.MultiDiGraph()
    for name, (label, description) in ENTITIES.items():
        found.add_node(name, label=label, description=description, types=("country",))
    for head, relation, tail, since in FACTS:
        found.add_edge(head, tail, key=relation, relation=relation, valid_from=since)
    return found


def refs(names: str) -> tuple[EntityRef, ...]:
    return tuple(EntityRef(name, *ENTITIES[name], score=0.93) for name in names.split(",") if name)


def events(n: int, seed: int = 0) -> tuple[EventRow, ...]:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        text, subject, predicate, thing, heads, tails, kind = LINES[i % len(LINES)]
        value = float(rng.normal(0, 0.05) / (1 + i / 8)) if i else -0.22
        width = 0.06 / (1 + i / 12)
        rows.append(
            EventRow(
                event_id=f"ev{i:03d}",
                headline_id=f"hl{i:03d}",
                headline=text if i < len(LINES) else f"{text} (edition {i // len(LINES) + 1})",
                popularity=i + 1,
                subject=subject,
                predicate=predicate,
                object=thing,
                effect=value,
                stderr=0.002,
                low=-width + 0.004,
                high=width,
                url=f"https://news.example/{i}" if i % 3 else "",
                source="made-up",
                published="2016-06-23T18:00Z",
                event_type=kind,
                negated="not" in text.split(),
                modality="planned" if "will" in text.split() else "asserted",
                speaker="minister" if "says" in text else "",
                rule=("active", "passive", "copula")[i % 3],
                confidence=0.55 + 0.4 * float(rng.random()),
                subject_entities=refs(heads),
                object_entities=refs(tails),
            )
        )
    return tuple(rows)


def links(rows: tuple[EventRow, ...]) -> list[EventLinks]:
    return [
        EventLinks(
            row.event_id,
            row.subject,
            row.predicate,
            row.object,
            tuple((r.id, r.label) for r in row.subject_entities),
            tuple((r.id, r.label) for r in row.object_entities),
            row.negated,
            row.effect,
        )
        for row in rows
    ]


def linkage(rows: tuple[EventRow, ...]) -> Linkage:
    return link_events(links(rows), graph(), relation_labels={"member_of": "member of", "has_currency": "currency"})


def small_linkage() -> Linkage:
    """Two entities, a tuple and a fact, without asking the graph."""
    return Linkage(
        (Node("kd:gb", "United Kingdom", "entity"), Node("kd:eu", "European Union", "entity")),
        (Edge("kd:gb", "kd:eu", "exiting from", "event", "ev000"), Edge("kd:gb", "kd:eu", "member of", "fact", since="1973")),
        (Sentence((("node", "United Kingdom"), ("fact", "— member of since 1973 →"), ("node", "European Union")), ("ev000",)),),
    )


def series(last: str, n: int = 60, seed: int = 0) -> tuple[AbruptPoint, ...]:
    rng = np.random.default_rng(seed)
    days = pd.bdate_range(end=last, periods=n)
    d = rng.standard_t(4, n + 1) * 0.007
    d[-1], d[-2] = -0.0339, 0.0129
    return tuple(
        AbruptPoint(day, float(d[i + 1]), float(d[i + 1] - d[i]), bool(abs(d[i + 1] - d[i]) > THRESHOLD), THRESHOLD)
        for i, day in enumerate(days)
    )


def page(day: str = "2016-06-24", n: int = 24, seed: int = 0, **changes: object) -> SessionPage:
    rows = events(n, seed)
    past = tuple(
        OlderRow(session, float(e), 25)
        for session, e in zip(
            pd.bdate_range(end=pd.Timestamp(day) - pd.Timedelta(days=1), periods=9),
            np.random.default_rng(seed + 1).normal(0, 0.04, 9),
            strict=True,
        )
    )
    points = series(day, seed=seed)
    base = 0.21
    logit = base + sum(r.effect for r in rows) + sum(r.effect for r in past)
    last = points[-1]
    fields: dict[str, object] = {
        "session": pd.Timestamp(day),
        "p_up": 1 / (1 + np.exp(-logit)),
        "p_abrupt": 0.18,
        "logit": logit,
        "base": base,
        "threshold": THRESHOLD,
        "decision": "2016-06-24 00:00 New York (04:00 UTC)",
        "provenance": Provenance(
            "m-3f9a02c1d7", "kdtcn", "8c1f0e22ab90", "0.1.0+g1a2b3c4", f"kdtcn report build --session {day} --config configs/demo.yaml",
            trained_until="2014-12-31", graph_version="a93b11c09d2e", extractor="rules-1-5b1e", method="shapley", seed=0,
            data_versions={"prices": 3, "headlines": 7, "events": 7, "links": 7, "facts": 2},
        ),
        "outcome": Outcome(up=(last.d or 0) >= 0, d=last.d or 0.0, c=last.c, abrupt=last.abrupt),
        "record": Record(120, 0.525, 0.436, 0.612, 0.541, pd.Timestamp("2016-01-04"), pd.Timestamp("2016-06-23")),
        "events": rows,
        "older": past,
        "headlines": (HeadlineRow("Why the lighthouse keeper still writes letters", 25), HeadlineRow("In pictures: a flood of paper boats", 26, "https://news.example/boats")),
        "recent": points,
        "gaps": ("2016-06-20: no headline was published on this day.",),
    }  # fmt: skip
    return SessionPage(**{**fields, **changes})  # type: ignore[arg-type]


META = SiteMeta("KDTCN reports", "0.1.0", "8c1f0e22ab90", "kdtcn run --config configs/demo.yaml", synthetic=True)


def evaluation() -> Evaluation:
    rng = np.random.default_rng(3)
    rows = []
    for alignment in ("forecast", "same_day"):
        for subset, n in (("all", 376), ("large moves", 61), ("abrupt", 53)):
            for model in (
                "always-up",
                "previous-sign",
                "reversal",
                "logistic",
                "arima",
                "lstm",
                "cnn",
                "tcn",
                "wb-tcn",
                "eb-tcn",
                "kdeb-tcn",
                "kdtcn",
            ):
                a = 0.83 if (model, subset) == ("reversal", "abrupt") else 0.51 + rng.normal(0, 0.02)
                half = 0.98 / np.sqrt(n)
                rows.append(
                    (
                        model,
                        subset,
                        alignment,
                        n,
                        a,
                        a - half,
                        min(1, a + half),
                        a - 0.02,
                        rng.normal(0, 0.03),
                        0.5 + rng.normal(0, 0.02),
                        "± 0.4 %",
                    )
                )
    frame = pd.DataFrame(
        rows, columns=["model", "subset", "alignment", "n", "accuracy", "low", "high", "f1", "mcc", "auc", "seeds"]
    )
    bins = tuple(Bin(p, p + 0.04, p - 0.1, p + 0.15, 37) for p in (0.2, 0.35, 0.5, 0.65, 0.8))
    epochs = tuple(float(n) for n in range(1, 9))
    fall = tuple(0.7 - 0.03 * n for n in range(8))
    curves = (
        LearningCurve("kdtcn-0", "kdtcn", 0, epochs, fall, tuple(0.71 - 0.02 * n + 0.003 * n * n for n in range(8)), 4, "overfitting since epoch 5", 11_968),
        LearningCurve("logistic-0", "logistic", 0, epochs, fall),
    )  # fmt: skip
    found = (Finding("loss before training, nats", "0.6931", "ln 2", True), Finding("test scores below chance", "3", "0", False))
    return Evaluation(
        frame,
        ("Fixed origin; test sessions from 2015-01-02 on; five seeds.",),
        live="kdtcn",
        reliability=Reliability("kdtcn", bins, 0.24, 0.25, 0.03, 185),
        curves=curves,
        audits=(Audit("kdtcn on the world", "kdtcn audit model", "2016-06-24", found),),
    )


def background() -> Background:
    """An index of 80 sessions, and two facts of every entity."""
    days = pd.bdate_range(end="2016-06-28", periods=80)
    closes = pd.Series(17_000 + 40 * np.random.default_rng(5).normal(0, 1, 80).cumsum(), index=days)

    def describe(entity: str, session: pd.Timestamp) -> About:
        facts = (
            FactRow("is a member of", "European Union", "kd:eu", "1973-01-01", "", "made up"),
            FactRow("borders", "France", "kd:fr"),
        )
        return About(*ENTITIES[entity], ("country",), facts, 3, f"{session - pd.Timedelta(days=1):%Y-%m-%d}")

    return Background(closes, describe)


def data() -> DataSummary:
    return DataSummary(
        (SourceCount("world news", 30_112, 30_010, 60, 42), SourceCount("world prices", 1_200, 1_200, 0, 0)),
        (
            RejectReason("world news", "empty text", 40, ""),
            RejectReason("world news", "date is not a date", 2, "31/02/2016, <b>Farmers</b>"),
        ),
        (
            TableCount("headlines", 30_010, "7", "2011-06-01", "2016-07-01"),
            TableCount("prices", 1_200, "3", "2011-06-01", "2016-07-01"),
        ),
        ("2016-06-20: no headline.",),
        months=tuple(MonthCount(f"2016-{m:02d}", 20, 500 + m, 500 + m, 480, 300) for m in range(1, 8)),
        standings=(
            StandingRow("prices", "world KDW", 1_200, "2016-06-30", (), 0),
            StandingRow("news", "world", 30_010, "2016-06-30", ("2016-06-20",), 12),
        ),
    )


def interval() -> Interval:
    a, b = pd.Timestamp("2016-06-24"), pd.Timestamp("2016-06-27")
    return Interval(a, b, (a, b), -0.0484, -0.0468, a, (TopEffect(a, "Island kingdom exiting from continental union", -0.22),))
