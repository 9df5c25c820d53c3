"""The words of a slot: which parts of a noun phrase, or of a clause, stand for it in a tuple."""

from __future__ import annotations

from kdtcn.events import words
from kdtcn.events.scheme import labels
from kdtcn.events.tree import SPACE, Tree

# What a tuple leaves out of a noun phrase: clauses, side remarks, punctuation, the words that tie the phrase to its verb.
LEFT_OUT = labels(
    "acl acl:relcl advcl advcl:relcl parataxis appos case mark cc:preconj discourse vocative dep list punct "
    "root ccomp csubj aux aux:pass cop nsubj nsubj:pass nsubj:outer expl orphan reparandum"
) | {SPACE}
ARTICLES = frozenset(("a", "an", "the"))
QUOTES = frozenset("\"'`“”‘’«»") | {"''", "``"}
OPENERS = {"(": ")", "[": "]"}
# Prepositional phrases in these say when or under what circumstances: part of the event's setting, not of the thing.
SETTING = frozenset(
    (
        "after",
        "since",
        "during",
        "amid",
        "amidst",
        "despite",
        "before",
        "until",
        "while",
        "following",
        "ahead",
        "over",
        "without",
        "via",
    )
)
# "losses on demand worries", "82 hostages in exchange for prisoners": why, or to what end; so do these nouns with their preposition.
REASONS = {
    "on": labels("worry fear hope concern gain optimism expectation speculation news jitter outlook weakness strength"),
    "in": labels("exchange response return retaliation protest connection bid effort hunt search"),
}
# "Russia and Turkey, once foes": what is joined by one of these is a side remark.
ASIDE = labels("once formerly including especially")
# A subject keeps "of" and the like; where it stands ("police in Athens") is left out.
SUBJECT_KEEPS = frozenset(("of", "from", "against", "between", "among", "for", "to"))
# Where a phrase is attached is often the parser's guess; beyond this many words an "of" chain is cut.
MAX_PHRASE = 14
MAX_CLAUSE = 16
PHRASE_CONJ = frozenset(("conj",))
CASE = frozenset(("case",))


def preposition(tree: Tree, i: int) -> list[int]:
    """The preposition of a noun, with the words it consists of ("out of", "in front of")."""
    found: list[int] = []
    for c in tree.all(i, CASE):
        if c < i:
            found.append(c)
            found += [f for f in tree.children[c] if tree.dep[f] == "fixed"]
    return sorted(found)


def noun_phrase(tree: Tree, head: int, *, subject: bool = False) -> list[int]:
    """Token indices of the minimal phrase around `head`, in text order, articles at its start and quotes around it trimmed."""
    chosen: set[int] = set()
    stack = [(head, True)]
    while stack:
        i, top = stack.pop()
        chosen.add(i)
        for c in tree.children[i]:
            if _belongs(tree, i, c, top=top, subject=subject):
                stack.append((c, False))
                if tree.dep[c] in ("nmod", "obl", "nmod:unmarked") or (i != head and tree.dep[c] == "nmod"):
                    chosen.update(preposition(tree, c))
                elif tree.dep[c] == "nmod:poss":
                    chosen.update(k for k in tree.all(c, CASE))
    tokens = sorted(chosen)
    tokens = _with_inner_marks(tree, tokens)
    if len(tokens) > MAX_PHRASE:
        tokens = _nearest(tree, tokens, head)
    return trim(tree, tokens)


def _belongs(tree: Tree, head: int, child: int, *, top: bool, subject: bool) -> bool:
    label = tree.dep[child]
    if label == "appos":
        # "YouTube star X" style names in brackets or bare stay; a long apposition after a comma is a side remark.
        starts = min([child, *tree.children[child]])
        return starts == head + 1 and child - head <= 4 and tree.pos[child] in ("PROPN", "NUM", "X", "SYM")
    if label in LEFT_OUT:
        return False
    if tree.lower[child] == "dead" and child and tree.lemma[child - 1] in words.DEADLY:
        return False  # "shoot dead the leader": goes with the verb
    if label == "conj":
        return not _is_clause(tree, child) and not any(tree.lower[c] in ASIDE for c in tree.children[child])
    if label == "nmod" or label == "obl":
        if child < head and tree.lower[child] in ("least", "most"):
            return True  # "at least 27"
        tie = preposition(tree, child)
        first = tree.lower[tie[0]] if tie else ""
        if first in SETTING or tree.lemma[child] in REASONS.get(first, ()):
            return False
        return first in SUBJECT_KEEPS or not subject
    if label == "cc":
        # "physical and sexual abuse": the conjunction hangs on the later word, or on the head of both.
        joins = any(c > child and tree.dep[c] == "conj" and not _is_clause(tree, c) for c in tree.children[head])
        return joins or tree.dep[head] == "conj" or (not top and child < head)
    if label == "advmod":
        # "nearly 1,000 dogs", "fundamentally flawed plan"; but not "Finally, an image"
        return child < head and (not top or tree.lower[child] in words.APPROXIMATE) and tree.lower[child] not in words.NEGATIONS
    if label == "obl:unmarked" or label == "nmod:unmarked":
        return child < head or tree.tag[head] == "$"  # "$52 a barrel"
    return True


