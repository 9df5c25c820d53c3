"""How well the chain read the world: its event tuples and entity links against the generator's own.

A weak score of a model can so be traced to its stage: the parser, the linker, or what came after them.
"""

import re
from collections import Counter

import pandas as pd

from kdtcn.demo.truth import Truth

SLOTS = ("subject", "predicate", "object")
_WORD = re.compile(r"[^\W_]+")


def overlap(told: dict[str, str], read: dict[str, str]) -> float:
    """Token F1 over the three slots, 0 where the predicates share no word."""
    if not set(_tokens(told["predicate"])) & set(_tokens(read["predicate"])):
        return 0.0
    both = total = 0
    for slot in SLOTS:
        one, two = Counter(_tokens(told[slot])), Counter(_tokens(read[slot]))
        both += 2 * (one & two).total()
        total += one.total() + two.total()
    return both / total


def score(truth: Truth, headlines: pd.DataFrame, events: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """A row a use of frames (event types of causes, harmless) and one for all.

    headlines: headline_id, date, text; events: event_id, headline_id, subject, predicate, object, negated; links: event_id, role, entity_id. Columns: n (tuples
    told), tuples (mean token F1 with the best tuple read), links (share of the entities told that are linked in their slot), false_links (share of the
    linked entities that were not told), negation (share right), actor (share of causes and look-alikes whose actor is linked in its slot).
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
    rows = [_one(row, found.get(row["headline_id"], []), linked) for row in told.to_dict("records")]
    frame = pd.DataFrame(rows)
    groups = {**{str(use): mine for use, mine in frame.groupby("use")}, "all": frame}
    return pd.DataFrame({name: _summary(mine) for name, mine in groups.items()}).T


def _one(told: dict, read: list[dict], linked: dict[tuple[str, str], set[str]]) -> dict[str, object]:
    """Counts of one tuple that was told."""
    best = max(read, key=lambda event: overlap(told, event), default=None)
    worth = overlap(told, best) if best else 0.0
    row: dict[str, object] = {"use": told["use"], "worth": worth, "told": 0, "right": 0, "wrong": 0, "actor": None}
    row["negation"] = best is not None and worth > 0 and bool(best["negated"]) == bool(told["negated"])
    actor = told["actor"]
    for role in ("subject", "object"):
        want = set(filter(None, told[f"{role}_entities"].split("|")))
        got = linked.get((best["event_id"], role), set()) if best is not None and worth > 0 else set()
        row["told"] += len(want)  # type: ignore[operator]
        row["right"] += len(want & got)  # type: ignore[operator]
        row["wrong"] += len(got - want)  # type: ignore[operator]
        if actor in want:
            row["actor"] = actor in got
    return row


def _summary(rows: pd.DataFrame) -> dict[str, float]:
    linked = rows["right"].sum() + rows["wrong"].sum()
    actors = rows["actor"].dropna()
    return {
        "n": len(rows),
        "tuples": rows["worth"].mean(),
        "links": rows["right"].sum() / max(rows["told"].sum(), 1),
        "false_links": rows["wrong"].sum() / max(linked, 1),
        "negation": rows["negation"].mean(),
        "actor": actors.astype(bool).mean() if len(actors) else float("nan"),
    }


def _tokens(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
