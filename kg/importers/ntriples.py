"""N-Triples: labels, names and facts of any RDF graph, read as a stream."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.importers.base import Refused, Row, Statement, Thing, lines, types_of
from kg.importers.properties import statement

RDFS, SKOS, SCHEMA = "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2004/02/skos/core#", "http://schema.org/"
LABELS = frozenset({f"{RDFS}label", f"{SKOS}prefLabel", f"{SCHEMA}name"})
ALIASES = frozenset({f"{SKOS}altLabel", f"{SCHEMA}alternateName"})
DESCRIPTIONS = frozenset({f"{RDFS}comment", f"{SCHEMA}description"})
SAME = "http://www.w3.org/2002/07/owl#sameAs"
OWN = "urn:kdtcn:"  # as `kdtcn kg export` writes them: urn:kdtcn:entity:ID, urn:kdtcn:relation:NAME, urn:kdtcn:type:NAME
TYPE = f"{OWN}type"
SCHEMES = (
    (f"{OWN}entity:", "kdtcn", ""),
    ("http://www.wikidata.org/entity/", "wikidata", ""),
    ("https://www.wikidata.org/entity/", "wikidata", ""),
    ("http://rdf.freebase.com/ns/", "freebase", "/"),
    ("https://sws.geonames.org/", "geonames", ""),
    ("http://sws.geonames.org/", "geonames", ""),
)
DIRECT = "http://www.wikidata.org/prop/direct/"
CHUNK = 10_000  # lines parsed at a time


class About(NamedTuple):
    """What the file says of one subject besides facts."""

    label: list[str]
    aliases: list[str]
    description: list[str]
    same: list[tuple[str, str]]
    types: list[str]


def read(path: Path) -> Iterator[Row]:
    """Things first, then statements: the file is read twice, since its lines come in any order.

    English text, or text without a language, is taken. A literal that is neither label, name nor description is refused, as is a line that is no triple.
    """
    about: dict[str, About] = {}
    for item in _triples(path):
        if isinstance(item, Refused) or not isinstance(item.subject, NamedNode):
            continue
        relation, value = item.predicate.value, item.object
        if isinstance(value, Literal) and (value.language or "en").split("-")[0] == "en":
            kept = (
                "label"
                if relation in LABELS
                else "aliases"
                if relation in ALIASES
                else "description"
                if relation in DESCRIPTIONS
                else ""
            )
            kept = "types" if relation == TYPE else kept
            if kept:
                getattr(_about(about, item.subject.value), kept).append(value.value)
        elif relation == SAME and isinstance(value, NamedNode):
            _about(about, item.subject.value).same.append(identifier(value.value))
    for subject, told in about.items():
        if not told.label:
            yield Refused(subject, "entity without label", fact=False)
            continue
        description = next(iter(told.description), "")
        label, *more = told.label
        types = "|".join(told.types) or types_of(label, description)
        yield Thing((identifier(subject), *told.same), label, (*more, *told.aliases), description, types)
    for item in _triples(path):
        if isinstance(item, Refused):
            yield item
        elif isinstance(item.subject, NamedNode) and isinstance(item.object, NamedNode):
            if item.predicate.value != SAME:
                yield _fact(item.subject.value, item.predicate.value, item.object.value)
        elif item.predicate.value not in LABELS | ALIASES | DESCRIPTIONS | {TYPE}:
            yield Refused(str(item)[:200], "no fact between two named things")


def identifier(iri: str) -> tuple[str, str]:
    """(scheme, id) of an IRI: Wikidata, Freebase, GeoNames and our own by their own ids, any other by itself."""
    for prefix, scheme, lead in SCHEMES:
        if iri.startswith(prefix):
            rest = iri.removeprefix(prefix).strip("/")
            return scheme, lead + rest.replace(".", "/") if lead else rest
    return "iri", iri


def _fact(head: str, relation: str, tail: str) -> Statement:
    one, two = identifier(head), identifier(tail)
    if relation.startswith(DIRECT) and one[0] == two[0] == "wikidata":
        return statement(one[1], relation.removeprefix(DIRECT), two[1])
    name = relation.removeprefix(f"{OWN}relation:") if relation.startswith(OWN) else f"rdf:{relation}"
    return Statement(one, name, two)


def _about(about: dict[str, About], subject: str) -> About:
    return about.setdefault(subject, About([], [], [], [], []))


def _triples(path: Path) -> Iterator[Triple | Refused]:
    """The triples of the file; a line that is none is refused, the others of its chunk stand."""
    rows = enumerate(lines(path), start=1)
    while chunk := list(islice(rows, CHUNK)):
        try:
            yield from list(parse("\n".join(text for _, text in chunk), RdfFormat.N_TRIPLES))
        except SyntaxError:
            for number, text in chunk:
                try:
                    yield from list(parse(text, RdfFormat.N_TRIPLES))
                except SyntaxError:
                    yield Refused(f"{path.name}:{number}: {text[:200]}", "not a triple")