def _is_clause(tree: Tree, i: int) -> bool:
    """A conjunct with a verb of its own: "Israel and Egypt" has none, "raided and goes down" has."""
    return tree.pos[i] == "VERB" or any(tree.dep[c] in ("nsubj", "nsubj:pass", "cop") for c in tree.children[i])


def _with_inner_marks(tree: Tree, tokens: list[int]) -> list[int]:
    """Fill one-token gaps that are punctuation (hyphens, commas of a list, brackets), so that a phrase reads as it stands."""
    if not tokens:
        return tokens
    have = set(tokens)
    for i in range(tokens[0] + 1, tokens[-1]):
        if i not in have and tree.pos[i] in ("PUNCT", "SYM") and i - 1 in have and (i + 1 in have or _closes(tree, i, have)):
            have.add(i)
    # An opening mark before the first word belongs to a phrase that holds its closing mark.
    return sorted(have)


def _closes(tree: Tree, i: int, have: set[int]) -> bool:
    return tree.words[i] in OPENERS.values() and any(tree.words[j] in OPENERS for j in have if j < i)


def _nearest(tree: Tree, tokens: list[int], head: int) -> list[int]:
    """The run of tokens around the head, cut at the right: late attachments are the least certain."""
    at = tokens.index(head)
    first = max(0, at - MAX_PHRASE + 1)
    return tokens[first : max(at + 1, first + MAX_PHRASE)]


def trim(tree: Tree, tokens: list[int]) -> list[int]:
    """Without articles and quotes at the edges, and without marks that hang over; a quote inside keeps both its marks."""
    first, last = 0, len(tokens)
    while first < last - 1 and (tree.lower[tokens[first]] in ARTICLES or _is_quote(tree, tokens[first])
                                or (tree.pos[tokens[first]] == "PUNCT" and tree.words[tokens[first]] not in OPENERS)):  # fmt: skip
        first += 1
    while last - 1 > first and tree.pos[tokens[last - 1]] == "PUNCT" and tree.words[tokens[last - 1]] not in OPENERS.values():
        last -= 1
    while first < last - 1 and tree.dep[tokens[first]] == "cc":
        first += 1
    while last - 1 > first and tree.dep[tokens[last - 1]] in ("case", "cc", "det"):
        last -= 1
    kept = tokens[first:last]
    if kept and sum(_is_quote(tree, t) for t in kept) % 2:
        # `"hate speech" law` lost its first mark, `the 'spying pact'` its last: the other is inside.
        if kept[-1] + 1 < len(tree.words) and _is_quote(tree, kept[-1] + 1):
            kept.append(kept[-1] + 1)
        elif kept[0] > 0 and _is_quote(tree, kept[0] - 1):
            kept.insert(0, kept[0] - 1)
    opened = next((OPENERS[tree.words[t]] for t in kept if tree.words[t] in OPENERS), "")
    if opened and kept[-1] + 1 < len(tree.words) and tree.words[kept[-1] + 1] == opened:
        kept.append(kept[-1] + 1)
    return kept


def _is_quote(tree: Tree, i: int) -> bool:
    return tree.words[i] in QUOTES and tree.tag[i] != "POS"


def clause_phrase(tree: Tree, head: int) -> list[int]:
    """A clause as an object ("Iran sanctions dropped"): its words up to a cap, side clauses left out."""
    chosen: set[int] = set()
    stack = [head]
    while stack:
        i = stack.pop()
        chosen.add(i)
        stack += [
            c
            for c in tree.children[i]
            if tree.dep[c] not in ("advcl", "parataxis", "punct", "conj", "cc", "acl:relcl", "discourse", SPACE)
        ]
    tokens = _with_inner_marks(tree, sorted(chosen))
    while tokens and (tree.lower[tokens[0]] in ("that", "to") and tree.dep[tokens[0]] == "mark"):
        tokens = tokens[1:]
    return trim(tree, tokens[:MAX_CLAUSE])


def surface(tree: Tree, tokens: list[int]) -> tuple[str, str]:
    """(words, span) of a slot: the pieces of the stored text joined by one space, and their offsets "start:end,start:end"."""
    spans = tree.spans(tokens)
    return " ".join(tree.text[a:b] for a, b in spans), ",".join(f"{a}:{b}" for a, b in spans)
