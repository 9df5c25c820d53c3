"""A session's page: what it warns of, what stands behind its charts, and that it comes alive where scripts run and not before."""

import dataclasses
import re
from collections.abc import Iterator
from itertools import pairwise

import altair
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from kdtcn.explain.linkage import link_events
from kdtcn.report import charts, waterfall, write_site
from kdtcn.report.page import SessionPage, SimilarRow, Stability
from kdtcn.report.render import session_html, strongest
from kdtcn.report.waterfall import waterfall_steps
from tests.report import made

MANY = made.events(40)
FULL = made.page(
    events=tuple(dataclasses.replace(e, seeds=(e.effect - 0.01, e.effect + 0.01)) for e in MANY),
    linkage=link_events(made.links(MANY), made.graph(), max_nodes=12),
    stability=Stability(5, 0.24),
    similar=(
        SimilarRow(pd.Timestamp("2016-06-23"), 0.31, ("European Union", "vote"), -0.0123, -0.02, True),
        SimilarRow(pd.Timestamp("2014-09-18"), 0.2, ("Scotland",)),
    ),
)


def _text(page: SessionPage) -> str:
    """The page's words, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", session_html(page, made.META)))


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        ({"stability": Stability(5, 0.24)}, "The effects of this day are unstable. 5 models", "does not hang on the seed"),
        ({"stability": Stability(5, 0.81)}, "does not hang on the seed", "unstable"),
        ({"stability": None}, "How much each event counts", "rank correlation"),
        ({"trained_on": True}, "The model was trained on this session.", "no such words"),
        ({"trained_on": False}, "The model expects", "trained on this session"),
        ({"alignment": "same_day"}, "Explains, does not forecast.", "The model expects"),
        ({"similar": ()}, "Abrupt change", "most similar earlier sessions"),
        ({"gaps": ()}, "No data gaps are known for this day.", "Data gaps of this day"),
        ({"gaps": ("12 headlines where 25 are usual",)}, "Data gaps of this day12 headlines where 25 are usual", "No data gaps"),
    ],
)
def test_what_a_reader_must_know_is_said_and_nothing_else(change: dict, said: str, unsaid: str) -> None:
    text = _text(dataclasses.replace(FULL, **change))
    assert said in text
    assert unsaid not in text


def test_p_abrupt_is_read_against_how_often_sessions_were_abrupt() -> None:
    assert FULL.record is not None
    page = dataclasses.replace(FULL, record=dataclasses.replace(FULL.record, abrupt=0.11))
    assert "11 % of the last 120 test sessions had one" in _text(page)


def test_the_similar_sessions_say_what_they_share_and_what_happened_then() -> None:
    text = session_html(FULL, made.META)
    rows = re.search(r'<table class="similar">.*?</table>', text, re.S)
    assert rows is not None
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", rows[0]))
    assert "2016-06-23 0.31 European Union , vote −1.23 % −2.00 % abrupt" in plain
    assert "2014-09-18 0.20 Scotland – – –" in plain


def test_the_waterfall_goes_from_no_news_to_the_prediction() -> None:
    steps = list(waterfall_steps(FULL))
    assert steps[0].start == FULL.base
    assert steps[-1].end == pytest.approx(FULL.logit)
    assert all(a.end == b.start for a, b in pairwise(steps))
    shown = [step for step in steps if step.event]
    assert [step.event for step in shown] == sorted(step.event for step in shown)
    assert len(shown) == waterfall.MOST
    left = sorted(abs(e.effect) for e in FULL.events)[: 40 - waterfall.MOST]
    assert min(abs(step.end - step.start) for step in shown) >= max(left)
    assert f"the other {40 - waterfall.MOST} events" in [step.name for step in steps]
    missing = list(waterfall_steps(dataclasses.replace(FULL, logit=FULL.logit + 0.5)))
    assert missing[-1].name == "not attributed"


def test_the_strongest_are_those_outside_their_bands_else_the_largest() -> None:
    found = strongest(FULL)
    assert all(event.outside for _, event in found)
    assert [abs(event.effect) for _, event in found] == sorted((abs(e.effect) for e in FULL.events if e.outside), reverse=True)[
        :3
    ]
    inside = dataclasses.replace(FULL, events=tuple(dataclasses.replace(e, low=-9.0, high=9.0) for e in FULL.events))
    assert len(strongest(inside)) == 1
    assert "inside its placebo band" in _text(inside)


@pytest.mark.parametrize("narrow", [False, True])
def test_charts_are_valid_specifications(narrow: bool) -> None:
    """They are written by hand: Altair's schema says whether a drawing library reads them as meant."""
    for spec in (charts.effects_spec(FULL, narrow=narrow), charts.abrupt_spec(FULL, narrow=narrow)):
        altair.LayerChart.from_dict(spec, validate=True)


