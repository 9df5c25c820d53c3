"""FB15k-237: Freebase facts by number, with Wikidata ids, labels, aliases and descriptions beside them."""

import json
from collections.abc import Iterator
from pathlib import Path

from kdtcn.errors import InputError
from kg.importers.base import Refused, Row, Statement, Thing, lines, types_of

SPLITS = ("train2id.txt", "valid2id.txt", "test2id.txt")
# Freebase relations that are ours under another name; True where head and tail change places
OURS = {
    "/location/location/contains": ("located_in", True),
    "/location/country/capital": ("capital_of", True),
    "/location/location/adjoin_s./location/adjoining_relationship/adjoins": ("borders", False),
    "/people/person/nationality": ("citizen_of", False),
    "/location/country/official_language": ("official_language", False),
    "/organization/organization_member/member_of./organization/organization_membership/organization": ("member_of", False),
    "/business/business_operation/industry": ("industry", False),
    "/military/military_combatant/military_conflicts./military/military_combatant_group/combatants": ("fought_beside", False),
    "/time/event/locations": ("takes_place_in", False),
    "/organization/organization_founder/organizations_founded": ("founded_by", True),
    "/location/location/time_zones": ("in_time_zone", False),
    "/organization/organization/headquarters./location/mailing_address/citytown": ("headquartered_in", False),
    "/organization/organization/headquarters./location/mailing_address/country": ("headquartered_in", False),
}


def read(folder: Path) -> Iterator[Row]:
    """Things first, then statements; entities without label, numbers out of range and malformed lines are refused."""
    mids = _table(folder / "entity2id.txt")
    names = _table(folder / "relation2id.txt")
    about = json.loads("\n".join(lines(folder / "entity2wikidata.json")))
    for mid in mids:
        row = about.get(mid)
        if row is None or not row["label"]:
            yield Refused(mid, "entity without label", fact=False)
            continue
        ids = (("freebase", mid), *((("wikidata", row["wikidata_id"]),) if row["wikidata_id"] else ()))
        yield Thing(
            ids,
            row["label"],
            tuple(row["alternatives"]),
            row["description"] or "",
            types_of(row["label"], row["description"] or ""),
        )
    for split in SPLITS:
        for number, line in enumerate(lines(folder / split)):
            if number == 0:
                continue  # the first line is the count
            try:
                head, tail, relation = (int(part) for part in line.split())
                yield _statement(mids[head], names[relation], mids[tail])
            except (ValueError, IndexError):
                yield Refused(f"{split}:{number + 1}: {line}", "not three known numbers")


def _statement(head: str, relation: str, tail: str) -> Statement:
    name, turned = OURS.get(relation, (f"fb:{relation.lstrip('/')}", False))
    one, two = (tail, head) if turned else (head, tail)
    return Statement(("freebase", one), name, ("freebase", two))


def _table(path: Path) -> list[str]:
    """Names by number, from a file of name-number lines under a count."""
    rows = [line.split() for line in lines(path)]
    if not rows or len(rows[0]) != 1 or not rows[0][0].isdigit() or int(rows[0][0]) != len(rows) - 1:
        raise InputError(f"{path}: expected a count, then that many lines of name and number")
    return [name for name, _ in sorted(((row[0], int(row[1])) for row in rows[1:]), key=lambda row: row[1])]
