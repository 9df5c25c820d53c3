"""The charts of a session's page, drawn at build time: event effects, and D and C against the threshold.

They are Vega-Lite specifications as plain dictionaries: the classes of Altair check and copy every part of a chart, which takes
three times as long as to draw it, and a page has four charts. The tests hold the specifications against Altair's schema.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from kdtcn.report import words
from kdtcn.report.page import EventRow, SessionPage
from kdtcn.report.svg import COLOUR, Mark, draw

WIDE, NARROW = 860, 300  # plot widths in px of the desk and the phone variant
FEW_LABELS = 18
MOST_NARROW = 80  # events beyond which there is no phone variant: the wide one is scrolled instead
FINGERS = 40  # bars of the phone variant that can be tapped
Spec = dict[str, Any]


def effects_chart(page: SessionPage, *, narrow: bool = False) -> Markup:
    """A bar an event by popularity, its placebo band behind it; then a bar an older session, newest first."""
    if (not page.events and not page.older) or (narrow and len(page.events) > MOST_NARROW):
        return Markup("")
    k, older = len(page.events), list(reversed(page.older))
    marks = {}
    for n, event in enumerate(page.events):
        # the phone variant has no pointer to hover with, and bars a few pixels wide no finger hits
        if not narrow or k <= FINGERS:
            marks[f"e{n}"] = Mark("" if narrow else _event_title(n, event, k), f"#event-{n + 1}")
    for n, row in enumerate(older):
        title = f"{row.session:%Y-%m-%d}: {words.effect(row.effect)} (all {row.n} items of that session)"
        marks[f"o{n}"] = Mark("" if narrow else title)
    label = f"Effects of {k} events by popularity and of {len(older)} older sessions on the raw logit of P(up); the table below holds the figures."
    css = "narrow" if narrow else "wide only" if k > MOST_NARROW else "wide"
    return draw(effects_spec(page, narrow=narrow), label, marks=marks, css=css)


def effects_spec(page: SessionPage, *, narrow: bool = False) -> Spec:
    """The specification of the effects chart; bars are described as e0, e1 ... (events) and o0 ... (older sessions)."""
    k, older = len(page.events), list(reversed(page.older))
    bars = [_bar(n + 1, event.effect, f"e{n}", _colour(event)) for n, event in enumerate(page.events)]
    bars += [_bar(k + 2 + n, row.effect, f"o{n}", COLOUR["quiet"]) for n, row in enumerate(older)]
    bands = [
        {"left": n + 0.54, "right": n + 1.46, "low": event.low, "high": event.high}
        for n, event in enumerate(page.events)
        if event.low is not None and event.high is not None
    ]
    last = k + 1 + len(older)
    extent = [0.0, *(bar["y"] for bar in bars), *(v for e in page.events for v in (e.low, e.high) if v is not None)]
    x = {
        "scale": {"domain": [0.4, last + 0.6], "nice": False},
        "axis": {
            "values": _ticks(k, len(older), NARROW if narrow else WIDE),
            "labelExpr": f"datum.value <= {k} ? datum.value : '\u2212' + (datum.value - {k + 1})",
            "grid": False,
            "tickSize": 0,
            "title": None,
            "labelOverlap": False,
        },
    }
    y = {
        "scale": {"domain": _padded(min(extent), max(extent)), "nice": False},
        "axis": {
            "title": "effect on the raw logit of P(up)",
            "format": _format(max(map(abs, extent))),
            "tickCount": 5,
            "domain": False,
            "ticks": False,
        },
    }
    layers = []
    if bands:
        layers.append(
            _layer(bands, {"type": "bar", "color": COLOUR["band"]}, x=_q("left", x), x2="right", y=_q("low", y), y2="high")
        )
    layers.append(_bars(bars, x, y))
    layers.append(_rule({"y": 0.0}, COLOUR["axis"]))
    if k and older:
        layers.append(_rule({"x": k + 1.0}, COLOUR["grid"], strokeDash=[3, 3]))
    if k:
        layers.append(_title(0.5, "Events by popularity" if narrow else "Events, most popular first"))
    if older:
        # beside many events the older ones are narrower than their title, which then ends where they do
        crowded = len(older) < k / 4
        layers.append(_title(last + 0.6 if crowded else k + 1.4, "Older" if narrow else "Older, newest first", end=crowded))
    return _chart(layers, narrow, 210 if narrow else 250)


def abrupt_chart(page: SessionPage, *, narrow: bool = False) -> Markup:
    """C as bars, D as a line with dots, the threshold as dashed lines; abrupt sessions stand out."""
    points = _closed(page)
    if len(points) < 2:
        return Markup("")
    said = {
        f"p{n}": f"{p.session:%Y-%m-%d}: D {words.signed_percent(p.d)}, C {words.signed_percent(p.c)}"
        for n, p in enumerate(points)
        if p.abrupt  # the others are in the table
    }
    marks = {name: Mark(text) for name, text in said.items()} if not narrow else {}
    label = f"D and C of the last {len(points)} sessions against the abrupt threshold; the table below holds the figures."
    return draw(abrupt_spec(page, narrow=narrow), label, marks=marks, css="narrow" if narrow else "wide")


def abrupt_spec(page: SessionPage, *, narrow: bool = False) -> Spec:
    """The specification of the chart of D and C; bars are described as p0, p1 ... in order of time."""
    points = _closed(page)
    bars = [_bar(n, p.c, f"p{n}", COLOUR["alert" if p.abrupt else "quiet"], 0.34) for n, p in enumerate(points)]
    rows = [{"at": n, "d": p.d, "limit": p.threshold, "floor": -p.threshold} for n, p in enumerate(points)]
    step = max(1, len(points) // (3 if narrow else 7))
    values = list(range(len(points) - 1, -1, -step))
    x = {
        "scale": {"domain": [-0.7, len(points) - 0.3], "nice": False},
        "axis": {
            "values": values[:-1] if values[-1] < step * 0.3 else values,
            "labelExpr": f"{json.dumps([f'{point.session:%Y-%m-%d}' for point in points])}[datum.value]",
            "grid": False,
            "title": None,
            "tickSize": 4,
            "labelFlush": True,
            "labelOverlap": False,
        },
    }
    top = max(abs(v) for p in points for v in (p.d, p.c, p.threshold)) * 1.08
    y = {
        "scale": {"domain": [-top, top], "nice": False},
        "axis": {"title": "change", "format": "+.1%", "tickCount": 5, "domain": False, "ticks": False},
    }
    dashed = {"type": "line", "color": COLOUR["alert"], "strokeDash": [5, 4], "strokeWidth": 1}
    layers = [_bars(bars, x, y), _rule({"y": 0.0}, COLOUR["axis"])]
    layers += [_layer(rows, dashed, x=_q("at"), y=_q(name)) for name in ("limit", "floor")]
    layers.append(_layer(rows, {"type": "line", "color": COLOUR["ink"], "strokeWidth": 1.2}, x=_q("at"), y=_q("d")))
    layers.append(_layer(rows, {"type": "circle", "color": COLOUR["ink"], "size": 14, "opacity": 1}, x=_q("at"), y=_q("d")))
    return _chart(layers, narrow, 180 if narrow else 210)


# -- parts of a specification -------------------------------------------------------------------------------------


def _chart(layers: Sequence[Spec], narrow: bool, height: int) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": NARROW if narrow else WIDE,
        "height": height,
        "layer": list(layers),
    }


def _layer(rows: Sequence[Mapping[str, Any]], mark: Spec, **encoding: Any) -> Spec:
    channels = {name: {"field": value} if isinstance(value, str) else value for name, value in encoding.items()}
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": channels}


def _q(field: str, more: Spec | None = None) -> Spec:
    return {"field": field, "type": "quantitative", **(more or {})}


def _bar(at: float, y: float | None, mark: str, colour: str, half: float = 0.36) -> Spec:
    return {"left": at - half, "right": at + half, "y": y, "mark": mark, "colour": colour}


def _bars(bars: Sequence[Spec], x: Spec, y: Spec) -> Spec:
    """Bars from zero; the description of each is how its mark is found in the drawing."""
    colour = {"field": "colour", "type": "nominal", "scale": None}
    name = {"field": "mark", "type": "nominal"}
    return _layer(
        bars, {"type": "bar"}, x=_q("left", x), x2="right", y=_q("y", y), y2={"datum": 0}, color=colour, description=name
    )


def _title(x: float, text: str, *, end: bool = False) -> Spec:
    """Words above the plot that begin, or end, at x."""
    mark = {"type": "text", "align": "right" if end else "left", "color": COLOUR["muted"], "fontSize": 11}
    place = {"x": _q("x"), "y": {"value": -9}, "text": {"field": "text", "type": "nominal"}}
    return {"data": {"values": [{"x": x, "text": text}]}, "mark": mark, "encoding": place}


def _rule(at: Spec, colour: str, **mark: Any) -> Spec:
    return _layer([at], {"type": "rule", "color": colour, **mark}, **{name: _q(name) for name in at})


def _closed(page: SessionPage) -> list[Any]:
    return [point for point in page.recent if point.c is not None and point.d is not None]


def _colour(event: EventRow) -> str:
    sign = "pos" if event.effect >= 0 else "neg"
    weak = event.low is not None and not event.outside
    return COLOUR[f"{sign}-weak" if weak else sign]


def _event_title(n: int, event: EventRow, k: int) -> str:
    """What a bar says where no script shows the event itself; of many events the tuple alone, so that the page stays small."""
    lines = [f"{n + 1}. {words.effect(event.effect)}", words.short(event.words, 80)]
    if k <= FINGERS:
        if event.low is not None:
            lines[0] += f", placebo {words.effect(event.low)} to {words.effect(event.high)}"
        entities = ", ".join(ref.label for ref in (*event.subject_entities, *event.object_entities))
        lines = [lines[0], words.short(event.headline, 120), lines[1], *([words.short(entities, 80)] if entities else [])]
    return "\n".join(lines)


def _ticks(k: int, older: int, width: int) -> list[int]:
    """Bars that are labelled: all where they fit, else every fifth or tenth."""
    room = width / max(1, k + older + 1)
    step = 1 if room >= FEW_LABELS else 5 if room >= FEW_LABELS / 4 else 10
    events = [n for n in range(1, k + 1) if n == 1 or n % step == 0]
    every = 1 if step == 1 else 2 if step == 5 else 4
    return events + [k + 1 + n for n in range(1, older + 1) if (n - 1) % every == 0]


def _padded(low: float, high: float) -> list[float]:
    """The domain with a little air; never empty, even when no effect is other than zero."""
    pad = (high - low) * 0.06 or 0.01
    return [low - pad, high + pad]


def _format(largest: float) -> str:
    return "+.1f" if largest >= 1 else "+.2f" if largest >= 0.05 else "+.3f" if largest >= 0.005 else "+.4f"
