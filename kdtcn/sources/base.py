"""What every source yields, what it is given to work with, and how an import is counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from kdtcn.errors import SourceError

if TYPE_CHECKING:
    from kdtcn.sources.http import Client


class Record(NamedTuple):
    """A headline as a source gives it; times are UTC, `text` is what `text.clean` returned.

    `day` is the New York day it belongs to. `rank` (1 is the most popular) and `votes` are what was seen at `seen_at`;
    without one they count as seen when the headline became available.
    """

    published_at: datetime
    available_at: datetime
    source: str
    day: date
    text: str
    url: str = ""
    rank: int | None = None
    votes: int | None = None
    seen_at: datetime | None = None


class Price(NamedTuple):
    """One session of one symbol as a source gives it: prices in the instrument's currency or index points, volume in units."""

    symbol: str
    session: date
    source: str
    available_at: datetime
    open: float
    high: float
    low: float
    close: float
    adj_close: float
    volume: float | None


class Reject(NamedTuple):
    """An input row that is not stored, and why; `raw` starts with where it stood (file and line, or address)."""

    source: str
    raw: str
    reason: str


@dataclass(frozen=True)
class Counts:
    """What became of the rows read: read = stored + known + rejected.

    `restated` (of the stored) are prices that replace other values of the same session; `scores` are vote snapshots stored.
    """

    read: int = 0
    stored: int = 0
    known: int = 0
    rejected: int = 0
    restated: int = 0
    scores: int = 0

    def __post_init__(self) -> None:
        if self.read != self.stored + self.known + self.rejected:
            raise AssertionError(f"counts do not add up: {self}")

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.read + other.read,
            self.stored + other.stored,
            self.known + other.known,
            self.rejected + other.rejected,
            self.restated + other.restated,
            self.scores + other.scores,
        )

    def __str__(self) -> str:
        text = f"read {self.read:,} = stored {self.stored:,} + known {self.known:,} + rejected {self.rejected:,}"
        return text + (f" ({self.restated:,} restated)" if self.restated else "")


Row = TypeVar("Row", bound=Record | Price | Reject)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Context:
    """What a provider is given for one run: the days wanted (both included), the clock, the web, and a folder for its own state."""

    first: date | None = None
    last: date | None = None
    now: datetime = field(default_factory=_now)
    state: Path | None = None
    client: "Client | None" = None
    problems: list[str] = field(default_factory=list)  # what was left out, for the user
    tags: dict[str, dict[str, str]] = field(default_factory=dict)  # of the answers read, for Provider.stored

    @property
    def http(self) -> "Client":
        """The web client, made on first use so that files need none."""
        if self.client is None:
            from kdtcn.sources.http import Client

            self.client = Client()
        return self.client

    def wants(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def readable(rows: list[Row], where: str) -> list[Row]:
    """The rows of one answer; SourceError where it holds some and none can be read: then the service has changed, not the day."""
    if rows and all(isinstance(row, Reject) for row in rows):
        reason = next(row.reason for row in rows if isinstance(row, Reject))
        raise SourceError(f"{where}: none of its {len(rows):,} rows could be read ({reason}); the service may have changed")
    return rows


class Provider(BaseModel):
    """A source with its options as fields, which the settings fill; a new one is one file and a line in `registry.BUILTIN`.

    `read` checks its input before the first yield, raising InputError (files) or SourceError (the web), so that nothing is
    written when the input is no use. `stored` is called when all that was read is safe in the lake.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[Literal["prices", "news"]]

    def read(self, context: Context) -> Iterator[Record | Price | Reject]:
        raise NotImplementedError

    def stored(self, context: Context) -> None:
        """Nothing to remember, for most."""
