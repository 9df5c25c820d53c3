"""Mend slips that parsers make on headlines, before the rules read the tree: each mend needs evidence that the tree itself contradicts.

A headline's compounds are long and its verbs look like nouns; a parser then leaves two subjects, half a hyphenated word as an
argument, or a verb without the subject that stands before it. Trees without such a contradiction pass unchanged.
"""

from __future__ import annotations

from kdtcn.events import words
from kdtcn.events.event_types import OTHER, event_type
from kdtcn.events.repair_nouns import (
    BEFORE_NOUN,
    HYPHENS,
    SUBJECT,
    above,
    climb,
    join_hyphenated,
    join_measure,
    join_money,
    join_subjects,
    possessive_name,
    quantity,
)
from kdtcn.events.scheme import labels
from kdtcn.events.tree import Tree

PREDICATE_CHILD = labels("nsubj nsubj:pass csubj csubj:pass cop aux aux:pass expl")


def mend(tree: Tree) -> None:
    """Mend the tree in place; mends that together close a circle are taken back."""
    before = list(tree.head), list(tree.dep), list(tree.pos), list(tree.tag)
    for i in range(len(tree.words)):
        if tree.words[i] in HYPHENS:
            join_hyphenated(tree, i)
        elif tree.tag[i] == "$":
            join_money(tree, i)
        elif tree.lower[i] in ("'s", "’s", "s'") and tree.dep[i] == "case":
            possessive_name(tree, i)
        elif tree.tag[i] == "VBZ" and tree.dep[i] in BEFORE_NOUN:
            _verb_in_compound(tree, i)
        elif tree.tag[i] == "VBG" and tree.dep[i] == "amod":
            _progressive(tree, i)
        elif tree.lower[i] in words.PREPOSITIONS and tree.dep[i] in BEFORE_NOUN and tree.head[i] > i:
            tree.head[i], tree.dep[i] = climb(tree, tree.head[i]), "case"
        elif tree.lower[i] in ("above", "below") and tree.dep[i] == "advmod" and tree.head[i] > i:
            tree.head[i], tree.dep[i] = climb(tree, tree.head[i]), "case"  # "closes below 16,000"
        elif tree.dep[i] == "case" and tree.head[i] > i:
            if tree.dep[tree.head[i]] == "ccomp" and tree.pos[tree.head[i]] == "NOUN":
                tree.dep[tree.head[i]] = "obl"  # "suspended after 7% plunge": what follows a preposition is no clause
            if tree.lower[i] in words.QUANTIFIERS:
                quantity(tree, i)
            elif tree.dep[tree.head[i]] in ("compound", "amod", "nummod") and tree.head[tree.head[i]] > i:
                tree.head[i] = climb(tree, tree.head[i])  # "to 13-month low": the preposition belongs to the whole phrase
        elif tree.lemma[i] in words.SPEECH and tree.dep[i] in ("parataxis", "advcl", "conj") and _says_behind(tree, i):
            pass
        elif tree.dep[i] == "parataxis":
            if not join_measure(tree, i):
                _content_behind(tree, i)
        elif tree.dep[i] in ("acl", "acl:relcl"):
            _content_of_object(tree, i)
        elif tree.tag[i] == "VBZ" and (i == 0 or tree.pos[i - 1] == "PUNCT"):
            _plural_first(tree, i)
        elif tree.dep[i] in SUBJECT:
            join_subjects(tree, i)
        elif tree.tag[i] in ("NNS", "NN", "NNPS", "VBZ", "VBP") and tree.head[i] == i:
            _verb_like_noun(tree, i)
    if tree.head != before[0] and not _is_forest(tree.head):
        tree.head, tree.dep, tree.pos, tree.tag = before
    elif (tree.head, tree.dep) != before[:2]:
        tree.link()


def _is_forest(heads: list[int]) -> bool:
    """Whether every word reaches a root."""
    sure = [h == i for i, h in enumerate(heads)]
    for i in range(len(heads)):
        path = set()
        while not sure[i]:
            if i in path:
                return False
            path.add(i)
            i = heads[i]
        for j in path:
            sure[j] = True
    return True


