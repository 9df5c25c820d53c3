"""The names of entities as headlines write them: tokens, folded forms, and the names that one entity goes by."""

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from kg.words import COMMON

# an acronym with dots is one token; a hyphen parts tokens, so that "al-Qaeda" and "al Qaeda" are one name
TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}[A-Z]?|[A-Za-z]\.[A-Za-z]\b|[^\W_]+(?:&[^\W_]+)?|&")
LONGEST = 9  # tokens of the longest name looked up

# how sure a name is by where it comes from
LABEL, ALIAS, SURNAME, BARE, STRIPPED = 1.0, 0.95, 0.85, 0.8, 0.8
DOUBTFUL, DOUBTFUL_PERSON = 0.45, 0.3  # what is left of it when the name is an ordinary word

# what the text must show, from strict to loose: the very capitals, every word a capital, the first letter one, a capital inside (taken in any case), nothing
SHAPES = ("exact", "title", "upper", "mixed", "any")

# last words of names that alone name nobody
NO_SURNAME = frozenset([
    "ali", "khan", "kim", "lee", "singh", "ahmed", "mohammed", "muhammad", "mohamed", "mohammad", "mohamad", "hassan",
    "hussein", "ibrahim", "abdullah", "ben", "bin", "jr", "sr", "el", "al", "ray", "english", "son", "sen", "lama", "pen",
    "said", "store", "hijab", "win", "petro", "flores", "fei", "chen", "khamis", "johannsson", "sidorsky",
])  # fmt: skip
# families whose name comes first: "Kim Jong-un" has no surname at the end
SURNAME_FIRST = frozenset(["Kim", "Lee", "Hu", "Wen", "Xi", "Ban", "Ma", "Li", "Aung", "Park", "Jang"])
BY_FIRST = frozenset(["Hu", "Wen", "Xi"])  # of these, whom one word names
STYLES = frozenset(["King", "Queen", "Pope", "Prince", "Emperor", "Jihadi"])
# first types that are no named thing in the sense of a headline: they stay in the graph but are not linked
UNNAMED = frozenset({"commodity", "industry", "language", "timezone", "class", "office"})
# imported things of these first types may be named by one word
ALONE = frozenset({"country", "city", "subdivision", "region", "company", "organisation", "party", "person", "conflict"})
# sources of the seed's own rows
OWN = ("hand", "geonames", "pycountry", "babel")
# lower-case names that are taken all the same
LOWER_OK = frozenset({"currency", "celestial body"})
WORK_WORDS = 3  # words that an imported film or book must have: shorter titles are mostly plain speech
LARGE_CITY = 11.0  # prior from which a city is looked up without its lost letters ("Malm")
SMALL_CITY = 20.0  # prior below which a city that is also a given name ("George", "Mary") is an ordinary word


class Token(NamedTuple):
    text: str
    folded: str
    start: int
    end: int


class Name(NamedTuple):
    """One entity under one name: `quality` how sure the name is, `shape` the case the text must show (one of SHAPES)."""

    entity: int
    quality: float
    shape: str


class Named(NamedTuple):
    """What of an entity its names depend on; `own` says that it comes from the seed, `prior` how likely news means it."""

    label: str
    aliases: tuple[str, ...]
    types: tuple[str, ...]
    own: bool
    prior: float = 0.0


class People(NamedTuple):
    """The folded given names and surnames of a graph's persons."""

    given: Collection[str] = ()
    family: Collection[str] = ()


UNDECOMPOSED = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "’": "'"})


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Case-folded, without diacritics and dots: "U.S." -> "us", "Erdoğan" -> "erdogan"."""
    if text.isascii():
        return text.casefold().replace(".", "")
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


def given_name(entity: Named) -> str:
    """The folded given name of a person, or nothing: "Vladimir" of "Vladimir Putin"."""
    words = entity.label.split(" ")
    if entity.types[0] != "person" or len(words) < 2 or words[0] in SURNAME_FIRST | STYLES or not words[0][1:].islower():
        return ""
    return fold(words[0])


def family_name(entity: Named) -> str:
    """The folded last word of a person's label, or nothing."""
    words = entity.label.split(" ")
    return fold(words[-1]) if entity.types[0] == "person" and len(words) > 1 else ""


