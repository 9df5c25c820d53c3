"""The JSON beside a page is small, and holds what the page holds."""

import json

import pytest

from kdtcn.report.figures import pack, whole_events
from kdtcn.report.page import as_json
from tests.report import made


def test_events_come_back_whole() -> None:
    page = made.page(n=24)
    tree = json.loads(json.dumps(pack(page)))
    for event, told in zip(page.events, whole_events(tree), strict=True):
        there = as_json(event)
        numbers = [name for name, value in there.items() if isinstance(value, float)]
        assert {name: told[name] for name in numbers} == pytest.approx({name: there[name] for name in numbers}, abs=1e-7)
        assert {name: told[name] for name in there if name not in numbers} == {
            name: there[name] for name in there if name not in numbers
        }


def test_what_repeats_stands_once() -> None:
    page = made.page(n=200)
    tree = pack(page)
    assert len(tree["entities"]) == 11
    assert all("label" not in ref for event in tree["events"] for ref in event.get("subject_entities", []))
    small, large = (len(json.dumps(found, separators=(",", ":"))) for found in (tree, as_json(page)))
    assert small < 0.75 * large