def _verb_like_noun(tree: Tree, i: int) -> None:
    """ "Peso rebounds from record low", read as a noun phrase: its head is a form that headlines use as a verb.

    Evidence: a subject or an object of its own, or a verb that is rarely a plural noun; and a noun before it that can be its subject.
    """
    own = [c for c in range(len(tree.words)) if tree.head[c] == i and c != i]
    if tree.pos[i] == "VERB" or any(tree.dep[c] in PREDICATE_CHILD - SUBJECT for c in own):
        return
    subjects = [c for c in own if tree.dep[c] in SUBJECT and c < i]
    plural = tree.tag[i] in ("NNS", "NNPS")
    if subjects:
        verb = subjects[0]
        if plural and any(tree.dep[c] in ("obl", "obj", "ccomp") and c > i for c in own):
            tree.pos[i], tree.tag[i] = "VERB", "VBZ"  # "High Court rules in favour": the noun has a verb's company
        elif verb == i - 1 and tree.tag[verb] in ("NNS", "NNPS", "VBZ") and tree.pos[i] in ("NOUN", "PROPN"):
            _verb_under_object(tree, verb, i)
        return
    takes_object = any(tree.dep[c] == "obj" and c > i for c in own)
    if not takes_object and not (plural and tree.lemma[i] in words.HEADLINE_VERBS):
        return
    name = i - 1
    while 0 <= name < i and tree.head[name] != i:
        name = tree.head[name] if tree.head[name] != name else -1
    if not 0 <= name < i or tree.dep[name] not in BEFORE_NOUN:
        return
    moves = tree.lower[i + 1] in ("to", "above", "below", "by") if i + 1 < len(tree.words) else False
    if tree.pos[i - 1] not in ("NOUN", "PROPN", "NUM") and not (i == 1 and moves):
        return
    _make_verb(tree, i, name)


def _verb_under_object(tree: Tree, verb: int, noun: int) -> None:
    """ "Village plays prank" with "village plays" as the subject of "prank": the verb heads them both."""
    name = next((c for c in range(verb - 1, -1, -1) if tree.head[c] == verb and tree.dep[c] in BEFORE_NOUN), -1)
    if name < 0 or tree.pos[name] not in ("NOUN", "PROPN"):
        return
    above, label = (verb if tree.head[noun] == noun else tree.head[noun]), tree.dep[noun]
    tree.head[verb], tree.dep[verb] = above, label
    tree.head[noun], tree.dep[noun] = verb, "obj"
    _make_verb(tree, verb, name)


def _verb_in_compound(tree: Tree, verb: int) -> None:
    """ "Fed leaves rates unchanged" with "Fed leaves" before "rates": a finite verb with a subject describes no noun."""
    noun = tree.head[verb]
    if noun < verb or not any(tree.head[c] == verb and tree.dep[c] == "nsubj" and c < verb for c in range(verb)):
        return
    outer = tree.head[noun] if tree.dep[noun] in SUBJECT and tree.head[noun] > noun else noun
    tree.head[verb], tree.dep[verb] = (verb if tree.head[outer] == outer else tree.head[outer]), tree.dep[outer]
    tree.pos[verb] = "VERB"
    for c in range(len(tree.words)):
        if tree.head[c] == outer and c not in (outer, noun, verb) and tree.dep[c] in ("conj", "parataxis", "advcl", "punct"):
            tree.head[c] = verb
    if outer != noun:
        tree.head[outer], tree.dep[outer] = verb, "xcomp"
        if tree.tag[outer] == "VBN":
            tree.pos[outer] = "ADJ"
    tree.head[noun], tree.dep[noun] = verb, "obj"


def _progressive(tree: Tree, verb: int) -> None:
    """ "Sweden is closing prisons" with "prisons" as what Sweden is: a singular copula and a plural noun disagree, so the verb heads both."""
    noun, be = tree.head[verb], verb - 1
    if be < 0 or tree.dep[be] != "cop" or tree.head[be] != noun or noun < verb:
        return
    if (tree.lower[be] in ("is", "'s", "was")) != (tree.tag[noun] in ("NNS", "NNPS")):
        return
    tree.head[verb], tree.dep[verb] = (verb if tree.head[noun] == noun else tree.head[noun]), tree.dep[noun]
    tree.head[noun], tree.dep[noun], tree.pos[verb], tree.dep[be] = verb, "obj", "VERB", "aux"
    for c in range(len(tree.words)):
        if tree.head[c] == noun and c != verb and (c < verb or tree.dep[c] in ("advcl", "conj", "parataxis", "punct")):
            tree.head[c] = verb


