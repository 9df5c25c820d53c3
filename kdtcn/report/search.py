"""The search index: a script of plain data that the list of sessions loads when somebody searches, from disk as from a server."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kdtcn.report import words
from kdtcn.report.entities import EntityPage, file_name, references
from kdtcn.report.entities import words as tuple_words

MOST = 20_000  # events that can be searched, the newest; about 2 MB
NAME = "KDTCN_SEARCH"


def index(pages: Iterable[Mapping[str, Any]], entities: Sequence[EntityPage]) -> str:
    """The script. Events are rows [page, number, words, type, entities, effect], all but words and effect as places in lists.

    ASCII only, so that no character of a headline can mean something to a browser that reads the file in another encoding.
    """
    names: list[str] = []
    types: dict[str, int] = {}
    known: dict[str, int] = {}
    labels: list[list[Any]] = []
    with_page = {page.id for page in entities}
    events: list[list[Any]] = []
    left_out = 0
    for page in sorted(pages, key=lambda page: (page["session"], page["alignment"] == "forecast"), reverse=True):
        at = len(names)
        names.append(page["session"] + ("" if page["alignment"] == "forecast" else "-same-day"))
        for number, event in enumerate(page["events"], 1):
            if len(events) >= MOST:
                left_out += 1
                continue
            places = []
            for ref in references(event):
                if ref["id"] not in known:
                    known[ref["id"]] = len(labels)
                    page_of = file_name(ref["id"]) if ref["id"] in with_page else ""
                    labels.append([words.short(ref["label"], 80), page_of])
                places.append(known[ref["id"]])
            kind = types.setdefault(words.short(event["event_type"], 40), len(types))
            events.append([at, number, words.short(tuple_words(event), 140), kind, places, words.effect(event["effect"])])
    tree = {"pages": names, "types": list(types), "entities": labels, "events": events, "left_out": left_out}
    return f"var {NAME} = {json.dumps(tree, separators=(',', ':'))};\n"


def event_types(pages: Iterable[Mapping[str, Any]]) -> list[str]:
    """The event types that occur, for the filter's list."""
    return sorted({words.short(event["event_type"], 40) for page in pages for event in page["events"] if event["event_type"]})
