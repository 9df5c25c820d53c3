"""Entities that follow rules, as patterns of spaCy's entity_ruler: sums, percentages and well-known events ahead of the recogniser, which then
labels around them; nationalities behind it, where it left a gap, so that "British Airways" stays one name."""

from __future__ import annotations

from entities import CURRENCIES, CURRENCY_SIGNS, SCALES, SURE_EVENTS, nationalities
from spacy.language import Language

# "3bn" and "1.5tn" are one token ("3m" is two). Shapes and whole words are compared in C, sets and expressions in Python: those stand last.
WITH_SCALE = ("dxx", "ddxx", "dddxx", "d.dxx", "dd.dxx")
STORMS = ("hurricane", "typhoon", "cyclone")
# Behind a name these make an event: "Boston Marathon", "Spanish Civil War".
HEADS = ("War", "Cup", "Olympics", "Games", "Marathon", "WAR", "CUP", "OLYMPICS", "GAMES", "MARATHON")


def regular_patterns() -> list[dict]:
    """MONEY, PERCENT and EVENT."""
    scale = {"LOWER": {"IN": sorted(SCALES)}, "OP": "*"}
    money = [[{"ORTH": sign}, {"TEXT": {"REGEX": r"^\d"}}, scale] for sign in sorted(CURRENCY_SIGNS)]
    money += [[{"LIKE_NUM": True}, scale, {"LOWER": {"IN": sorted(CURRENCIES)}}]]
    money += [[{"SHAPE": shape}, {"LOWER": {"IN": sorted(CURRENCIES)}}] for shape in WITH_SCALE]
    percent = [[{"LIKE_NUM": True}, scale, {"LOWER": unit}] for unit in ("%", "percent", "pct")]
    percent += [[{"LIKE_NUM": True}, scale, {"LOWER": "per"}, {"LOWER": "cent"}]]
    events = [[{"ORTH": word} for word in _case(name, style)] for name in SURE_EVENTS for style in ("title", "upper")]
    events += [[{"LOWER": storm}, {"POS": "PROPN", "IS_ALPHA": True}] for storm in STORMS]
    events += [[{"LOWER": "battle"}, {"LOWER": "of"}, {"POS": "PROPN"}]]
    events += [[{"POS": "PROPN"}, *middle, {"ORTH": {"IN": list(HEADS)}}] for middle in ([], [{"POS": "PROPN"}])]
    events += [[{"LOWER": {"IN": sorted(nationalities())}}, {"ORTH": "Civil", "OP": "?"}, {"ORTH": "War"}]]
    kinds = (("MONEY", money), ("PERCENT", percent), ("EVENT", events))
    return [{"label": label, "pattern": pattern} for label, patterns in kinds for pattern in patterns]


def people_patterns() -> list[dict]:
    """NORP: in Title Case or capitals, for "polish" and "turkey" are words."""
    forms = sorted({form for word in nationalities() for form in (word.title(), word.capitalize(), word.upper())})
    return [{"label": "NORP", "pattern": [{"ORTH": {"IN": forms}}]}]


def add_rules(nlp: Language) -> None:
    """Add both rulers to a pipeline that has none."""
    if "regular" not in nlp.pipe_names:
        nlp.add_pipe("entity_ruler", name="regular", before="ner").add_patterns(regular_patterns())
        nlp.add_pipe("entity_ruler", name="peoples", after="ner").add_patterns(people_patterns())


def _case(name: tuple[str, ...], style: str) -> list[str]:
    """Words of a name as headlines print them: "World War II", "Tour de France"."""
    if style == "upper":
        return [word.upper() for word in name]
    return [word.upper() if word in ("ii", "i", "fifa") else word if word == "de" else word.capitalize() for word in name]
