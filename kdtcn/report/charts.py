"""The charts of a session's page, drawn at build time: event effects, and D and C against the threshold."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeVar

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from kdtcn.report import words
from kdtcn.report.page import EventRow, SessionPage
from kdtcn.report.svg import COLOUR, Mark, draw

WIDE, NARROW = 860, 300  # plot widths in px of the desk and the phone variant
FEW_LABELS = 18

Drawing = TypeVar("Drawing", bound=Callable[..., Markup])


def _unchecked(draws: Drawing) -> Drawing:
    """Altair checks each part of a chart against its schema as it is made, which takes longer than to draw it.

    The tests run the charts with the checks on. Channels are written as classes for the same reason: a string is looked
    up among all of Altair's classes.
    """

    @wraps(draws)
    def fast(page: SessionPage, *, narrow: bool = False) -> Markup:
        with debug_mode(False):
            return draws(page, narrow=narrow)

    return fast  # type: ignore[return-value]


@_unchecked
def effects_chart(page: SessionPage, *, narrow: bool = False) -> Markup:
    """A bar an event by popularity, its placebo band behind it; then a bar an older session, newest first."""
    k = len(page.events)
    older = list(reversed(page.older))
    bars = [(n + 1, event.effect, f"e{n}", _colour(event)) for n, event in enumerate(page.events)]
    bars += [(k + 2 + n, row.effect, f"o{n}", COLOUR["quiet"]) for n, row in enumerate(older)]
    if not bars:
        return Markup("")
    data = pd.DataFrame(bars, columns=["at", "effect", "mark", "colour"])
    data["left"], data["right"] = data["at"] - 0.36, data["at"] + 0.36
    last = k + 1 + len(older)
    values = _ticks(k, len(older), NARROW if narrow else WIDE)
    axis = alt.Axis(
        values=values,
        labelExpr=f"datum.value <= {k} ? datum.value : '\u2212' + (datum.value - {k + 1})",
        grid=False,
        tickSize=0,
        title=None,
        labelOverlap=False,
    )
    x = alt.X("left:Q", scale=alt.Scale(domain=[0.4, last + 0.6], nice=False), axis=axis)
    extent = [0.0, *data["effect"], *(v for e in page.events for v in (e.low, e.high) if v is not None)]
    y_scale = alt.Scale(domain=_padded(min(extent), max(extent)), nice=False)
    y_axis = alt.Axis(
        title="effect on the raw logit of P(up)", format=_format(max(map(abs, extent))), tickCount=5, domain=False, ticks=False
    )
    layers: list[alt.Chart] = []
    bands = _bands(page.events)
    if len(bands):
        layers.append(
            alt.Chart(bands)
            .mark_bar(color=COLOUR["band"])
            .encode(x=x, x2=alt.X2("right:Q"), y=alt.Y("low:Q", scale=y_scale, axis=y_axis), y2=alt.Y2("high:Q"))
        )
    layers.append(
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=x,
            x2=alt.X2("right:Q"),
            y=alt.Y("effect:Q", scale=y_scale, axis=y_axis),
            y2=alt.Y2Datum(0),
            color=alt.Color("colour:N", scale=None),
            description=alt.Description("mark:N"),
        )
    )
    layers.append(alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=COLOUR["axis"]).encode(y=alt.Y("y:Q")))
    if k and older:
        layers.append(
            alt.Chart(pd.DataFrame({"x": [k + 1.0]})).mark_rule(color=COLOUR["grid"], strokeDash=[3, 3]).encode(x=alt.X("x:Q"))
        )
    heads = [(0.5, "Events, most popular first" if not narrow else "Events by popularity")] if k else []
    heads += [(k + 1.4, "Older sessions" if not narrow else "Older")] if older else []
    titles = alt.Chart(pd.DataFrame(heads, columns=["x", "title"]))
    layers.append(
        titles.mark_text(align="left", color=COLOUR["muted"], fontSize=11).encode(
            x=alt.X("x:Q"), y=alt.YValue(-9), text=alt.Text("title:N")
        )
    )
    marks = {f"e{n}": Mark(_event_title(n, event), f"#event-{n + 1}") for n, event in enumerate(page.events)}
    marks |= {
        f"o{n}": Mark(f"{row.session:%Y-%m-%d}: {words.effect(row.effect)} (all {row.n} items of that session)")
        for n, row in enumerate(older)
    }
    chart = alt.layer(*layers).properties(width=NARROW if narrow else WIDE, height=210 if narrow else 250)
    label = f"Effects of {k} events by popularity and of {len(older)} older sessions on the raw logit of P(up); the table below holds the figures."
    return draw(chart, label, marks=marks, css="narrow" if narrow else "wide")


@_unchecked
def abrupt_chart(page: SessionPage, *, narrow: bool = False) -> Markup:
    """C as bars, D as a line with dots, the threshold as dashed lines; abrupt sessions stand out."""
    points = [point for point in page.recent if point.c is not None and point.d is not None]
    if len(points) < 2:
        return Markup("")
    data = pd.DataFrame(
        {
            "at": range(len(points)),
            "d": [point.d for point in points],
            "c": [point.c for point in points],
            "limit": [point.threshold for point in points],
            "mark": [f"p{n}" for n in range(len(points))],
            "colour": [COLOUR["alert"] if point.abrupt else COLOUR["quiet"] for point in points],
        }
    )
    data["left"], data["right"], data["floor"] = data["at"] - 0.34, data["at"] + 0.34, -data["limit"]
    days = json.dumps([f"{point.session:%Y-%m-%d}" for point in points])
    step = max(1, len(points) // (3 if narrow else 7))
    values = list(range(len(points) - 1, -1, -step))
    if values[-1] < step * 0.3:
        values = values[:-1]
    axis = alt.Axis(
        values=values, labelExpr=f"{days}[datum.value]", grid=False, title=None, tickSize=4, labelFlush=True, labelOverlap=False
    )
    x = alt.X("left:Q", scale=alt.Scale(domain=[-0.7, len(points) - 0.3], nice=False), axis=axis)
    top = max(data[["d", "c", "limit"]].abs().max()) * 1.08
    y_axis = alt.Axis(title="change", format="+.1%", tickCount=5, domain=False, ticks=False)
    y_scale = alt.Scale(domain=[-top, top], nice=False)
    base = alt.Chart(data)
    bars = base.mark_bar().encode(
        x=x,
        x2=alt.X2("right:Q"),
        y=alt.Y("c:Q", scale=y_scale, axis=y_axis),
        y2=alt.Y2Datum(0),
        color=alt.Color("colour:N", scale=None),
        description=alt.Description("mark:N"),
    )
    limits = [
        base.mark_line(color=COLOUR["alert"], strokeDash=[5, 4], strokeWidth=1).encode(x=alt.X("at:Q"), y=alt.Y(f"{name}:Q"))
        for name in ("limit", "floor")
    ]
    line = base.mark_line(color=COLOUR["ink"], strokeWidth=1.2).encode(x=alt.X("at:Q"), y=alt.Y("d:Q"))
    dots = base.mark_circle(color=COLOUR["ink"], size=14, opacity=1).encode(
        x=alt.X("at:Q"), y=alt.Y("d:Q"), description=alt.Description("mark:N")
    )
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=COLOUR["axis"]).encode(y=alt.Y("y:Q"))
    marks = {
        f"p{n}": Mark(f"{p.session:%Y-%m-%d}: D {words.signed_percent(p.d)}, C {words.signed_percent(p.c)}")
        for n, p in enumerate(points)
    }
    chart = alt.layer(bars, zero, *limits, line, dots).properties(width=NARROW if narrow else WIDE, height=180 if narrow else 210)
    label = f"D and C of the last {len(points)} sessions against the abrupt threshold; the table below holds the figures."
    return draw(chart, label, marks=marks, css="narrow" if narrow else "wide")


def _colour(event: EventRow) -> str:
    sign = "pos" if event.effect >= 0 else "neg"
    weak = event.low is not None and not event.outside
    return COLOUR[f"{sign}-weak" if weak else sign]


def _event_title(n: int, event: EventRow) -> str:
    band = f", placebo {words.effect(event.low)} to {words.effect(event.high)}" if event.low is not None else ""
    entities = ", ".join(ref.label for ref in (*event.subject_entities, *event.object_entities))
    lines = [f"{n + 1}. {words.effect(event.effect)}{band}", words.short(event.headline, 160), words.short(event.words, 120)]
    return "\n".join([*lines, words.short(entities, 120)] if entities else lines)


def _bands(events: Iterable[EventRow]) -> pd.DataFrame:
    rows = [
        (n + 0.54, n + 1.46, event.low, event.high)
        for n, event in enumerate(events)
        if event.low is not None and event.high is not None
    ]
    return pd.DataFrame(rows, columns=["left", "right", "low", "high"])


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