def test_events_of_one_headline_tell_it_once() -> None:
    same = tuple(dataclasses.replace(e, headline_id="h", headline="One headline, two tuples") for e in made.events(2))
    text = session_html(dataclasses.replace(FULL, events=same), made.META)
    events = text[text.index('<ol class="events">') :]
    assert events.count("One headline, two tuples") == 1
    assert events.count("of the same headline") == 1


def test_a_page_of_many_events_stays_small() -> None:
    rng = np.random.default_rng(0)
    rows = tuple(
        dataclasses.replace(e, headline=f"{e.headline} {'and so on ' * 6}", effect=float(rng.normal(0, 0.01)), seeds=(-0.1, 0.1))
        for e in made.events(180)
    )
    text = session_html(dataclasses.replace(FULL, events=rows, linkage=made.linkage(rows)), made.META)
    assert text.count('<li id="event-') == 180
    assert len(text.encode()) < 400_000


# -- in a browser -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    pages = [made.page("2016-06-23"), FULL]
    index = write_site(tmp_path_factory.mktemp("alive") / "site", pages, made.evaluation(), made.data(), made.META)
    return (index.parent / "sessions" / "2016-06-24.html").as_uri()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 900})
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.goto(address)
    yield page
    assert trouble == []
    context.close()


@pytest.mark.browser
def test_pointing_at_a_bar_shows_headline_tuple_and_entities(tab: Page) -> None:
    tab.locator("svg.wide a[href='#event-2']").hover()
    card = tab.locator("#hover")
    assert card.is_visible()
    said = card.inner_text()
    assert "Event 2" in said
    assert "Pound sterling drops nearly 5% in a morning of invented trading" in said
    assert "Pound sterling drops nearly 5%" in said
    assert said.splitlines()[-1] == "Pound sterling"
    tab.keyboard.press("Escape")
    assert not card.is_visible()


@pytest.mark.browser
def test_the_waterfall_opens_and_takes_another_order_within_its_frame(tab: Page) -> None:
    fall = tab.locator("svg.waterfall")
    assert not fall.is_visible()
    tab.locator("summary", has_text="waterfall").click()
    places = "[...document.querySelectorAll('.waterfall .step rect')].map(r => [+r.getAttribute('x'), +r.getAttribute('y'), +r.getAttribute('height')])"
    before = tab.evaluate(places)
    tab.select_option("#waterfall-order", "size")
    after = tab.evaluate(places)
    assert before != after
    assert all(y >= 0 and y + height <= 260 for _, y, height in after)
    tab.select_option("#waterfall-order", "given")
    np.testing.assert_allclose(tab.evaluate(places), before, atol=0.2)


@pytest.mark.browser
def test_the_graph_can_be_dragged_zoomed_and_drawn_whole(tab: Page) -> None:
    node = tab.locator("svg.linkage .node.entity").first
    node.scroll_into_view_if_needed()
    before, tied = node.bounding_box(), "[...document.querySelectorAll('.linkage .edge')].map(e => e.getAttribute('d'))"
    lines = tab.evaluate(tied)
    assert before is not None
    tab.mouse.move(before["x"] + 20, before["y"] + 10)
    tab.mouse.down()
    tab.mouse.move(before["x"] + 80, before["y"] + 50, steps=4)
    tab.mouse.up()
    after = node.bounding_box()
    assert after is not None
    assert after["x"] - before["x"] == pytest.approx(60, abs=3)
    assert after["y"] - before["y"] == pytest.approx(40, abs=3)
    assert tab.evaluate(tied) != lines
    frame = tab.locator("svg.linkage").get_attribute("viewBox")
    tab.locator("button", has_text="+").click()
    assert tab.locator("svg.linkage").get_attribute("viewBox") != frame
    tab.locator("button", has_text="Whole picture").click()
    drawn = tab.locator("svg.linkage .edge").count()
    more = len(FULL.linkage.rest)
    tab.locator("button", has_text="Draw all").click()
    assert tab.locator("svg.linkage .edge").count() == drawn + more
    tab.locator("button", has_text="Draw the most telling").click()
    assert tab.locator("svg.linkage .edge").count() == drawn


@pytest.mark.browser
def test_without_script_all_is_there_and_no_dead_button(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator(".tools:visible").count() == 0
    tab.locator("summary", has_text="waterfall").click()
    assert tab.locator("svg.waterfall").is_visible()
    assert "placebo" in (tab.locator("svg.wide a[href='#event-1'] title").text_content() or "")
    context.close()


@pytest.mark.parametrize(("events", "align"), [(24, "left"), (144, "right")])
def test_the_title_of_the_older_sessions_stays_in_the_chart(events: int, align: str) -> None:
    """Beside many events it would run out of the right edge from where they begin."""
    layers = charts.effects_spec(made.page(n=events))["layer"]
    (title,) = [x for x in layers if x["mark"]["type"] == "text" and x["data"]["values"][0]["text"].startswith("Older")]
    assert title["mark"]["align"] == align
    assert events < title["data"]["values"][0]["x"] <= events + 10.6
