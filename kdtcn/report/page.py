"""What a session's page shows, as plain data: all its figures can be had without a picture, and go into the JSON beside it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any

import pandas as pd

from kdtcn.explain.abrupt import AbruptPoint
from kdtcn.explain.linkage import Linkage

STABLE = 0.5  # mean rank correlation between training seeds below which the page warns
ADVICE = "Not investment advice. A model's expectation is no statement about what will happen."


@dataclass(frozen=True)
class EntityRef:
    """An entity that a slot of a tuple was linked to, as the graph described it on the day."""

    id: str
    label: str
    description: str = ""
    score: float | None = None


@dataclass(frozen=True)
class EventRow:
    """One event of the session with its headline; effect, stderr, low and high are in units of the raw logit of P(up).

    `seeds` are the lowest and the highest effect of the event in models that were trained from other seeds.
    """

    event_id: str
    headline_id: str
    headline: str
    popularity: int | None
    subject: str
    predicate: str
    object: str
    effect: float
    stderr: float = 0.0
    low: float | None = None
    high: float | None = None
    url: str = ""
    source: str = ""
    published: str = ""
    event_type: str = ""
    negated: bool = False
    modality: str = "asserted"
    speaker: str = ""
    rule: str = ""
    confidence: float | None = None
    subject_entities: tuple[EntityRef, ...] = ()
    object_entities: tuple[EntityRef, ...] = ()
    seeds: tuple[float, float] | None = None

    @property
    def outside(self) -> bool:
        """Whether the effect leaves its placebo band: only then it is about this event."""
        return self.low is not None and self.high is not None and not self.low <= self.effect <= self.high

    @property
    def words(self) -> str:
        return " ".join(part for part in (self.subject, ("not " if self.negated else "") + self.predicate, self.object) if part)


@dataclass(frozen=True)
class HeadlineRow:
    """A headline from which no event was extracted."""

    headline: str
    popularity: int | None = None
    url: str = ""
    source: str = ""
    published: str = ""


@dataclass(frozen=True)
class OlderRow:
    """An older session of the window: all its news as one effect."""

    session: pd.Timestamp
    effect: float
    n: int


@dataclass(frozen=True)
class Outcome:
    """What the session did, once it has closed."""

    up: bool
    d: float
    c: float | None
    abrupt: bool | None


@dataclass(frozen=True)
class Record:
    """How often the model was right over n test sessions (95 % interval), beside what always-up got on the same ones.

    `abrupt` is the share of these sessions that were abrupt, what P(abrupt) is to be read against.
    """

    n: int
    accuracy: float
    low: float
    high: float
    always_up: float
    first: pd.Timestamp
    last: pd.Timestamp
    abrupt: float | None = None


@dataclass(frozen=True)
class Stability:
    """How alike models trained from `seeds` seeds order the session's events: mean rank correlation over their pairs."""

    seeds: int
    correlation: float

    @property
    def stable(self) -> bool:
        return self.correlation >= STABLE


@dataclass(frozen=True)
class SimilarRow:
    """An earlier session with events like this one's, what they share, and what happened then."""

    session: pd.Timestamp
    similarity: float
    shared: tuple[str, ...]
    d: float | None = None
    c: float | None = None
    abrupt: bool | None = None


@dataclass(frozen=True)
class Provenance:
    """What made the page, and the command that remakes it."""

    model_id: str
    family: str
    config_hash: str
    code_version: str
    command: str
    trained_until: str = ""
    graph_version: str = ""
    extractor: str = ""
    method: str = ""
    seed: int = 0
    data_versions: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionPage:
    """A session under one alignment. Events come in order of popularity; the last point of `recent` is the session itself.

    `trained_on` says that the session is among those the model learned from, so that nothing here tests it.
    """

    session: pd.Timestamp
    p_up: float
    p_abrupt: float
    logit: float
    base: float
    threshold: float
    decision: str
    provenance: Provenance
    symbol: str = "DJIA"
    alignment: str = "forecast"
    outcome: Outcome | None = None
    record: Record | None = None
    events: tuple[EventRow, ...] = ()
    older: tuple[OlderRow, ...] = ()
    headlines: tuple[HeadlineRow, ...] = ()
    linkage: Linkage = field(default_factory=Linkage)
    recent: tuple[AbruptPoint, ...] = ()
    similar: tuple[SimilarRow, ...] = ()
    stability: Stability | None = None
    trained_on: bool = False
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    archive: bool = True

    @property
    def name(self) -> str:
        """The file name without ending; the same-day page of a session stands beside its forecast."""
        return f"{self.session:%Y-%m-%d}" + ("" if self.alignment == "forecast" else "-same-day")

    @property
    def up(self) -> bool:
        return self.p_up >= 0.5

    @property
    def own_total(self) -> float:
        return sum(event.effect for event in self.events)

    @property
    def older_total(self) -> float:
        return sum(row.effect for row in self.older)

    @property
    def top(self) -> EventRow | None:
        """The event with the largest effect."""
        return max(self.events, key=lambda event: abs(event.effect), default=None)


def as_json(value: Any) -> Any:
    """Dataclasses, timestamps and arrays as what JSON knows; NaN becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d") if value.tz is None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) or value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence):
        return [as_json(inner) for inner in value]
    if hasattr(value, "item"):  # a numpy scalar
        return as_json(value.item())
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
