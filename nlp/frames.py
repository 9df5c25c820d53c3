"""Headlines with gold trees, made from sentence frames: the constructions that a treebank of mail and reviews does not show.

Above all the present-tense verb that looks like a plural noun ("Navy warship fires torpedo"). The frames and word lists were written for this
project; names come from the entity corpora, common nouns and adjectives from the treebank, so that the words between are many.
"""

from __future__ import annotations

import random
from dataclasses import replace

from entities import relabel
from frame_phrases import Phrases, Words
from frame_words import (
    ADJECTIVES,
    ADVERBS,
    AFTER,
    BE_NOUNS,
    CONTROL,
    GERUND_TAKERS,
    INFINITIVE,
    INTRANSITIVE,
    LIGHT,
    LOCATIVE,
    MODALS,
    MOVEMENT,
    NUMBERS,
    PHRASAL,
    PREPOSITIONAL,
    SAYING,
    STATES,
    TRANSITIVE,
    UNITS,
    gerund,
    participle,
    past,
)  # fmt: skip
from headlines import present, recase
from treebank import Token

# How often a headline is of each kind; the method _KIND makes it.
KINDS = {
    "transitive": 30, "intransitive": 8, "prepositional": 9, "phrasal": 7, "infinitive": 7, "control": 5, "passive": 15, "future": 3, "set_to": 3,
    "state": 4, "saying": 4, "progressive": 2, "amount": 4, "light": 4, "gerund": 3, "modal": 6, "copula": 5, "wants_done": 1,
}  # fmt: skip
# Kinds whose subject is often a bare number of people.
COUNTED = ("passive", "state", "intransitive")
PAST_SHARE = 0.2


