"""A parse as plain lists in UD labels: what the grammar rules read. Attribute access on spaCy tokens would cost more than the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from spacy.attrs import DEP, ENT_TYPE, HEAD, IDX, LEMMA, LENGTH, ORTH, POS, TAG
from spacy.tokens import Doc

from kdtcn.events import scheme

SPACE = "space"
COLUMNS = [ORTH, LEMMA, TAG, POS, DEP, HEAD, IDX, LENGTH, ENT_TYPE]
POS_NAMES: dict[int, str] = {}


@dataclass(slots=True)
class Tree:
    """Tokens of one text: `head[i] == i` for a root; `children[i]` in text order; whitespace has the label "space" and no parent's care."""

    text: str
    words: list[str]
    lower: list[str]
    lemma: list[str]
    tag: list[str]
    pos: list[str]
    head: list[int]
    dep: list[str]
    start: list[int]
    end: list[int]
    places: frozenset[int] = frozenset()  # tokens of named places
    children: list[list[int]] = field(default_factory=list)

    def link(self) -> None:
        """Lists of children from the heads."""
        self.children = [[] for _ in self.words]
        for i, h in enumerate(self.head):
            if self.words[i].isspace():
                self.dep[i] = SPACE
            elif h != i:
                self.children[h].append(i)

    def child(self, i: int, labels: frozenset[str]) -> int:
        """The first child of `i` under one of the labels, or -1."""
        for c in self.children[i]:
            if self.dep[c] in labels:
                return c
        return -1

    def all(self, i: int, labels: frozenset[str]) -> list[int]:
        """All children of `i` under the labels, in text order."""
        return [c for c in self.children[i] if self.dep[c] in labels]

    def spans(self, tokens: list[int]) -> list[tuple[int, int]]:
        """Character spans of runs of neighbouring tokens; odd spacing in the text ends a run, so that slots read evenly."""
        runs: list[tuple[int, int]] = []
        before = -2
        for i in tokens:
            if i == before + 1 and runs and self.text[runs[-1][1] : self.start[i]] in ("", " "):
                runs[-1] = (runs[-1][0], self.end[i])
            else:
                runs.append((self.start[i], self.end[i]))
            before = i
        return runs


def build(doc: Doc, text: str | None = None, offsets: list[int] | None = None) -> Tree:
    """The tree of a parsed document; `text` is the stored text and `offsets` where in it the document's characters stand, if they were moved."""
    strings = doc.vocab.strings
    rows = doc.to_array(COLUMNS).astype("int64").T if len(doc) else [[]] * len(COLUMNS)
    orth, lemma, tag, pos, dep, head, start, length, kind = (column.tolist() if len(doc) else [] for column in rows)
    # spaCy stores hashes as unsigned and heads as offsets in the same unsigned array.
    names = [[strings[h % 2**64] if h else "" for h in column] for column in (orth, lemma, tag, dep)]
    words, lemmas, tags, labels = names
    kinds = [_pos_name(doc, p) for p in pos]
    # Rule lemmatizers cut base forms that look inflected ("express", "need"); a base form is its own lemma.
    lemmas = [
        w.lower() if t in ("VB", "VBP") and k == "VERB" and w.lower() != "be" else m
        for w, t, k, m in zip(words, tags, kinds, lemmas, strict=True)
    ]
    heads = [i + h for i, h in enumerate(head)]
    if scheme.is_clear(labels):
        heads, labels = scheme.to_ud(heads, labels, kinds, lemmas)
    ends = [s + n for s, n in zip(start, length, strict=True)]
    if offsets is not None:
        start, ends = [offsets[s] for s in start], [offsets[e - 1] + 1 for e in ends]
    tree = Tree(doc.text if text is None else text, words, [w.lower() for w in words], [m.lower() for m in lemmas], tags, kinds,
                heads, ["root" if d == "ROOT" else d for d in labels], start, ends)  # fmt: skip
    place = strings["GPE"]
    tree.places = frozenset(i for i, k in enumerate(kind) if k % 2**64 == place)
    tree.link()
    return tree


def _pos_name(doc: Doc, key: int) -> str:
    if key not in POS_NAMES:
        POS_NAMES[key] = doc.vocab.strings[key] if key else ""
    return POS_NAMES[key]
