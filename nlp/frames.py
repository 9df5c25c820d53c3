"""Headlines with gold trees, made from sentence frames: the constructions that a treebank of mail and reviews does not show.

Above all the present-tense verb that looks like a plural noun ("Navy warship fires torpedo"). The frames and word lists were written for this
project; names come from the entity corpora, common nouns and adjectives from the treebank, so that the words between are many.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from frame_words import (
    ADJECTIVES,
    ADVERBS,
    AFTER,
    CONTROL,
    INFINITIVE,
    INTRANSITIVE,
    LOCATIVE,
    NOUN_PREPOSITIONS,
    PHRASAL,
    PREPOSITIONAL,
    SAYING,
    STATES,
    TRANSITIVE,
    gerund,
    participle,
)
from headlines import present, recase
from treebank import Sentence, Token


@dataclass(frozen=True)
class Words:
    """What fills the frames: (words of a name, kind), common nouns as (singular, plural), adjectives."""

    names: list[tuple[tuple[str, ...], str]]
    nouns: list[tuple[str, str]]
    adjectives: list[str]


def collect(sentences: Sequence[Sentence], entities: Sequence[Sentence]) -> Words:
    """Names of the entity corpora (three words at most), nouns and adjectives of the treebank that occur twice."""
    names: Counter[tuple[tuple[str, ...], str]] = Counter()
    for sentence in entities:
        run: list[str] = []
        label = ""
        for token in (*sentence.tokens, Token("", entity="O")):
            if run and not token.entity.startswith("I-"):
                if len(run) <= 3 and label != "MISC" and all(w[:1].isupper() and w.replace(".", "").isalpha() for w in run):
                    names[tuple(run), label] += 1
                run = []
            if token.entity != "O":
                run.append(token.form)
                label = token.entity[2:]
    nouns: Counter[str] = Counter()
    adjectives: Counter[str] = Counter()
    for sentence in sentences:
        for token in sentence.tokens:
            if token.form.isalpha() and token.form.islower() and len(token.form) > 2:
                nouns[token.lemma] += token.xpos in ("NN", "NNS") and token.lemma.isalpha()
                adjectives[token.form] += token.xpos == "JJ"
    common = sorted(n for n, k in nouns.items() if k >= 2)
    return Words(sorted(names), [(n, present(n, False)[0]) for n in common], sorted(a for a, k in adjectives.items() if k >= 2))


class Maker:
    """Builds one sentence: `add` appends a word and returns its place, heads may be given later."""

    def __init__(self, words: Words, rng: random.Random) -> None:
        self.words, self.rng = words, rng
        self.tokens: list[Token] = []

    def add(self, form: str, lemma: str, upos: str, xpos: str, head: int, dep: str) -> int:
        self.tokens.append(Token(form, lemma, upos, xpos, head, dep))
        return len(self.tokens) - 1

    def tie(self, i: int, head: int, dep: str) -> None:
        self.tokens[i] = replace(self.tokens[i], head=head, dep=dep)

    def mark(self, form: str, *, space: bool = True, glued: bool = False) -> int:
        """A punctuation mark; `glued` to the word before, `space` behind."""
        tags = {"'": "''", '"': "''", ",": ",", "[": "-LRB-", "]": "-RRB-", ".": "."}
        if glued:
            self.tokens[-1] = replace(self.tokens[-1], space=False)
        place = self.add(form, form, "PUNCT", tags.get(form, ":"), 0, "punct")
        self.tokens[place] = replace(self.tokens[place], space=space)
        return place

    def noun_phrase(self, *, rich: bool = True, case: str = "") -> tuple[int, bool]:
        """(head, plural). A name, or a noun with adjective, number, demonym or name before it and perhaps a phrase behind."""
        rng, first = self.rng, len(self.tokens)
        if case:
            self.add(case, case, "ADP", "IN", 0, "case")
        quote = rng.choice(("'", '"')) if rng.random() < 0.05 else ""
        opened = self.mark(quote, space=False) if quote else -1
        kind = rng.random()
        if kind < 0.33:
            words, _ = rng.choice(self.words.names)
            places = [self.add(w, w, "PROPN", "NNP", 0, "flat") for w in words]
            # Treebank: the first word of a person's name heads it, the last of another name.
            head = places[-1]
            for p in places[:-1]:
                self.tie(p, head, "compound")
            if rng.random() < 0.12:
                mark = self.add("'s", "'s", "PART", "POS", head, "case")
                self.tokens[mark - 1] = replace(self.tokens[mark - 1], space=False)
                owner, (singular, plural_form) = head, rng.choice(self.words.nouns)
                head = self.add(singular, singular, "NOUN", "NN", 0, "")
                self.tie(owner, head, "nmod:poss")
            plural = False
        else:
            before: list[tuple[str, str, str, str]] = []
            plural = rng.random() < 0.45
            if rng.random() < 0.12:
                before.append((rng.choice(("the", "a")) if not plural else "the", "the", "DET", "DT"))
            if plural and rng.random() < 0.2:
                number = rng.choice(("two", "three", "four", "10", "12", "25", "100", "1,000", "dozens", "31", "five", "six"))
                before.append((number, number, "NUM", "CD"))
            if rng.random() < 0.3:
                adjective = rng.choice(self.words.adjectives)
                before.append((adjective, adjective, "ADJ", "JJ"))
            if rng.random() < 0.3:
                before += [(w, w, "PROPN", "NNP") for w in rng.choice(self.words.names)[0]]
            if rng.random() < 0.3:
                noun = rng.choice(self.words.nouns)[0]
                before.append((noun, noun, "NOUN", "NN"))
            places = [self.add(*b, 0, "") for b in before]
            singular, plural_form = rng.choice(self.words.nouns)
            head = self.add(plural_form if plural else singular, singular, "NOUN", "NNS" if plural else "NN", 0, "")
            labels = {"DET": "det", "NUM": "nummod", "ADJ": "amod", "PROPN": "compound", "NOUN": "compound"}
            for p, b in zip(places, before, strict=True):
                self.tie(p, head, labels[b[2]])
        if case:
            self.tie(first, head, "case")
        if quote:
            self.tie(opened, head, "punct")
            self.tie(self.mark(quote, glued=True), head, "punct")
        if rich and rng.random() < 0.18:
            inner, _ = self.noun_phrase(rich=False, case=rng.choice(NOUN_PREPOSITIONS))
            self.tie(inner, head, "nmod")
        elif rich and rng.random() < 0.08:
            join = self.add("and", "and", "CCONJ", "CC", 0, "")
            other, _ = self.noun_phrase(rich=False)
            self.tie(join, other, "cc")
            self.tie(other, head, "conj")
            plural = True
        return head, plural

    def adverb(self, verb_comes: bool = True) -> int:
        if self.rng.random() < 0.08:
            word = self.rng.choice(ADVERBS)
            return self.add(word, word, "ADV", "RB", 0, "advmod")
        return -1

    def clause(self, *, depth: int = 0) -> int:
        """A headline clause; the place of its root."""
        rng = self.rng
        subject, plural = self.noun_phrase()
        kind = rng.choices(
            (
                "transitive",
                "intransitive",
                "prepositional",
                "phrasal",
                "infinitive",
                "control",
                "passive",
                "future",
                "set to",
                "state",
                "saying",
                "gerund",
            ),
            (34, 9, 10, 7, 7, 5, 14, 3, 3, 3, 3, 2),
        )[0]
        adverb = self.adverb()
        verb, label = getattr(self, "_" + kind.replace(" ", "_"))(plural, depth)
        self.tie(subject, verb, label)
        if adverb >= 0:
            self.tie(adverb, verb, "advmod")
        if kind != "saying" and rng.random() < 0.3:
            place, _ = self.noun_phrase(rich=False, case=rng.choice(LOCATIVE + AFTER))
            self.tie(place, verb, "obl")
        if depth == 0 and kind != "saying" and rng.random() < 0.12:
            self._and_also(verb, plural)
        if depth == 0 and rng.random() < 0.12:
            self._side_clause(verb)
        return verb

    def _verb(self, lemma: str, plural: bool) -> int:
        form, tag = present(lemma, plural)
        return self.add(form, lemma, "VERB", tag, 0, "")

    def _transitive(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(TRANSITIVE), plural)
        target, _ = self.noun_phrase()
        self.tie(target, verb, "obj")
        return verb, "nsubj"

    def _intransitive(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(INTRANSITIVE), plural)
        if self.rng.random() < 0.25:
            number = self.add(self.rng.choice(("5", "4.6", "13", "2.5", "50")), "5", "NUM", "CD", 0, "nummod")
            self.tokens[number] = replace(self.tokens[number], space=False)
            sign = self.add("%", "%", "SYM", "NN", verb, "obl:unmarked")
            self.tie(number, sign, "nummod")
        return verb, "nsubj"

    def _prepositional(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma, case = self.rng.choice(PREPOSITIONAL).split(":")
        verb = self._verb(lemma, plural)
        target, _ = self.noun_phrase(case=case)
        self.tie(target, verb, "obl")
        return verb, "nsubj"

    def _phrasal(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma, particle = self.rng.choice(PHRASAL).split(":")
        verb = self._verb(lemma, plural)
        self.add(particle, particle, "ADP", "RP", verb, "compound:prt")
        if self.rng.random() < 0.75:
            target, _ = self.noun_phrase()
            self.tie(target, verb, "obj")
        return verb, "nsubj"

    def _to(self, lemma: str) -> int:
        mark = self.add("to", "to", "PART", "TO", 0, "mark")
        verb = self.add(lemma, lemma, "VERB", "VB", 0, "xcomp")
        self.tie(mark, verb, "mark")
        target, _ = self.noun_phrase()
        self.tie(target, verb, "obj")
        return verb

    def _infinitive(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(INFINITIVE), plural)
        self.tie(self._to(self.rng.choice(TRANSITIVE)), verb, "xcomp")
        return verb, "nsubj"

    def _control(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(CONTROL), plural)
        target, _ = self.noun_phrase(rich=False)
        self.tie(target, verb, "obj")
        self.tie(self._to(self.rng.choice(TRANSITIVE)), verb, "xcomp")
        return verb, "nsubj"

    def _passive(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma = self.rng.choice(TRANSITIVE)
        particle = ""
        if self.rng.random() < 0.15:
            lemma, particle = self.rng.choice(PHRASAL).split(":")
        verb = self.add(participle(lemma), lemma, "VERB", "VBN", 0, "")
        if particle:
            self.add(particle, particle, "ADP", "RP", verb, "compound:prt")
        if self.rng.random() < 0.35:
            agent, _ = self.noun_phrase(rich=False, case="by")
            self.tie(agent, verb, "obl:agent")
        return verb, "nsubj:pass"

    def _future(self, plural: bool, depth: int) -> tuple[int, str]:
        return self._to(self.rng.choice(TRANSITIVE)), "nsubj"

    def _set_to(self, plural: bool, depth: int) -> tuple[int, str]:
        adjective = self.rng.choice(ADJECTIVES)
        head = self.add(adjective, adjective, "ADJ", "JJ", 0, "")
        self.tie(self._to(self.rng.choice(TRANSITIVE)), head, "xcomp")
        return head, "nsubj"

    def _state(self, plural: bool, depth: int) -> tuple[int, str]:
        adjective = self.rng.choice(STATES)
        return self.add(adjective, adjective, "ADJ", "JJ", 0, ""), "nsubj"

    def _gerund(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma = self.rng.choice(TRANSITIVE)
        verb = self.add(gerund(lemma), lemma, "VERB", "VBG", 0, "")
        target, _ = self.noun_phrase()
        self.tie(target, verb, "obj")
        return verb, "nsubj"

    def _saying(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(SAYING), plural)
        if depth:
            target, _ = self.noun_phrase()
            self.tie(target, verb, "obj")
        else:
            self.tie(self.clause(depth=1), verb, "ccomp")
        return verb, "nsubj"

    def _and_also(self, verb: int, plural: bool) -> None:
        """ "arrest two, seize arms" / "... and seizes arms"."""
        if self.rng.random() < 0.5:
            join = self.add("and", "and", "CCONJ", "CC", 0, "cc")
        else:
            join = self.add(",", ",", "PUNCT", ",", 0, "punct")
            self.tokens[join - 1] = replace(self.tokens[join - 1], space=False)
        second, _ = self._transitive(plural, 1)
        self.tie(join, second, self.tokens[join].dep)
        self.tie(second, verb, "conj")

    def _side_clause(self, verb: int) -> None:
        """ "as talks fail", "after killing guard", "to save jobs"."""
        kind = self.rng.random()
        if kind < 0.4:
            word = self.rng.choice(("as", "after", "while", "if", "because"))
            mark = self.add(word, word, "SCONJ", "IN", 0, "mark")
            inner = self.clause(depth=1)
        elif kind < 0.75:
            word = self.rng.choice(("after", "before", "for", "by", "without"))
            mark = self.add(word, word, "SCONJ", "IN", 0, "mark")
            lemma = self.rng.choice(TRANSITIVE)
            inner = self.add(gerund(lemma), lemma, "VERB", "VBG", 0, "advcl")
            target, _ = self.noun_phrase()
            self.tie(target, inner, "obj")
        else:
            inner = self._to(self.rng.choice(TRANSITIVE))
            mark = -1
        if mark >= 0:
            self.tie(mark, inner, "mark")
        self.tie(inner, verb, "advcl")


def frame(words: Words, rng: random.Random) -> tuple[Token, ...]:
    """One headline with its tree: perhaps a source in front, a second clause or a place in brackets behind."""
    maker = Maker(words, rng)
    prefix = -1
    if rng.random() < 0.08:
        prefix, _ = maker.noun_phrase(rich=False)
        maker.tie(maker.mark(":", glued=True), prefix, "punct")
    root = maker.clause()
    maker.tie(root, root, "root")
    if prefix >= 0:
        maker.tie(prefix, root, "parataxis")
    behind = rng.random()
    if behind < 0.12:
        sign = rng.choice((";", "-", ":", "-", ",", "–"))
        tie = maker.mark(sign, glued=sign in ";:,")
        second = maker.clause(depth=1)
        maker.tie(tie, second, "punct")
        maker.tie(second, root, "parataxis")
    elif behind < 0.16:
        tie = maker.mark("[", space=False)
        name, _ = maker.noun_phrase(rich=False)
        maker.tie(maker.mark("]", glued=True), name, "punct")
        maker.tie(tie, name, "punct")
        maker.tie(name, root, "parataxis")
    elif behind < 0.2:
        tie = maker.mark("-")
        name, _ = maker.noun_phrase(rich=False)
        maker.tie(tie, name, "punct")
        maker.tie(name, root, "parataxis")
    elif behind < 0.25:
        tie = maker.mark(".", glued=True)
        maker.tie(tie, root, "punct")
    tokens = list(maker.tokens)
    tokens[0] = replace(tokens[0], form=tokens[0].form[:1].upper() + tokens[0].form[1:])
    return recase(tokens, rng.choices(("as is", "title", "all title", "lower", "upper"), (55, 30, 7, 5, 3))[0])
