"""What the site tells about an entity: its events over the rendered sessions, and its facts as of the last of them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

MOST = 200  # entities with a page of their own; those with most sessions come first
MOST_FACTS = 20
MOST_LISTED = 30  # events in an entity's table, the newest; the search finds all


@dataclass(frozen=True)
class Mention:
    """An event of the entity on a session's page; `number` is its place there."""

    session: str
    page: str
    number: int
    headline: str
    words: str
    event_type: str
    effect: float
    low: float | None
    high: float | None

    @property
    def outside(self) -> bool:
        return self.low is not None and self.high is not None and not self.low <= self.effect <= self.high


@dataclass(frozen=True)
class FactRow:
    """A fact seen from the entity: "member of" European Union since 1973-01-01; days are ISO or empty."""

    relation: str
    other: str
    other_id: str
    since: str = ""
    until: str = ""
    source: str = ""


@dataclass(frozen=True)
class About:
    """An entity as the graph knew it on `day`; `left_out` counts the facts that are not listed."""

    label: str
    description: str = ""
    types: tuple[str, ...] = ()
    facts: tuple[FactRow, ...] = ()
    left_out: int = 0
    day: str = ""


@dataclass(frozen=True)
class EntityPage:
    """Mentions come newest first; `others` are entities of the same events, with how many they share."""

    id: str
    about: About
    mentions: tuple[Mention, ...]
    others: tuple[tuple[str, str, int], ...] = ()

    @property
    def file(self) -> str:
        return file_name(self.id)

    @property
    def sessions(self) -> int:
        return len({mention.session for mention in self.mentions})

    @property
    def effect(self) -> float:
        return sum(mention.effect for mention in self.mentions)

    @property
    def days(self) -> list[tuple[str, float, list[Mention]]]:
        """Sessions with the sum of the effects and the events behind it, newest first."""
        found: dict[str, list[Mention]] = defaultdict(list)
        for mention in self.mentions:
            found[mention.session].append(mention)
        return [(day, sum(m.effect for m in mine), mine) for day, mine in found.items()]


Describe = Callable[[str, pd.Timestamp], About]


def file_name(entity_id: str) -> str:
    """The name of an entity's page without ending: letters, digits and hyphens only."""
    return re.sub(r"[^A-Za-z0-9]+", "-", entity_id)


def words(event: Mapping[str, Any]) -> str:
    """The tuple of an event of a page's JSON as one line, as `page.EventRow.words` makes it."""
    predicate = ("not " if event["negated"] else "") + event["predicate"]
    return " ".join(part for part in (event["subject"], predicate, event["object"]) if part)


def references(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entities of an event of a page's JSON, each once."""
    found = {ref["id"]: ref for ref in (*event["subject_entities"], *event["object_entities"])}
    return list(found.values())


def gather(pages: Iterable[Mapping[str, Any]], describe: Describe | None, keep: Iterable[str] = ()) -> list[EntityPage]:
    """Pages of the entities that occur most in the pages' JSON, by label; those in `keep` stay while they are mentioned.

    Of a session with a forecast page its same-day page does not count: the same events would be there twice.
    """
    pages = list(pages)
    forecast = {page["session"] for page in pages if page["alignment"] == "forecast"}
    mentions: dict[str, list[Mention]] = defaultdict(list)
    labels: dict[str, str] = {}
    shared: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for page in sorted(pages, key=lambda page: str(page["session"]), reverse=True):
        if page["alignment"] != "forecast" and page["session"] in forecast:
            continue
        name = page["session"] + ("" if page["alignment"] == "forecast" else "-same-day")
        for number, event in enumerate(page["events"], 1):
            refs = references(event)
            row = Mention(
                page["session"], name, number, event["headline"], words(event), event["event_type"], event["effect"], event["low"], event["high"]
            )  # fmt: skip
            for ref in refs:
                labels.setdefault(ref["id"], ref["label"])
                mentions[ref["id"]].append(row)
                for other in refs:
                    if other["id"] != ref["id"]:
                        shared[ref["id"]][other["id"]] += 1
    order = sorted(
        mentions, key=lambda name: (-len({m.session for m in mentions[name]}), -len(mentions[name]), labels[name], name)
    )
    stays = set(keep)
    chosen = [name for place, name in enumerate(order) if place < MOST or name in stays]
    found = []
    for name in sorted(chosen, key=lambda name: mentions[name][0].session):  # a day's graph is looked at once
        rows = mentions[name]
        about = describe(name, pd.Timestamp(rows[0].session)) if describe else About(labels[name])
        company = sorted(shared[name].items(), key=lambda pair: (-pair[1], labels[pair[0]]))[:12]
        found.append(EntityPage(name, about, tuple(rows), tuple((other, labels[other], n) for other, n in company)))
    return sorted(found, key=lambda page: (page.about.label.lower(), page.id))


def spread(pages: Sequence[EntityPage]) -> list[EntityPage]:
    """The entities with most sessions first, as the list of all is read."""
    return sorted(pages, key=lambda page: (-page.sessions, -len(page.mentions), page.about.label.lower()))
