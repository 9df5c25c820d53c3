"""Wikidata's properties under the graph's own names, for every source that speaks Wikidata."""

from kg.importers.base import Statement

# property -> relation; a minus before the relation: head and tail change places
OURS = {
    "P17": "located_in", "P131": "located_in", "P30": "located_in", "P276": "takes_place_in", "P27": "citizen_of", "P463": "member_of", "P47": "borders",
    "P36": "-capital_of", "P1376": "capital_of", "P37": "official_language", "P38": "has_currency", "P35": "-head_of_state", "P6": "-head_of_government",
    "P488": "chairperson", "P169": "chief_executive_is", "P39": "occupies", "P102": "member_of_political_party", "P108": "employer", "P452": "industry", "P159": "headquartered_in",
    "P749": "owned_by", "P127": "owned_by", "P112": "founded_by", "P1056": "produces", "P176": "-produces", "P361": "part_of", "P527": "has_part", "P710": "has_party",
    "P414": "listed_in", "P26": "spouse", "P40": "child", "P3373": "sibling", "P551": "residence", "P140": "religion", "P172": "ethnic_group", "P530": "diplomatic_relation",
    "P1344": "party_to", "P607": "party_to", "P19": "place_of_birth", "P20": "place_of_death", "P69": "educated_at",
}  # fmt: skip


def statement(head: str, prop: str, tail: str, label: str = "", valid_from: str = "", valid_to: str = "") -> Statement:
    """A Wikidata statement between items as a fact; `label` names a property that is not ours."""
    name = OURS.get(prop) or label.replace(",", "").replace(" ", "_") or prop
    if name.startswith("-"):
        head, name, tail = tail, name[1:], head
    return Statement(("wikidata", head), name, ("wikidata", tail), valid_from, valid_to)