class Clauses(Phrases):
    """Clauses around the phrases; each maker of a kind returns (place of the predicate, label of the subject)."""

    def clause(self, *, depth: int = 0) -> int:
        """A headline clause; the place of its root."""
        rng = self.rng
        kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
        counted = kind in COUNTED and rng.random() < 0.25
        subject, plural = self.number_subject() if counted else self.noun_phrase()
        adverb = self._adverb()
        verb, label = getattr(self, "_" + kind)(plural, depth)
        self.tie(subject, verb, label)
        if adverb >= 0:
            self.tie(adverb, verb, "advmod")
        if kind == "saying":
            return verb
        if rng.random() < 0.3:
            place, _ = self.noun_phrase(rich=False, case=rng.choice(LOCATIVE + AFTER))
            self.tie(place, verb, "obl")
        if depth == 0 and rng.random() < 0.12:
            self._and_also(verb, plural)
        if depth == 0 and rng.random() < 0.12:
            self._side_clause(verb)
        return verb

    def _adverb(self) -> int:
        if self.rng.random() < 0.08:
            word = self.rng.choice(ADVERBS)
            return self.add(word, word, "ADV", "RB", 0, "advmod")
        return -1

    def _verb(self, lemma: str, plural: bool) -> int:
        form, tag = (past(lemma), "VBD") if self.rng.random() < PAST_SHARE else present(lemma, plural)
        return self.add(form, lemma, "VERB", tag, 0, "")

    def _object(self, verb: int, *, case: str = "", label: str = "obj", rich: bool = True) -> None:
        target, _ = self.noun_phrase(rich=rich, case=case)
        self.tie(target, verb, label)

    def _transitive(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(TRANSITIVE), plural)
        self._object(verb)
        return verb, "nsubj"

    def _intransitive(self, plural: bool, depth: int) -> tuple[int, str]:
        return self._verb(self.rng.choice(INTRANSITIVE), plural), "nsubj"

    def _amount(self, plural: bool, depth: int) -> tuple[int, str]:
        """ "drops 5%", "falls 12 percent", "rises to 9%", "climbs above $100"."""
        rng = self.rng
        verb = self._verb(rng.choice(MOVEMENT), plural)
        case = (
            self.add(word, word, "ADP", "IN", 0, "case") if (word := rng.choice(("", "", "to", "by", "above", "below"))) else -1
        )
        adverb = self.add(word, word, "ADV", "RB", 0, "advmod") if (word := rng.choice(("", "", "", "nearly", "almost"))) else -1
        figure = rng.choice((*NUMBERS, "4.6", "13", "0.5"))
        if rng.random() < 0.2:
            unit = self.add("$", "$", "SYM", "$", 0, "")
            self.glue()
            number = self.add(figure, figure, "NUM", "CD", unit, "nummod")
        else:
            number = self.add(figure, figure, "NUM", "CD", 0, "nummod")
            if rng.random() < 0.6:
                self.glue()
                unit = self.add("%", "%", "SYM", "NN", 0, "")
            else:
                word = rng.choice(UNITS)
                unit = self.add(word, word, "NOUN", "NN" if word == "percent" else "NNS", 0, "")
            self.tie(number, unit, "nummod")
        if adverb >= 0:
            self.tie(adverb, number, "advmod")
        if case >= 0:
            self.tie(case, unit, "case")
        self.tie(unit, verb, "obl" if case >= 0 else "obl:unmarked")
        return verb, "nsubj"

    def _prepositional(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma, case = self.rng.choice(PREPOSITIONAL).split(":")
        verb = self._verb(lemma, plural)
        self._object(verb, case=case, label="obl")
        return verb, "nsubj"

    def _phrasal(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma, particle = self.rng.choice(PHRASAL).split(":")
        verb = self._verb(lemma, plural)
        self.add(particle, particle, "ADP", "RP", verb, "compound:prt")
        if self.rng.random() < 0.7:
            self._object(verb)
        return verb, "nsubj"

    def _light(self, plural: bool, depth: int) -> tuple[int, str]:
        """ "takes control of X": the phrase hangs on the noun."""
        lemma, noun, case = self.rng.choice(LIGHT).split(":")
        verb = self._verb(lemma, plural)
        article = self.add("an" if noun[0] in "aeiou" else "a", "a", "DET", "DT", 0, "det") if self.rng.random() < 0.2 else -1
        direct = self.add(noun, noun, "NOUN", "NN", verb, "obj")
        if article >= 0:
            self.tie(article, direct, "det")
        self._object(direct, case=case, label="nmod")
        return verb, "nsubj"

    def _to(self, lemma: str) -> int:
        mark = self.add("to", "to", "PART", "TO", 0, "mark")
        verb = self.add(lemma, lemma, "VERB", "VB", 0, "xcomp")
        self.tie(mark, verb, "mark")
        if lemma in TRANSITIVE:
            self._object(verb)
        return verb

    def _bare(self) -> str:
        """A verb for an infinitive, with or without object."""
        return self.rng.choice(TRANSITIVE if self.rng.random() < 0.75 else INTRANSITIVE)

    def _infinitive(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(INFINITIVE), plural)
        self.tie(self._to(self._bare()), verb, "xcomp")
        return verb, "nsubj"

    def _gerund(self, plural: bool, depth: int) -> tuple[int, str]:
        """ "begins exporting water", "denies sending arms"."""
        verb = self._verb(self.rng.choice(GERUND_TAKERS), plural)
        lemma = self.rng.choice(TRANSITIVE)
        inner = self.add(gerund(lemma), lemma, "VERB", "VBG", verb, "xcomp")
        self._object(inner)
        return verb, "nsubj"

    def _control(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(CONTROL), plural)
        self._object(verb, rich=False)
        self.tie(self._to(self._bare()), verb, "xcomp")
        return verb, "nsubj"

    def _wants_done(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb("want", plural)
        self._object(verb, rich=False)
        lemma = self.rng.choice(TRANSITIVE)
        self.add(participle(lemma), lemma, "VERB", "VBN", verb, "xcomp")
        return verb, "nsubj"

    def _passive(self, plural: bool, depth: int) -> tuple[int, str]:
        lemma, particle = self.rng.choice(TRANSITIVE), ""
        if self.rng.random() < 0.15:
            lemma, particle = self.rng.choice(PHRASAL).split(":")
        auxiliaries = []
        if self.rng.random() < 0.25:
            auxiliaries = self.rng.choice(
                (("was",), ("were",), ("is",), ("are",), ("has", "been"), ("have", "been"), ("to", "be"), ("will", "be"))
            )
        places = [self.add(w, {"to": "to", "has": "have", "have": "have", "will": "will"}.get(w, "be"), "PART" if w == "to" else "AUX",
                           {"was": "VBD", "were": "VBD", "is": "VBZ", "are": "VBP", "has": "VBZ", "have": "VBP", "been": "VBN", "be": "VB", "to": "TO", "will": "MD"}[w], 0, "")
                  for w in auxiliaries]  # fmt: skip
        verb = self.add(participle(lemma), lemma, "VERB", "VBN", 0, "")
        for place, word in zip(places, auxiliaries, strict=True):
            self.tie(place, verb, "mark" if word == "to" else "aux" if word in ("has", "have", "will") else "aux:pass")
        if particle:
            self.add(particle, particle, "ADP", "RP", verb, "compound:prt")
        if self.rng.random() < 0.35:
            self._object(verb, case="by", label="obl:agent", rich=False)
        return verb, "nsubj:pass"

    def _future(self, plural: bool, depth: int) -> tuple[int, str]:
        return self._to(self._bare()), "nsubj"

    def _modal(self, plural: bool, depth: int) -> tuple[int, str]:
        """ "may leave", "will not attack", "did not pay", "won't visit"."""
        rng = self.rng
        negative = rng.random() < 0.5
        word = rng.choice(("did", "does", "do")) if negative and rng.random() < 0.4 else rng.choice(MODALS)
        did = word[0] == "d"
        helper = self.add(
            word, "do" if did else word, "AUX", {"did": "VBD", "does": "VBZ", "do": "VBP"}.get(word, "MD"), 0, "aux"
        )
        denial = -1
        if negative:
            short = word in ("did", "does", "do", "could", "would", "should") and rng.random() < 0.5
            if short:
                self.glue()
            denial = self.add("n't" if short else rng.choice(("not", "not", "never")), "not", "PART", "RB", 0, "advmod")
        lemma = self._bare()
        verb = self.add(lemma, lemma, "VERB", "VB", 0, "")
        self.tie(helper, verb, "aux")
        if denial >= 0:
            self.tie(denial, verb, "advmod")
        if lemma in TRANSITIVE:
            self._object(verb)
        return verb, "nsubj"

    def _set_to(self, plural: bool, depth: int) -> tuple[int, str]:
        adjective = self.rng.choice(ADJECTIVES)
        head = self.add(adjective, adjective, "ADJ", "JJ", 0, "")
        self.tie(self._to(self._bare()), head, "xcomp")
        return head, "nsubj"

    def _state(self, plural: bool, depth: int) -> tuple[int, str]:
        adjective = self.rng.choice(STATES)
        return self.add(adjective, adjective, "ADJ", "JJ", 0, ""), "nsubj"

    def _copula(self, plural: bool, depth: int) -> tuple[int, str]:
        form, tag = ("are", "VBP") if plural else ("is", "VBZ")
        if self.rng.random() < 0.2:
            form, tag = ("were" if plural else "was"), "VBD"
        be = self.add(form, "be", "AUX", tag, 0, "cop")
        denial = self.add("not", "not", "PART", "RB", 0, "advmod") if self.rng.random() < 0.15 else -1
        if self.rng.random() < 0.5:
            word = self.rng.choice(self.words.adjectives)
            head = self.add(word, word, "ADJ", "JJ", 0, "")
        elif self.rng.random() < 0.5:
            article = self.add("a", "a", "DET", "DT", 0, "det")
            noun = self.rng.choice(BE_NOUNS)
            head = self.add(noun, noun, "NOUN", "NN", 0, "")
            self.tie(article, head, "det")
        else:
            head, _ = self.noun_phrase()
        self.tie(be, head, "cop")
        if denial >= 0:
            self.tie(denial, head, "advmod")
        return head, "nsubj"

    def _progressive(self, plural: bool, depth: int) -> tuple[int, str]:
        """ "Poaching increasing", "Army shelling town": the auxiliary is left out."""
        lemma = self._bare()
        verb = self.add(gerund(lemma), lemma, "VERB", "VBG", 0, "")
        if lemma in TRANSITIVE:
            self._object(verb)
        return verb, "nsubj"

    def _saying(self, plural: bool, depth: int) -> tuple[int, str]:
        verb = self._verb(self.rng.choice(SAYING), plural)
        if depth:
            self._object(verb)
        else:
            self.tie(self.clause(depth=1), verb, "ccomp")
        return verb, "nsubj"

    def _and_also(self, verb: int, plural: bool) -> None:
        """ "arrest two, seize arms" / "... and seizes arms"."""
        join = self.add("and", "and", "CCONJ", "CC", 0, "cc") if self.rng.random() < 0.5 else self.mark(",", glued=True)
        second, _ = self._transitive(plural, 1)
        self.tie(join, second, self.tokens[join].dep)
        self.tie(second, verb, "conj")

    def _side_clause(self, verb: int) -> None:
        """ "as talks fail", "after killing guard", "to save jobs"."""
        kind = self.rng.random()
        if kind >= 0.75:
            self.tie(self._to(self.rng.choice(TRANSITIVE)), verb, "advcl")
            return
        word = self.rng.choice(
            ("as", "after", "while", "if", "because") if kind < 0.4 else ("after", "before", "for", "by", "without")
        )
        mark = self.add(word, word, "SCONJ", "IN", 0, "mark")
        if kind < 0.4:
            inner = self.clause(depth=1)
        else:
            lemma = self.rng.choice(TRANSITIVE)
            inner = self.add(gerund(lemma), lemma, "VERB", "VBG", 0, "")
            self._object(inner)
        self.tie(mark, inner, "mark")
        self.tie(inner, verb, "advcl")

    def says_who(self, root: int) -> None:
        """ "..., says economist" / "..., army says"."""
        comma = self.mark(",", glued=True)
        form, tag = self.rng.choice((("says", "VBZ"), ("say", "VBP"), ("said", "VBD")))
        if self.rng.random() < 0.5:
            verb = self.add(form, "say", "VERB", tag, root, "parataxis")
            speaker, _ = self.noun_phrase(rich=False)
        else:
            speaker, _ = self.noun_phrase(rich=False)
            verb = self.add(form, "say", "VERB", tag, root, "parataxis")
        self.tie(speaker, verb, "nsubj")
        self.tie(comma, verb, "punct")


def frame(words: Words, rng: random.Random) -> tuple[Token, ...]:
    """One headline with its tree: perhaps a source in front, a second clause or a place in brackets behind."""
    maker = Clauses(words, rng)
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
    elif behind < 0.24:
        maker.says_who(root)
    elif behind < 0.28:
        tie = maker.mark(".", glued=True)
        maker.tie(tie, root, "punct")
    tokens = list(relabel(maker.tokens))
    tokens[0] = replace(tokens[0], form=tokens[0].form[:1].upper() + tokens[0].form[1:])
    return recase(tokens, rng.choices(("as is", "title", "all title", "lower", "upper"), (55, 30, 7, 5, 3))[0])
