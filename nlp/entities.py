"""One set of entity kinds for all corpora: nationalities and events by closed lists, sums and percentages by pattern.

The entity corpora know people, organisations and places; WikiGold puts nationalities and events among "MISC". Here every kind that headlines
need gets its label in every corpus, so that no corpus teaches that another's entities are none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from treebank import Sentence, Token


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


LABELS = ("PERSON", "ORG", "GPE", "NORP", "EVENT", "MONEY", "PERCENT")
COUNTRIES = Path(__file__).parents[1] / "kg" / "seed" / "hand" / "countries.csv"
# Peoples, faiths and parties; nationalities come from the table of countries.
PEOPLES = _set(
    "muslim muslims christian christians jew jews jewish hindu hindus buddhist buddhists sikh sikhs shia shiite shiites sunni sunnis salafist salafists "
    "catholic catholics protestant protestants orthodox mormon mormons anglican kurd kurds kurdish tibetan tibetans uighur uighurs rohingya yazidi "
    "yazidis arab arabs chechen chechens tamil tamils catalan catalans basque basques maori roma pashtun hazara hutu hutus tutsi tutsis tatar tatars "
    "bedouin palestinian palestinians european europeans african africans asian asians western american americans latino latinos islamist islamists islamic "
    "communist communists nazi nazis republican republicans democrat democrats tory tories zionist zionists jihadist jihadists aboriginal prussian "
    "roman byzantine ottoman soviet soviets scottish scots welsh english cornish korean koreans siberian balkan nordic scandinavian caribbean "
    "victorian yugoslav bavarian flemish sicilian hispanic coptic copts druze alawite alawites neo-nazi neo-nazis"
)
# What a name of an event holds, above all behind other names: "Battle of X", "X Cup".
EVENT_WORDS = _set(
    "war wars battle revolution cup olympics olympic paralympics championship championships festival holocaust uprising massacre bowl prix games derby marathon crusade "
    "tournament intifada genocide conference summit eurovision biennale expo earthquake hurricane typhoon cyclone tsunami brexit grammys oscars awards convention "
    "masters open wimbledon"
)
SURE_EVENTS = tuple(
    tuple(name.split())
    for name in (
        "world war ii", "world war i", "world war two", "world war one", "second world war", "first world war", "cold war", "gulf war", "iraq war", "vietnam war",
        "civil war", "world cup", "fifa world cup", "super bowl", "olympics", "olympic games", "winter olympics", "summer olympics", "world series",
        "holocaust", "arab spring", "french revolution", "tour de france", "grand prix", "champions league", "hurricane katrina", "hurricane sandy",
        "brexit", "eurovision", "korean war", "hajj", "chernobyl disaster", "wimbledon", "euro 2016",
    )
)  # fmt: skip
CURRENCY_SIGNS = _set("$ £ € ¥ US$ A$ C$ HK$")
CURRENCIES = _set(
    "dollar dollars pound pounds euro euros yen yuan rupee rupees rouble roubles ruble rubles franc francs peso pesos cents bucks lira shekels"
)
SCALES = _set("million billion trillion thousand hundred bn m k mn tn")
PERCENT = _set("% percent pct per-cent")
NUMBER = re.compile(
    r"^(?:\d[\d.,]*(?:bn|m|k|tn|mn)?|one|two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|half)$", re.IGNORECASE
)
# Of the corpora's other things (songs, products) nothing is learnt.
OTHER = "MISC"


@lru_cache
def nationalities() -> frozenset[str]:
    """Adjectives and names of peoples of all countries, in lower case, one word each."""
    with COUNTRIES.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.DictReader(file) for column in ("adjectives", "people") for cell in row[column].split("|")]
    # "US" and "UK" stand for the country more often than for its adjective.
    return frozenset(c.lower() for c in cells if len(c) > 3 and " " not in c) | PEOPLES


def relabel(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The sentence with every kind of LABELS marked; other kinds are taken away."""
    made = [replace(t, entity="O") if t.entity[2:] == OTHER and not _event(tokens, i) else t for i, t in enumerate(tokens)]
    made = [replace(t, entity=t.entity[:2] + "EVENT") if t.entity[2:] == OTHER else t for t in made]
    lower = [t.form.lower() for t in made]
    i = 0
    while i < len(made):
        label, end = _regular(lower, i)
        if not label and made[i].entity == "O" and lower[i] in nationalities() and made[i].form[0].isupper():
            label, end = "NORP", i + 1
        if label and all(t.entity == "O" for t in made[i:end]):
            for k in range(i, end):
                made[k] = replace(made[k], entity=("B-" if k == i else "I-") + label)
            i = end
        else:
            i += 1
    return tuple(made)


def relabelled(sentences: Sequence[Sentence]) -> list[Sentence]:
    """All sentences, relabelled."""
    return [replace(s, tokens=relabel(s.tokens)) for s in sentences]


def _event(tokens: Sequence[Token], i: int) -> bool:
    """Whether the MISC name that holds token i has a word that only events have."""
    first, last = i, i + 1
    while tokens[first].entity.startswith("I-") and first > 0:
        first -= 1
    while last < len(tokens) and tokens[last].entity.startswith("I-"):
        last += 1
    words = [t.form.lower() for t in tokens[first:last]]
    return (
        bool(EVENT_WORDS.intersection(words))
        and all(t.isalnum() for t in words)
        and (len(words) > 1 or words[0] in ("holocaust", "brexit"))
    )


def _regular(lower: Sequence[str], i: int) -> tuple[str, int]:
    """(label, end) of a sum, a percentage or a well-known event that begins at i; "" if none does."""
    for name in SURE_EVENTS:
        if tuple(lower[i : i + len(name)]) == name:
            return "EVENT", i + len(name)
    k = i
    sign = lower[k] in CURRENCY_SIGNS or lower[k].upper() in CURRENCY_SIGNS
    k += sign
    if k >= len(lower) or not NUMBER.match(lower[k]):
        return "", i
    k += 1
    while k < len(lower) and lower[k] in SCALES:
        k += 1
    if sign:
        return "MONEY", k
    if k < len(lower) and lower[k] in PERCENT:
        return "PERCENT", k + 1
    if lower[k : k + 2] == ["per", "cent"]:
        return "PERCENT", k + 2
    if k < len(lower) and lower[k] in CURRENCIES:
        return "MONEY", k + 1
    return "", i
