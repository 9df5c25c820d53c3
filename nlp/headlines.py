"""Rewrite treebank sentences in the dialect of headlines: words dropped with the tree repaired, present tense, casing.

A treebank of mail and reviews has no headlines. Each rule below is one habit of headline writers, applied at random, so that
the parser meets the habit with a correct tree.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from treebank import Token, drop

BE = {"be"}
SMALL_WORDS = {
    "a",
    "an",
    "the",
    "of",
    "to",
    "in",
    "on",
    "for",
    "by",
    "at",
    "with",
    "and",
    "or",
    "as",
    "from",
    "but",
    "nor",
    "vs",
    "via",
}
IRREGULAR_PRESENT = {"have": "has", "do": "does", "go": "goes", "be": "is"}
PLURAL_TAGS = {"NNS", "NNPS"}
PLURAL_PRONOUNS = {"we", "they", "you", "i", "these", "those"}
SOURCES = (
    "report",
    "police",
    "officials",
    "UN",
    "study",
    "minister",
    "survey",
    "sources",
    "Reuters",
    "army",
    "expert",
    "BBC",
    "president",
)


def present(lemma: str, plural: bool) -> tuple[str, str]:
    """Third-person present of a lemma and its tag: ("kills", "VBZ")."""
    if plural:
        return lemma, "VBP"
    if lemma in IRREGULAR_PRESENT:
        return IRREGULAR_PRESENT[lemma], "VBZ"
    if lemma.endswith(("s", "x", "z", "ch", "sh")):
        return lemma + "es", "VBZ"
    if lemma.endswith("y") and lemma[-2:-1] not in "aeiou":
        return lemma[:-1] + "ies", "VBZ"
    return lemma + "s", "VBZ"


def headline(tokens: Sequence[Token], rng: random.Random) -> tuple[Token, ...]:
    """The sentence as a headline writer would put it (some habits at random)."""
    changed = list(tokens)
    _future_as_infinitive(changed, rng)
    _past_as_present(changed, rng)
    _and_as_comma(changed, rng)
    made = drop(changed, _dropped(changed, rng))
    if not made:
        return tuple(tokens)
    made = _no_full_stop(made, rng)
    if rng.random() < 0.12 and any(t.dep.startswith("nsubj") for t in made):
        made = _with_source(made, rng)
    return recase(made, rng.choices(("as is", "title", "all title", "sentence", "lower", "upper"), (25, 40, 10, 15, 7, 3))[0])


def recase(tokens: Sequence[Token], style: str) -> tuple[Token, ...]:
    """Change the case of every word; tags and tree stay."""
    if style == "as is":
        return tuple(tokens)
    made = []
    for i, token in enumerate(tokens):
        form = token.form
        small = form.lower() in SMALL_WORDS and i > 0
        if style == "upper":
            form = form.upper()
        elif style == "lower":
            form = form.lower()
        elif style == "sentence":
            form = form[:1].upper() + form[1:] if i == 0 else form
        elif form.islower() and form[0].isalpha() and (style == "all title" or not small) and token.xpos != "POS":
            # A clitic ("n't", "'s") starts with no letter of its own word.
            glued = (
                i > 0 and not tokens[i - 1].space and form in {"n't", "nt", "na", "ta", "m", "s", "re", "ve", "ll", "d", "not"}
            )
            form = form if glued else form[:1].upper() + form[1:]
        made.append(replace(token, form=form))
    return tuple(made)


def _dropped(tokens: Sequence[Token], rng: random.Random) -> set[int]:
    """Articles, forms of "be" (passive, progressive, copula), now and then a possessive: what headlines leave out."""
    children: dict[int, list[int]] = {}
    for i, token in enumerate(tokens):
        if token.head != i:
            children.setdefault(token.head, []).append(i)
    articles, be, copula = rng.random() < 0.9, rng.random() < 0.7, rng.random() < 0.35
    doomed = set()
    for i, token in enumerate(tokens):
        if i in children or token.form.startswith(("'", "’")):
            continue
        siblings = [tokens[j] for j in children.get(token.head, [])]
        asks = any(s.xpos in {"WRB", "WP", "WDT"} or s.dep == "expl" for s in siblings)
        denies = any(s.lemma in {"not", "n't"} for s in siblings)
        if (
            (token.dep == "det" and token.lemma in {"a", "an", "the"} and articles)
            or (token.dep in {"aux:pass", "aux"} and token.lemma in BE and be and not asks and not denies)
            or (token.dep == "cop" and copula and not asks and not denies and any(s.dep.startswith("nsubj") for s in siblings))
            or (token.dep == "nmod:poss" and token.xpos == "PRP$" and rng.random() < 0.3)
            or (token.dep == "mark" and token.lemma == "that" and rng.random() < 0.6)
        ):
            doomed.add(i)
    return doomed


def _future_as_infinitive(tokens: list[Token], rng: random.Random) -> None:
    """ "Britain will leave" -> "Britain to leave": the subject of an infinitive root is rare outside headlines."""
    if rng.random() < 0.3:
        return
    for i, token in enumerate(tokens):
        if token.dep == "aux" and token.lemma == "will" and token.form.lower() in {"will", "would"} and token.head > i:
            subject = any(t.head == token.head and t.dep.startswith("nsubj") and j < i for j, t in enumerate(tokens))
            if subject:
                tokens[i] = replace(token, form="to", lemma="to", upos="PART", xpos="TO", dep="mark")


def _past_as_present(tokens: list[Token], rng: random.Random) -> None:
    """ "killed" -> "kills": headlines tell the past in the present tense, and "kills" looks like a plural noun."""
    if rng.random() < 0.35:
        return
    for i, token in enumerate(tokens):
        if token.xpos == "VBD" and token.upos == "VERB" and token.lemma.isalpha():
            subjects = [t for t in tokens if t.head == i and t.dep.startswith("nsubj")]
            plural = any(s.xpos in PLURAL_TAGS or s.lemma.lower() in PLURAL_PRONOUNS for s in subjects)
            form, tag = present(token.lemma, plural)
            tokens[i] = replace(token, form=form, xpos=tag)


def _and_as_comma(tokens: list[Token], rng: random.Random) -> None:
    """ "arrest two and seize arms" -> "arrest two, seize arms"."""
    if rng.random() < 0.75:
        return
    for i, token in enumerate(tokens):
        if i > 0 and token.dep == "cc" and token.lemma == "and" and token.head > i and tokens[i - 1].form != ",":
            tokens[i - 1] = replace(tokens[i - 1], space=False)
            tokens[i] = replace(token, form=",", lemma=",", upos="PUNCT", xpos=",", dep="punct")


def _no_full_stop(tokens: tuple[Token, ...], rng: random.Random) -> tuple[Token, ...]:
    if tokens[-1].form == "." and len(tokens) > 1 and rng.random() < 0.9:
        return drop(tokens, {len(tokens) - 1})
    return tokens


def _with_source(tokens: tuple[Token, ...], rng: random.Random) -> tuple[Token, ...]:
    """Add who says so, as headlines do: "Police: ...", "..., officials say", "... - report"."""
    root = next(i for i, t in enumerate(tokens) if t.head == i)
    name = rng.choice(SOURCES)
    proper = name[0].isupper()
    plural = name in {"officials", "sources", "police"}
    tag = "NNP" if proper else "NNS" if plural else "NN"
    upos = "PROPN" if proper else "NOUN"
    n = len(tokens)
    last = replace(tokens[-1], space=False)
    if rng.random() < 0.4:
        first = Token(name, name.lower(), upos, tag, root + 2, "parataxis", False)
        colon = Token(":", ":", "PUNCT", ":", 0, "punct")
        return (first, colon, *(replace(t, head=t.head + 2) for t in tokens))
    if rng.random() < 0.6:
        verb, verb_tag = ("say", "VBP") if plural else ("says", "VBZ")
        comma = Token(",", ",", "PUNCT", ",", n + 2, "punct")
        return (
            *tokens[:-1],
            last,
            comma,
            Token(name, name.lower(), upos, tag, n + 2, "nsubj"),
            Token(verb, "say", "VERB", verb_tag, root, "parataxis"),
        )
    dash = Token(rng.choice("-–:"), "-", "PUNCT", ":", n + 1, "punct")
    return (*tokens[:-1], replace(last, space=dash.form != ":"), dash, Token(name, name.lower(), upos, tag, root, "parataxis"))
