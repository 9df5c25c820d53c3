"""Why a model says what it says: event effects, their linkage in the graph, and abrupt changes. Numbers only, no pictures."""

from kdtcn.explain.abrupt import AbruptPoint, Interval, intervals, recent
from kdtcn.explain.effects import METHODS, Effects, event_effects
from kdtcn.explain.linkage import Edge, EventLinks, Linkage, Node, Sentence, link_events

__all__ = [
    "METHODS",
    "AbruptPoint",
    "Edge",
    "Effects",
    "EventLinks",
    "Interval",
    "Linkage",
    "Node",
    "Sentence",
    "event_effects",
    "intervals",
    "link_events",
    "recent",
]
