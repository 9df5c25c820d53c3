"""Find outside ids for seed entities in the imported sub-graphs: python -m kg.seed.verify DATA writes hand/verified.csv.

An id is taken only where an imported entity has exactly the seed's label (or, for want of that, exactly one of its aliases), is of the same kind by its description,
and nothing else on either side would match; a city or subdivision must name its country or state too. Nothing but ids is copied.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

from kg.aliases import fold
from kg.importers import codex, freebase
from kg.importers.base import Thing, kind
from kg.seed import make
from kg.seed.draft import Draft, split

# kinds told from a description that agree with a first type of the seed
AGREE = {
    "country": {"country"}, "territory": {"country", "region", "subdivision"}, "city": {"city"}, "subdivision": {"subdivision", "country", "region"}, "person": {"person"},
    "company": {"company"}, "organisation": {"organisation"}, "bloc": {"organisation"}, "agency": {"organisation", "other"}, "legislature": {"organisation", "other"}, "court": {"organisation"}, "event": {"other"}, "website": {"company", "organisation", "other"}, "attack": {"conflict", "other"}, "disaster": {"other"}, "place": {"region", "other", "city"}, "party": {"party"}, "region": {"region", "subdivision"},
    "continent": {"region"}, "sea": {"region"}, "conflict": {"conflict"}, "language": {"language"}, "military": {"organisation", "other"}, "currency": {"other"}, "media": {"company"},
    "armed group": {"organisation"}, "people": {"people"}, "central bank": {"company", "organisation"},
}  # fmt: skip
NAMESAKES = frozenset({"hand:Terry Jones"})  # looked at by eye: the same name and kind, another person
CURRENCY_WORDS = ("currency", "dollar", "peso", "franc", "rupee")


def imported(data: Path) -> list[Thing]:
    rows = [
        row
        for read, folder in ((freebase.read, "fb15k237"), (codex.read, "codex_m"))
        for row in read(data / folder)
        if isinstance(row, Thing) and row.types != "class"
    ]
    merged: dict[str, Thing] = {}
    for row in rows:
        qid = dict(row.ids).get("wikidata")
        if qid and qid not in merged:
            merged[qid] = row
    return list(merged.values())


def agrees(draft: Draft, key: str, thing: Thing) -> bool:
    """Whether the description of `thing` fits what the seed says about `key`."""
    first, text = draft.entities[key]["types"].split("|")[0], thing.description.casefold()
    if not text or kind(thing.label, thing.description) not in AGREE.get(first, set()):
        return False
    if first == "currency":
        return any(word in text for word in CURRENCY_WORDS)
    if first in ("city", "subdivision"):
        around = (
            [tail for head, relation, tail, _ in draft.facts if head == key and relation == "located_in"]
            if first == "city"
            else [f"country:{draft.country_of(key)}"]
        )
        names = [
            name
            for place in around
            for name in (draft.entities[place]["label"], *split(draft.entities[place]["aliases"]))
            if len(name) > 2 or name == "UK"
        ]
        return any(name.casefold() in text for name in names) or (
            f"{draft.country_of(key)}" == "US" and "u.s. state" in text and first == "subdivision"
        )
    return True


def match(draft: Draft, things: list[Thing]) -> dict[str, Thing]:
    """Seed key -> imported entity, where both sides are sure."""
    located: dict[str, list[str]] = defaultdict(list)
    for key, row in draft.entities.items():
        if key.split(":")[0] not in ("timezone",):
            located[fold(row["label"])].append(key)
    pairs: dict[str, list[Thing]] = defaultdict(list)
    seen: dict[str, list[str]] = defaultdict(list)
    for names in (lambda t: [t.label], lambda t: [t.label, *(a for a in t.aliases if len(a) > 4)]):
        round_pairs: dict[str, dict[str, Thing]] = defaultdict(dict)
        for thing in things:
            if dict(thing.ids)["wikidata"] in seen:
                continue
            for name in names(thing):
                for key in located.get(fold(name), []):
                    if key not in pairs and key not in NAMESAKES and agrees(draft, key, thing):
                        round_pairs[key][dict(thing.ids)["wikidata"]] = thing
        claims: dict[str, list[str]] = defaultdict(list)
        for key, found in round_pairs.items():
            for qid in found:
                claims[qid].append(key)
        for key, found in round_pairs.items():
            (qid, thing), *rest = found.items()
            if not rest and len(claims[qid]) == 1:
                pairs[key].append(thing)
                seen[qid].append(key)
    return {key: found[0] for key, found in pairs.items()}


def main(data: Path) -> None:
    draft = make.draft(verified=False)
    found = match(draft, imported(data))
    with (make.HERE / "hand" / "verified.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("key", "scheme", "external_id"))
        writer.writerows(sorted((key, scheme, value) for key, thing in found.items() for scheme, value in thing.ids))
    print(f"{len(found)} of {len(draft.entities)} seed entities found in {data}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
