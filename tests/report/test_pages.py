"""The pages about the whole site in a real browser: calendar, search without a server, filters, entities, models, data; axe-core."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
PAGES = ("index", "entities", "entities/kd-gb", "evaluation", "data", "sessions/2016-06-24", "sessions/2016-06-24-same-day")


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1180, "height": 900})
    yield context.new_page()
    context.close()


def _open(tab: Page, site: Path, name: str) -> list[str]:
    """Go to a page; the addresses it asked for."""
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((site / f"{name}.html").as_uri())
    return asked


def _rules(scheme: str) -> str:
    """All of them once; of the dark colours only what colours decide."""
    return "" if scheme == "light" else "{runOnly: ['color-contrast', 'link-in-text-block']}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Browser, site: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]  # the checker is no part of the page
    tab = context.new_page()
    for name in PAGES:
        tab.goto((site / f"{name}.html").as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        tab.evaluate(AXE)
        found = tab.evaluate(
            f"async () => (await axe.run({_rules(scheme)})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))"
        )
        assert found == [], name
    context.close()


def test_the_calendar_shows_each_session_and_leads_to_its_page(shared: Page, site: Path) -> None:
    shared.goto((site / "index.html").as_uri())
    days = shared.locator("table.month a")
    assert [day.get_attribute("href") for day in days.all()] == [f"sessions/2016-06-{day}.html" for day in (23, 24, 27)]
    assert "expected" in (days.nth(1).text_content() or "")
    days.nth(1).click()
    assert shared.url.endswith("sessions/2016-06-24.html")


def test_search_finds_events_and_entities_from_disk_and_leads_to_them(shared: Page, site: Path) -> None:
    asked = _open(shared, site, "index")
    assert not any("search.js" in url for url in asked)  # loaded when it is first needed
    shared.fill("#f-text", "european un")
    shared.wait_for_selector("#found li")
    assert shared.locator("#found a").first.get_attribute("href") == "entities/kd-eu.html"
    hit = shared.locator("#found a[href^='sessions/']").first
    assert "continental union" in hit.inner_text()
    hit.click()
    shared.wait_for_url("**/sessions/*.html#event-*")
    shared.locator(":target .headline").wait_for()
    root = site.as_uri()
    assert [url for url in asked if not url.startswith(root) and url != "data:,"] == []


def test_filters_narrow_list_and_calendar_together(shared: Page, site: Path) -> None:
    shared.goto((site / "index.html").as_uri())
    rows, off = shared.locator("#rows tr:visible"), shared.locator("table.month a.off")
    assert rows.count() == 4
    shared.select_option("#f-type", "protest")
    expect(shared.locator("#f-said")).not_to_contain_text(
        "Loading"
    )  # not by wait_for_function: the page's policy forbids its eval
    expect(rows).to_have_count(4)
    shared.select_option("#f-entity", "kd-jp")
    expect(rows).to_have_count(0)  # no protest names Japan
    assert off.count() == 3
    shared.click("button[type=reset]")
    expect(rows).to_have_count(4)
    assert off.count() == 0


def test_without_script_the_list_calendar_and_entities_stand(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((site / "index.html").as_uri())
    assert tab.locator("#rows tr").count() == 4
    assert tab.locator("table.month a").count() == 3
    assert not tab.locator("#search").is_visible()
    tab.goto((site / "entities.html").as_uri())
    tab.click("text=United Kingdom")
    assert tab.inner_text("h1") == "United Kingdom"
    context.close()


def test_an_entity_tells_its_events_over_time_and_its_facts_of_the_day(shared: Page, site: Path) -> None:
    shared.goto((site / "entities" / "kd-gb.html").as_uri())
    table = shared.locator("section").first
    assert table.locator("tbody tr").count() > 3
    assert shared.locator("svg.wide a rect").count() == 3  # sessions with events of it
    assert "since" in shared.inner_text("#facts-title ~ div").lower()
    assert "1973-01-01" in shared.content()
    assert shared.inner_text("#facts-title").endswith("2016-06-26")  # the day before its last session
    shared.locator("svg.wide a").first.click()
    assert "sessions/2016-06-2" in shared.url


def test_the_model_page_draws_curves_and_reliability_with_tables(shared: Page, site: Path) -> None:
    shared.goto((site / "evaluation.html").as_uri())
    assert shared.locator(".smalls svg").count() == 2
    assert "overfitting since epoch 5" in shared.inner_text(".smalls")
    assert shared.locator("[aria-labelledby=reliability-title] tbody tr").count() == 5
    audit = shared.inner_text("[aria-labelledby=audit-title]")
    assert "0.6931" in audit
    assert "no" in audit.split()


def test_the_data_page_shows_months_standing_and_late_rows(shared: Page, site: Path) -> None:
    shared.goto((site / "data.html").as_uri())
    assert shared.locator("svg.wide rect").count() == 4 * 7
    assert shared.locator("[aria-labelledby=standing-title] tbody tr").nth(1).inner_text().split()[:2] == ["world", "news"]
    assert "12" in shared.locator("[aria-labelledby=standing-title] tbody tr").nth(1).inner_text().split()


def test_the_keyboard_alone_searches_and_opens_an_event(shared: Page, site: Path) -> None:
    shared.goto((site / "index.html").as_uri())
    for _ in range(30):
        shared.keyboard.press("Tab")
        if shared.evaluate("document.activeElement.id") == "f-text":
            break
    shared.keyboard.type("farmers")
    shared.wait_for_selector("#found li")
    shared.keyboard.press("Tab")
    shared.keyboard.press("Enter")
    shared.wait_for_url("**/sessions/*.html#event-*")


def test_up_and_down_are_told_apart_without_colour(shared: Page, site: Path) -> None:
    """Each sign has a mark beside its colour: arrows in the calendar, plus and minus at every effect."""
    shared.goto((site / "index.html").as_uri())
    for cell in shared.locator("table.month a").all():
        arrow = cell.locator(".arrow").text_content()
        assert arrow == ("▲" if "pos" in (cell.get_attribute("class") or "") else "▼")
    signs = [text.strip()[0] for text in shared.locator("td.top .num").all_inner_texts()]
    assert set(signs) <= {"+", "\u2212", "0"}


@pytest.mark.parametrize(("kind", "least"), [("protanopia", 40), ("deuteranopia", 40), ("tritanopia", 40)])
def test_the_two_signs_differ_for_the_colour_blind(shared: Page, site: Path, kind: str, least: int) -> None:
    """Distance of up and down in CIELAB as Chromium emulates each deficiency, by the pixels of the calendar's legend."""
    shared.goto((site / "index.html").as_uri())
    session = shared.context.new_cdp_session(shared)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
    colours = [_middle(shared.locator(f".sq.{sign}").first.screenshot()) for sign in ("pos", "neg")]
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    assert _distance(*colours) >= least


def _middle(png: bytes) -> tuple[int, int, int]:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    red, green, blue = picture.getpixel((picture.width // 2, picture.height // 2))  # type: ignore[misc]
    return red, green, blue


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    def lab(colour: tuple[int, int, int]) -> list[float]:
        r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour))
        xyz = (
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
        )
        x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]

    return sum((p - q) ** 2 for p, q in zip(lab(one), lab(other), strict=True)) ** 0.5
