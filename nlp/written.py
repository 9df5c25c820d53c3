"""Read the headlines that were written for this project (nlp/written): plain text with entities in brackets, "[G:Peru] recalls ambassador"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from treebank import Sentence, Token

FOLDER = Path(__file__).parent / "written"
LABEL_OF = {"P": "PERSON", "O": "ORG", "G": "GPE", "N": "NORP", "E": "EVENT", "M": "MONEY", "%": "PERCENT"}
MARKED = re.compile(r"\[([POGNEM%]):([^\]]+)\]")


def unmark(line: str) -> tuple[str, list[tuple[int, int, str]]]:
    """(plain text, spans of entities): "[P:Ban] flies" gives ("Ban flies", [(0, 3, "PERSON")])."""
    text, spans, end = "", [], 0
    for match in MARKED.finditer(line):
        text += line[end : match.start()]
        spans.append((len(text), len(text) + len(match[2]), LABEL_OF[match[1]]))
        text += match[2]
        end = match.end()
    return text + line[end:], spans


def read_written(nlp: Language, part: str) -> Iterator[Sentence]:
    """Headlines of part "train" or "held" as the pipeline's tokenizer cuts them; no trees.

    Raises:
        ValueError: an entity's edges are not edges of tokens.
    """
    for line in (FOLDER / f"{part}.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, spans = unmark(line)
        doc = nlp.make_doc(text)
        entities = ["O"] * len(doc)
        for start, end, label in spans:
            span = doc.char_span(start, end)
            if span is None:
                raise ValueError(f"nlp/written/{part}.txt: {text[start:end]!r} does not fall on tokens: {line}")
            entities[span.start : span.end] = ["B-" + label] + ["I-" + label] * (len(span) - 1)
        yield Sentence(
            f"written-{part}",
            tuple(Token(t.text, space=bool(t.whitespace_), entity=e) for t, e in zip(doc, entities, strict=True)),
        )
