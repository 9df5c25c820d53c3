"""The names of entities as headlines write them: tokens, folded forms, and an index from names to entities."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from kg.graph import Graph
from kg.words import COMMON

# an acronym with dots is one token; a hyphen parts tokens, so that "al-Qaeda" and "al Qaeda" are one name
TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}[A-Z]?|[A-Za-z]\.[A-Za-z]\b|[^\W_]+(?:&[^\W_]+)?|&")
LONGEST = 9  # tokens of the longest name looked up

# how sure a name is by where it comes from
LABEL, ALIAS, SURNAME, BARE = 1.0, 0.95, 0.85, 0.8

# last words of names that alone name nobody
NO_SURNAME = frozenset(
    [
        "ali",
        "khan",
        "kim",
        "lee",
        "singh",
        "ahmed",
        "mohammed",
        "muhammad",
        "mohamed",
        "hassan",
        "hussein",
        "ibrahim",
        "abdullah",
        "ben",
        "bin",
        "jr",
        "sr",
        "el",
        "al",
        "ray",
    ]
)
# first types that are no named thing in the sense of a headline: they stay in the graph but are not linked
UNNAMED = frozenset({"commodity", "industry", "language", "timezone"})
# imported things of these first types may be named by one word
ALONE = frozenset({"country", "city", "subdivision", "region", "company", "organisation", "party", "person", "conflict"})
# sources of the seed's own rows
OWN = ("hand", "geonames", "pycountry", "babel")
# lower-case names that are taken all the same
LOWER_OK = frozenset({"currency", "celestial body"})


class Token(NamedTuple):
    text: str
    folded: str
    start: int
    end: int


class Name(NamedTuple):
    """One entity under one name: `quality` how sure the name is, `shape` the case the text must show."""

    entity: int
    quality: float
    shape: str  # "exact", "title" (every word a capital), "upper" (first letter), "mixed" (a capital inside: taken in any case), "any"


UNDECOMPOSED = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "’": "'"})


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Case-folded, without diacritics and dots: "U.S." -> "us", "Erdoğan" -> "erdogan"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c) and c != ".").translate(UNDECOMPOSED)


def tokenize(text: str) -> list[Token]:
    """Words with their offsets; a possessive 's is left out of the word before it."""
    text = text.replace("’", "'")
    return [
        Token(m.group(), fold(m.group()), m.start(), m.end())
        for m in TOKEN.finditer(text)
        if not (m.group() == "s" and text[m.start() - 1 : m.start()] == "'")
    ]


def _shape(tokens: list[Token]) -> str:
    """What the text must show: an acronym or two letters the very same case, a capitalised word a capital, the rest nothing."""
    if len(tokens) == 1:
        word = tokens[0].text.replace(".", "")
        if len(word) <= 5 and word.upper() == word and word.isalpha():
            return "exact"
        return "upper" if word[:1].isupper() else "mixed" if word.lower() != word else "any"  # "iPhone" is a name as it stands
    if len(tokens) == 2 and tokens[0].folded == "the":
        return "title"  # "the Hindu temple" is not "The Hindu"
    return "upper" if any(t.text[:1].isupper() for t in tokens) else "any"


@lru_cache(maxsize=1)
def demonyms() -> dict[str, list[str]]:
    """Folded adjective -> ids of the countries it belongs to (kg/seed/demonyms.csv)."""
    found: dict[str, list[str]] = {}
    with (Path(__file__).parent / "seed" / "demonyms.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            key = " ".join(t.folded for t in tokenize(row["adjective"]))
            found.setdefault(key, []).append(row["entity_id"])
    return found


def _written(label: str, aliases: str, types: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """The names of one entity with their quality: label, aliases, label without its bracket, surname of a person."""
    yield label, LABEL
    for alias in aliases.split("|"):
        if alias and not (len(alias) == 2 and alias.islower()):  # two small letters are a country code, no name
            yield alias, ALIAS
    bare = re.sub(r"\s*\([^)]*\)$", "", label)
    if bare != label:
        yield bare, BARE
    if "person" in types and " " in bare:
        words = bare.split(" ")
        # "Abdullah II of Jordan" and "Kim Jong-un" have no surname at the end
        if (
            words[0] not in ("Kim", "Lee", "Hu", "Wen", "Xi", "Ban", "Ma", "Li", "Aung", "King", "Queen", "Pope")
            and "of" not in words
            and not words[-1].isupper()
            and fold(words[-1]) not in NO_SURNAME
        ):
            yield words[-1], SURNAME
            if len(words) > 2 and words[-2].lower() in ("de", "van", "von", "bin", "el", "al", "le", "la", "ben", "der"):
                yield " ".join(words[-2:]), SURNAME
        elif words[0] in ("Hu", "Wen", "Xi", "Ma"):
            yield words[0], SURNAME


@dataclass
class AliasIndex:
    """Folded name -> the entities that bear it; `longest` holds, for each first word, the most tokens a name has."""

    ids: list[str]
    names: dict[str, list[Name]]
    longest: dict[str, int]

    @classmethod
    def build(cls, graph: Graph) -> "AliasIndex":
        rows = graph.entities
        own = rows["source"].str.startswith(OWN)
        return cls.from_rows(zip(rows["id"], rows["label"], rows["aliases"], rows["types"], own, strict=True))

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, str, str, bool]]) -> "AliasIndex":
        """From (id, label, aliases, types, whether from the seed) rows; an entity keeps its surest name under each folded form."""
        ids: list[str] = []
        names: dict[str, list[Name]] = {}
        longest: dict[str, int] = {}
        adjectives = demonyms()
        for number, (identifier, label, aliases, types, own) in enumerate(rows):
            ids.append(identifier)
            kinds = tuple(types.split("|"))
            if kinds[0] in UNNAMED:
                continue
            for text, quality in _written(label, aliases, kinds):
                tokens = tokenize(text)
                if (
                    tokens and tokens[0].folded == "the" and len(tokens) > 1 and kinds[0] not in ("media", "work")
                ):  # "The Hindu" is the paper
                    tokens = tokens[1:]
                key = " ".join(t.folded for t in tokens)
                if not key or len(tokens) > LONGEST or (len(key) < 2) or key.isdigit():
                    continue
                if len(tokens) == 1 and not own and (kinds[0] not in ALONE or text != label):
                    continue  # a lone word that names a film, or a nickname: far more often just the word
                if key in adjectives and "place" not in kinds:
                    continue  # "German" is an adjective, "Germans" a people
                shape = _shape(tokens)
                if shape == "any" and (not LOWER_OK & set(kinds) or key in COMMON):
                    continue  # a name in small letters is a common noun
                if len(tokens) == 1 and key in COMMON and shape != "exact":
                    quality *= 0.45 if quality >= BARE and quality != SURNAME else 0.3
                held = names.setdefault(key, [])
                for place, name in enumerate(held):
                    if name.entity == number:
                        # the same name in two spellings ("US", "us"): the looser shape, the surer quality
                        looser = max(name.shape, shape, key=("exact", "title", "upper", "mixed", "any").index)
                        held[place] = Name(number, max(quality, name.quality), looser)
                        break
                else:
                    held.append(Name(number, quality, shape))
                first = tokens[0].folded
                longest[first] = max(longest.get(first, 0), len(tokens))
        return cls(ids, names, longest)
