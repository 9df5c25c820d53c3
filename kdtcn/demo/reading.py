"""How well the chain read the world: its event tuples and entity links against the generator's own.

A weak score of a model can so be traced to its stage: the parser, the linker, or what came after them.
"""

import re
from collections import Counter

import pandas as pd

from kdtcn.demo.truth import Truth

SLOTS = ("subject", "predicate", "object")
ROLES = ("subject", "object")
_WORD = re.compile(r"[^\W_]+")


def overlap(told: dict[str, str], read: dict[str, str]) -> float:
    """Token F1 over the three slots, 0 where the predicates share no word."""
    if not set(_tokens(told["predicate"])) & set(_tokens(read["predicate"])):
        return 0.0
    return _f1([(told[slot], read[slot]) for slot in SLOTS])


def score(truth: Truth, headlines: pd.DataFrame, events: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """A row an event tuple told, with how it was read: what `tuple_table` and `link_table` sum up.

    headlines: headline_id, date, text; events: event_id, headline_id, subject, predicate, object, negated; links: event_id,
    role, entity_id. Each tuple told meets the tuple of its headline that overlaps it most.
    """
    texts = truth.headlines[["date", "rank", "text"]]
    told = truth.tuples.merge(texts, on=["date", "rank"]).merge(
        headlines[["headline_id", "date", "text"]], on=["date", "text"], how="left"
    )
    found: dict[str, list[dict]] = {}
    for event in events[["event_id", "headline_id", *SLOTS, "negated"]].fillna(dict.fromkeys(SLOTS, "")).to_dict("records"):
        found.setdefault(event["headline_id"], []).append(event)
    linked: dict[tuple[str, str], set[str]] = {}
    for event_id, role, entity in links[["event_id", "role", "entity_id"]].itertuples(index=False):
        if entity:
            linked.setdefault((event_id, role), set()).add(entity)
    return pd.DataFrame([_one(row, found.get(row["headline_id"], []), linked) for row in told.to_dict("records")])


def tuple_table(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a use of frames (event types of causes, harmless) and one for all.

    n: tuples told. tuples: mean token F1 over the three slots; exact: share with the same words in each; subject, predicate,
    object: mean token F1 of the slot; negation: share of the tuples read with the right sign.
    """
    columns = ["tuples", "exact", *SLOTS, "negation"]
    groups = {**{str(use): mine for use, mine in rows.groupby("use")}, "all": rows}
    return pd.DataFrame({use: {"n": len(mine), **mine[columns].mean()} for use, mine in groups.items()}).T


def link_table(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a role, one for both, and one for the actors of causes and look-alikes in the role that their rule asks for.

    n: entities told. recall: share of them linked in their slot; precision: share of the entities linked there that were told.
    """
    parts = {role: rows[[f"{role}_{what}" for what in ("told", "right", "wrong")]].sum().to_numpy(float) for role in ROLES}
    parts["both"] = parts["subject"] + parts["object"]
    actors = rows["actor"].dropna().astype(float)
    table = {
        role: {"n": told, "recall": right / max(told, 1), "precision": right / max(right + wrong, 1)}
        for role, (told, right, wrong) in parts.items()
    }
    table["actor"] = {"n": len(actors), "recall": actors.mean() if len(actors) else float("nan"), "precision": float("nan")}
    return pd.DataFrame(table).T


def _one(told: dict, read: list[dict], linked: dict[tuple[str, str], set[str]]) -> dict[str, object]:
    """How one tuple that was told was read; zeros where it was not."""
    best = max(read, key=lambda event: overlap(told, event), default=None)
    if best is not None and overlap(told, best) == 0:
        best = None
    row: dict[str, object] = {"use": told["use"], "tuples": 0.0, "exact": 0.0, **dict.fromkeys(SLOTS, 0.0), "negation": 0.0}
    if best is not None:
        row |= {slot: _f1([(told[slot], best[slot])]) for slot in SLOTS}
        row["tuples"] = overlap(told, best)
        row["exact"] = float(all(row[slot] == 1 for slot in SLOTS))
        row["negation"] = float(bool(best["negated"]) == bool(told["negated"]))
    row["actor"] = None
    for role in ROLES:
        want = set(filter(None, told[f"{role}_entities"].split("|")))
        got = set() if best is None else linked.get((best["event_id"], role), set())
        row |= {f"{role}_told": len(want), f"{role}_right": len(want & got), f"{role}_wrong": len(got - want)}
        if told["actor"] in want:
            row["actor"] = told["actor"] in got
    return row


def _f1(pairs: list[tuple[str, str]]) -> float:
    """Token F1 over pairs of slots; two empty slots are the same."""
    both = total = 0
    for told, read in pairs:
        one, two = Counter(_tokens(told)), Counter(_tokens(read))
        both += 2 * (one & two).total()
        total += one.total() + two.total()
    return both / total if total else 1.0


def _tokens(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
