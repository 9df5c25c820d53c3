"""Pictures of the embedded world's report into docs/screens: desk and phone, light and dark, on paper, as the colour-blind see it.

    make screens

Only the embedded world is ever pictured: headlines of others are not ours to publish.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from kdtcn.report import chromium, folder

DESK, PHONE = (1180, 1500), (390, 1500)
COLOURS = 256  # of a picture: plain pages look the same with more
OUT = Path(__file__).parent / "screens"


@dataclass(frozen=True)
class Shot:
    """A picture to take; `at` is what is scrolled to the top, `deficiency` a kind of colour vision that Chromium emulates."""

    name: str
    page: str
    size: tuple[int, int] = DESK
    dark: bool = False
    paper: bool = False
    at: str = ""
    deficiency: str = ""


def shots(site: Path) -> Iterator[Shot]:
    index = folder.read_index(site)
    session = f"sessions/{max(index['sessions'][:8], key=lambda row: abs(row['top_effect'] or 0))['name']}"
    largest = max((site / "entities").glob("*.html"), key=lambda path: path.read_text(encoding="utf-8").count("#event-"))
    yield Shot("index", "index")
    yield Shot("index-dark", "index", dark=True)
    yield Shot("index-phone", "index", PHONE)
    yield Shot("session", session)
    yield Shot("session-dark", session, dark=True)
    yield Shot("session-phone", session, PHONE)
    yield Shot("session-linkage", session, at="#linkage-title")
    yield Shot("session-events", session, at="#events-title")
    yield Shot("session-print", session, (794, 1123), paper=True)
    yield Shot("session-deuteranopia", session, (1180, 1000), deficiency="deuteranopia")
    yield Shot("entity", f"entities/{largest.stem}", (1180, 1200))
    yield Shot("models", "evaluation", at="#reliability-title")
    yield Shot("data", "data", (1180, 1200))


def take(browser: Browser, site: Path, shot: Shot) -> bytes:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if shot.dark else "light", reduced_motion="reduce"
    )
    tab = context.new_page()
    if shot.paper:
        tab.emulate_media(media="print")
    if shot.deficiency:
        context.new_cdp_session(tab).send("Emulation.setEmulatedVisionDeficiency", {"type": shot.deficiency})
    tab.goto((site / f"{shot.page}.html").as_uri())
    if shot.at:
        tab.evaluate("name => scrollTo(0, document.querySelector(name).getBoundingClientRect().top + scrollY - 8)", shot.at)
    taken = tab.screenshot()
    context.close()
    picture = (
        Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    )
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "site", type=Path, nargs="?", default=Path("var/demo/report"), help="folder of the embedded world's report"
    )
    site = asked.parse_args().site
    if not folder.read_index(site)["meta"]["synthetic"]:
        sys.exit(f"{site}: is not the embedded world; its headlines are not ours to publish")
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium.find() or None, args=["--no-sandbox", "--disable-background-networking"]
        )
        for shot in shots(site):
            (OUT / f"{shot.name}.png").write_bytes(take(browser, site.resolve(), shot))
        browser.close()
    print(f"{OUT}: {len(list(OUT.glob('*.png')))} pictures, {sum(p.stat().st_size for p in OUT.glob('*.png')):,} bytes")


if __name__ == "__main__":
    main()
