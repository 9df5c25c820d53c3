"""Seed rows written by hand: organisations, people and their offices, companies, commodities, memberships."""

import datetime
from pathlib import Path

from kdtcn.errors import InputError
from kg.seed.draft import Draft, period, rows, split

# how a thing hangs on its place, by its first type; people are citizens, companies have headquarters
PLACED = {
    "person": "citizen_of", "company": "headquartered_in", "organisation": "headquartered_in", "website": "based_in", "media": "based_in",
    "armed group": "active_in", "conflict": "takes_place_in", "attack": "takes_place_in", "disaster": "takes_place_in", "event": "takes_place_in",
    "scandal": "takes_place_in", "process": "takes_place_in", "treaty": "takes_place_in", "party": "based_in", "agency": "part_of_state",
    "military": "part_of_state", "legislature": "part_of_state", "court": "part_of_state", "bloc": "headquartered_in", "product": "based_in", "law": "part_of_state",
    "religion": "based_in", "award": "based_in",
}  # fmt: skip
ROLE = {"head_of_state": "head of state", "head_of_government": "head of government", "head_of": "head"}


def things(draft: Draft, hand: Path) -> None:
    """Everything of the entities_*.csv files; places come in file order, so that later rows may lie in earlier ones."""
    placed: list[tuple[str, str, str]] = []
    for path in sorted(hand.glob("entities_*.csv")):
        for row in rows(path):
            key = f"hand:{row['label']}"
            draft.entity(key, row["label"], row["types"], row["description"], split(row["aliases"]), f"hand/{path.name}")
            placed += [(key, where, path.name) for where in split(row["where"])]
    for key, where, name in placed:
        draft.fact(
            key, PLACED.get(draft.entities[key]["types"].split("|")[0], "located_in"), draft.resolve(where, name), f"hand/{name}"
        )


def person(draft: Draft, name: str, aliases: list[str], description: str, source: str) -> str:
    key = f"hand:{name}"
    if key in draft.entities:
        draft.add_aliases(key, aliases)
        return key
    return draft.entity(key, name, "person", description, aliases, source)


def offices(draft: Draft, hand: Path) -> None:
    """Who led which country or organisation from when to when."""
    listed = list(rows(hand / "offices.csv"))
    begins = {(row["of"], relation, row["valid_from"]) for row in listed for relation in row["relation"].split("+")}
    for row in listed:
        of = draft.resolve(row["of"], "offices.csv")
        relations = [part.split("(")[0] for part in row["relation"].split("+")]
        text = f"{' and '.join(ROLE.get(r, 'official') for r in relations)} of {draft.entities[of]['label']}"
        new = f"hand:{row['person']}" not in draft.entities
        key = person(draft, row["person"], split(row["aliases"]), text, "hand/offices.csv")
        if new and of.startswith("country:") and of not in ("country:VA", "country:HK"):
            draft.fact(key, "citizen_of", of, "hand/offices.csv")
        for relation in relations:
            # the day of a handover counts for the one who takes over: valid_to is the last full day
            handed_over = (row["of"], relation, row["valid_to"]) in begins
            end = (
                str(datetime.date.fromisoformat(row["valid_to"]) - datetime.timedelta(days=1)) if handed_over else row["valid_to"]
            )
            draft.fact(key, relation, of, "hand/offices.csv", row["valid_from"], end)


def companies(draft: Draft, hand: Path) -> None:
    """Companies with seat, industry and products, and the members of the Dow Jones Industrial Average."""
    source = "hand/companies.csv"
    listed = list(rows(hand / "companies.csv"))
    for row in listed:
        where = draft.entities[draft.resolve(row["country"], source)]["label"]
        draft.entity(
            f"hand:{row['label']}",
            row["label"],
            "company",
            f"company of {where}, {row['industry']}",
            split(row["aliases"]),
            source,
        )
    for row in listed:
        key = f"hand:{row['label']}"
        country = draft.resolve(row["country"], source)
        draft.fact(key, "headquartered_in", country, source)
        if row["headquarters"]:
            name = (
                row["headquarters"]
                if "@" in row["headquarters"] or draft.find(row["headquarters"] + "@" + row["country"]) is None
                else f"{row['headquarters']}@{row['country']}"
            )
            draft.fact(key, "headquartered_in", draft.resolve(name, source), source)
        industry = f"hand:{row['industry']}"
        if industry not in draft.entities:
            draft.entity(industry, row["industry"], "industry", "industry", [], source)
        draft.fact(key, "industry", industry, source)
        for product in split(row["products"]):
            made = draft.find(product) or draft.entity(f"hand:{product}", product, "product", "product", [], source)
            draft.fact(key, "produces", made, source)
    for row in rows(hand / "djia.csv"):
        draft.fact(
            draft.resolve(row["company"], "djia.csv"),
            "member_of",
            "hand:Dow Jones Industrial Average",
            "hand/djia.csv",
            row["valid_from"],
            row["valid_to"],
        )


