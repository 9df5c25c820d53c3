"""Read CoNLL-U sentences and the CoNLL named-entity files into plain tokens, and turn tokens into spaCy documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab

# Tag sets of the three entity corpora, mapped to one; entities.py parts what is left in MISC.
ENTITY_LABELS = {
    "PER": "PERSON", "person": "PERSON", "LOC": "GPE", "location": "GPE", "ORG": "ORG", "corporation": "ORG", "group": "ORG",
    "MISC": "MISC", "creative-work": "MISC", "product": "MISC",
}  # fmt: skip
# Tweets address readers and carry hashtags; above this share of such tokens a line teaches nothing about headlines.
MAX_TWEET_MARKS = 0.15
CLOSING = set(".,;:!?)]}%") | {"'s", "’s", "n't", "'re", "'ve", "'ll", "'m", "'d", "..."}
OPENING = set("([{$#£€")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a treebank sentence; `head` is an index into the sentence, the root points at itself."""

    form: str
    lemma: str = ""
    upos: str = ""
    xpos: str = ""
    head: int = 0
    dep: str = ""
    space: bool = True
    entity: str = "O"  # as BIO; "?" where nobody has looked


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its document's name, so that neighbours can be joined into one text."""

    document: str
    tokens: tuple[Token, ...]


def read_conllu(path: Path) -> list[Sentence]:
    """Sentences of a CoNLL-U file. Multi-word ranges keep only their spacing; empty nodes are left out."""
    sentences: list[Sentence] = []
    document, rows, no_space_until = "", [], {}
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("# newdoc id"):
            document = line.split("=", 1)[1].strip()
        elif line.startswith("#"):
            continue
        elif line.strip():
            cells = line.split("\t")
            if "-" in cells[0]:
                first, last = map(int, cells[0].split("-"))
                no_space_until.update(dict.fromkeys(range(first, last), False))
                no_space_until[last] = "SpaceAfter=No" not in cells[9]
            elif "." not in cells[0]:
                rows.append(cells)
        elif rows:
            sentences.append(Sentence(document, _tokens(rows, no_space_until)))
            rows, no_space_until = [], {}
    return sentences


def _tokens(rows: list[list[str]], spaces: dict[int, bool]) -> tuple[Token, ...]:
    made = []
    for i, cells in enumerate(rows):
        head = int(cells[6]) - 1
        space = spaces.get(i + 1, "SpaceAfter=No" not in cells[9])
        made.append(Token(cells[1], cells[2], cells[3], cells[4], i if head < 0 else head, cells[7], space, "?"))
    return tuple(made)


def read_entities(path: Path) -> Iterator[Sentence]:
    """Sentences of a CoNLL entity file (word first, tag last; IOB1 or IOB2), tweets that are mostly marks left out."""
    rows: list[tuple[str, str]] = []
    for line in [*path.read_text(encoding="utf-8", errors="replace").splitlines(), ""]:
        cells = line.split()
        if len(cells) >= 2:
            rows.append((cells[0], cells[-1]))
        elif rows:
            marks = sum(word[0] in "@#" or word.startswith("http") for word, _ in rows)
            if marks <= MAX_TWEET_MARKS * len(rows) and all(word.isprintable() for word, _ in rows) and (said := _said(rows)):
                yield Sentence(path.stem, _entity_tokens(said))
            rows = []


def _said(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """A tweet without whom it addresses ("RT @ name :") and without its links: one corpus calls every "@" a person."""
    kept = [
        row
        for i, row in enumerate(rows)
        if row[0][0] != "@" and not (i and rows[i - 1][0] == "@") and not row[0].startswith("http") and row[0] != "RT"
    ]
    while kept and kept[0][0] in (":", ",", "-", "."):
        kept.pop(0)
    if kept and kept[0][1].startswith("I-"):
        kept[0] = (kept[0][0], "B-" + kept[0][1][2:])
    return kept


def read_all_entities(folder: Path) -> tuple[list[Sentence], list[Sentence]]:
    """(train, held out) sentences of the entity corpora under `folder`: the corpora's own test file and every tenth sentence are held out."""
    train: list[Sentence] = []
    held: list[Sentence] = []
    for path in sorted(folder.rglob("*.*")):
        for i, sentence in enumerate(read_entities(path)):
            (held if "test" in path.name or i % 10 == 9 else train).append(sentence)
    return train, held


def _entity_tokens(rows: Sequence[tuple[str, str]]) -> tuple[Token, ...]:
    made: list[Token] = []
    before = ""
    for i, (word, tag) in enumerate(rows):
        label = ENTITY_LABELS.get(tag[2:]) if tag != "O" else None
        entity = "O" if label is None else ("I-" if tag[0] == "I" and before == label else "B-") + label
        before = label or ""
        following = rows[i + 1][0] if i + 1 < len(rows) else ""
        made.append(Token(word, space=word not in OPENING and following not in CLOSING, entity=entity))
    return tuple(made)


def to_doc(vocab: Vocab, sentences: Sequence[Sequence[Token]]) -> Doc:
    """One document of sentences. Where a word's entity, or its tree, is not known it is left out for all, so that nothing learns from a gap."""
    words, spaces, tags, pos, lemmas, deps = [], [], [], [], [], []
    heads: list[int] = []
    starts: list[bool] = []
    for sentence in sentences:
        offset = len(words)
        for i, token in enumerate(sentence):
            words.append(token.form)
            spaces.append(token.space or i == len(sentence) - 1)
            tags.append(token.xpos)
            pos.append(token.upos)
            lemmas.append(token.lemma)
            deps.append("ROOT" if token.dep == "root" else token.dep)
            heads.append(offset + token.head)
            starts.append(i == 0)
    known = all(t.entity != "?" for s in sentences for t in s)
    entities = [t.entity for s in sentences for t in well_formed(s)] if known else None
    if not all(deps):
        return Doc(vocab, words=words, spaces=spaces, ents=entities)
    return Doc(vocab, words=words, spaces=spaces, tags=tags, pos=pos, lemmas=lemmas, heads=heads, deps=deps, ents=entities)


def well_formed(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """BIO tags that no reader refuses: an "I-" behind another kind, or behind none, begins anew."""
    made: list[Token] = []
    for token in tokens:
        before = made[-1].entity if made else "O"
        if token.entity.startswith("I-") and before[2:] != token.entity[2:]:
            token = replace(token, entity="B-" + token.entity[2:])
        made.append(token)
    return tuple(made)


def spans(tokens: Sequence[Token]) -> set[tuple[int, int, str]]:
    """(first, end, label) of every entity."""
    found, first = set(), -1
    for i, tag in enumerate([*(t.entity for t in tokens), "O"]):
        if first >= 0 and not tag.startswith("I-"):
            found.add((first, i, tokens[first].entity[2:]))
            first = -1
        if tag.startswith("B-"):
            first = i
    return found


def drop(tokens: Sequence[Token], doomed: set[int]) -> tuple[Token, ...]:
    """The sentence without the tokens in `doomed`: their children go to the nearest head that stays, so the tree stays a tree."""
    kept = [i for i in range(len(tokens)) if i not in doomed]
    place = {old: new for new, old in enumerate(kept)}
    made = []
    for i in kept:
        head = tokens[i].head
        while head in doomed and tokens[head].head != head:
            head = tokens[head].head
        made.append(replace(tokens[i], head=place.get(head, place[i])))
    return tuple(made)
