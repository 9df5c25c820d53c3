"""Headlines of the synthetic world: frames with marked slots, filled with names and dressed in a style.

A frame is a headline with its event tuples marked in it, for example
"[s {X}] [p halts] [o exports of {good} to {B}]": [s ...], [p ...], [o ...] are subject, predicate and object, a digit
tells a second tuple, [p! ...] is a negated predicate, {X} is a name or a word to fill in.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kdtcn.errors import InputError

FOLDER = Path(__file__).parent
HARMLESS = "harmless"
ENTITY_SLOTS = "XABPQTCDGK"  # planted actor, two states, two leaders, city, two companies, organisation, central bank
_PART = re.compile(r"\[([spo])(\d?)(!?) ([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
# small words stay small in Title Case, unless they begin the headline
_SMALL = {
    "a",
    "an",
    "and",
    "as",
    "at",
    "by",
    "for",
    "from",
    "in",
    "of",
    "off",
    "on",
    "or",
    "out",
    "over",
    "the",
    "to",
    "until",
    "with",
}


@dataclass(frozen=True)
class Frame:
    """One sentence pattern; `use` is the event type it tells, or HARMLESS."""

    name: str
    use: str
    style: str
    text: str

    @property
    def slots(self) -> list[str]:
        return list(dict.fromkeys(_SLOT.findall(self.text)))

    @property
    def entities(self) -> list[str]:
        return [slot for slot in self.slots if slot in ENTITY_SLOTS]


@dataclass(frozen=True)
class Tuple:
    """The generator's own event tuple, with the entities of either argument."""

    subject: str
    predicate: str
    object: str
    negated: bool
    subject_entities: tuple[str, ...]
    object_entities: tuple[str, ...]


@dataclass(frozen=True)
class Headline:
    text: str
    frame: str
    tuples: tuple[Tuple, ...]
    names: Mapping[str, str]  # entity id -> the name as written


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def frames() -> tuple[Frame, ...]:
    """Every frame of frames.csv."""
    return tuple(Frame(row["frame"], row["use"], row["style"], row["text"]) for row in _rows("frames.csv"))


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The words that fill the slots which are no entities."""
    return {row["slot"]: tuple(row["words"].split("|")) for row in _rows("words.csv")}


def render(frame: Frame, names: Mapping[str, tuple[str, str]], rng: np.random.Generator) -> Headline:
    """Fill a frame and dress it; `names` maps each entity slot to (entity id, name as written)."""
    fill = {slot: name for slot, (_, name) in names.items()}
    for slot in frame.slots:
        if slot not in ENTITY_SLOTS:
            fill[slot] = _word(slot, rng)
    dress = str(rng.choice(["plain", "title", "prefix", "wire", "says"], p=[0.50, 0.24, 0.10, 0.10, 0.06]))
    if dress == "says" and frame.style not in ("sentence", "infinitive"):
        dress = "plain"  # one attribution or quotation a headline is enough
    case = _title if dress == "title" else str
    parts: dict[str, dict[str, list[str]]] = {}
    negated: set[str] = set()
    entities: dict[tuple[str, str], list[str]] = {}

    def part(match: re.Match[str]) -> str:
        role, number, bang, inner = match.groups()
        text = case(_SLOT.sub(lambda slot: fill[slot[1]], inner))
        parts.setdefault(number, {"s": [], "p": [], "o": []})[role].append(text)
        if bang:
            negated.add(number)
        entities.setdefault((number, role), []).extend(names[slot][0] for slot in _SLOT.findall(inner) if slot in names)
        return text

    text = _PART.sub(part, frame.text)
    text = _SLOT.sub(lambda slot: fill[slot[1]], text)
    if _SLOT.search(text) or not parts:
        raise InputError(f"frames.csv: frame {frame.name!r} is not filled or marks no tuple: {text!r}")
    text = _dress(case(text), dress, rng)
    tuples = []
    for number, roles in parts.items():
        subject, predicate, what = (" ".join(roles[role]) for role in "spo")
        actors, targets = (tuple(entities.get((number, role), ())) for role in "so")
        tuples.append(Tuple(subject, predicate, what, number in negated, actors, targets))
    return Headline(text, frame.name, tuple(tuples), dict(names.values()))


def _word(slot: str, rng: np.random.Generator) -> str:
    """A word for a slot; a slot that begins with a capital wants its first letter large; n is a number."""
    if slot.lower() == "n":
        return str(int(rng.integers(3, 95)))
    known = words()
    if slot.lower() not in known:
        raise InputError(f"words.csv: no words for the slot {slot!r}")
    word = known[slot.lower()][int(rng.integers(len(known[slot.lower()])))]
    return word[0].upper() + word[1:] if slot[0].isupper() else word


def _title(text: str) -> str:
    tokens = text.split(" ")
    return " ".join(token if i and token in _SMALL else token[:1].upper() + token[1:] for i, token in enumerate(tokens))


def _dress(text: str, dress: str, rng: np.random.Generator) -> str:
    """Add what agencies add around a headline, and the capital it begins with."""
    text = text[:1].upper() + text[1:]
    if dress == "prefix":
        return f"{_word('prefix', rng)}: {text}"
    if dress == "wire":
        wire = _word("wire", rng)
        return f"{text} - {wire}" if rng.random() < 0.5 else f"{wire}: {text}"
    if dress == "says":
        return f"{text}, report says"
    return text
