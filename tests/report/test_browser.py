"""The pages in a real browser: hostile text stays text, no request leaves, and everyone can read them."""

import dataclasses
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kdtcn.explain.linkage import Edge, Linkage, Node, Sentence
from kdtcn.report import Background, DataSummary, EntityRef, HeadlineRow, RejectReason, write_site
from kdtcn.report.entities import About, FactRow
from tests.report import made

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src=https://evil.example/x onerror="window.hacked = 1">',
    "'><svg onload=window.hacked=1><a href='javascript:window.hacked=1'>click</a>",
    "</title></script></style></textarea><script src=https://evil.example/x.js></script>",
    "{{ 7 * 7 }} {% raw %} ${7*7} <!-- <iframe src=https://evil.example>",
    "abc \u202e fdp.exe \u2066 turned \u200f round",
    "Rockets \U0001f680 over \U0001f469\u200d\U0001f52c, \u0627\u0644\u0633\u0644\u0627\u0645",
    "x" * 10_000,
    "word " * 2_000,
    "& &amp; &lt;b&gt; \x00 \x1b[31m \ud800",
)
LINKS = (
    "javascript:window.hacked=1",
    " JavaScript:window.hacked=1",
    "data:text/html,<script>1</script>",
    'https://evil.example/"onmouseover="window.hacked=1',
    "file:///etc/passwd",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in which every text that comes from outside is hostile."""
    base = made.events(1)[0]
    rows = tuple(
        dataclasses.replace(
            base, event_id=f"e{n}", headline_id=f"h{n}", headline=text, subject=text, predicate=text, object=text, speaker=text, event_type=text[:40], source=text[:40],
            modality=text[:40], url=LINKS[n % len(LINKS)], rule=text[:40], subject_entities=(EntityRef(f"kd:{n}", text, text, 0.5),),
        )
        for n, text in enumerate(HOSTILE)
    )  # fmt: skip
    nodes = tuple(Node(f"n{n}", text, ("entity", "text")[n % 2], text) for n, text in enumerate(HOSTILE))
    edges = tuple(Edge(f"n{n}", f"n{n + 1}", text, ("event", "fact")[n % 2], f"e{n}") for n, text in enumerate(HOSTILE[:-1]))
    said = tuple(Sentence((("node", text), ("event", f"— {text} →"), ("node", text)), ("e0",)) for text in HOSTILE)
    page = made.page(
        events=rows, linkage=Linkage(nodes, edges, said), gaps=HOSTILE, notes=HOSTILE,
        headlines=tuple(HeadlineRow(text, n, LINKS[n % len(LINKS)]) for n, text in enumerate(HOSTILE)),
    )  # fmt: skip
    data = DataSummary(rejects=tuple(RejectReason(text[:60], text, 1, text) for text in HOSTILE), gaps=HOSTILE, notes=HOSTILE)
    facts = tuple(FactRow(text, text, f"kd:{n}", "", "", text) for n, text in enumerate(HOSTILE))
    known = Background(made.background().closes, lambda entity, session: About(HOSTILE[0], HOSTILE[1], HOSTILE[2:4], facts))
    folder = tmp_path_factory.mktemp("hostile") / "site"
    return write_site(folder, [page], made.evaluation(), data, made.META, background=known).parent


@pytest.fixture(params=["file", "http"])
def address(request: pytest.FixtureRequest, hostile: Path) -> Iterator[str]:
    """The site by double click and from a static server."""
    if request.param == "file":
        yield hostile.as_uri()
        return

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(hostile))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", ["sessions/2016-06-24", "index", "data", "evaluation", "entities", "entities/kd-0"])
def test_hostile_text_runs_nothing_and_no_request_leaves(tab: Page, address: str, name: str) -> None:
    requests: list[str] = []
    trouble: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda message: trouble.append(message.text))
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.goto(f"{address}/{name}.html")
    tab.evaluate(
        "document.querySelectorAll('main a, main bdi, main summary').forEach(e => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))"
    )
    if name == "index":  # what search shows comes from a script of data
        tab.fill("#f-text", "script")
        tab.locator("#found li").first.wait_for()
    assert tab.evaluate("window.hacked") is None
    assert trouble == []
    own = [url for url in requests if url.startswith(address) or url == "data:,"]
    assert requests == own
    assert tab.query_selector_all("main script, main img, main iframe, [onerror], [onload], [onmouseover]") == []
    schemes = tab.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.protocol || new URL(a.href.baseVal, location).protocol)"
    )
    assert set(schemes) <= {"http:", "https:", "file:"}
    assert not any("passwd" in href for href in tab.evaluate("[...document.querySelectorAll('a')].map(a => String(a.href))"))


def test_hostile_text_is_shown_as_it_is(tab: Page, hostile: Path) -> None:
    tab.goto((hostile / "sessions" / "2016-06-24.html").as_uri())
    shown = tab.inner_text("#event-1 .headline")
    assert shown.startswith(HOSTILE[0])
    assert tab.inner_text("#event-5 .headline").startswith("{{ 7 * 7 }} {% raw %} ${7*7} <!-- <iframe")
    turned = tab.inner_text("#event-6 .headline")
    assert "⟨U+202E⟩" in turned
    assert "\u202e" not in tab.content()
    assert tab.evaluate(
        "[...document.querySelectorAll('.headline bdi')].every(b => getComputedStyle(b).unicodeBidi.startsWith('isolate'))"
    )


def test_a_headline_of_ten_thousand_characters_is_folded_and_unfolds(tab: Page, hostile: Path) -> None:
    tab.goto((hostile / "sessions" / "2016-06-24.html").as_uri())
    headline = tab.locator("#event-8 .headline")
    assert len(headline.inner_text()) < 500
    assert headline.bounding_box()["height"] < 200  # type: ignore[index]
    headline.locator("summary").click()
    assert "x" * 10_000 in headline.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [360, 390, 768, 1180])
def test_nothing_sticks_out_sideways(browser: Browser, hostile: Path, site: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    tab = context.new_page()
    for folder in (hostile, site):
        for page in sorted(folder.rglob("*.html")):
            tab.goto(page.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, page.name
    shown = tab.evaluate(
        "[...document.querySelectorAll('svg.chart')].map(s => [s.classList[1], s.getBoundingClientRect().width > 0])"
    )
    tab.goto((site / "sessions" / "2016-06-24.html").as_uri())
    shown = tab.evaluate(
        "[...document.querySelectorAll('svg.chart')].filter(s => s.getBoundingClientRect().width > 0).map(s => s.classList[1])"
    )
    assert shown == ["narrow" if width <= 560 else "wide"] * 2
    context.close()


_CONTRAST = """
() => {
  const numbers = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = colour => { const [r, g, b] = numbers(colour).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = light(getComputedStyle(document.documentElement).backgroundColor);
  const ratio = colour => { const a = light(colour); return (Math.max(a, ground) + .05) / (Math.min(a, ground) + .05); };
  const least = (selector, key) => Math.min(...[...document.querySelectorAll(selector)].map(node => ratio(getComputedStyle(node)[key])));
  return { text: least('svg.wide text, svg.linkage text, svg.gauge text', 'fill'), bars: least('svg.wide .f-pos, svg.wide .f-neg, svg.wide .f-alert', 'fill'),
    body: least('p, td, th, dt, dd, li, h1, h2, a:not(.skip, .month a), .tag', 'color'), page: getComputedStyle(document.documentElement).backgroundColor };
}
"""


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 20, 23)")])
def test_text_and_charts_are_legible_in_light_and_dark(browser: Browser, site: Path, scheme: str, ground: str) -> None:
    """Contrast of 4.5 for text and 3 for marks (WCAG 2.1, 1.4.3 and 1.4.11)."""
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    tab = context.new_page()
    for name in ("sessions/2016-06-24", "index", "evaluation", "data"):
        tab.goto((site / f"{name}.html").as_uri())
        found = tab.evaluate(_CONTRAST)
        assert found["page"] == ground
        assert found["body"] >= 4.5, name
        if "sessions" in name:
            assert found["text"] >= 4.5
            assert found["bars"] >= 3
    context.close()


def test_charts_carry_no_colour_of_their_own(site: Path) -> None:
    """Every colour is a class of the style sheet; inline styles would be refused by the policy."""
    text = (site / "sessions" / "2016-06-24.html").read_text(encoding="utf-8")
    assert not re.search(r'(fill|stroke)="#', text)
    assert "style=" not in text


def test_the_keyboard_reaches_content_links_and_tables(tab: Page, site: Path) -> None:
    tab.goto((site / "sessions" / "2016-06-24.html").as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to content"
    seen = []
    for _ in range(60):
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate("(document.activeElement.getAttribute('href') || document.activeElement.tagName)"))
    assert {"../index.html", "2016-06-23.html", "SUMMARY"} <= set(seen)
    assert tab.evaluate("[...document.querySelectorAll('svg a')].every(a => a.tabIndex < 0)")  # the table is the way there
    summary = tab.locator("summary", has_text="The chart as a table").first
    summary.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details.table table").first.is_visible()


def test_pictures_have_names_and_a_table_or_text_beside_them(tab: Page, site: Path) -> None:
    tab.goto((site / "sessions" / "2016-06-24.html").as_uri())
    unnamed = "[...document.querySelectorAll('svg')].filter(s => ['img', 'group'].includes(s.getAttribute('role')) ? !s.getAttribute('aria-label') : s.getAttribute('aria-hidden') !== 'true').length"
    assert tab.evaluate(unnamed) == 0
    assert tab.locator("details.table").count() == 2
    assert tab.locator("h1").count() == 1


def test_a_bar_says_what_it_is_and_leads_to_its_event(browser: Browser, tab: Page, site: Path) -> None:
    plain = browser.new_context(java_script_enabled=False).new_page()  # with scripts a card says it
    plain.goto((site / "sessions" / "2016-06-24.html").as_uri())
    assert "Island kingdom is exiting" in (plain.locator("svg.chart.wide a[href='#event-1'] title").first.text_content() or "")
    plain.context.close()
    tab.goto((site / "sessions" / "2016-06-24.html").as_uri())
    tab.locator("svg.chart.wide a[href='#event-1'] path").first.click()
    assert tab.url.endswith("#event-1")


def test_print_opens_the_tables_and_hides_what_paper_cannot_use(tab: Page, site: Path) -> None:
    tab.goto((site / "sessions" / "2016-06-24.html").as_uri())
    tab.emulate_media(media="print")
    assert not tab.locator("nav.pager").is_visible()
    assert tab.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.locator("details.table table").first.bounding_box()["height"] > 100  # type: ignore[index]
