"""Find the clauses of a parse and the subject of each: the grammar of who does what, on UD labels.

Every rule says which construction it stands for; `Clause.rule` carries its name into the event tuple.
"""

from __future__ import annotations

from dataclasses import dataclass

from kdtcn.events import words
from kdtcn.events.scheme import labels
from kdtcn.events.tree import Tree

SUBJECT = frozenset(("nsubj", "nsubj:pass", "nsubj:outer", "csubj", "csubj:pass"))
PASSIVE = frozenset(("nsubj:pass", "csubj:pass", "aux:pass"))
COPULA = frozenset(("cop",))
EXPLETIVE = frozenset(("expl",))
AGENT = frozenset(("obl:agent",))
OBJECT = frozenset(("obj", "iobj"))
# A verb under one of these labels heads a clause of its own; an xcomp is read with its governor.
CLAUSE_LABELS = labels(
    "root conj ccomp advcl acl acl:relcl parataxis appos list advcl:relcl csubj csubj:pass dep xcomp obj obl nsubj"
)
# Labels under which a clause without a subject has that of the clause above it.
SHARED_SUBJECT = frozenset(("conj", "advcl", "xcomp", "parataxis", "advcl:relcl"))
NOUN_CLAUSE = frozenset(("acl", "acl:relcl", "appos"))
NOUNS = frozenset(("NOUN", "PROPN", "PRON", "NUM", "SYM"))
FINITE = frozenset(("VBZ", "VBD", "VBP", "MD"))


@dataclass(slots=True)
class Clause:
    """One predicate: its head token, the head of its subject (-1: none) and how the subject was found."""

    head: int
    subject: int
    rule: str
    passive: bool
    governor: int = -1
    object: int = -1  # given by the construction: the antecedent of an object relative clause


def is_predicate(tree: Tree, i: int) -> bool:
    """A verb in a clause position, or any word with a copula or a subject of its own (headlines drop the copula)."""
    if tree.dep[i] not in CLAUSE_LABELS and tree.head[i] != i:
        return False
    if tree.pos[i] == "VERB":
        return tree.dep[i] not in ("obj", "obl", "nsubj") or tree.child(i, SUBJECT | OBJECT) >= 0
    # A tagger that reads "handcuff" as a noun still leaves its object.
    return any(tree.dep[c] in SUBJECT or tree.dep[c] in ("cop", "obj") for c in tree.children[i])


def find(tree: Tree) -> list[Clause]:
    """All clauses with a subject, own or shared, in text order."""
    heads = [i for i in range(len(tree.words)) if is_predicate(tree, i)]
    known: dict[int, Clause] = {}
    # Governors before dependents, so that a shared subject is known when it is asked for.
    for i in sorted(heads, key=lambda i: _depth(tree, i)):
        clause = _clause(tree, i, known)
        if clause is not None:
            known[i] = clause
    return [known[i] for i in sorted(known)]


def _depth(tree: Tree, i: int) -> int:
    depth = 0
    while tree.head[i] != i and depth < len(tree.words):
        i, depth = tree.head[i], depth + 1
    return depth


