"""Small questions about words on the page: their case, their near misspellings, the word before a phrase, the number of a day."""

import datetime
from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from kg.aliases import Token, tokenize


def deletions(word: str) -> list[str]:
    """The word with each one of its letters left out."""
    return sorted({word[:i] + word[i + 1 :] for i in range(len(word))})


def fits(shape: str, tokens: Sequence[Token]) -> bool:
    """Whether the text shows the case that a name asks for."""
    if shape in ("any", "mixed"):
        return True
    if shape == "title":
        return all(t.text[:1].isupper() for t in tokens)
    if shape == "exact":
        return tokens[0].text.replace(".", "").isupper()
    return any(t.text[:1].isupper() or t.text[:1].isdigit() for t in tokens)


@lru_cache(maxsize=8192)
def ordinal(day: datetime.date | str | pd.Timestamp) -> int:
    return pd.Timestamp(day).toordinal()


def before(context: str, text: str) -> str:
    """The word before a phrase in its headline."""
    place = context.find(text) if context else -1
    tokens = tokenize(context[:place]) if place > 0 else []
    return tokens[-1].folded if tokens else ""
