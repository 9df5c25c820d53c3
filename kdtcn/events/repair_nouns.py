"""Mend noun phrases that a parser has cut apart: halves of hyphenated words, amounts before a noun, names with two heads."""

from __future__ import annotations

from kdtcn.events import words
from kdtcn.events.scheme import labels
from kdtcn.events.tree import Tree

ARGUMENT = labels("nsubj nsubj:pass obj iobj obl nmod")
SUBJECT = labels("nsubj nsubj:pass")
# Labels of words that stand before the noun they belong to.
BEFORE_NOUN = labels("compound amod nummod flat nmod:poss nmod:unmarked nmod:desc det")
# What the right half of a split word may hang under.
ASTRAY = ARGUMENT | labels("parataxis dep appos conj advcl xcomp ccomp obl:unmarked")
NOMINAL = labels("NOUN PROPN ADJ NUM SYM")
HYPHENS = labels("- – ‐ ‑")


def join_hyphenated(tree: Tree, i: int) -> None:
    """ "approve Dow-DuPont merger" with "Dow" as the object: the phrase behind the hyphen takes its place, and "Dow" describes it."""
    left, right = i - 1, i + 1
    if left < 0 or right >= len(tree.words) or tree.end[left] != tree.start[i] or tree.end[i] != tree.start[right]:
        return
    top, noun = climb(tree, left), climb(tree, right)
    if top == noun or tree.pos[noun] not in NOMINAL or above(tree, noun, top) or above(tree, top, noun):
        return
    if above(tree, noun, tree.head[top]):
        return
    same = tree.head[top] == tree.head[noun] and tree.dep[top] == tree.dep[noun]
    if tree.dep[top] not in ARGUMENT or not (same or tree.dep[noun] in ASTRAY):
        return
    if not same:
        tree.head[noun], tree.dep[noun] = tree.head[top], tree.dep[top]
    _describe(tree, top, noun)


def join_money(tree: Tree, i: int) -> None:
    """ "from $160 bln merger" with "$" under the preposition: the amount describes the noun behind it."""
    for noun in range(i + 1, min(i + 7, len(tree.words))):
        if tree.lower[noun] in words.UNITS:
            tree.pos[noun] = "NUM"
        elif tree.dep[noun] in ASTRAY and tree.pos[noun] in ("NOUN", "PROPN") and tree.head[noun] != noun:
            if tree.head[noun] != tree.head[i] and not (tree.head[noun] < i and tree.head[i] < i):
                return
            own = [c for c in range(i + 1, noun) if tree.head[c] not in (i, noun) and not i < tree.head[c] < noun]
            if not own and not any(tree.dep[c] in ("case", "det", "punct") for c in range(i + 1, noun)):
                if tree.dep[i] in ARGUMENT:
                    verb = tree.head[i] if tree.pos[tree.head[i]] != "ADV" else tree.head[tree.head[i]]  # "away from"
                    tree.head[noun], tree.dep[noun] = verb, tree.dep[i]
                _describe(tree, i, noun)
            return
        elif tree.pos[noun] in ("ADP", "PUNCT", "VERB", "DET"):
            return


def join_measure(tree: Tree, noun: int) -> bool:
    """ "plunges to 13-month low" with "low" hanging loose: the measure before it describes it, and it takes the measure's place."""
    part = noun - 1
    if part < 1 or tree.pos[noun] not in ("NOUN", "ADJ") or not ("-" in tree.words[part] or tree.tag[part] == "CD"):
        return False
    if tree.dep[part] not in ARGUMENT or tree.head[part] != tree.head[noun]:
        return False
    tree.dep[noun], tree.pos[noun] = tree.dep[part], "NOUN"
    _describe(tree, part, noun)
    return True


def possessive_name(tree: Tree, i: int) -> None:
    """ "Moody's downgrades Portugal": a verb cannot be possessed, so the name ends in 's."""
    name = tree.head[i]
    verb = tree.head[name]
    if tree.dep[name] == "nmod:poss" and verb == i + 1 and tree.pos[verb] == "VERB" and tree.tag[verb] in ("VBZ", "VBD", "VBP"):
        if any(c != name and tree.head[c] == verb and tree.dep[c] in SUBJECT for c in range(len(tree.words))):
            return
        tree.dep[name], tree.dep[i] = "nsubj", "flat"


def join_subjects(tree: Tree, i: int) -> None:
    """Two subjects side by side are one: "Magnitude 7.1 quake strikes"; a subject with its own is too: "Boeing shares slide"."""
    verb = tree.head[i]
    if verb > i and tree.tag[verb].startswith("NN") and tree.dep[verb] in BEFORE_NOUN:
        _describe(tree, i, climb(tree, verb))  # "Secretary General Ban Ki-moon": a part of a name has no subject
        return
    for j in range(i + 1, min(i + 5, len(tree.words))):
        if tree.words[j] in HYPHENS and tree.end[j - 1] == tree.start[j]:
            continue
        if tree.pos[j] in ("PUNCT", "CCONJ", "ADP", "SCONJ") or tree.tag[j] in ("WP", "WDT"):
            return
        if tree.dep[j] in SUBJECT and (tree.head[j] == verb or j == verb) and tree.pos[j] in ("NOUN", "PROPN", "VERB"):
            if tree.pos[j] == "VERB" and (j != verb or j != i + 1 or j + 1 != tree.head[j]):
                return
            tree.pos[j] = "NOUN" if tree.pos[j] == "VERB" else tree.pos[j]
            _describe(tree, i, j)
            return


def quantity(tree: Tree, i: int) -> None:
    """ "evacuates over 300": before a number "over" counts, and a verb without object has one."""
    noun = tree.head[i]
    verb = tree.head[noun]
    if (
        i + 1 >= len(tree.words)
        or tree.tag[i + 1] != "CD"
        or tree.dep[noun] != "obl"
        or tree.pos[verb] != "VERB"
        or i != verb + 1
    ):
        return
    if not any(tree.head[c] == verb and tree.dep[c] == "obj" for c in range(len(tree.words))):
        tree.head[i], tree.dep[i], tree.dep[noun] = i + 1, "advmod", "obj"


def climb(tree: Tree, i: int) -> int:
    """The noun that a word before it, or a part of its name, belongs to."""
    for _ in range(6):
        if tree.dep[i] not in BEFORE_NOUN or tree.head[i] == i:
            return i
        i = tree.head[i]
    return i


def above(tree: Tree, top: int, i: int) -> bool:
    """Whether `top` stands over `i`."""
    for _ in range(len(tree.words)):
        if i == top:
            return True
        if tree.head[i] == i:
            return False
        i = tree.head[i]
    return False


def _describe(tree: Tree, part: int, noun: int) -> None:
    """Hang a word before its noun, with the preposition and articles that the noun's phrase begins with."""
    tree.head[part], tree.dep[part] = noun, "compound"
    for c in range(part):
        if tree.head[c] == part and tree.dep[c] in ("case", "det", "nmod:poss", "amod", "nummod"):
            tree.head[c] = noun
