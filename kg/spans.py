"""Names in a text: which of its words bear one, whose it could be, and what a genitive or a wrong letter hides.

Names are looked up from left to right, the longest first; what was not there on the day bears none.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kg.aliases import DOUBTFUL, Name, Token, demonyms, fold
from kg.cues import STATE, STATE_BRIDGE
from kg.index import MISSPELT, TYPO_LETTERS, Index
from kg.surface import deletions, fits
from kg.words import COMMON

LOST_APOSTROPHE, TYPO = 0.8, 0.6  # qualities of "Chinas nuclear plan" and "Antartica"
METROPOLIS = 18.0  # the weight from which a city may lose its apostrophe too ("Londons"): "Readings" is a word
ACRONYM = 4  # capitals up to which a word is an acronym rather than a name in capitals: "NIS" is not Niš


class Span(NamedTuple):
    """Tokens first..last of a text that bear a name, and who bears it."""

    first: int
    last: int
    names: tuple[Name, ...]


class Finder:
    """Finds the names of an index in texts."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.adjectives = {key: index.numbers(ids) for key, ids in demonyms().items()}

    def spans(self, tokens: Sequence[Token], day: int | None) -> list[Span]:
        """Names from left to right, the longest first; a word belongs to one name only."""
        spans, i, n = [], 0, len(tokens)
        while i < n:
            step = 1
            for size in range(min(self.index.longest(tokens[i].folded), n - i), 0, -1):
                fitting = self._bearers(tokens[i : i + size], day)
                if fitting:
                    spans.append(Span(i, i + size - 1, fitting))
                    step = size
                    break
            else:
                found = self._demonym(tokens, i, day) or self._misspelt(tokens, i, day)
                if found:
                    spans.append(found)
                    step = found.last - found.first + 1
            i += step
        return spans

    def _bearers(self, tokens: Sequence[Token], day: int | None) -> tuple[Name, ...]:
        """Who bears this name, shows in this case, and was there on the day."""
        key = tokens[0].folded if len(tokens) == 1 else " ".join(t.folded for t in tokens)
        word = tokens[0].text
        acronym = len(tokens) == 1 and 1 < len(word) <= ACRONYM and word.isupper()
        return tuple(
            name
            for name in self.index.names(key)
            if fits(name.shape, tokens)
            and self._there(name.entity, day)
            and not (acronym and name.shape != "exact" and self._kind(name.entity) in ("city", "person"))
        )

    def _kind(self, entity: int) -> str:
        return self.index.entity(entity).types[0]

    def _there(self, entity: int, day: int | None) -> bool:
        """Whether a thing existed, or had been announced, on the day: nobody writes of what is to come."""
        return day is None or self.index.entity(entity).start <= day

    def _demonym(self, tokens: Sequence[Token], i: int, day: int | None) -> Span | None:
        """A country's adjective before a word for its state; "Brazilian Indian leader" is no leader of India."""
        if i and tokens[i - 1].folded in self.adjectives:
            return None
        for size in (2, 1):
            key = " ".join(t.folded for t in tokens[i : i + size])
            countries = self.adjectives.get(key) if len(tokens) >= i + size else None
            if countries and tokens[i].text[:1].isupper():
                after = i + size
                while after < len(tokens) and tokens[after].folded in STATE_BRIDGE:
                    after += 1
                there = tuple(Name(country, 0.8, "upper") for country in countries if self._there(country, day))
                if there and after < len(tokens) and tokens[after].folded in STATE:
                    return Span(i, i + size - 1, there)
        return None

    def _misspelt(self, tokens: Sequence[Token], i: int, day: int | None) -> Span | None:
        """When nothing else fits: a name that lost the apostrophe of its genitive, or a long one of a country or an office holder with a letter wrong."""
        word, folded = tokens[i].text, tokens[i].folded
        if not word[:1].isupper() or folded in COMMON or folded in self.adjectives:
            return None
        if word.endswith("s"):
            names = tuple(
                n._replace(quality=min(n.quality, LOST_APOSTROPHE))
                for n in self.index.names(folded[:-1])
                if self._may_lose_apostrophe(n, word[:-1]) and self._there(n.entity, day)
            )
            if names:
                return Span(i, i, names)
        if len(folded) < TYPO_LETTERS:
            return None
        for key in (folded, *deletions(folded)):
            near = dict(self.index.shortened(key))
            if key != folded:
                near |= {n.entity: n.quality for n in self.index.names(key) if self._may_be_misspelt(n)}
            names = tuple(
                Name(entity, TYPO * quality, "upper")
                for entity, quality in near.items()
                if self._there(entity, day) and self._resembles(entity, folded)
            )
            if names:
                return Span(i, i, names[:1])
        return None

    def _may_be_misspelt(self, name: Name) -> bool:
        return self._kind(name.entity) in MISSPELT or (
            self._kind(name.entity) == "person" and bool(self.index.terms(name.entity))
        )

    def _resembles(self, entity: int, word: str) -> bool:
        """Of somebody who held an office the first and last letters must be right too: surnames lie close together."""
        if self._kind(entity) in MISSPELT:
            return True
        name = fold(self.index.entity(entity).label)
        return bool(self.index.terms(entity)) and word[-1] == name[-1] and f" {word[0]}" in name

    def _may_lose_apostrophe(self, name: Name, word: str) -> bool:
        """ "Irans", "Londons", "Putins" and "NSAs" are genitives of one thing; "Greens" and "Clintons" may be many."""
        entity = self.index.entity(name.entity)
        kind = entity.types[0]
        if not entity.own or name.quality <= DOUBTFUL:
            return False
        if name.shape == "exact":
            return word.isupper() and kind not in ("city", "subdivision")
        return (
            word[1:].islower()
            and len(word) > 3
            and (
                kind in MISSPELT
                or (kind == "city" and entity.prior >= METROPOLIS)
                or (kind == "person" and bool(self.index.terms(name.entity)))
            )
        )