def _surnames(bare: str) -> Iterator[str]:
    """The surname of a person, with the particle that belongs to it."""
    words = bare.split(" ")
    # "Abdullah II of Jordan" and "Kim Jong-un" have no surname at the end
    if (
        words[0] not in SURNAME_FIRST | STYLES
        and "of" not in words
        and not words[-1].isupper()
        and fold(words[-1]) not in NO_SURNAME
        and fold(words[-1]) not in demonyms()
    ):
        yield words[-1]
        if len(words) > 2 and words[-2].lower() in ("de", "van", "von", "bin", "el", "al", "le", "la", "ben", "der"):
            yield " ".join(words[-2:])
    elif words[0] in BY_FIRST:
        yield words[0]


def _written(entity: Named) -> Iterator[tuple[str, float]]:
    """The names of one entity with their quality: label, aliases, label without its bracket, surname of a person."""
    yield entity.label, LABEL
    for alias in entity.aliases:
        if len(alias) == 2 and alias.islower():
            continue  # two small letters are a country code, no name
        if entity.own or _trusted(alias, entity):
            yield alias, ALIAS
    bare = re.sub(r"\s*\([^)]*\)$", "", entity.label)
    if bare != entity.label and not entity.label.endswith("(city)"):  # the bare name is the state's
        yield bare, BARE
    if "person" in entity.types and " " in bare:
        for surname in _surnames(bare):
            yield surname, SURNAME


def _trusted(alias: str, entity: Named) -> bool:
    """Whether an imported alias may be looked up: no list of places, no code, and of a person not a nickname that shares no word with the name."""
    if re.search(r"[,/:@]", alias):
        return False
    shared = {fold(word) for word in alias.split()} & {fold(word) for word in entity.label.split()}
    return entity.types[0] != "person" or bool(shared)


def _imported(tokens: list[Token], text: str, entity: Named, people: People) -> bool:
    """Whether a name of an imported entity names it in a headline; most short ones are just words."""
    kind = entity.types[0]
    if kind == "work" and len([t for t in tokens if t.folded != "the"]) < WORK_WORDS:
        return False
    if all(t.folded in COMMON for t in tokens):
        return False  # "National Assembly", "Independence Day": whose?
    if len(tokens) > 1:
        return True
    # a lone word that names a film, or a nickname, or "Adrian": far more often just the word
    word = tokens[0].folded
    return (
        kind in ALONE
        and text == entity.label
        and not (kind in ("person", "city") and (word in people.given or word in people.family))
    )


def names_of(entity: Named, people: People = People()) -> Iterator[tuple[tuple[str, ...], float, str]]:  # noqa: B008
    """(folded tokens, quality, shape) of each name of an entity; what is also a name of `people` alone names no small city."""
    kinds = entity.types
    if kinds[0] in UNNAMED or (not entity.own and entity.label.islower()):
        return
    adjectives = demonyms()
    for text, quality in _written(entity):
        tokens = tokenize(text)
        if (
            tokens and tokens[0].folded == "the" and len(tokens) > 1 and kinds[0] not in ("media", "work")
        ):  # "The Hindu" is the paper
            tokens = tokens[1:]
        words = tuple(t.folded for t in tokens)
        key = " ".join(words)
        if not len(key) >= 2 or len(tokens) > LONGEST or key.isdigit():
            continue
        if not entity.own and not _imported(tokens, text, entity, people):
            continue
        if key in adjectives and "place" not in kinds:
            continue  # "German" is an adjective, "Germans" a people
        shape = _shape(tokens)
        if shape == "any" and (not LOWER_OK & set(kinds) or key in COMMON):
            continue  # a name in small letters is a common noun
        if len(tokens) == 1 and shape != "exact" and _ordinary(key, entity, quality, people.given):
            quality *= DOUBTFUL if quality >= BARE and quality != SURNAME else DOUBTFUL_PERSON
        yield words, quality, shape
        if entity.own and not text.isascii() and text[0].isascii() and (kinds[0] != "city" or entity.prior >= LARGE_CITY):
            # archives lose letters: "Franois Hollande", "So Paulo"
            stripped = tuple(t.folded for t in tokenize(text.encode("ascii", "ignore").decode()))
            if len("".join(stripped)) >= 5 and " ".join(stripped) not in COMMON:
                yield stripped, quality * STRIPPED, shape


def _ordinary(key: str, entity: Named, quality: float, given: Collection[str]) -> bool:
    """Whether a lone word needs its context to be a name: a common word, or a given name that is also a surname or a small city."""
    if key in COMMON:
        return True
    return key in given and (quality == SURNAME or (entity.types[0] == "city" and entity.prior < SMALL_CITY))