def _clause(tree: Tree, i: int, known: dict[int, Clause]) -> Clause | None:
    label, governor = tree.dep[i], tree.head[i]
    passive = is_passive(tree, i)
    if (tree.child(i, EXPLETIVE) >= 0 and tree.lemma[i] in ("be", "exist", "remain", "'s")) or (
        tree.lemma[i] in ("be", "'s") and tree.pos[i] == "VERB"
    ):
        return None  # "there is no plan": says that a thing exists, no event
    subject = tree.child(i, SUBJECT)
    if subject >= 0 and tree.dep[subject] == "csubj":
        if subject > i:
            return None  # "it is easy to pay": who pays is not said
        own = tree.child(subject, SUBJECT)
        subject = own if own >= 0 else subject  # "countries calling for peace have sold arms"
    if label == "acl:relcl" or (label == "acl" and subject >= 0):
        return _relative(tree, i, subject, passive)
    if subject >= 0:
        if tree.lower[subject] in words.WH and tree.words[subject] != "WHO" and label not in ("ccomp",):
            return None  # "who killed X?" asks
        if tree.pos[i] in NOUNS and tree.lemma[i] in words.BIDS and _bids(tree, i):
            return None  # "Canada in move to ban X": the infinitive is the event
        if tree.pos[i] in NOUNS and tree.lower[i] in words.WEEKDAYS:
            return None
        rule = (
            "passive" if passive else "active" if tree.pos[i] == "VERB" else "copula" if tree.child(i, COPULA) >= 0 else "nominal"
        )
        return Clause(i, subject, rule, passive, governor if governor != i else -1)
    bids = label in ("xcomp", "advcl") and tree.lemma[governor] in words.BIDS and has_to(tree, i)
    if (label in NOUN_CLAUSE or bids) and tree.pos[governor] in NOUNS:
        return _reduced(tree, i, passive, known)
    if label in ("xcomp", "advcl") and (asked := asked_for(tree, governor, i)) >= 0:
        return Clause(i, asked, "control", passive, governor)
    if label == "xcomp" and (target := tree.child(governor, OBJECT)) >= 0 and target < i and has_to(tree, i):
        if tree.lemma[governor] in words.CONTROL:
            # "IMF urges U.S. to raise wages": the object of the one is the subject of the other.
            return Clause(i, target, "control", passive, governor)
        if governor in known:
            return Clause(i, known[governor].subject, "adverbial", passive, governor)  # "pack the square to demand reform"
    if (
        label == "advcl"
        and tree.tag[i] == "VBG"
        and any(tree.dep[c] == "mark" and tree.lower[c] == "from" for c in tree.children[i])
    ):
        target = tree.child(governor, frozenset(("obj",)))
        if 0 <= target < i:
            return Clause(i, target, "control", passive, governor)  # "stops them from leaving"
    if label in SHARED_SUBJECT and governor in known and label != "xcomp":
        above = known[governor]
        if label == "conj":
            # "raided by police, goes down": a passive and an active share the subject; a bare participle stays passive.
            same = passive or (above.passive and tree.tag[i] == "VBN")
            return Clause(
                i,
                above.subject,
                "passive" if same else above.rule if above.rule != "passive" else "active",
                same,
                above.governor,
                above.object,
            )
        if tree.pos[i] != "VERB" or not tree.tag[i].startswith("VB"):
            return None  # a noun taken for a clause
        return Clause(i, above.subject, "adverbial", passive, governor)
    if label == "conj" and tree.pos[governor] in NOUNS and tree.tag[i] in FINITE:
        # "Host raided by police, goes down": a finite verb joined to a noun takes it as its subject.
        return Clause(i, governor, "active", passive, -1)
    return None


def _relative(tree: Tree, i: int, subject: int, passive: bool) -> Clause | None:
    """ "man who filmed it": the noun is the subject; "man they shot": the noun is the object."""
    noun = tree.head[i]
    if tree.lower[noun] in words.WH:
        return None  # "what they want": names no one
    if subject < 0 or tree.lower[subject] in ("who", "which", "that", "whom"):
        return Clause(i, noun, "relative", passive, -1)
    taken = tree.child(i, OBJECT)
    if any(tree.lower[c] in ("where", "when", "why") for c in tree.children[i]):
        return Clause(i, subject, "relative", passive, -1)
    free = taken < 0 or tree.lower[taken] in ("who", "which", "that", "whom")
    return Clause(i, subject, "relative", passive, -1, noun if free and not passive and tree.pos[i] == "VERB" else -1)


