"""Vega-Lite charts as inline SVG that follows the page: colours become CSS classes, fonts are the page's, bars get titles and links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

# A chart is drawn once but seen in light, dark and print: each role is drawn in a colour of its own that stands for it,
# and is replaced by a class (f-ROLE for fills, s-ROLE for strokes) to which the style sheet gives the real colours.
ROLES = ("ink", "muted", "grid", "axis", "band", "pos", "neg", "pos-weak", "neg-weak", "alert", "quiet", "accent")
COLOUR = {role: f"#fe00{n:02x}" for n, role in enumerate(ROLES)}
_ROLE = {colour: role for role, colour in COLOUR.items()}

_DROP = {
    "style",
    "class",
    "role",
    "aria-roledescription",
    "aria-label",
    "aria-hidden",
    "pointer-events",
    "font-family",
    "stroke-miterlimit",
}
# what the style sheet says of a chart, or a browser assumes
_USUAL = {"opacity": "1", "stroke-width": "1", "font-size": "11px", "font-weight": "normal", "transform": "translate(0,0)"}
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_AT = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")
_CIRCLE = re.compile(r"M(-?[\d.]+),0A.*")
_LINE = re.compile(r"M-?[\d.]+,-?[\d.]+(L-?[\d.]+,-?[\d.]+)+")


@dataclass(frozen=True)
class Mark:
    """What a mark says when pointed at, and where it leads (an anchor of the page, or nothing)."""

    title: str
    href: str = ""


def draw(spec: Mapping[str, Any], label: str, *, marks: Mapping[str, Mark] | None = None, css: str = "") -> Markup:
    """A Vega-Lite specification as an inline <svg>; marks are found by its `description` channel."""
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg({**spec, "config": _CONFIG}))
    _rewrite(root, marks or {})
    _shrink(root)
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    # an image may hold no links; a group with a name may
    role = "group" if any(mark.href for mark in (marks or {}).values()) else "img"
    root.attrib = {"class": f"chart {css}".strip(), "viewBox": root.attrib["viewBox"], "role": role, "aria-label": label}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _rewrite(node: ElementTree.Element, marks: Mapping[str, Mark]) -> None:
    node.tag = node.tag.rpartition("}")[2]  # inline SVG needs no namespace
    for place, child in reversed(list(enumerate(node))):
        if _nothing(child):
            node.remove(child)
            continue
        mark = marks.get(child.attrib.get("aria-label", ""))
        _rewrite(child, marks)
        if mark is not None:
            if mark.title:
                ElementTree.SubElement(child, "title").text = mark.title
            if mark.href:
                # out of the tab order: the table below the chart is the way there without a mouse
                name = mark.href.strip("#").replace("-", " ")
                link = ElementTree.Element("a", {"href": mark.href, "tabindex": "-1", "aria-label": name})
                link.append(child)
                node.remove(child)
                node.insert(place, link)
    roles = []
    for part in ("fill", "stroke"):
        colour = node.attrib.get(part, "")
        if colour in _ROLE:
            del node.attrib[part]
            roles.append(f"{part[0]}-{_ROLE[colour]}")
    for key in [key for key in node.attrib if key in _DROP or "}" in key]:
        del node.attrib[key]
    for key, usual in _USUAL.items():
        if node.attrib.get(key) == usual:
            del node.attrib[key]
    if roles:
        node.attrib["class"] = " ".join(roles)
    for key in ("d", "transform"):
        if key in node.attrib:
            node.attrib[key] = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}", node.attrib[key])


def _shrink(node: ElementTree.Element) -> None:
    """The same picture in fewer bytes: groups that say nothing are opened, shapes that look alike become one path."""
    alike: dict[tuple[tuple[str, str], ...], ElementTree.Element] = {}
    for child in list(node):
        _shrink(child)
        if child.tag == "g" and not child.attrib:
            place = list(node).index(child)
            node.remove(child)
            for n, inner in enumerate(child):
                node.insert(place + n, inner)
        if child.tag != "path" or len(child):
            continue
        _dot(child)
        if "transform" in child.attrib:
            continue
        child.attrib["d"] = _straight(child.attrib["d"])
        look = tuple(sorted((key, value) for key, value in child.attrib.items() if key != "d"))
        first = alike.setdefault(look, child)
        if first is not child:  # bars and dots of a chart do not cover each other, so that their order tells nothing
            first.attrib["d"] += child.attrib["d"]
            node.remove(child)


def _dot(path: ElementTree.Element) -> None:
    """A disc as a stroke of no length with a round end."""
    at, disc = _AT.fullmatch(path.attrib.get("transform", "")), _CIRCLE.fullmatch(path.attrib["d"])
    if at is None or disc is None:
        return
    fill = path.attrib.get("class", "")
    path.attrib = {"d": f"M{at[1]},{at[2]}h0", "class": fill.replace("f-", "s-", 1), "stroke-width": f"{2 * float(disc[1]):.1f}"}
    path.attrib["stroke-linecap"] = "round"


def _straight(d: str) -> str:
    """A line without the points between two of the same height."""
    if not _LINE.fullmatch(d):
        return d
    points = [point.split(",") for point in d[1:].split("L")]
    heights = [None, *(y for _, y in points), None]
    kept = [point for n, point in enumerate(points, 1) if not heights[n - 1] == heights[n] == heights[n + 1]]
    return "M" + "L".join(",".join(point) for point in kept)


def _nothing(node: ElementTree.Element) -> bool:
    """Empty paths that Vega leaves for events and backgrounds, and ticks of no length."""
    tag = node.tag.rpartition("}")[2]
    return (
        (tag == "path" and (node.attrib.get("d", "") in {"", "M0,0h0v0h0Z"} or "background" in node.attrib.get("class", "")))
        or (tag == "rect" and node.attrib.get("fill") == "transparent")
        or (tag == "line" and node.attrib.get("x2") == node.attrib.get("y2") == "0")
    )


_CONFIG = {
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelColor": COLOUR["muted"],
        "titleColor": COLOUR["muted"],
        "gridColor": COLOUR["grid"],
        "domainColor": COLOUR["axis"],
        "tickColor": COLOUR["axis"],
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 4,
    },
}