def _says_behind(tree: Tree, i: int) -> bool:
    """ "..., warn analysts": behind a comma, what stands after a verb of saying without subject is who says it."""
    own = [c for c in range(len(tree.words)) if tree.head[c] == i and c != i]
    comma = i > 0 and tree.pos[i - 1] == "PUNCT"
    told = [c for c in own if tree.dep[c] == "obj" and c > i]
    if not comma or len(told) != 1 or any(tree.dep[c] in SUBJECT or tree.dep[c] in ("ccomp", "aux", "cc", "mark") for c in own):
        return False
    if tree.dep[i] == "conj":
        # "..., warn scientists" after one who acts: had the actor said it, the verb would end in -s.
        actor = [c for c in range(i) if tree.head[c] == tree.head[i] and tree.dep[c] in SUBJECT]
        single = bool(actor) and tree.tag[actor[0]] in ("NN", "NNP")
        if not single or tree.tag[i] not in ("VB", "VBP") or tree.lemma[i] not in words.WARNS:
            return False
    tree.dep[told[0]], tree.dep[i] = "nsubj", "parataxis"
    return True


def _content_of_object(tree: Tree, i: int) -> None:
    """ "deny trucks contained arms", "shows charity spied": the object of a verb of saying, with a verb behind it, is a clause."""
    noun = tree.head[i]
    verb = tree.head[noun]
    if (
        tree.dep[noun] != "obj"
        or verb != _before_phrase(tree, noun)
        or tree.lemma[verb] not in words.CLAIMS
        or tree.pos[verb] != "VERB"
    ):
        return
    if tree.tag[i] not in ("VBD", "VBN", "VBZ", "VBP") or i != noun + 1:
        return
    own = [c for c in range(len(tree.words)) if tree.head[c] == i and c != i]
    if any(tree.dep[c] in SUBJECT or tree.dep[c] in ("aux:pass", "obl:agent", "mark") for c in own):
        return
    tree.head[i], tree.dep[i], tree.head[noun], tree.dep[noun] = verb, "ccomp", i, "nsubj"


def _before_phrase(tree: Tree, noun: int) -> int:
    """The word before a noun's own words."""
    first = min((c for c in range(noun) if tree.head[c] == noun), default=noun)
    return first - 1


def _plural_first(tree: Tree, i: int) -> None:
    """ "Exports fall 12 percent" with "exports" as the verb: a verb in -s has a subject before it, so the word is a plural noun."""
    verb = i + 1
    if verb >= len(tree.words) or tree.head[verb] != i or tree.dep[verb] not in ("xcomp", "obj", "ccomp", "parataxis"):
        return
    own = [c for c in range(len(tree.words)) if tree.head[c] == i and c != i]
    if any(tree.dep[c] in SUBJECT for c in own) or (tree.pos[verb] != "VERB" and event_type(tree.lemma[verb]) == OTHER):
        return
    tree.head[verb], tree.dep[verb] = (verb if tree.head[i] == i else tree.head[i]), tree.dep[i]
    tree.pos[verb], tree.tag[verb], tree.pos[i], tree.tag[i] = "VERB", "VBP", "NOUN", "NNS"
    tree.head[i], tree.dep[i] = verb, "nsubj"
    for c in own:
        if c > verb:
            tree.head[c] = verb
    for c in range(verb + 1, len(tree.words)):
        if tree.head[c] == verb and tree.dep[c] == "nmod":
            tree.dep[c] = "obl"


def _content_behind(tree: Tree, i: int) -> None:
    """ "fined for saying people should leave": a clause right behind a verb of saying is what is said."""
    first = min((c for c in range(len(tree.words)) if above(tree, i, c)), default=0)
    verb = first - 1
    if verb < 0 or tree.pos[verb] != "VERB" or tree.lemma[verb] not in words.SPEECH or above(tree, i, verb):
        return
    if any(tree.head[c] == verb and tree.dep[c] in ("obj", "ccomp") for c in range(len(tree.words))):
        return
    if any(tree.head[c] == i and tree.dep[c] in SUBJECT for c in range(first, i)):
        tree.head[i], tree.dep[i] = verb, "ccomp"


def _make_verb(tree: Tree, i: int, name: int) -> None:
    """Turn a noun into the verb whose subject is `name`; what described the noun describes the subject."""
    tree.pos[i], tree.tag[i], tree.dep[name] = "VERB", "VBZ", "nsubj"
    for c in range(len(tree.words)):
        if tree.head[c] != i or c in (i, name):
            continue
        if c < name and tree.dep[c] in BEFORE_NOUN:
            tree.head[c] = name
        elif c > i and tree.dep[c] == "nmod":
            tree.dep[c] = "obl"
