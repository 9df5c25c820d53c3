"""A sub-graph of Wikidata by SPARQL: the items that a pattern names, page by page, then their facts with dates."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kdtcn.errors import InputError, SourceError
from kdtcn.sources.http import Client
from kg.importers.base import Refused, Row, Thing, types_of
from kg.importers.dump import NoDay, day
from kg.importers.properties import OURS, statement

ENTITY = "http://www.wikidata.org/entity/"
SMALLEST = 10  # items a page below which a service that gives up is believed

# a page of the pattern's items; ordered, or a page would not follow the last
ITEMS = """SELECT ?item ?label ?about ?mid (GROUP_CONCAT(DISTINCT ?alias; separator="|") AS ?aliases) WHERE {{
  {{ SELECT DISTINCT ?item WHERE {{ {where} }} ORDER BY ?item LIMIT {limit} OFFSET {offset} }}
  OPTIONAL {{ ?item rdfs:label ?label FILTER(LANG(?label) = "en") }}
  OPTIONAL {{ ?item schema:description ?about FILTER(LANG(?about) = "en") }}
  OPTIONAL {{ ?item skos:altLabel ?alias FILTER(LANG(?alias) = "en") }}
  OPTIONAL {{ ?item wdt:P646 ?mid }}
}} GROUP BY ?item ?label ?about ?mid"""
# the statements of a few items: dated ones of any rank but deprecated, undated ones of the best rank
FACTS = """SELECT ?item ?prop ?value ?label ?from ?fromPrecision ?to ?toPrecision WHERE {{
  VALUES ?item {{ {items} }} VALUES ?prop {{ {props} }}
  ?prop wikibase:claim ?claim ; wikibase:statementProperty ?says .
  ?item ?claim ?statement . ?statement ?says ?value ; wikibase:rank ?rank .
  FILTER(ISIRI(?value) && ?rank != wikibase:DeprecatedRank)
  OPTIONAL {{ ?statement pqv:P580 [ wikibase:timeValue ?from ; wikibase:timePrecision ?fromPrecision ] }}
  OPTIONAL {{ ?statement pqv:P582 [ wikibase:timeValue ?to ; wikibase:timePrecision ?toPrecision ] }}
  OPTIONAL {{ ?statement a ?best FILTER(?best = wikibase:BestRank) }}
  FILTER(BOUND(?from) || BOUND(?to) || BOUND(?best))
  OPTIONAL {{ ?value rdfs:label ?label FILTER(LANG(?label) = "en") }}
}}"""


class SubGraph(BaseModel):
    """What to ask for: the file that `sparql:FILE` names, as YAML."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(description="a SPARQL pattern that binds ?item, e.g. ?item wdt:P31 wd:Q3624078 .")
    endpoint: str = "https://query.wikidata.org/sparql"
    page: int = Field(200, ge=1, le=5000, description="items asked for at a time; halved where the service gives up")
    most: int = Field(20_000, ge=1, description="items in all")
    interval: float = Field(1.0, ge=0, description="seconds between two requests")
    attempts: int = Field(4, ge=1, description="tries of one request before it is halved or given up")
    timeout: float = Field(
        70.0, gt=0, description="seconds without a word after which a request is dropped; Wikidata gives up after 60"
    )


def read(path: Path) -> Iterator[Row]:
    """Things with English labels and their statements; a thing that is only the tail of a fact comes with its label alone.

    Raises InputError for a file that is no such request, SourceError where the service cannot be read even in small pages.
    """
    try:
        wanted = SubGraph.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML ({str(error).splitlines()[0]})") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}; it needs `where`, a pattern that binds ?item"
        ) from None
    service = Service(wanted)
    try:
        seen: set[str] = set()
        for items in service.pages():
            yield from _things(items)
            asked = [item for row in items if (item := _item(row, "item")) and item not in seen]
            seen |= set(asked)
            for rows in service.facts(asked):
                yield from _statements(rows)
    finally:
        service.close()


