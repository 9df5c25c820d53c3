"""Entity linking: which entities a subject or object phrase names, on the day of its headline.

Candidates come from the alias index, longest name first. They are ranked by what kind of thing they are, by the date (who was in office), by the words around the
name, and by their neighbours among the other names of the headline. Only facts known by the day are used, so that a later fact never changes an earlier link.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from kg.aliases import OWN, SURNAME, AliasIndex, Name, Token, demonyms, tokenize
from kg.cues import ADJECTIVAL, CALENDAR, COMPANY, DATE_BEFORE, PLACE_BEFORE, STATE, STATE_BRIDGE, TITLES, WORDS
from kg.graph import Graph, relation_kind
from kg.surface import before as word_before
from kg.surface import deletions, fits, ordinal
from kg.words import COMMON

# how likely a bare name means a thing of this first type in world news; only ratios matter
PRIOR = {
    "country": 100.0, "territory": 60.0, "bloc": 60.0, "organisation": 60.0, "armed group": 60.0, "region": 50.0, "continent": 60.0, "central bank": 50.0,
    "agency": 45.0, "index": 45.0, "military": 40.0, "person": 30.0, "company": 30.0, "party": 30.0, "website": 30.0, "conflict": 30.0, "subdivision": 30.0,
    "people": 25.0, "currency": 25.0, "city": 8.0, "timezone": 1.0, "work": 2.0, "other": 4.0,
}  # fmt: skip
DEFAULT_PRIOR = 20.0
FORMER = 0.2  # a state that is gone
IN_OFFICE, LEFT, LONG_GONE = 6.0, 3.0, 1.5  # a person with an office on the day, within LEFT_YEARS after it, later
LEFT_YEARS = 8
NEIGHBOUR = 4.0  # for each other name of the headline that is a neighbour in the graph, at most NEIGHBOURS of them
NEIGHBOURS = 2
WORD, TITLE, PREPOSITION, TRADE = 4.0, 5.0, 1.5, 3.0
SURE = 0.75  # the share of the weight from which a name of the context counts as known
LOST_APOSTROPHE, TYPO = 0.8, 0.6  # qualities of "Chinas nuclear plan" and "Antartica"
TYPO_LETTERS = 8
OFFICES = frozenset({"head_of_state", "head_of_government", "head_of", "holds_office_in", "leads_party"})
MISSPELT = frozenset({"country", "territory", "continent"})


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


class Span(NamedTuple):
    """Tokens first..last of a text that bear a name, and who bears it."""

    first: int
    last: int
    names: tuple[Name, ...]


class Linker:
    """Links text to the entities of one graph; deterministic, and safe to share between threads for reading."""

    name = "alias-1"

    def __init__(self, graph: Graph, threshold: float = 0.5, prefer: Iterable[str] = ()) -> None:
        self.threshold = threshold
        self.graph_version = graph.version
        self.index = AliasIndex.build(graph)
        self._labels = list(graph.entities["label"])
        self._types = [tuple(types.split("|")) for types in graph.entities["types"]]
        number = {identifier: i for i, identifier in enumerate(self.index.ids)}
        self._demonyms = {key: [number[i] for i in ids if i in number] for key, ids in demonyms().items()}
        self._priors = [
            self._prior(*row) for row in zip(self._types, graph.entities["description"], graph.entities["source"], strict=True)
        ]
        self._terms: dict[int, list[tuple[int, int]]] = {}
        self._near: dict[int, dict[int, int]] = {}
        self._always: dict[int, int] = {}  # timeless neighbours: between equals the better connected one ("Korea")
        self._learn(graph, number)
        self._shortened: dict[str, list[Name]] = {}
        for key, names in self.index.names.items():
            if " " not in key and len(key) >= TYPO_LETTERS:
                kept = [name for name in names if self._types[name.entity][0] in MISSPELT and name.quality > SURNAME]
                for short in deletions(key) if kept else ():
                    self._shortened.setdefault(short, []).extend(kept)
        self._context = lru_cache(maxsize=4096)(self._read_context)

    @staticmethod
    def _prior(types: tuple[str, ...], description: str, source: str) -> float:
        weight = PRIOR.get(types[0], DEFAULT_PRIOR)
        if "former country" in types:
            weight *= FORMER
        found = re.search(r"population (\d+)", description)
        if found:
            weight += min(int(found.group(1)) / 100_000, 60.0)
        return weight if source.startswith(OWN) else 0.25 * weight

    def _learn(self, graph: Graph, number: dict[str, int]) -> None:
        """Terms of office and neighbours, each with the first day they were known (ordinal; 0 for always)."""
        facts = graph.facts
        kinds = {name: relation_kind(str(name)) for name in facts["relation"].unique()}
        for head, relation, tail, start, end in zip(
            facts["head"], facts["relation"], facts["tail"], facts["valid_from"], facts["valid_to"], strict=True
        ):
            if head not in number or tail not in number or (kinds[relation] == "dated" and pd.isna(start)):
                continue
            one, two = number[head], number[tail]
            begins = 0 if pd.isna(start) else start.toordinal()
            if relation in OFFICES:
                self._terms.setdefault(one, []).append((begins, 10_000_000 if pd.isna(end) else end.toordinal()))
            for this, that in ((one, two), (two, one)):
                near = self._near.setdefault(this, {})
                self._always[this] = self._always.get(this, 0) + (begins == 0)
                near[that] = min(begins, near.get(that, begins))

    # -- finding names

    def _spans(self, tokens: Sequence[Token]) -> list[Span]:
        """Names from left to right, the longest first; a word belongs to one name only."""
        spans, i, n = [], 0, len(tokens)
        longest, names = self.index.longest, self.index.names
        while i < n:
            step = 1
            for size in range(min(longest.get(tokens[i].folded, 0), n - i), 0, -1):
                key = tokens[i].folded if size == 1 else " ".join(t.folded for t in tokens[i : i + size])
                bearers = names.get(key)
                if bearers:
                    fitting = tuple(name for name in bearers if fits(name.shape, tokens[i : i + size]))
                    if fitting:
                        spans.append(Span(i, i + size - 1, fitting))
                        step = size
                        break
            else:
                found = self._demonym(tokens, i) or self._misspelt(tokens, i)
                if found:
                    spans.append(found)
                    step = found.last - found.first + 1
            i += step
        return spans

    def _demonym(self, tokens: Sequence[Token], i: int) -> Span | None:
        """A country's adjective before a word for its state."""
        for size in (2, 1):
            key = " ".join(t.folded for t in tokens[i : i + size])
            countries = self._demonyms.get(key) if len(tokens) >= i + size else None
            if countries and tokens[i].text[:1].isupper():
                after = i + size
                while after < len(tokens) and tokens[after].folded in STATE_BRIDGE:
                    after += 1
                if after < len(tokens) and tokens[after].folded in STATE:
                    return Span(i, i + size - 1, tuple(Name(country, 0.8, "upper") for country in countries))
        return None

    def _misspelt(self, tokens: Sequence[Token], i: int) -> Span | None:
        """When nothing else fits: a country that lost the apostrophe of its genitive, or a long place or person name with one letter missing or too many."""
        word, folded = tokens[i].text, tokens[i].folded
        if not word[:1].isupper() or len(folded) < 5 or folded in COMMON or folded in self._demonyms:
            return None
        if folded.endswith("s"):
            names = tuple(
                n._replace(quality=LOST_APOSTROPHE)
                for n in self.index.names.get(folded[:-1], ())
                if n.shape == "upper" and self._types[n.entity][0] in ("country", "territory")
            )
            if names:
                return Span(i, i, names)
        if len(folded) < TYPO_LETTERS:
            return None
        for key in (folded, *deletions(folded)):
            names = tuple(
                n._replace(quality=TYPO)
                for n in (*self._shortened.get(key, ()), *(self.index.names.get(key, ()) if key != folded else ()))
                if self._types[n.entity][0] in MISSPELT
            )
            if names:
                return Span(i, i, names[:1])
        return None

    # -- weighing

    def _read_context(self, context: str) -> Context:
        """The words of a headline, its unambiguous entities with their folded names, whether it is in title case, and the words that open a sentence."""
        tokens = tokenize(context)
        sure = []
        for span in self._spans(tokens):
            weights = [self._priors[name.entity] * name.quality for name in span.names]
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

    def _date(self, entity: int, day: int | None) -> float:
        terms = self._terms.get(entity)
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
        key: str,
        before: str,
        after: str,
        day: int | None,
        context: Context,
    ) -> tuple[float, float]:
        """(weight against the other bearers, quality in (0, 1]) of one bearer of a name."""
        words, sure, shouting, opening = context
        entity, quality = name.entity, name.quality
        kind = self._types[entity][0]
        when = self._date(entity, day)
        weight = self._priors[entity] * when * (0.5 + 0.5 * quality)
        near = self._near.get(entity, {})
        friends = sum(
            1 for other_key, other in sure if other_key != key and other in near and (day is None or near[other] <= day)
        )
        cues = WORDS.get(self._labels[entity])
        worded = bool(cues and cues & words)
        titled = kind == "person" and before in TITLES
        traded = kind == "company" and bool(COMPANY & words)
        weight *= (
            NEIGHBOUR ** min(friends, NEIGHBOURS)
            * (WORD if worded else 1.0)
            * (TITLE if titled else 1.0)
            * (TRADE if traded else 1.0)
        )
        if before in PLACE_BEFORE and "place" in self._types[entity]:
            weight *= PREPOSITION
        if quality < 0.5 and " " not in key:  # an ordinary word: does anything say that it is a name here?
            person = quality < 0.3
            if key in CALENDAR:
                supported = titled or (
                    when == IN_OFFICE and before not in DATE_BEFORE and not after[:1].isdigit() and key not in opening
                )
            else:
                named = key not in opening and not shouting
                supported = titled or worded or traded or friends > 0 or named or (person and when >= LEFT)
            quality *= (1 / 0.3 if person else 1 / 0.45) if supported else 1.0
        return weight, min(quality, 1.0)

    def _beside_a_name(self, tokens: Sequence[Token], i: int, text: str, opening: frozenset[str]) -> bool:
        """Whether a capitalised word that is no title stands beside a surname: "Emma Jones", "Pearl Harbour" are somebody or something else."""
        for j in (i - 1, i + 1):
            if 0 <= j < len(tokens) and tokens[j].text[:1].isupper():
                left, right = (tokens[j], tokens[i]) if j < i else (tokens[i], tokens[j])
                word = tokens[j].folded
                known = (
                    word in TITLES
                    or word in COMMON
                    or word in self._demonyms
                    or word in self.index.names
                    or (j < i and word in opening)
                )
                if not known and text[left.end : right.start] == " ":
                    return True
        return False

    def link(
        self,
        text: str,
        *,
        day: datetime.date | str | pd.Timestamp | None = None,
        context: str = "",
        mentions: Iterable[object] = (),
    ) -> list[Link]:
        """All entities named in `text`, in order; `context` is the headline it stands in, `day` that headline's date."""
        tokens = tokenize(text)
        spans = self._spans(tokens)
        if not spans:
            return []
        around = self._context(context or text)
        on = None if day is None else ordinal(day)
        links = []
        for span in spans:
            start, end = tokens[span.first].start, tokens[span.last].end
            if (
                text[end : end + 1] in ("-", "‐", "–")
                and span.last + 1 < len(tokens)
                and tokens[span.last + 1].folded in ADJECTIVAL
            ):
                continue  # "US-led", "Israeli-occupied": an adjective, no actor
            key = " ".join(t.folded for t in tokens[span.first : span.last + 1])
            before = tokens[span.first - 1].folded if span.first else word_before(context, text)
            after = tokens[span.last + 1].folded if span.last + 1 < len(tokens) else ""
            names = (
                [
                    name
                    for name in span.names
                    if not (
                        name.quality <= SURNAME
                        and self._types[name.entity][0] == "person"
                        and not around[2]
                        and self._beside_a_name(tokens, span.first, text, around[3])
                    )
                ]
                if span.first == span.last
                else span.names
            )
            if not names:
                continue
            weighed = [(*self._weigh(name, key, before, after, on, around), name.entity) for name in names]
            total = sum(weight * quality for weight, quality, _ in weighed)
            weight, quality, entity = max(weighed, key=lambda w: (w[0] * w[1], self._always.get(w[2], 0), self.index.ids[w[2]]))
            score = quality * (weight * quality / total) ** 0.5
            if score >= self.threshold:
                links.append(Link(text[start:end], start, end, self.index.ids[entity], self._labels[entity], round(score, 4)))
        return links