def markets(draft: Draft, hand: Path) -> None:
    """Commodities and who exports them, central banks and their currencies, indices."""
    for row in rows(hand / "commodities.csv"):
        draft.entity(
            f"hand:{row['label']}", row["label"], "commodity", "commodity", split(row["aliases"]), "hand/commodities.csv"
        )
    for row in rows(hand / "exports.csv"):
        for name in split(row["commodities"]):
            draft.fact(
                draft.resolve(row["country"], "exports.csv"), "exports", draft.resolve(name, "exports.csv"), "hand/exports.csv"
            )
    source = "hand/central_banks.csv"
    for row in rows(hand / "central_banks.csv"):
        key = draft.entity(
            f"hand:{row['bank']}", row["bank"], "central bank|organisation", "central bank", split(row["aliases"]), source
        )
        of = draft.resolve(row["of"], source)
        draft.fact(key, "central_bank_of", of, source)
        if row["city"]:
            city = row["city"] if "@" in row["city"] else f"{row['city']}@{row['of']}"
            draft.fact(key, "headquartered_in", draft.resolve(city if draft.find(city) else row["city"], source), source)
        if row["currency"]:
            draft.fact(key, "issues", draft.resolve(f"currency:{row['currency']}", source), source)
    for row in rows(hand / "indices.csv"):
        key = draft.entity(
            f"hand:{row['label']}", row["label"], "index", "stock market index", split(row["aliases"]), "hand/indices.csv"
        )
        draft.fact(key, "tracks", draft.resolve(row["tracks"], "indices.csv"), "hand/indices.csv")


def memberships(draft: Draft, hand: Path) -> None:
    """Which country was a member of which bloc from when to when."""
    for row in rows(hand / "memberships.csv"):
        bloc = draft.resolve(row["organisation"], "memberships.csv")
        for code in row["members"].split():
            draft.fact(f"country:{code}", "member_of", bloc, "hand/memberships.csv", row["valid_from"], row["valid_to"])


def facts(draft: Draft, hand: Path) -> None:
    """Facts of any relation, written out one a row in the facts*.csv files."""
    for path in sorted(hand.glob("facts*.csv")):
        for row in rows(path):
            head, tail = draft.resolve(row["head"], path.name), draft.resolve(row["tail"], path.name)
            draft.fact(head, row["relation"], tail, f"hand/{path.name}", row["valid_from"], row["valid_to"])


def starts(draft: Draft, hand: Path) -> None:
    """The first day of events, groups, treaties, new states and new companies (of what was announced before, that day)."""
    for row in rows(hand / "starts.csv"):
        key = draft.resolve(row["entity"], "starts.csv")
        if key in draft.starts or not row["start"]:
            raise InputError(f"starts.csv: {row['entity']} is there twice or has no start")
        draft.starts[key] = period(row["start"], "start")


def named(draft: Draft, hand: Path) -> None:
    """What was spoken of before it began: a state to come, a treaty under negotiation."""
    for row in rows(hand / "named.csv"):
        key = draft.resolve(row["entity"], "named.csv")
        if not row["named"] or period(row["named"], "named") >= draft.starts.get(key, ""):
            raise InputError(f"named.csv: {row['entity']} needs a day before its start in starts.csv")
        draft.named[key] = period(row["named"], "named")


def verified(draft: Draft, hand: Path) -> None:
    """Outside ids that kg.seed.verify found; one whose entity has gone is an error."""
    for row in rows(hand / "verified.csv"):
        draft.same_as.add((draft.resolve(row["key"], "verified.csv"), row["scheme"], row["external_id"]))
