"""The graph as of a day, or the part around an entity, in formats that other programs read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.importers.ntriples import OWN, RDFS, SCHEMA, TYPE

FORMATS = ("graphml", "ntriples", "cytoscape")
DATE = NamedNode("http://www.w3.org/2001/XMLSchema#date")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def around(view: nx.MultiDiGraph, entity: str, hops: int) -> nx.MultiDiGraph:
    """The entities at most `hops` facts away from one, in either direction, and all facts between them."""
    return nx.ego_graph(view, entity, radius=hops, undirected=True)


def write(view: nx.MultiDiGraph, path: Path, form: str) -> None:
    """Write a view (`Graph.as_of`) as GraphML, N-Triples or Cytoscape JSON; days as ISO text, unknown ones left out."""
    if form == "ntriples":
        with path.open("wb") as stream:
            serialize(_triples(view), stream, RdfFormat.N_TRIPLES)
    elif form == "cytoscape":
        path.write_text(json.dumps(nx.cytoscape_data(_plain(view)), ensure_ascii=False), encoding="utf-8")
    else:
        nx.write_graphml(_plain(view), path)


def _plain(view: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """The same graph with text alone."""
    plain = nx.MultiDiGraph(**view.graph)
    plain.add_nodes_from((node, _texts(data)) for node, data in view.nodes(data=True))
    plain.add_edges_from((head, tail, relation, _texts(data)) for head, tail, relation, data in view.edges(keys=True, data=True))
    return plain


def _texts(data: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in data.items() if value is not None}


def _triples(view: nx.MultiDiGraph) -> Iterator[Triple]:
    """Labels, types and descriptions, then the facts; a fact with days has them on a statement about it."""
    for node, data in view.nodes(data=True):
        subject = NamedNode(f"{OWN}entity:{node}")
        yield Triple(subject, NamedNode(f"{RDFS}label"), Literal(data["label"], language="en"))
        yield Triple(subject, NamedNode(TYPE), Literal(data["types"]))
        if data["description"]:
            yield Triple(subject, NamedNode(f"{SCHEMA}description"), Literal(data["description"], language="en"))
    for head, tail, relation, data in view.edges(keys=True, data=True):
        ends = [NamedNode(f"{OWN}entity:{node}") for node in (head, tail)]
        predicate = NamedNode(f"{OWN}relation:{relation}")
        yield Triple(ends[0], predicate, ends[1])
        days = {name: data[name] for name in ("valid_from", "valid_to") if data.get(name)}
        if days:
            fact = NamedNode(f"{OWN}fact:{head}:{relation}:{tail}")
            for name, value in (("subject", ends[0]), ("predicate", predicate), ("object", ends[1])):
                yield Triple(fact, NamedNode(RDF + name), value)
            for name, day in days.items():
                yield Triple(fact, NamedNode(OWN + name), Literal(str(day), datatype=DATE))