class Service:
    """One query service, asked in pages that shrink where it times out."""

    def __init__(self, wanted: SubGraph) -> None:
        self.wanted, self.page = wanted, wanted.page
        self.client = Client(
            interval=wanted.interval, attempts=wanted.attempts, timeout=wanted.timeout, total=120.0, budget=100_000
        )

    def close(self) -> None:
        self.client.close()

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """The rows of the pattern's items, until a page comes back short."""
        offset = 0
        while offset < self.wanted.most:
            limit = min(self.page, self.wanted.most - offset)
            rows = self._ask(ITEMS.format(where=self.wanted.where, limit=limit, offset=offset), limit)
            if rows is None:
                continue  # asked again, in a smaller page
            yield rows
            found = len({_item(row, "item") for row in rows})
            offset += limit
            if found < limit:
                return

    def facts(self, items: list[str]) -> Iterator[list[dict[str, Any]]]:
        """The rows of the statements of the given items."""
        props = " ".join(f"wd:{prop}" for prop in OURS)
        left = items
        while left:
            some = left[: self.page]
            rows = self._ask(FACTS.format(items=" ".join(f"wd:{item}" for item in some), props=props), len(some))
            if rows is not None:
                left = left[len(some) :]
                yield rows

    def _ask(self, query: str, size: int) -> list[dict[str, Any]] | None:
        """The rows of an answer; None where it was too much for the service and the next page is smaller."""
        try:
            answer = self.client.post(self.wanted.endpoint, data={"query": query, "format": "json"})
            return _rows(answer.json(), answer.where)
        except SourceError as error:
            # a malformed request or a refusal does not get better with fewer items
            if size <= SMALLEST or any(f"answered {status}" in str(error) for status in (400, 401, 403, 404, 429)):
                raise
            self.page = max(SMALLEST, size // 2)
            return None


def _rows(answer: Any, where: str) -> list[dict[str, Any]]:
    try:
        rows = answer["results"]["bindings"]
        return [{name: cell["value"] for name, cell in row.items()} for row in rows]
    except (KeyError, TypeError, AttributeError):
        raise SourceError(f"{where}: answered JSON that is no SPARQL result; the service may have changed") from None


def _item(row: dict[str, Any], name: str) -> str:
    """The Q id in a cell, or nothing."""
    value = str(row.get(name, ""))
    return value.removeprefix(ENTITY) if value.startswith(f"{ENTITY}Q") else ""


def _things(rows: list[dict[str, Any]]) -> Iterator[Row]:
    for row in rows:
        item, label = _item(row, "item"), row.get("label", "")
        if not item or not label:
            yield Refused(item or str(row)[:200], "entity without label", fact=False)
            continue
        ids = (("wikidata", item), *((("freebase", row["mid"]),) if row.get("mid") else ()))
        description = row.get("about", "")
        yield Thing(ids, label, tuple(filter(None, row.get("aliases", "").split("|"))), description, types_of(label, description))


def _statements(rows: list[dict[str, Any]]) -> Iterator[Row]:
    for row in rows:
        item, value, prop = _item(row, "item"), _item(row, "value"), str(row.get("prop", "")).removeprefix(ENTITY)
        raw = f"{item} {prop} {value or row.get('value', '')}"
        if not (item and value and prop in OURS):
            yield Refused(raw, "no fact between two items")
            continue
        if row.get("label"):
            yield Thing((("wikidata", value),), row["label"], (), "", types_of(row["label"], ""))
        try:
            start, end = (
                day(f"+{row[side].removeprefix('+')}", int(row.get(f"{side}Precision", 11))) if row.get(side) else ""
                for side in ("from", "to")
            )
        except (NoDay, ValueError):
            yield Refused(raw, "a date vaguer than a year")
            continue
        yield statement(item, prop, value, valid_from=start, valid_to=end)
