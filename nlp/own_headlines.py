"""A user's own headlines as training text: the pipeline annotates them, and what it reads alike in every letter case is kept.

Case is what headlines vary most. A parse that stays the same in the headline as it stands, in lower case and in Title Case is most often right; taught
in all three, it pulls the doubtful ones along.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from headlines import recase
from spacy.language import Language
from spacy.tokens import Doc
from treebank import Sentence, Token

COLUMNS = ("text", "headline", "title", "news")
# A one-word line teaches no tree; longer ones than this are articles.
WORDS = range(3, 61)


def read_headlines(path: Path) -> list[str]:
    """Texts of a CSV file or of JSON lines (column text, headline, title or News), or of a plain file with one headline a line.

    Raises:
        SystemExit: no such file, no such column, or no text in it.
    """
    if not path.is_file():
        raise SystemExit(f"no file of headlines at {path}")
    raw = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".csv":
        texts = [_text(row, path) for row in csv.DictReader(raw.splitlines(keepends=True))]
    elif path.suffix in (".jsonl", ".ndjson"):
        texts = [_text(json.loads(line), path) for line in raw.splitlines() if line.strip()]
    else:
        texts = raw.splitlines()
    texts = [t for t in dict.fromkeys(" ".join(t.split()) for t in texts) if t]
    if not texts:
        raise SystemExit(f"{path} holds no headlines")
    return texts


def _text(row: dict[str, str], path: Path) -> str:
    for name, value in row.items():
        if name and name.lower() in COLUMNS:
            return str(value or "")
    raise SystemExit(f"{path}: no column of {', '.join(COLUMNS)}; it has {', '.join(map(str, row))}")


def annotate(nlp: Language, texts: Iterable[str]) -> list[Sentence]:
    """The texts that `nlp` reads alike as they stand, in lower case and in Title Case, as sentences with tags, trees and entities."""
    texts = list(texts)
    plain = [[Token(t.text, space=bool(t.whitespace_)) for t in doc] for doc in nlp.tokenizer.pipe(texts)]
    plain = [tokens for tokens in plain if len(tokens) in WORDS]
    readings = [
        list(nlp.pipe(_with_words(nlp, recase(tokens, style)) for tokens in plain)) for style in ("as is", "lower", "title")
    ]
    return [
        Sentence("own", _tokens(docs[0]))
        for docs in zip(*readings, strict=True)
        if len({_tree(doc) for doc in docs}) == 1 and len(list(docs[0].sents)) == 1
    ]


def _with_words(nlp: Language, tokens: Sequence[Token]) -> Doc:
    return Doc(nlp.vocab, words=[t.form for t in tokens], spaces=[t.space for t in tokens])


def _tree(doc: Doc) -> tuple[tuple[int, str], ...]:
    return tuple((t.head.i, t.dep_) for t in doc)


def _tokens(doc: Doc) -> tuple[Token, ...]:
    return tuple(
        Token(
            t.text,
            t.lemma_,
            t.pos_,
            t.tag_,
            t.head.i,
            "root" if t.dep_ == "ROOT" else t.dep_,
            bool(t.whitespace_),
            f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O",
        )
        for t in doc
    )
