"""Noun phrases of sentence frames, with their trees: names, titles, numbers, possessives, phrases and clauses behind the noun."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from frame_words import (
    DEMONYMS,
    NOUN_PREPOSITIONS,
    NUMBERS,
    ORGANISATIONS,
    PLACES,
    QUANTIFIERS,
    TRANSITIVE,
    gerund,
    participle,
    past,
)
from headlines import present
from treebank import Sentence, Token

NAMED = ("PERSON", "ORG", "GPE", "EVENT")
# The corpora's names are many and mostly of private lives.
WRITTEN_WEIGHT = 8
MARK_TAGS = {"'": "''", '"': "''", ",": ",", "[": "-LRB-", "]": "-RRB-", ".": "."}


@dataclass(frozen=True)
class Words:
    """What fills the frames: (words of a name, kind), common nouns as (singular, plural), adjectives."""

    names: list[tuple[tuple[str, ...], str]]
    nouns: list[tuple[str, str]]
    adjectives: list[str]


def collect(sentences: Sequence[Sentence], entities: Sequence[Sentence], written: Sequence[Sentence] = ()) -> Words:
    """Names of the entity corpora and, each WRITTEN_WEIGHT times, of the written headlines (three words at most); nouns and adjectives of the treebank
    that occur twice."""
    nouns: Counter[str] = Counter()
    adjectives: Counter[str] = Counter()
    for sentence in sentences:
        for token in sentence.tokens:
            if token.form.isalpha() and token.form.islower() and len(token.form) > 2:
                nouns[token.lemma] += token.xpos in ("NN", "NNS") and token.lemma.isalpha()
                adjectives[token.form] += token.xpos == "JJ"
    common = sorted(n for n, k in nouns.items() if k >= 2)
    names = _names(entities) + _names(written) * WRITTEN_WEIGHT
    return Words(names, [(n, present(n, False)[0]) for n in common], sorted(a for a, k in adjectives.items() if k >= 2))


def _names(sentences: Sequence[Sentence]) -> list[tuple[tuple[str, ...], str]]:
    """Names of people, organisations, places and events; a name goes by the kind it has most often."""
    names: dict[tuple[str, ...], Counter[str]] = {}
    for sentence in sentences:
        run: list[str] = []
        label = ""
        for token in (*sentence.tokens, Token("", entity="O")):
            if run and not token.entity.startswith("I-"):
                if len(run) <= 3 and label in NAMED and all(w[:1].isupper() and w.replace(".", "").isalpha() for w in run):
                    names.setdefault(tuple(run), Counter())[label] += 1
                    if label == "PERSON" and len(run) > 1:  # headlines call people by their last name
                        names.setdefault((run[-1],), Counter())[label] += 1
                run = []
            if token.entity != "O":
                run.append(token.form)
                label = token.entity[2:]
    return sorted((name, kinds.most_common(1)[0][0]) for name, kinds in names.items())


class Phrases:
    """Builds one sentence word by word: `add` appends a word and returns its place, `tie` sets its head later."""

    def __init__(self, words: Words, rng: random.Random) -> None:
        self.words, self.rng = words, rng
        self.tokens: list[Token] = []

    def add(self, form: str, lemma: str, upos: str, xpos: str, head: int, dep: str) -> int:
        self.tokens.append(Token(form, lemma, upos, xpos, head, dep))
        return len(self.tokens) - 1

    def tie(self, i: int, head: int, dep: str) -> None:
        self.tokens[i] = replace(self.tokens[i], head=head, dep=dep)

    def glue(self) -> None:
        """No space behind the last word."""
        self.tokens[-1] = replace(self.tokens[-1], space=False)

    def mark(self, form: str, *, space: bool = True, glued: bool = False) -> int:
        """A punctuation mark; `glued` to the word before, `space` behind."""
        if glued:
            self.glue()
        place = self.add(form, form, "PUNCT", MARK_TAGS.get(form, ":"), 0, "punct")
        self.tokens[place] = replace(self.tokens[place], space=space)
        return place

    def noun_phrase(self, *, rich: bool = True, case: str = "") -> tuple[int, bool]:
        """(head, plural). `rich`: perhaps with a prepositional phrase, a clause or a second noun behind it."""
        rng, first = self.rng, len(self.tokens)
        if case:
            self.add(case, case, "ADP", "IN", 0, "case")
        quote = rng.choice(("'", '"')) if rng.random() < 0.05 else ""
        opened = self.mark(quote, space=False) if quote else -1
        head, plural = self._name() if rng.random() < 0.33 else self._common()
        if case:
            self.tie(first, head, "case")
        if quote:
            self.tie(opened, head, "punct")
            self.tie(self.mark(quote, glued=True), head, "punct")
        if rich:
            plural = self._behind(head, plural)
        return head, plural

    def number_subject(self) -> tuple[int, bool]:
        """ "Two killed", "31 dead", "At least 10 injured": a number that stands for people."""
        rng, number = self.rng, self.rng.choice(NUMBERS)
        if rng.random() < 0.2:
            word = rng.choice(("nearly", "almost", "about", "over"))
            adverb = self.add(word, word, "ADV", "RB", 0, "advmod")
            head = self.add(number, number, "NUM", "CD", 0, "")
            self.tie(adverb, head, "advmod")
            return head, True
        if rng.random() < 0.3:
            word = rng.choice(("dozens", "hundreds", "thousands", "scores", "millions"))
            return self.add(word, word[:-1], "NOUN", "NNS", 0, ""), True
        return self.add(number, number, "NUM", "CD", 0, ""), True

    def _name(self) -> tuple[int, bool]:
        rng = self.rng
        places = self._proper()
        head = places[-1]
        for place in places[:-1]:
            self.tie(place, head, "compound")
        if rng.random() < 0.15:
            self.glue()
            self.add("'s", "'s", "PART", "POS", head, "case")
            owner = head
            adjective = self._adjective() if rng.random() < 0.3 else -1
            singular, plural_form = rng.choice(self.words.nouns)
            plural = rng.random() < 0.3
            head = self.add(plural_form if plural else singular, singular, "NOUN", "NNS" if plural else "NN", 0, "")
            self.tie(owner, head, "nmod:poss")
            if adjective >= 0:
                self.tie(adjective, head, "amod")
            return head, plural
        return head, False

    def _proper(self) -> list[int]:
        """The words of a name, marked as an entity; "Bank of England" is read as names are elsewhere, flat from the right."""
        kind = self.rng.random()
        if kind < 0.35:
            words, label = self.rng.choice(PLACES), "GPE"
        elif kind < 0.5:
            words, label = self.rng.choice(ORGANISATIONS), "ORG"
        else:
            words, label = self.rng.choice(self.words.names)
        places = [self.add(w, w, "PROPN", "NNP", 0, "compound") for w in words]
        for k, place in enumerate(places):
            self.tokens[place] = replace(self.tokens[place], entity=("I-" if k else "B-") + label)
        return places

    def _adjective(self) -> int:
        word = self.rng.choice(self.words.adjectives)
        return self.add(word, word, "ADJ", "JJ", 0, "amod")

    def _common(self) -> tuple[int, bool]:
        rng = self.rng
        plural = rng.random() < 0.45
        parts: list[int] = []
        if rng.random() < 0.12:
            word = rng.choice(("the", "a")) if not plural else "the"
            parts.append(self.add(word, word, "DET", "DT", 0, "det"))
        elif plural and rng.random() < 0.08:
            word = rng.choice(QUANTIFIERS)
            parts.append(self.add(word, word, "DET", "DT", 0, "det"))
        if plural and rng.random() < 0.22:
            number = rng.choice(NUMBERS)
            parts.append(self.add(number, number, "NUM", "CD", 0, "nummod"))
        if rng.random() < 0.15:
            word = rng.choice(DEMONYMS)
            parts.append(self.add(word, word, "ADJ", "JJ", 0, "amod"))
        if rng.random() < 0.3:
            parts.append(self._adjective())
        if rng.random() < 0.25:
            parts += self._proper()
        if rng.random() < 0.3:
            noun = rng.choice(self.words.nouns)[0]
            parts.append(self.add(noun, noun, "NOUN", "NN", 0, "compound"))
        singular, plural_form = rng.choice(self.words.nouns)
        head = self.add(plural_form if plural else singular, singular, "NOUN", "NNS" if plural else "NN", 0, "")
        for part in parts:
            self.tie(part, head, self.tokens[part].dep)
        return head, plural

    def _behind(self, head: int, plural: bool) -> bool:
        """What follows a noun; whether the whole is plural."""
        kind = self.rng.random()
        if kind < 0.18:
            inner, _ = self.noun_phrase(rich=False, case=self.rng.choice(NOUN_PREPOSITIONS))
            self.tie(inner, head, "nmod")
        elif kind < 0.26:
            join = self.add("and", "and", "CCONJ", "CC", 0, "cc") if self.rng.random() < 0.7 else self.mark(",", glued=True)
            other, _ = self.noun_phrase(rich=False)
            self.tie(join, other, self.tokens[join].dep)
            self.tie(other, head, "conj")
            return True
        elif kind < 0.29:
            self._relative(head, plural)
        elif kind < 0.33:
            self._participle(head)
        return plural

    def _relative(self, head: int, plural: bool) -> None:
        """ "man who filmed raid"."""
        word, tag = self.rng.choice((("who", "WP"), ("that", "WDT"), ("which", "WDT")))
        who = self.add(word, word, "PRON", tag, 0, "nsubj")
        lemma = self.rng.choice(TRANSITIVE)
        form, verb_tag = (past(lemma), "VBD") if self.rng.random() < 0.6 else present(lemma, plural)
        verb = self.add(form, lemma, "VERB", verb_tag, head, "acl:relcl")
        self.tie(who, verb, "nsubj")
        target, _ = self.noun_phrase(rich=False)
        self.tie(target, verb, "obj")

    def _participle(self, head: int) -> None:
        """ "man accused of fraud", "ship carrying arms": the finite verb of the headline is still to come."""
        lemma = self.rng.choice(TRANSITIVE)
        if self.rng.random() < 0.5:
            verb = self.add(participle(lemma), lemma, "VERB", "VBN", head, "acl")
            case = self.rng.choice(("by", "in", "of", "for", "at", "with"))
            target, _ = self.noun_phrase(rich=False, case=case)
            self.tie(target, verb, "obl:agent" if case == "by" else "obl")
        else:
            verb = self.add(gerund(lemma), lemma, "VERB", "VBG", head, "acl")
            target, _ = self.noun_phrase(rich=False)
            self.tie(target, verb, "obj")
