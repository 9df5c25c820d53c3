"""The JSON beside a session's page: its figures without what repeats, so that a year of pages stays small.

Events name headlines and entities whose texts stand once, in `texts` and `entities`; fields that hold what is usual (no address,
not negated, ...) are left out; numbers have seven decimals, more than the page shows and enough to compare what is made again.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from kdtcn.explain.linkage import Edge, Node
from kdtcn.report.page import EntityRef, EventRow, SessionPage, as_json

DECIMALS = 7
_OF_HEADLINE = ("headline", "popularity", "url", "source", "published")
_SLOTS = ("subject_entities", "object_entities")


def _usual(kind: type[Any]) -> dict[str, Any]:
    return {f.name: as_json(f.default) for f in fields(kind) if f.default is not MISSING}


_EVENT, _EDGE, _NODE, _ENTITY = (_usual(kind) for kind in (EventRow, Edge, Node, EntityRef))


def pack(page: SessionPage) -> dict[str, Any]:
    """The figures of a page as they are written."""
    tree = _rounded(as_json(page))
    texts: dict[str, Any] = {}
    entities: dict[str, Any] = {}
    for event in tree["events"]:
        text = {name: event.pop(name) for name in _OF_HEADLINE}
        texts.setdefault(event["headline_id"], _lean(text, _EVENT))
        for slot in _SLOTS:
            for ref in event[slot]:
                about = {"label": ref.pop("label"), "description": ref.pop("description")}
                entities.setdefault(ref["id"], _lean(about, _ENTITY))
    linkage = tree["linkage"]
    linkage["edges"] = [_lean(edge, _EDGE) for edge in linkage["edges"]]
    linkage["nodes"] = [_lean(node, _NODE) for node in linkage["nodes"]]
    # sentences say the edges again, and the tuples beyond the picture are those of the events
    linkage["rest"] = [_lean(edge, _EDGE) for edge in linkage["rest"] if edge["kind"] == "fact"]
    del linkage["sentences"], linkage["rest_nodes"]
    tree["recent"] = [_lean(point, {"threshold": tree["threshold"], "abrupt": False}) for point in tree["recent"]]
    events = [_lean(event, _EVENT) for event in tree.pop("events")]
    return {**tree, "events": events, "texts": texts, "entities": entities}


def whole_events(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a page's JSON with all their fields, as those of an `EventRow`."""
    found = []
    for event in page["events"]:
        row = {**_EVENT, **page["texts"][event["headline_id"]], **event}
        for slot in _SLOTS:
            row[slot] = [{**_ENTITY, **page["entities"][ref["id"]], **ref} for ref in row[slot]]
        found.append({"popularity": None, **row})
    return found


def _lean(tree: dict[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that hold what is usual."""
    return {name: value for name, value in tree.items() if name not in usual or value != usual[name]}


def _rounded(tree: Any) -> Any:
    if isinstance(tree, float):
        return round(tree, DECIMALS)
    if isinstance(tree, dict):
        return {name: _rounded(value) for name, value in tree.items()}
    return [_rounded(value) for value in tree] if isinstance(tree, list) else tree
