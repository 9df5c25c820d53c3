"""Which headlines the synthetic world writes for each session: its cause, look-alikes of causes, and harmless news."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdtcn.demo.cast import KINDS, Cast, Rule
from kdtcn.demo.headlines import HARMLESS, Frame, Headline, frames, render

P_CAUSE = 0.64  # share of sessions with a cause
TEST_SHARE = 0.20  # of the sessions, the last ones
P_UNSEEN = 0.5  # of the causes in the test period, by an entity kept for it
LEAST, MORE, P_MORE = 15, 10, 0.3  # headlines a session: LEAST and a binomial number more, 18 in the mean, 25 at most
P_ALIAS = 0.25  # another name than the usual one, where there is one


@dataclass(frozen=True)
class Cause:
    """What moves one session: the rule, the entity it was told of, and whether that entity caused before the test period."""

    rule: Rule
    entity: str
    seen: bool


@dataclass(frozen=True)
class Line:
    """One headline: its date, its rank among those of the date (1 is the most popular), and the session it can move."""

    day: pd.Timestamp
    rank: int
    session: pd.Timestamp
    headline: Headline
    use: str
    entity: str  # the actor of a cause or of a look-alike, else empty
    rule: str  # the rule that made it a cause, else empty


class Deck:
    """Draws from a list so that every card comes once before any comes twice."""

    def __init__(self, cards: Sequence, rng: np.random.Generator) -> None:
        self._cards, self._rng, self._rest = list(cards), rng, []  # type: ignore[var-annotated]

    def draw(self):  # type: ignore[no-untyped-def]
        if not self._rest:
            self._rest = [self._cards[i] for i in self._rng.permutation(len(self._cards))]
        return self._rest.pop()


def test_start(n: int) -> int:
    """The first session of the test period."""
    return n - round(n * TEST_SHARE)


def causes(cast: Cast, n: int, rng: np.random.Generator) -> list[Cause | None]:
    """The cause of each session, or None; the first session has no news before it, hence no cause."""
    decks = {
        (name, seen): Deck(group.seen if seen else group.unseen, rng)
        for name, group in cast.classes.items()
        for seen in (True, False)
    }
    found: list[Cause | None] = []
    for i in range(n):
        if i == 0 or rng.random() >= P_CAUSE:
            found.append(None)
            continue
        # drawn with replacement: a deck of rules would make the sign of a session tell that of the next
        rule = cast.rules[int(rng.integers(len(cast.rules)))]
        seen = i < test_start(n) or bool(rng.random() >= P_UNSEEN)
        found.append(Cause(rule, decks[rule.name, seen].draw(), seen))
    return found


def lines(cast: Cast, sessions: pd.DatetimeIndex, plan: Sequence[Cause | None], rng: np.random.Generator) -> Iterator[Line]:
    """Every headline, by date and rank; those between two sessions belong to the later one."""
    writer = Writer(cast, rng)
    n = len(sessions)
    strangers = {
        (name, seen): Deck(group.seen if seen else group.unseen, rng)
        for name, group in cast.outsiders.items()
        for seen in (True, False)
    }
    for i in range(1, n):
        days = pd.date_range(sessions[i - 1], sessions[i] - pd.Timedelta(days=1))
        size = LEAST + int(rng.binomial(MORE, P_MORE))
        told: list[tuple[str, str, str]] = []  # use, entity, rule
        cause = plan[i]
        if cause is not None:
            told.append((cause.rule.event, cause.entity, cause.rule.name))
        for event in cast.events:
            # outsiders as often as class members, whether or not there is a cause: the event type tells nothing
            for _ in range(min(2, rng.poisson(P_CAUSE / len(cast.events)))):
                seen = i < test_start(n) or bool(rng.random() >= P_UNSEEN)
                told.append((event, strangers[event, seen].draw(), ""))
        told += [(HARMLESS, "", "")] * (size - len(told))
        yield from _spread(writer, told, days, sessions[i], rng, cast.kept if i < test_start(n) else frozenset())


def _spread(
    writer: "Writer",
    told: list[tuple[str, str, str]],
    days: pd.DatetimeIndex,
    session: pd.Timestamp,
    rng: np.random.Generator,
    absent: frozenset[str],
) -> Iterator[Line]:
    """Deal the headlines of a session to its dates; ranks are drawn at random, so popularity says nothing."""
    # the day of the session before has most of the news, but no day is without
    weights = np.where(np.arange(len(days)) == 0, 3.0, 1.0)
    dates = np.concatenate([np.arange(len(days)), rng.choice(len(days), len(told) - len(days), p=weights / weights.sum())])
    rng.shuffle(dates)
    for d, day in enumerate(days):
        mine = [told[j] for j in rng.permutation(len(told)) if dates[j] == d]
        written: set[str] = set()
        for rank, (use, entity, rule) in enumerate(mine, start=1):
            headline = writer.write(use, entity, day, absent)
            while headline.text in written:  # the same text twice on a day would be one headline to any reader
                headline = writer.write(use, entity, day, absent)
            written.add(headline.text)
            yield Line(day, rank, session, headline, use, entity, rule)


class Writer:
    """Picks frames and names; every frame of a use comes equally often."""

    def __init__(self, cast: Cast, rng: np.random.Generator) -> None:
        self._cast, self._rng = cast, rng
        by_use: dict[str, list[Frame]] = {}
        for frame in frames():
            by_use.setdefault(frame.use, []).append(frame)
        self._frames = {use: Deck(mine, rng) for use, mine in by_use.items()}
        self._pools = {kind: Deck(pool, rng) for kind, pool in cast.pools.items()}

    def write(self, use: str, actor: str, day: pd.Timestamp, absent: frozenset[str] = frozenset()) -> Headline:
        """A headline of that use and day, about the actor where the use has one, without the entities that are absent."""
        frame = self._frames[use].draw()
        taken = {actor, *absent}
        names = {}
        for slot in frame.entities:
            entity = actor if slot == "X" else self._other(KINDS[slot], taken, day)
            taken.add(entity)
            names[slot] = (entity, self._name(entity))
        return render(frame, names, self._rng)

    def _other(self, kind: str, taken: set[str], day: pd.Timestamp) -> str:
        """An entity that is not among the taken, drawn without regard to classes."""
        while True:
            if kind == "leader":
                leading = self._cast.leading(day)
                entity = leading[int(self._rng.integers(len(leading)))]
            else:
                entity = self._pools[kind].draw()
            if entity not in taken:
                return entity

    def _name(self, entity: str) -> str:
        names = self._cast.names[entity]
        if len(names) > 1 and self._rng.random() < P_ALIAS:
            return names[1 + int(self._rng.integers(len(names) - 1))]
        return names[0]
