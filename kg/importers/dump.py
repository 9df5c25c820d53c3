"""Wikidata's JSON dump (latest-all.json.gz or .bz2, or lines of it): one item a line, its claims with ranks and dates."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.importers.base import Refused, Row, Statement, Thing, lines, types_of
from kg.importers.properties import OURS, statement
from kg.seed.draft import period

START, END, FREEBASE = "P580", "P582", "P646"
DAY, MONTH, YEAR = 11, 10, 9  # Wikidata's precisions of a time


class NoDay(Exception):
    """A date that cannot be told to the year."""


def read(path: Path) -> Iterator[Row]:
    """The items with an English label, and the facts of the properties that the graph has a name for.

    Deprecated claims are left out; of undated ones only those of the best rank count, of dated ones also former ones.
    """
    for number, line in enumerate(lines(path)):
        text = line.strip().rstrip(",")
        if text in ("", "[", "]"):
            continue
        try:
            item = json.loads(text)
            rows = list(_item(item))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield Refused(f"{path.name}:{number + 1}: {text[:200]}", "not an item of the dump", fact=False)
            continue
        yield from rows


def _item(item: dict[str, Any]) -> Iterator[Row]:
    if item["type"] != "item":
        return  # properties and lexemes are no entities
    identifier = item["id"]
    label = _text(item["labels"])
    claims = item["claims"] or {}  # an item without claims has an empty list
    if not label:
        yield Refused(identifier, "entity without label", fact=False)
    else:
        mids = [v for claim in claims.get(FREEBASE, ()) if isinstance(v := _value(claim["mainsnak"]), str)]
        description = _text(item.get("descriptions") or {})
        aliases = tuple(a["value"] for a in (item.get("aliases") or {}).get("en", ()))
        ids = (("wikidata", identifier), *(("freebase", mid) for mid in mids[:1]))
        yield Thing(ids, label, aliases, description, types_of(label, description))
    for prop in OURS:
        yield from _claims(identifier, prop, [c for c in claims.get(prop, ()) if c["rank"] != "deprecated"])


def _claims(identifier: str, prop: str, claims: list[dict[str, Any]]) -> Iterator[Statement | Refused]:
    best = "preferred" if any(c["rank"] == "preferred" for c in claims) else "normal"
    for claim in claims:
        value = _value(claim["mainsnak"])
        if not isinstance(value, dict) or "id" not in value:
            continue  # unknown, none, or no item
        raw = f"{identifier} {prop} {value['id']}"
        try:
            start, end = (_day(claim, qualifier) for qualifier in (START, END))
        except NoDay as error:
            yield Refused(raw, str(error))
            continue
        if start or end or claim["rank"] == best:
            yield statement(identifier, prop, value["id"], valid_from=start, valid_to=end)


def _text(texts: dict[str, Any]) -> str:
    """English, or what Wikidata holds for all languages."""
    return str((texts.get("en") or texts.get("mul") or {"value": ""})["value"])


def _value(snak: dict[str, Any]) -> Any:
    return snak["datavalue"]["value"] if snak["snaktype"] == "value" else None


def _day(claim: dict[str, Any], qualifier: str) -> str:
    """The last day of the period that a qualifier names, or nothing where it has none. NoDay for an end nobody knows."""
    snaks = (claim.get("qualifiers") or {}).get(qualifier, ())
    times = [value for snak in snaks if isinstance(value := _value(snak), dict)]
    if not times:
        if snaks and qualifier == END and snaks[0]["snaktype"] == "somevalue":
            raise NoDay("it ended, nobody says when")
        return ""
    return day(times[0]["time"], times[0].get("precision", DAY))


def day(time: str, precision: int) -> str:
    """A Wikidata time (+1973-01-01T00:00:00Z) as the last day of its day, month or year; NoDay where it is vaguer, or before our era."""
    if precision < YEAR or not time.startswith("+"):
        raise NoDay("a date vaguer than a year")
    year, month, rest = time[1:].split("-")
    return period(
        "-".join((year[-4:], month, rest[:2])[: precision - YEAR + 1] if precision < DAY else (year[-4:], month, rest[:2])),
        "time",
    )
