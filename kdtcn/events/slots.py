"""Put a clause's predicate and object together: particles, infinitives, prepositions, light verbs, amounts."""

from __future__ import annotations

import re

from kdtcn.events import words
from kdtcn.events.clauses import COPULA, SUBJECT, Clause, asked_for, has_to
from kdtcn.events.phrases import SETTING, clause_phrase, noun_phrase, preposition
from kdtcn.events.tree import Tree

OBJ = frozenset(("obj",))
IOBJ = frozenset(("iobj",))
XCOMP = frozenset(("xcomp",))
CCOMP = frozenset(("ccomp",))
OBLIQUE = frozenset(("obl", "nmod"))
BARE_OBLIQUE = frozenset(("obl:unmarked", "nmod:unmarked", "obl:tmod", "obl:npmod"))
CONJ = frozenset(("conj",))
AUXILIARY = frozenset(("aux", "aux:pass", "cop"))
# Labels that parsers give a particle: "turn inward".
LOOSE = frozenset(("advmod", "obj", "xcomp", "obl"))
# What stands behind these is another statement, not the complement of the verb before.
BREAKS = frozenset((":", ";", "|", "-", "–", "—"))
# "set to leave", "about to leave": these say when, and need no copula to make sense.
FUTURE_ADJECTIVES = frozenset(("set", "about", "due", "ready", "going", "likely", "poised"))
YEAR = re.compile(r"(19|20)\d\d")
# "plans to begin to try to leave": deeper chains than this are parser noise.
MAX_CHAIN = 4


def assemble(tree: Tree, clause: Clause) -> tuple[list[int], list[int], int]:
    """(predicate tokens, object tokens, main verb): the main verb is the last of an infinitive chain."""
    if tree.pos[clause.head] != "VERB":
        return _nominal(tree, clause)
    predicate, last = _chain(tree, clause.head)
    if clause.object >= 0:
        return predicate, noun_phrase(tree, clause.object), last
    passive_here = clause.passive and last == clause.head
    found = _object(tree, last, passive=passive_here)
    if found is None:
        return predicate, [], last
    tie, tokens = found
    return predicate + [t for t in tie if t not in predicate], [t for t in tokens if t not in tie], last


def _chain(tree: Tree, head: int) -> tuple[list[int], int]:
    """The verb with particles and the infinitives that complete it: "votes to leave", "set to be digitised", "begins disconnecting"."""
    tokens = [*_auxiliaries(tree, head, first=True), head, *_particles(tree, head)]
    last = head
    for _ in range(MAX_CHAIN):
        step = tree.child(last, XCOMP)
        if step < 0:
            step = _gerund(tree, last)
        if (
            step < 0
            or step < last
            or (tree.pos[step] != "VERB" and tree.child(step, COPULA) < 0)
            or tree.child(last, OBJ | IOBJ) >= 0
            or tree.child(step, SUBJECT) >= 0
            or asked_for(tree, last, step) >= 0
        ):
            break
        if tree.pos[step] != "VERB":
            break
        marks = [c for c in tree.children[step] if tree.dep[c] in ("mark", "case") and c < step]
        tokens += marks + _auxiliaries(tree, step, first=False) + [step] + _particles(tree, step)
        last = step
    return tokens, last


def _gerund(tree: Tree, verb: int) -> int:
    """ "admit to killing", "accused of stealing" stay one predicate: a gerund tied by a preposition right behind the verb."""
    for c in tree.children[verb]:
        if c == verb + 1 and tree.tag[c] == "VBG" and tree.dep[c] in ("xcomp", "ccomp"):
            return c  # "denies sending arms"
        if c > verb and tree.dep[c] in ("advcl", "ccomp") and tree.tag[c] == "VBG":
            marks = [m for m in tree.children[c] if tree.dep[m] in ("mark", "case") and m < c]
            if (
                marks
                and marks[0] == verb + 1
                and tree.lower[marks[0]] in ("to", "of", "from", "against", "on", "in", "about")
                and not any(tree.dep[s] == "nsubj" for s in tree.children[c])
            ):
                return c
    return -1


def _auxiliaries(tree: Tree, verb: int, *, first: bool) -> list[int]:
    """Auxiliaries that carry meaning: "can", "must"; with one of those, or after "to", also the "be" that follows."""
    found = [c for c in tree.children[verb] if tree.dep[c] in AUXILIARY and c < verb]
    if first and not any(tree.lower[c] in words.MODALS_KEPT for c in found):
        return []
    return [c for c in found if tree.lower[c] not in words.FUTURE and tree.lower[c] != "ca"]  # the stump of "can't" is no word


def _particles(tree: Tree, verb: int) -> list[int]:
    found = []
    for c in tree.children[verb]:
        if c > verb and (
            tree.dep[c] == "compound:prt" or (tree.dep[c] in LOOSE and tree.lower[c] in words.PARTICLES and c <= verb + 2)
        ):
            found.append(c)
    behind = verb + 1
    if tree.lemma[verb] in words.DEADLY and behind < len(tree.words) and tree.lower[behind] == "dead" and behind not in found:
        found.append(verb + 1)  # "shoot dead the leader"
    return found


