"""What extraction yields: event tuples and mentions of named entities, with character offsets in the stored text."""

from __future__ import annotations

from typing import NamedTuple


class EventTuple(NamedTuple):
    """One event, (subject, predicate, object) in the words of the headline.

    A span is "start:end[,start:end]", character offsets in the text as given; the slot is its pieces joined by one space.
    `modality` is asserted, planned, possible or denied; `confidence` lies in (0, 1].
    """

    subject: str
    predicate: str
    object: str
    subject_span: str
    predicate_span: str
    object_span: str
    lemma: str
    event_type: str
    negated: bool
    modality: str
    speaker: str
    rule: str
    confidence: float


class Mention(NamedTuple):
    """A named entity in the text as given: text[start:end]; label is a kind that the pipeline names (PERSON, ORG, GPE, ...) or PROPN (unknown)."""

    text: str
    start: int
    end: int
    label: str
