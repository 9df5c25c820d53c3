"""A seed graph while it is being put together: entities by key, names that point to them, facts between them."""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kdtcn.errors import InputError

# which kind of thing a bare name means when several carry it (Georgia, Luxembourg): earlier wins
PRECEDENCE = ("hand", "country", "region", "currency", "city", "subdivision", "language", "timezone", "people")


def entity_id(key: str) -> str:
    """An opaque id that stays the same as long as the key does."""
    return "kd:" + hashlib.blake2s(key.encode(), digest_size=5).hexdigest()


def period(text: str, column: str) -> str:
    """A day for a day, a month or a year: a fact known only to the month or year is counted from and to its last day."""
    if not text:
        return ""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text)
    if not match:
        raise InputError(f"seed: {column} {text!r} is no date; write 2010, 2010-05 or 2010-05-17")
    year, month, day = match.groups()
    month = month or "12"
    days = {"02": "28", "04": "30", "06": "30", "09": "30", "11": "30"}
    return f"{year}-{month}-{day or days.get(month, '31')}"


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one hand-written file, stripped; a row with too many or too few cells is an error."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if None in row or None in row.values():
                raise InputError(f"{path.name}: wrong number of cells in {row}; quote cells that hold a comma")
            yield {name: (cell or "").strip() for name, cell in row.items()}


def split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


class Draft:
    """Entities, facts and external ids under construction; `resolve` turns a written name into a key."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, str]] = {}
        self.facts: dict[tuple[str, str, str, str], tuple[str, str]] = {}
        self.same_as: set[tuple[str, str, str]] = set()
        self.starts: dict[str, str] = {}  # the first day of what has one: an event, a state, a company
        self.named: dict[str, str] = {}  # the day from which what had not begun was spoken of
        self.demonyms: set[tuple[str, str]] = set()  # (country, adjective): names a country only before a word for its state
        self.admin: dict[tuple[str, str], str] = {}  # (country, GeoNames admin1 code) -> subdivision
        self._named: dict[str, list[str]] = {}
        self._aliased: dict[str, list[str]] = {}
        self._countries: dict[str, str] = {}  # place -> ISO code of its country

    def entity(self, key: str, label: str, types: str, description: str, aliases: list[str], source: str) -> str:
        if key in self.entities:
            raise InputError(f"seed: {key} is there twice ({source} and {self.entities[key]['source']})")
        names = [name for name in dict.fromkeys(aliases) if name and name != label]
        for name in names:
            self._aliased.setdefault(name, []).append(key)
        self.entities[key] = {
            "label": label,
            "types": types,
            "description": description,
            "aliases": "|".join(names),
            "source": source,
        }
        self._named.setdefault(label, []).append(key)
        return key

    def add_aliases(self, key: str, aliases: list[str]) -> None:
        row = self.entities[key]
        names = dict.fromkeys([*split(row["aliases"]), *aliases])
        row["aliases"] = "|".join(name for name in names if name and name != row["label"])

    def fact(self, head: str, relation: str, tail: str, source: str, valid_from: str = "", valid_to: str = "") -> None:
        for key in (head, tail):
            if key not in self.entities:
                raise InputError(f"seed: {source} names {key}, which is no entity")
        if relation == "located_in" and tail.startswith("country:"):
            self._countries.setdefault(head, tail.removeprefix("country:"))
        self.facts.setdefault((head, relation, tail, period(valid_from, "valid_from")), (period(valid_to, "valid_to"), source))

    def settle(self) -> None:
        """No fact holds before its two entities were there: it begins with the later of them, and one that ended before is dropped."""
        facts, self.facts = self.facts, {}
        for (head, relation, tail, start), (end, source) in facts.items():
            begins = max(start, self.starts.get(head, ""), self.starts.get(tail, ""))
            if end and end < begins:
                continue
            if begins != start:
                source = f"{source}; hand/starts.csv"
            key = (head, relation, tail, begins)
            if key in self.facts:  # two spells that both began before the entity did
                other, source = self.facts[key]
                end = max(end, other) if end and other else ""
            self.facts[key] = (end, source)

    def find(self, name: str) -> str | None:
        """The key for a written name: a key itself, `Name@CC` for a city or subdivision of a country, a label, or an ISO code."""
        if name in self.entities:
            return name
        if re.fullmatch("[A-Z]{2}", name) and f"country:{name}" in self.entities:
            return f"country:{name}"  # before any alias: AU is Australia here, not the African Union
        label, _, country = name.partition("@")
        keys = self._named.get(label) or self._aliased.get(label, [])
        if country:
            keys = [
                key
                for key in keys
                if self.entities[key]["types"].split("|")[0] in ("city", "subdivision") and self.country_of(key) == country
            ]
        if keys:
            return min(keys, key=lambda key: (PRECEDENCE.index(key.split(":")[0]), keys.index(key)))
        return None

    def country_of(self, key: str) -> str:
        return self._countries.get(key, "")

    def resolve(self, name: str, source: str) -> str:
        key = self.find(name)
        if key is None:
            raise InputError(f"seed: {source} names {name!r}, which no file defines; add it to an entities file")
        return key

    def write(self, folder: Path) -> None:
        """The shipped tables, sorted so that a rebuild gives the same bytes."""
        ids = {key: entity_id(key) for key in self.entities}
        if len(set(ids.values())) != len(ids):
            raise InputError("seed: two keys share an id; make the digest longer")
        names = ("label", "types", "description", "aliases", "source")
        table(
            "entities", folder, ("id", *names), ([ids[key], *(row[name] for name in names)] for key, row in self.entities.items())
        )
        table(
            "facts",
            folder,
            ("head", "relation", "tail", "valid_from", "valid_to", "source"),
            (
                [ids[head], relation, ids[tail], start, end, source]
                for (head, relation, tail, start), (end, source) in self.facts.items()
            ),
        )
        table(
            "same_as",
            folder,
            ("entity_id", "scheme", "external_id"),
            ([ids[key], scheme, value] for key, scheme, value in self.same_as),
        )
        table(
            "starts",
            folder,
            ("entity_id", "start", "named"),
            ([ids[key], start, self.named.get(key, start)] for key, start in self.starts.items()),
        )
        table("demonyms", folder, ("entity_id", "adjective"), ([ids[key], adjective] for key, adjective in self.demonyms))


def table(name: str, folder: Path, header: tuple[str, ...], body: Iterable[list[str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(body))
