"""A session's page as an e-mail: text and HTML, its charts as pictures inside the message, nothing to be fetched."""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import make_msgid
from importlib import resources
from pathlib import Path
from typing import Any

import vl_convert

from kdtcn.report import figures, words
from kdtcn.report.entities import words as tuple_words
from kdtcn.report.page import ADVICE
from kdtcn.report.render import environment

EVENTS = 12  # the largest effects; the page holds all
SCALE = 2.0  # picture dots a px, for sharp screens
_DOMAIN = "kdtcn.invalid"  # content ids want one; this name can belong to nobody


def message(html: Path, told: Mapping[str, Any], meta: Mapping[str, Any], address: str = "") -> EmailMessage:
    """The message of a page, its HTML and the JSON beside it; `told` and `meta` as `verify.read_page` and the index have them."""
    page, row = told["page"], told["row"]
    mail = EmailMessage()
    mail["Subject"] = f"{meta['symbol']} {row['session']}: P(up) {row['p_up']:.0%}, P(abrupt) {row['p_abrupt']:.0%}" + (
        "" if row["alignment"] == "forecast" else " (same day, explains)"
    )
    if address:
        mail["To"] = address
    mail["X-Unsent"] = "1"  # mail programs open it as a draft
    largest = sorted(figures.whole_events(page), key=lambda event: -abs(event["effect"]))[:EVENTS]
    events = [
        {
            "effect": event["effect"],
            "low": event["low"],
            "high": event["high"],
            "words": words.short(tuple_words(event), 140),
            "headline": words.short(event["headline"], 240),
            "url": words.safe_url(event["url"]),
        }
        for event in largest
    ]
    pictures = {name: (make_msgid(name, _DOMAIN), png) for name, png in charts(html.read_text(encoding="utf-8")).items()}
    given = {"page": page, "row": row, "meta": meta, "events": events, "left_out": len(page["events"]) - len(events)}
    mail.set_content(environment().get_template("mail.txt").render(**given, advice=ADVICE).strip() + "\n")
    cids = {name: cid[1:-1] for name, (cid, _) in pictures.items()}
    mail.add_alternative(environment().get_template("mail.html").render(**given, pictures=cids), subtype="html")
    body = mail.get_payload()[1]  # type: ignore[index]  # the alternative just added
    for name, (cid, png) in pictures.items():
        body.add_related(png, "image", "png", cid=cid, filename=f"{name}.png", disposition="inline")  # type: ignore[union-attr]
    return mail


def charts(html: str) -> dict[str, bytes]:
    """The desk variants of the page's charts as PNG, in the light colours of the style sheet."""
    found: dict[str, bytes] = {}
    for section, name in (("effects-title", "effects"), ("linkage-title", "linkage"), ("abrupt-title", "abrupt")):
        part = html.partition(f'id="{section}"')[2].partition("</section>")[0]
        svg = re.search(r'<svg class="(?:chart[^"]*\bwide\b|linkage)[^"]*".*?</svg>', part, re.DOTALL)
        if svg:
            found[name] = vl_convert.svg_to_png(standalone(svg[0]), scale=SCALE)
    return found


def standalone(svg: str) -> str:
    """An inline chart as a file of its own: a name space, a size, a white ground, and colours where it had classes."""
    box = re.search(r'viewBox="([\d. -]+)"', svg)
    x, y, width, height = (float(value) for value in box[1].split()) if box else (0, 0, 1000, 400)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="11" '
    ground = f'<style>{_light()}</style><rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#ffffff"/>'
    svg = re.sub(r"<a [^>]*>|</a>|<title>.*?</title>", "", svg, flags=re.DOTALL)
    start, _, rest = svg.partition(">")
    return head + start.removeprefix("<svg ") + ">" + ground + rest


def _light() -> str:
    """The rules of the style sheets that colour charts, with the light colours in place of their names."""
    folder = resources.files("kdtcn.report") / "assets"
    css = "".join((folder / name).read_text(encoding="utf-8") for name in ("report.css", "session.css"))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    plain = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    root = re.search(r":root\s*\{([^}]*)\}", css)
    colours = dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]+)", root[1] if root else ""))
    rules = [
        f"{selector.strip()} {{{body}}}"
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain)
        if re.search(r"\.[fs]-|\.linkage|\.plot|\.dashed", selector) and "hover" not in selector
    ]
    return re.sub(r"var\((--[\w-]+)\)", lambda name: colours.get(name[1], "#000000"), "\n".join(rules))