def _reduced(tree: Tree, i: int, passive: bool, known: dict[int, Clause]) -> Clause | None:
    """ "Two killed in airstrike": if the noun heads the headline, its participle is the main predicate; else a side remark."""
    noun = tree.head[i]
    infinitive = has_to(tree, i)
    if tree.lower[noun] in words.WEEKDAYS or tree.lower[noun] in words.WH:
        return None
    if tree.tag[i] == "VBG" and (marks := [tree.lower[c] for c in tree.children[i] if tree.dep[c] in ("mark", "case") and c < i]):
        # "fear of losing", "two years for sharing it": the noun does not do it; who does is the subject of the verb, if anyone.
        above = _governing(tree, noun, known) if marks[0] in words.DOER_ABOVE else None
        return Clause(i, above.subject, "adverbial", passive, above.head) if above else None
    if infinitive and tree.lemma[noun] in words.BIDS:
        # "Canada in landmark move to ban X", "bid by miners to buy X": who bids is the subject.
        actor = tree.child(noun, SUBJECT)
        if actor < 0 and tree.dep[noun] in ("nmod", "obl") and tree.pos[tree.head[noun]] in NOUNS:
            actor = tree.head[noun]
        if actor >= 0:
            return Clause(i, actor, "infinitive", passive, -1)
    main = (
        tree.head[noun] == noun
        and noun < i
        and not any(is_predicate(tree, c) for c in tree.children[noun] if c != i and tree.dep[c] not in NOUN_CLAUSE)
    )
    first = main and not any(tree.dep[c] in NOUN_CLAUSE and tree.pos[c] == "VERB" and c < i for c in tree.children[noun])
    if first:
        return Clause(i, noun, "infinitive" if infinitive else "participle", passive, -1)
    return Clause(i, noun, "reduced", passive, -1)


def _governing(tree: Tree, i: int, known: dict[int, Clause]) -> Clause | None:
    """The nearest clause above a word."""
    while i not in known and tree.head[i] != i:
        i = tree.head[i]
    return known.get(i)


def _bids(tree: Tree, i: int) -> bool:
    return any(tree.dep[c] in ("acl", "xcomp", "advcl") and has_to(tree, c) for c in tree.children[i])


def is_passive(tree: Tree, i: int) -> bool:
    """A passive verb: marked as one, or a participle without object or auxiliary "have", as headlines write it ("man killed")."""
    if tree.child(i, PASSIVE) >= 0 or tree.child(i, AGENT) >= 0:
        return True
    if tree.tag[i] != "VBN" or tree.pos[i] != "VERB":
        return False
    auxiliaries = {tree.lemma[c] for c in tree.children[i] if tree.dep[c] == "aux"}
    if "have" in auxiliaries or auxiliaries & {"'ve", "’ve"}:
        return False
    return tree.child(i, frozenset(("obj",))) < 0


def agent_of(tree: Tree, i: int) -> int:
    """Who does it, of a passive: marked as agent, or tied by "by" ("cut by 5%" and "by Monday" name no one)."""
    agent = tree.child(i, AGENT)
    if agent >= 0:
        return agent
    for c in tree.children[i]:
        tied = [tree.lower[k] for k in tree.children[c] if tree.dep[k] == "case" and k < c] == ["by"]
        measured = (
            tree.lemma[c] in words.AMOUNT_WORDS or tree.lower[c] in words.WEEKDAYS or tree.pos[c] not in ("NOUN", "PROPN", "PRON")
        )
        if c > i and tree.dep[c] == "obl" and tied and not measured:
            return c
    return -1


def asked_for(tree: Tree, verb: int, infinitive: int) -> int:
    """ "calls for Israel to be barred": who is to do it, or -1."""
    for c in tree.children[verb]:
        if verb < c < infinitive and tree.dep[c] == "obl" and has_to(tree, infinitive):
            ties = [tree.lower[k] for k in tree.children[c] if tree.dep[k] == "case" and k < c]
            if ties == ["for"]:
                return c
    return -1


def has_to(tree: Tree, i: int) -> bool:
    """An infinitive with "to"."""
    return any(tree.dep[c] in ("mark", "aux") and tree.lower[c] == "to" for c in tree.children[i])