def _object(tree: Tree, verb: int, *, passive: bool) -> tuple[list[int], list[int]] | None:
    """(words that join the predicate, object words): what the action is done to, or the complement that stands for it."""
    direct = tree.child(verb, OBJ)
    if direct < 0 and not passive:
        direct = tree.child(verb, IOBJ)
    if direct >= 0 and tree.lower[direct] not in words.WH and tree.lower[direct] not in words.PARTICLES:
        return _direct(tree, verb, direct)
    for c in tree.all(verb, XCOMP):
        if c > verb and tree.pos[c] != "VERB" and tree.lower[c] not in words.PARTICLES:
            be = [k for k in tree.children[c] if k < c and (tree.dep[k] == "cop" or tree.lower[k] == "to")]
            if tree.child(c, COPULA) >= 0 and be:
                return be, _complement(tree, c)  # "believed to be responsible for it"
            return [], clause_phrase(tree, c)  # "get richer", "lie empty"
    for c in tree.children[verb]:
        if c > verb and tree.lower[c] in words.DEGREES and tree.dep[c] in ("advmod", "obj", "xcomp") and not preposition(tree, c):
            return [], clause_phrase(tree, c)  # "ends higher", "hits six-month high"
    content = tree.child(verb, CCOMP)
    if content > verb and has_to(tree, content) and (told := tree.child(content, SUBJECT)) > verb:
        return [], noun_phrase(tree, told)  # "warns consumers to stay": those who are told are the object
    if content > verb and not any(tree.words[k] in BREAKS for k in range(verb, content)):
        return [], clause_phrase(tree, content)
    return _oblique(tree, verb) or _shared_object(tree, verb)


def _shared_object(tree: Tree, verb: int) -> tuple[list[int], list[int]] | None:
    """ "prosecute or extradite those": two verbs side by side have one object."""
    for c in (*tree.all(verb, CONJ), tree.head[verb]):
        joined = abs(c - verb) == 2 and tree.dep[min(c, verb) + 1] == "cc" and tree.dep[max(c, verb)] == "conj"
        if joined and tree.pos[c] == "VERB" and (direct := tree.child(c, OBJ)) > max(c, verb):
            return [], noun_phrase(tree, direct)
    return None


def _direct(tree: Tree, verb: int, direct: int) -> tuple[list[int], list[int]]:
    light = _light(tree, verb, direct)
    if light is not None:
        return light
    tokens = noun_phrase(tree, direct)
    tie = preposition(tree, direct)
    if tie and tie[0] in (verb + 1, verb + 2) and tree.lower[tie[0] - 1] not in words.WH:
        return tie, tokens  # "hands over power": an object keeps the word that stands before it
    for c in tree.children[verb]:
        if c <= direct:
            continue
        if (
            tree.dep[c] == "obl"
            and (tie := preposition(tree, c))
            and tree.lower[tie[0]] in words.COMPLETING
            and tokens
            and tie[0] - tokens[-1] <= 2
        ):
            # "identifies the square as a platz": without the complement the object says something else.
            return [], tokens + tie + noun_phrase(tree, c)
        if tree.dep[c] == "xcomp" and not any(tree.lower[m] == "to" for m in tree.children[c]) and tokens and c - tokens[-1] <= 3:
            # "wants sanctions dropped": the clause is what is wanted.
            return [], sorted({*tokens, *clause_phrase(tree, c)})
    return [], tokens


def _light(tree: Tree, verb: int, direct: int) -> tuple[list[int], list[int]] | None:
    """ "claims responsibility for X": the noun carries the meaning of the verb, X is what the action is about."""
    if tree.lemma[verb] not in words.LIGHT_VERBS or tree.lemma[direct] not in words.LIGHT_NOUNS:
        return None
    if any(tree.dep[c] in ("amod", "nummod", "compound") for c in tree.children[direct]):
        return None  # "takes full control" describes: the noun phrase is the object
    for c in sorted(tree.all(direct, OBLIQUE) + [o for o in tree.all(verb, OBLIQUE) if o > direct]):
        tie = preposition(tree, c)
        if tie and tie[0] == direct + 1:
            return [*_between(tree, verb, direct), direct, *tie], noun_phrase(tree, c)
    for c in tree.children[verb] + tree.children[direct]:
        marks = [m for m in tree.children[c] if tree.dep[m] in ("mark", "case") and m < c]
        if tree.tag[c] == "VBG" and marks and marks[0] == direct + 1 and c == direct + 2:
            return [*_between(tree, verb, direct), direct, *marks], [
                t for t in clause_phrase(tree, c) if t not in marks
            ]  # "puts an end to whaling"
    return None


def _between(tree: Tree, verb: int, direct: int) -> list[int]:
    return [d for d in tree.children[direct] if tree.dep[d] in ("det", "nmod:poss") and d > verb]


