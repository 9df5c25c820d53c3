"""The two dependency schemes: Universal Dependencies, in which the rules are written, and CLEAR, which is rewritten into it.

CLEAR (en_core_web_*) makes prepositions and the copula heads; here each becomes a child of its content word, as in UD.
"""

from __future__ import annotations


def labels(text: str) -> frozenset[str]:
    """A set of labels or words from a line of them."""
    return frozenset(text.split())


# Labels that only CLEAR has: one of them in a parse decides the scheme.
CLEAR_ONLY = labels(
    "pobj dobj prep nsubjpass auxpass csubjpass attr acomp relcl poss prt pcomp agent oprd dative npadvmod neg "
    "intj meta preconj quantmod"
)
# CLEAR label -> UD label where only the name differs.
CLEAR_TO_UD = {
    "dobj": "obj", "dative": "iobj", "nsubjpass": "nsubj:pass", "csubjpass": "csubj:pass", "auxpass": "aux:pass",
    "relcl": "acl:relcl", "poss": "nmod:poss", "prt": "compound:prt", "npadvmod": "obl:unmarked", "neg": "advmod",
    "oprd": "xcomp", "acomp": "xcomp", "attr": "xcomp", "predet": "det:predet", "preconj": "cc:preconj", "quantmod": "advmod",
    "intj": "discourse", "nmod": "compound", "meta": "dep", "pcomp": "advcl", "agent": "case", "prep": "case", "pobj": "obl",
    "ROOT": "root",
}  # fmt: skip
# Parts of speech whose prepositional phrases modify a noun.
NOMINAL = frozenset(("NOUN", "PROPN", "PRON", "NUM"))
COPULA = "be"


def is_clear(given: list[str]) -> bool:
    """Whether a parse uses the CLEAR scheme."""
    return not CLEAR_ONLY.isdisjoint(given)


def to_ud(heads: list[int], labels: list[str], pos: list[str], lemmas: list[str]) -> tuple[list[int], list[str]]:
    """Rewrite CLEAR heads and labels into UD's; a root points at itself. Unknown labels pass unchanged."""
    given = labels
    heads, labels = list(heads), list(labels)
    for i, label in enumerate(given):
        if label == "pobj" or label == "pcomp":
            _lift_preposition(i, heads, labels, pos)
    for i, label in enumerate(labels):
        if label in ("attr", "acomp") and lemmas[heads[i]] == COPULA and heads[i] != i:
            _lift_predicate(i, heads, labels)
    for i, label in enumerate(labels):
        if label == "prep" or label == "agent":
            # Left without an object: "the man he spoke to"; the preposition acts as an adverb.
            labels[i] = "compound:prt" if heads[i] < i else "advmod"
        elif given[i] not in ("pobj", "pcomp") or label == given[i]:  # lifted above they are UD, where "nmod" means another thing
            labels[i] = CLEAR_TO_UD.get(label, label)
    return heads, labels


def _lift_preposition(i: int, heads: list[int], labels: list[str], pos: list[str]) -> None:
    """ "killed <- by <- police" becomes "killed <- police <- by"."""
    preposition = heads[i]
    if labels[preposition] not in ("prep", "agent", "dative"):
        return
    top = heads[preposition]
    agent = labels[preposition] == "agent"
    clause = labels[i] == "pcomp"
    heads[i], heads[preposition] = top, i
    labels[preposition] = "mark" if clause else "case"
    labels[i] = "advcl" if clause else "obl:agent" if agent else "nmod" if pos[top] in NOMINAL else "obl"


def _lift_predicate(i: int, heads: list[int], labels: list[str]) -> None:
    """ "Rome <- is -> city" becomes "city <- Rome, city <- is": the predicate takes the copula's place and its children."""
    verb = heads[i]
    top, label = heads[verb], labels[verb]
    for j, head in enumerate(heads):
        if head == verb and j not in (verb, i):
            heads[j] = i
    heads[i], labels[i] = (i if top == verb else top), label
    heads[verb], labels[verb] = i, "cop"
