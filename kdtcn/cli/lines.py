"""Headlines in, tuples with links out: the stable line format of `kdtcn extract`."""

from collections.abc import Iterator, Sequence

import pandas as pd

from kdtcn.config import Settings
from kdtcn.lake import Lake


def extract_rows(rows: Sequence[dict], settings: Settings, lake: Lake) -> Iterator[dict]:
    """{"text", "events": [...]} for each row, in order."""
    from kdtcn.events.pipeline import load
    from kdtcn.events.reading import extract_texts
    from kdtcn.sessions import parse_day
    from kg import Linker, load_seed
    from kg import load as load_graph

    graph = load_graph(lake) if lake.version("facts") >= 0 else load_seed()
    linker = Linker(graph, threshold=settings.graph.threshold, folder=settings.folder / "index")
    texts = [row["text"] for row in rows]
    found = extract_texts(texts, load(settings.nlp.model), workers=settings.nlp.workers, batch_size=settings.nlp.batch_size)
    for row, (events, _mentions) in zip(rows, found, strict=True):
        day = parse_day(row["Date"], "Date") if row.get("Date") else None

        def entities(slot: str, day: pd.Timestamp | None = day, text: str = row["text"]) -> list[dict]:
            return [
                {"id": e.entity_id, "label": e.label, "score": round(e.score, 3)}
                for e in linker.link(slot, day=day, context=text)
            ]

        yield {
            "text": row["text"],
            "events": [
                {
                    "subject": event.subject,
                    "predicate": event.predicate,
                    "object": event.object,
                    "negated": event.negated,
                    "modality": event.modality,
                    "speaker": event.speaker,
                    "lemma": event.lemma,
                    "event_type": event.event_type,
                    "rule": event.rule,
                    "spans": [event.subject_span, event.predicate_span, event.object_span],
                    "confidence": round(event.confidence, 3),
                    "subject_entities": entities(event.subject),
                    "object_entities": entities(event.object),
                }
                for event in events
            ],
        }


def show_reading(found: Iterator[dict], settings: Settings) -> None:
    """Parse, tuples and links of each headline as tables in the terminal."""
    from kdtcn.cli.common import out, show
    from kdtcn.events.cleaning import prepare
    from kdtcn.events.pipeline import load

    nlp = load(settings.nlp.model)
    for row in found:
        doc = nlp(prepare(row["text"])[0])
        show(
            [{"word": t.text, "part of speech": t.pos_, "relation": t.dep_, "of": t.head.text} for t in doc if not t.is_space],
            False,
            row["text"],
        )
        tuples = [
            {
                "subject": event["subject"],
                "predicate": ("not " if event["negated"] else "") + event["predicate"],
                "object": event["object"],
                "type": event["event_type"],
                "meant": event["modality"] + (f", says {event['speaker']}" if event["speaker"] else ""),
                "confidence": event["confidence"],
                "entities": ", ".join(
                    f"{e['label']} {e['score']:.2f}" for e in [*event["subject_entities"], *event["object_entities"]]
                ),
            }
            for event in row["events"]
        ]
        if tuples:
            show(tuples, False, "event tuples")
        else:
            out.print("no event", markup=False)


def draw(found: Sequence[dict], settings: Settings) -> str:
    """One HTML page: each headline's dependency parse, then a line for each tuple with its slots and linked entities marked."""
    from spacy import displacy

    from kdtcn.events.cleaning import prepare
    from kdtcn.events.pipeline import load

    nlp = load(settings.nlp.model)
    parts = []
    for row in found:
        parts.append(
            displacy.render(nlp(prepare(row["text"])[0]), style="dep", jupyter=False, options={"compact": True, "distance": 110})
        )
        marked = [{"text": row["text"], "ents": _marks(event)} for event in row["events"]]
        colours = {mark["label"].upper(): COLOURS[mark["label"].split(":")[0]] for line in marked for mark in line["ents"]}
        if marked:
            parts.append(displacy.render(marked, style="ent", manual=True, jupyter=False, options={"colors": colours}))
    return f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>Headlines read</title>\n{"".join(parts)}\n</html>\n'


COLOURS = {"subject": "#c7dcf5", "predicate": "#f7dfb0", "object": "#cfe8cf"}


def _marks(event: dict) -> list[dict]:
    """The slots of a tuple as displaCy draws entities, in text order; a linked slot says its entities."""
    marks = []
    for slot, spans in zip(("subject", "predicate", "object"), event["spans"], strict=True):
        linked = ", ".join(entity["label"] for entity in event.get(f"{slot}_entities", []))
        for span in filter(None, spans.split(",")):
            start, end = map(int, span.split(":"))
            marks.append({"start": start, "end": end, "label": f"{slot}: {linked}" if linked else slot})
    return sorted(marks, key=lambda mark: mark["start"])