def _oblique(tree: Tree, verb: int) -> tuple[list[int], list[int]] | None:
    """The nearest prepositional phrase behind a verb without object: "march on London". A time comes second to anything else."""
    times: list[tuple[list[int], list[int]]] = []
    for c in tree.children[verb]:
        if c < verb or tree.lower[c] in words.WH:
            continue
        if tree.dep[c] in BARE_OBLIQUE and _is_amount(tree, c):
            return [], noun_phrase(tree, c)  # "drops nearly 5%"
        if tree.dep[c] in OBLIQUE and (tie := preposition(tree, c)) and tree.lower[tie[0]] != "according":
            if (
                tree.lower[c] in words.WEEKDAYS
                or YEAR.fullmatch(tree.words[c])
                or (tree.lower[tie[0]] in SETTING and tie[0] > verb + 1)
            ):
                times.append((tie, noun_phrase(tree, c)))
            else:
                return _through(tree, c, tie)
    if times:
        return times[0]
    for c in tree.children[verb]:
        marks = [m for m in tree.children[c] if tree.dep[m] in ("mark", "case") and m < c]
        gerund = c > verb and tree.dep[c] == "advcl" and tree.tag[c] == "VBG" and marks
        if gerund and tree.tag[verb] in ("VBN", "VBD") and tree.lower[marks[0]] in ("for", "over"):
            return marks[:1], clause_phrase(tree, c)  # "fined for saying that": what for is part of the event
    return None


def _through(tree: Tree, noun: int, tie: list[int]) -> tuple[list[int], list[int]]:
    """ "rally in support of X": noun and prepositions together are one preposition."""
    if tree.lemma[noun] in words.RELATIONAL and tie[-1] == noun - 1:
        for c in tree.children[noun]:
            if tree.dep[c] == "nmod" and (inner := preposition(tree, c)) and inner[0] == noun + 1:
                return [*tie, noun, *inner], noun_phrase(tree, c)
    return tie, noun_phrase(tree, noun)


def _is_amount(tree: Tree, i: int) -> bool:
    if tree.lemma[i] in words.AMOUNT_WORDS or tree.pos[i] in ("NUM", "SYM"):
        return True
    return tree.lemma[i] not in words.WEEKDAYS and any(tree.dep[c] == "nummod" for c in tree.children[i])


def _nominal(tree: Tree, clause: Clause) -> tuple[list[int], list[int], int]:
    """ "X is Y", and headlines' "31 dead in bombing", "India on alert" that drop the copula."""
    head = clause.head
    copula = tree.child(head, COPULA)
    infinitive = tree.child(head, XCOMP)
    if infinitive < 0 and tree.pos[head] not in ("NOUN", "PROPN"):
        infinitive = next((c for c in tree.children[head] if tree.dep[c] in ("advcl", "ccomp", "csubj") and c > head and tree.pos[c] == "VERB" and
                           any(tree.lower[m] == "to" for m in tree.children[c])), -1)  # fmt: skip
    if infinitive > head and tree.pos[infinitive] == "VERB" and tree.pos[head] in ("ADJ", "ADV", "ADP", "VERB"):
        # "is close to becoming a reality", "about to eradicate it"
        marks = [c for c in tree.children[infinitive] if tree.dep[c] in ("mark", "case") and c < infinitive]
        chain, last = _chain(tree, infinitive)
        found = _object(tree, last, passive=False) or ([], [])
        be = [copula] if copula >= 0 and tree.lower[head] not in FUTURE_ADJECTIVES else []
        return sorted({*be, head, *marks, *_auxiliaries(tree, infinitive, first=False), *chain, *found[0]}), found[1], last
    tie = preposition(tree, head)
    if copula >= 0:
        modal = [c for c in tree.children[head] if tree.dep[c] == "aux" and tree.lower[c] in words.MODALS_KEPT]
        return [*modal, copula], tie + _complement(tree, head), head
    if tie:
        return ([], [], head) if tree.lower[tie[0]] == "to" else (tie, noun_phrase(tree, head), head)
    direct = tree.child(head, OBJ)
    if direct >= 0:
        return [head], noun_phrase(tree, direct), head
    if tree.pos[head] in ("NOUN", "PROPN"):
        return [], [], head  # two nouns side by side are no event, only a parse gone wrong
    behind = _oblique(tree, head)
    if behind is not None:
        return [head, *behind[0]], behind[1], head
    return [head], [], head


def _complement(tree: Tree, head: int) -> list[int]:
    """The predicate's own words: a noun phrase, or an adjective with its adverbs and prepositional phrase."""
    if tree.pos[head] in ("NOUN", "PROPN", "PRON", "NUM", "SYM"):
        return noun_phrase(tree, head)
    # "no longer safe": the denial is kept as a flag, not in the words.
    near = [head, *tree.children[head], *(n for c in tree.children[head] for n in tree.children[c])]
    denial = {d for n in near if tree.lower[n] in ("longer", "more") and n and tree.lower[n - 1] == "no" for d in (n - 1, n)}
    degree = {c for c in tree.children[head] if c < head and tree.dep[c] == "advmod" and tree.lower[c] not in words.NO_DEGREE}
    degree |= {k for c in degree for k in tree.children[c] if tree.dep[k] == "advmod"}
    return [t for t in clause_phrase(tree, head) if t not in denial and (t >= head or t in degree)]
