"""How a clause is meant: who says it, whether it is denied, planned or only possible, whether it is asked."""

from __future__ import annotations

from kdtcn.events import words
from kdtcn.events.clauses import SUBJECT, Clause, has_to
from kdtcn.events.phrases import noun_phrase, surface
from kdtcn.events.tree import Tree

CONTENT = frozenset(("ccomp", "parataxis"))
XCOMP = frozenset(("xcomp",))
MARK = frozenset(("mark",))
ADVERB = frozenset(("advmod",))
AUX = frozenset(("aux",))
OPENING = frozenset("\"'“‘«") | {"``"}
CLOSING = frozenset("\"'”’)]") | {"''"}
MAX_SPEAKER = 8


def content_of(tree: Tree, clause: Clause) -> int:
    """The clause that a verb of saying reports, or -1: "X says Y", "Y, X says", "Y - says X"."""
    head = clause.head
    if tree.lemma[head] not in words.SPEECH or clause.passive:
        return -1
    for c in tree.children[head]:
        aside = tree.dep[c] == "parataxis" and tree.child(head, XCOMP) >= 0  # "tells them to leave (we stay)"
        if tree.dep[c] in CONTENT and not aside and not asks_inside(tree, c) and not has_to(tree, c):
            return c
    above = tree.head[head]
    if tree.dep[head] == "parataxis" and above != head and not any(tree.dep[c] == "obj" for c in tree.children[head]):
        return above
    return -1


def asks_inside(tree: Tree, i: int) -> bool:
    """An indirect question ("why they left") is an object, not a reported event."""
    return any(tree.lower[c] in words.WH and tree.dep[c] in ("advmod", "nsubj", "obj", "mark") for c in tree.children[i])


def label_speaker(tree: Tree, clause: Clause) -> str:
    """ "China: we will not go", "report: two dead", "... - report": a noun tied by a colon or a dash names who says it."""
    head = clause.head
    for noun in [
        *[c for c in tree.children[head] if tree.dep[c] in ("parataxis", "dep")],
        tree.head[head] if tree.dep[head] == "parataxis" else head,
    ]:
        if noun == head or tree.pos[noun] not in ("PROPN", "NOUN") or any(tree.dep[c] in SUBJECT for c in tree.children[noun]):
            continue
        tokens = noun_phrase(tree, noun, subject=True)
        if not tokens or len(tokens) > MAX_SPEAKER:
            continue
        after, before = tokens[-1] + 1, tokens[0] - 1
        ties = (after < len(tree.words) and tree.words[after] == ":") or (
            before >= 0 and tree.words[before] in ("-", "–", "—", ":")
        )
        if ties and noun in tree.places and not _speaks(tree, head):
            continue  # "Bulgaria: bomb kills six" tells where
        named = tree.pos[noun] == "PROPN" or words.SOURCE_NOUNS & {tree.lemma[noun], tree.lower[noun]}
        if ties and (named or (before < 0 and _speaks(tree, head))):
            return surface(tree, tokens)[0]
    for c in tree.children[head]:
        if tree.dep[c] == "obl" and any(tree.lower[k] == "according" for k in tree.children[c]):
            return surface(tree, noun_phrase(tree, c, subject=True))[0]
    return ""


def _speaks(tree: Tree, head: int) -> bool:
    """Whether a sentence reads as someone's words: a first person, a promise or a duty, a quote."""
    root = root_of(tree, head)
    own = [i for i in range(len(tree.words)) if root_of(tree, i) == root]
    if any(tree.lower[i] in words.FIRST_PERSON or tree.words[i] in OPENING for i in own):
        return True
    return any(tree.lower[c] in words.FUTURE | words.MODALS_KEPT for c in tree.all(head, AUX))


def negated(tree: Tree, heads: list[int]) -> bool:
    """ "not", "never", "no longer" on the predicate or on a verb of its chain."""
    for head in heads:
        mark = next((c for c in tree.children[head] if tree.dep[c] == "mark" and tree.lower[c] == "to"), 0)
        if mark and tree.lower[mark - 1] in words.NEGATIONS:
            return True  # "warns them not to leave": the denial stands before the infinitive, wherever it was attached
        for c in tree.children[head]:
            if c > head and c + 1 < len(tree.words) and tree.lower[c + 1] == "to":
                continue
            if tree.lemma[c] in words.NEGATIONS or tree.lower[c] in words.NEGATIONS:
                return True
            if tree.lower[c] == "without" and c < head and tree.dep[c] in ("mark", "case") and tree.pos[head] == "VERB":
                return True
            if tree.lower[c] in ("longer", "more") and any(tree.lower[k] == "no" for k in tree.children[c]):
                return True
            if tree.lower[c] in ("wont", "cant", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt") or (
                tree.lower[c] == "no" and tree.dep[c] == "advmod"
            ):
                return True
    return False


def modality(tree: Tree, clause: Clause, heads: list[int], *, denied: bool) -> str:
    """asserted, planned, possible or denied, for the clause with the verbs of its chain."""
    if denied:
        return "denied"
    auxiliaries = {tree.lower[c] for h in heads for c in tree.all(h, AUX | ADVERB)}
    marks = {tree.lower[c] for c in tree.all(clause.head, MARK)}
    if marks & words.CONDITIONS:
        return "possible"
    if auxiliaries & words.POSSIBLE or (tree.lemma[clause.head] in ("seem", "appear") and len(heads) > 1):
        return "possible"
    if auxiliaries & words.FUTURE or "to" in marks | auxiliaries:
        return "planned"
    if len(heads) > 1 and tree.lemma[clause.head] in words.PLANS:
        return "planned"
    return "asserted"


def questions(tree: Tree) -> set[int]:
    """Roots of sentences that ask: they end in "?", unless they ask why or how (which presupposes the event)."""
    last: dict[int, int] = {}
    first: dict[int, int] = {}
    roots = _roots(tree)
    for i, root in enumerate(roots):
        if tree.words[i].isspace() or tree.words[i] in CLOSING:
            continue
        first.setdefault(root, i)
        last[root] = i
    return {root for root, i in last.items() if tree.words[i].startswith("?") and tree.lower[first[root]] != "why"}


def _roots(tree: Tree) -> list[int]:
    roots = [-1] * len(tree.words)
    for i in range(len(tree.words)):
        path = []
        j = i
        while roots[j] < 0 and tree.head[j] != j:
            path.append(j)
            j = tree.head[j]
        root = roots[j] if roots[j] >= 0 else j
        roots[j] = root
        for k in path:
            roots[k] = root
    return roots


def root_of(tree: Tree, i: int) -> int:
    """The root above a token."""
    while tree.head[i] != i:
        i = tree.head[i]
    return i
