"""Entity linking: which entities a subject or object phrase names, on the day of its headline.

The bearers of each name (kg/spans.py) are ranked by what kind of thing they are, by the date (who was in office), by the words around the name, and by their
neighbours among the other names of the headline. Only facts known by the day are used, so that a later fact never changes an earlier link.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kg.aliases import DOUBTFUL, DOUBTFUL_PERSON, SURNAME, Name, Token, fold, tokenize
from kg.cues import (
    ADJECTIVAL,
    CALENDAR,
    COMPANY,
    DATE_BEFORE,
    FAMOUS,
    PLACE_BEFORE,
    TITLES,
    VERB_AFTER,
    WORDS,
)
from kg.graph import Graph
from kg.index import Index
from kg.spans import LOST_APOSTROPHE, METROPOLIS, Finder, Span
from kg.surface import before as word_before
from kg.surface import ordinal
from kg.words import COMMON

IN_OFFICE, LEFT, LONG_GONE = 6.0, 3.0, 1.5  # a person with an office on the day, within LEFT_YEARS after it, later
LEFT_YEARS = 8
NEIGHBOUR = 4.0  # for each other name of the headline that is a neighbour in the graph, at most NEIGHBOURS of them
NEIGHBOURS = 2
OF_THE_DAY = 2.0  # where a neighbour is named by other headlines of the day
WORD, TITLE, PREPOSITION, TRADE = 4.0, 5.0, 1.5, 3.0
NAMESAKE = 0.15  # somebody whose surname is the name of a country or metropolis and who is not titled
KNOWN_PLACE = 25.0  # the weight from which a place is one of these
SURE = 0.75  # the share of the weight from which a name of the context counts as known


# of a headline: its words, its sure entities with their folded names, whether it is in title case, the words that open a sentence
Context = tuple[frozenset[str], tuple[tuple[str, int], ...], bool, frozenset[str]]


class Link(NamedTuple):
    """One entity named in a text, `start:end` its characters there; score in (0, 1]."""

    surface: str
    start: int
    end: int
    entity_id: str
    label: str
    score: float


class Around(NamedTuple):
    """A name in its place: the folded name, the words beside it, whether capitals beside it make it part of a longer name, whether a known place bears it."""

    key: str
    before: str
    after: str
    compound: bool
    place: bool


class Linker:
    """Links text to the entities of one graph; deterministic, and safe to share between threads for reading.

    `folder` keeps the index of names on disk from one run to the next; without one it is built in memory.
    """

    name = "alias-2"

    def __init__(self, graph: Graph, threshold: float = 0.5, folder: Path | None = None) -> None:
        self.threshold = threshold
        self.graph_version = graph.version
        self.index = Index.of(graph, folder)
        self._names = Finder(self.index)
        self._context = lru_cache(maxsize=4096)(self._read_context)

    def _read_context(self, context: str, day: int | None) -> Context:
        """The words of a headline, its unambiguous entities with their folded names, whether it is in title case, and the words that open a sentence."""
        tokens = tokenize(context)
        sure = []
        for span in self._names.spans(tokens, day):
            weights = [self.index.entity(name.entity).prior * name.quality for name in span.names]
            best = max(range(len(weights)), key=weights.__getitem__)
            if span.names[best].quality > 0.5 and weights[best] >= SURE * sum(weights):
                sure.append((" ".join(t.folded for t in tokens[span.first : span.last + 1]), span.names[best].entity))
        words = [t for t in tokens if len(t.text) > 3]
        shouting = len(words) > 3 and sum(t.text[0].isupper() for t in words) > 0.7 * len(words)
        opening = {
            t.folded
            for i, t in enumerate(tokens)
            if i == 0 or context[tokens[i - 1].end : t.start].strip(" '\"") in (".", ":", "?", "!", "-", "--", "…", "|", ";")
        }
        return frozenset(t.folded for t in tokens), tuple(sure), shouting, frozenset(opening)

    def sure(self, text: str, day: datetime.date | str | pd.Timestamp | None = None) -> frozenset[int]:
        """The entities that a headline names beyond doubt: the company in which other headlines of its day are read."""
        return frozenset(entity for _, entity in self._context(text, None if day is None else ordinal(day))[1])

    def _date(self, entity: int, day: int | None) -> float:
        terms = self.index.terms(entity)
        if not terms:
            return 1.0
        if day is None:
            return LEFT
        best = 1.0
        for start, end in terms:
            if start <= day:
                best = max(best, IN_OFFICE if day <= end else LEFT if day - end < LEFT_YEARS * 365 else LONG_GONE)
        return best

    def _weigh(
        self,
        name: Name,
        around: Around,
        day: int | None,
        context: Context,
        company: Collection[int],
    ) -> tuple[float, float]:
        """(weight against the other bearers, quality in (0, 1]) of one bearer of a name."""
        words, sure, shouting, opening = context
        entity, quality = self.index.entity(name.entity), name.quality
        kind, key = entity.types[0], around.key
        when = self._date(name.entity, day)
        weight = entity.prior * when * (0.5 + 0.5 * quality)
        near = self.index.near(name.entity) if sure or company else {}
        friends = sum(1 for other_key, other in sure if other_key != key and self._known(near, other, day))
        cues = WORDS.get(entity.label) or WORDS.get(f"{entity.label}|{kind}")
        worded = bool(cues and cues & words)
        titled = kind == "person" and around.before in TITLES
        traded = kind == "company" and bool(COMPANY & words)
        weight *= (
            NEIGHBOUR ** min(friends, NEIGHBOURS)
            * (WORD if worded else 1.0)
            * (TITLE if titled else 1.0)
            * (TRADE if traded else 1.0)
        )
        if not friends and company and any(self._known(near, other, day) for other in company):
            weight *= OF_THE_DAY
        if around.place and kind == "person" and name.quality <= SURNAME and not titled:
            weight *= NAMESAKE
        before_place = around.before in PLACE_BEFORE
        if before_place and "place" in entity.types:
            weight *= PREPOSITION
        if quality < 0.5 and " " not in key:  # an ordinary word: does anything say that it is a name here?
            person, surname = kind == "person", quality < DOUBTFUL_PERSON + 0.01
            part = around.compound and kind in ("person", "media")
            held = person and when >= LEFT and (not shouting or key in FAMOUS)
            if key in CALENDAR:
                supported = titled or (
                    when == IN_OFFICE
                    and not shouting
                    and around.before not in DATE_BEFORE
                    and not around.after[:1].isdigit()
                    and around.after not in VERB_AFTER
                    and key not in opening
                )
            elif surname and key in TITLES:  # "the King": whoever it is, not Mr King
                supported = titled and around.before not in ("the", "a")
            elif kind == "city":
                supported = before_place or friends > 0 or worded
            else:
                named = key not in opening and not shouting and not part
                supported = titled or worded or traded or friends > 0 or named or (held and not (part and not shouting))
            quality *= (1 / DOUBTFUL_PERSON if surname else 1 / DOUBTFUL) if supported else 1.0
        return weight, min(quality, 1.0)

    @staticmethod
    def _known(near: Mapping[int, int], other: int, day: int | None) -> bool:
        return other in near and (day is None or near[other] <= day)

    def _full_name(self, name: Name, tokens: Sequence[Token], i: int, text: str, opening: frozenset[str]) -> bool:
        """Whether a lone word is part of somebody's or something's longer name: "Emma Jones", "James Cameron", "Vladimir Lukin", "Pearl Harbour"."""
        entity = self.index.entity(name.entity)
        before = tokens[i - 1] if i and text[tokens[i - 1].end : tokens[i].start] == " " else None
        after = tokens[i + 1] if i + 1 < len(tokens) and text[tokens[i].end : tokens[i + 1].start] == " " else None
        if entity.types[0] == "city":
            own = tokens[i].folded
            return (
                after is not None
                and entity.prior < METROPOLIS
                and self.index.given(own)
                and after.text[:1].isupper()
                and not self._ordinary(after)
            )
        if entity.types[0] != "person" or name.quality > SURNAME:
            return False
        own_names = {fold(word) for word in entity.label.split()}
        if before is not None and before.text[:1].isupper() and before.folded not in TITLES and before.folded not in own_names:
            if self.index.given(before.folded):
                return True
            if not self._ordinary(before) and before.folded not in opening:
                return True
        return after is not None and after.text[:1].isupper() and not self._ordinary(after)

    def _ordinary(self, token: Token) -> bool:
        """A word that may stand beside a name without being part of it."""
        word = token.folded
        return word in TITLES or word in COMMON or word in self._names.adjectives or bool(self.index.names(word))

    def link(
        self,
        text: str,
        *,
        day: datetime.date | str | pd.Timestamp | None = None,
        context: str = "",
        company: Collection[int] = (),
    ) -> list[Link]:
        """All entities named in `text`, in order; `context` is the headline it stands in, `day` that headline's date.

        `company` are the numbers (`sure`) of the entities that the day's other headlines name, as far as they were out.
        """
        tokens = tokenize(text)
        on = None if day is None else ordinal(day)
        spans = self._names.spans(tokens, on)
        if not spans:
            return []
        read = self._context(context or text, on)
        links = []
        for span in spans:
            start, end = tokens[span.first].start, tokens[span.last].end
            if (
                text[end : end + 1] in ("-", "‐", "–")
                and span.last + 1 < len(tokens)
                and tokens[span.last + 1].folded in ADJECTIVAL
            ):
                continue  # "US-led", "Israeli-occupied": an adjective, no actor
            names = span.names
            if span.first == span.last and not read[2]:
                names = tuple(n for n in names if not self._full_name(n, tokens, span.first, text, read[3]))
            if not names:
                continue
            around = self._around(tokens, span, text, context, names)
            others = company if len(names) > 1 else ()  # they only decide between several
            weighed = [(*self._weigh(name, around, on, read, others), name.entity) for name in names]
            total = sum(weight * quality for weight, quality, _ in weighed)
            weight, quality, number = max(weighed, key=lambda w: (w[0] * w[1], self._always(w[2]), self.index.entity(w[2]).id))
            score = quality * (weight * quality / total) ** 0.5
            if score >= self.threshold:
                entity = self.index.entity(number)
                links.append(Link(text[start:end], start, end, entity.id, entity.label, round(score, 4)))
        return links

    def _always(self, number: int) -> int:
        """Timeless neighbours: between equals the better connected one ("Korea")."""
        return sum(known == 0 for known in self.index.near(number).values())

    def _around(self, tokens: Sequence[Token], span: Span, text: str, context: str, names: Iterable[Name]) -> Around:
        first, last = span.first, span.last
        before = tokens[first - 1].folded if first else word_before(context, text)
        after = tokens[last + 1].folded if last + 1 < len(tokens) else ""
        beside = (
            first > 0 and text[tokens[first - 1].end : tokens[first].start] == " " and tokens[first - 1].text[:1].isupper(),
            last + 1 < len(tokens)
            and text[tokens[last].end : tokens[last + 1].start] == " "
            and tokens[last + 1].text[:1].isupper(),
        )
        place = any(
            name.quality >= LOST_APOSTROPHE and "place" in entity.types and entity.own and entity.prior >= KNOWN_PLACE
            for name in names
            for entity in [self.index.entity(name.entity)]
        )
        return Around(" ".join(t.folded for t in tokens[first : last + 1]), before, after, any(beside), place)
