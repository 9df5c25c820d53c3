"""Small charts of the pages about the whole site, drawn by hand: a line with marks, bars by month, learning curves, reliability.

A site has hundreds of entity pages, so that one of these has to cost a millisecond. Colours are classes of the style sheet
(f-ROLE, s-ROLE), as in `svg`; every chart comes in a desk and a phone width, and a table stands beside each.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

WIDE, NARROW = 1010, 340  # px; one unit of the drawing is about one px on a screen
MOST_ALIVE = 60  # bars of a time line that can be pointed at; where there are more, the table leads to the events


@dataclass
class Panel:
    """A rectangle with its scales; `parts` collects the drawing, `left` and so on are in px of the whole picture."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    parts: list[str] = field(default_factory=list)

    def px(self, value: float) -> float:
        low, high = self.x
        return self.left + (value - low) / ((high - low) or 1) * self.width

    def py(self, value: float) -> float:
        low, high = self.y
        return self.top + self.height - (value - low) / ((high - low) or 1) * self.height

    def grid(self, ticks: Iterable[float], text: "Writer") -> None:
        """Horizontal lines with their values to the left."""
        for tick in ticks:
            y = self.py(tick)
            css = "s-axis" if tick == 0 else "s-grid"
            self.parts.append(f'<path class="{css}" d="M{self.left:.0f},{y:.1f}h{self.width:.0f}"/>')
            self.text(self.left - 6, y + 4, text(tick), "end")

    def days(self, stamps: Sequence[str], most: int) -> None:
        """Labels of some positions 0..n-1 under the panel, evenly spread."""
        n = len(stamps)
        for i in sorted({round(v) for v in np.linspace(0, n - 1, min(most, n))}):
            anchor = "start" if i == 0 and n > 1 else "end" if i == n - 1 and n > 1 else "middle"
            x = self.px(i)
            self.parts.append(f'<path class="s-axis" d="M{x:.1f},{self.top + self.height:.0f}v4"/>')
            self.text(x, self.top + self.height + 17, stamps[i], anchor)

    def text(self, x: float, y: float, said: str, anchor: str = "start", css: str = "f-muted") -> None:
        self.parts.append(f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>')

    def line(self, xs: Iterable[float], ys: Iterable[float], css: str) -> None:
        """A line through the points; one that is not finite breaks it."""
        path, pen = [], "M"
        for x, y in zip(xs, ys, strict=True):
            if not math.isfinite(y):
                pen = "M"
                continue
            path.append(f"{pen}{self.px(x):.1f},{self.py(y):.1f}")
            pen = "L"
        if path:
            self.parts.append(f'<path class="{css}" fill="none" d="{"".join(path)}"/>')

    def bar(self, x: float, value: float, width: float, css: str, title: str = "", href: str = "") -> None:
        """A bar from zero (or the panel's floor) to the value."""
        floor = min(max(0.0, self.y[0]), self.y[1])
        top, height = min(self.py(value), self.py(floor)), abs(self.py(value) - self.py(floor))
        self._mark(
            f'<rect class="{css}" x="{self.px(x) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{max(height, 0.6):.1f}"',
            "rect",
            title,
            href,
        )

    def dot(self, x: float, y: float, radius: float, css: str, title: str = "", href: str = "") -> None:
        self._mark(f'<circle class="{css}" cx="{self.px(x):.1f}" cy="{self.py(y):.1f}" r="{radius:.1f}"', "circle", title, href)

    def dots(self, points: Iterable[tuple[float, float]], size: float, css: str) -> None:
        """Many discs as one path: strokes of no length with round ends."""
        path = "".join(f"M{self.px(x):.1f},{self.py(y):.1f}h0" for x, y in points if math.isfinite(y))
        if path:
            self.parts.append(f'<path class="{css}" stroke-width="{size:.0f}" stroke-linecap="round" d="{path}"/>')

    def _mark(self, start: str, tag: str, title: str, href: str) -> None:
        drawn = f"{start}><title>{escape(title)}</title></{tag}>" if title else f"{start}/>"
        # out of the tab order: the table below the chart is the way there without a mouse
        self.parts.append(f'<a href="{escape(href)}" tabindex="-1">{drawn}</a>' if href else drawn)


class Writer:
    """How the values of an axis are written."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __call__(self, value: float) -> str:
        return self.pattern.format(value).replace("-", "\u2212").replace(",", "\u202f")


def picture(panels: Sequence[Panel], width: float, height: float, label: str, css: str, *, links: bool = False) -> Markup:
    """The panels as one inline SVG."""
    inner = "".join(part for panel in panels for part in panel.parts)
    role = "group" if links else "img"  # an image may hold no links
    return Markup(
        f'<svg class="chart plot {css}" viewBox="0 0 {width:.0f} {height:.0f}" role="{role}" aria-label="{escape(label)}">{inner}</svg>'
    )


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values within [low, high], at most `most` + 1 of them."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(step * n, 12) + 0.0 for n in range(first, math.floor(high / step + 1e-9) + 1)]


def writer(values: Sequence[float], *, signed: bool = False) -> Writer:
    """Just the decimals that neighbouring ticks need to differ."""
    step = min((abs(b - a) for a, b in pairwise(values)), default=1.0) or 1.0
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, digits) != round(step, digits + 3):
        digits += 1
    return Writer("{:" + ("+" if signed else "") + ",." + str(digits) + "f}")


@dataclass(frozen=True)
class Spot:
    """A session on an entity's chart: its effect in all, what pointing at it says, and the page it leads to."""

    session: pd.Timestamp
    effect: float
    title: str
    href: str = ""


def timeline(closes: pd.Series, spots: Sequence[Spot], label: str, *, narrow: bool = False) -> Markup:
    """The index as a line with a dot at each session that has events of the entity; below, their effects as bars."""
    if len(closes) < 2:
        return Markup("")
    width = NARROW if narrow else WIDE
    left, right = 50, 8
    days = [f"{day:%Y-%m-%d}" for day in closes.index]
    at = {day: i for i, day in enumerate(closes.index)}
    low, high = float(closes.min()), float(closes.max())
    pad = (high - low) * 0.08 or 1
    x = (-0.5, len(days) - 0.5)
    upper = Panel(left, 18, width - left - right, 150, x, (low - pad, high + pad))
    values = ticks(low - pad, high + pad, 4)
    upper.grid(values, writer(values))
    upper.text(left, 10, "index, close")
    upper.line(*_thinned(closes, 120 if narrow else 300), "s-quiet")
    found = [spot for spot in spots if spot.session in at]
    reach = max((abs(spot.effect) for spot in found), default=0) or 0.01
    lower = Panel(left, 196, width - left - right, 84, x, (-reach * 1.08, reach * 1.08))
    values = ticks(-reach, reach, 3)
    lower.grid(sorted({0.0, *values}), writer(values, signed=True))
    lower.text(left, 190, "effect of its events on the raw logit of P(up)" if not narrow else "effect of its events")
    bar = max(2.0, min(10.0, 0.7 * upper.width / len(days)))
    alive = len(found) <= MOST_ALIVE
    for sign in ("pos", "neg"):
        mine = [spot for spot in found if (spot.effect >= 0) == (sign == "pos")]
        upper.dots([(at[spot.session], float(closes.iloc[at[spot.session]])) for spot in mine], 8, f"s-{sign}")
        for spot in mine:
            lower.bar(at[spot.session], spot.effect, bar, f"f-{sign}", *((spot.title, spot.href) if alive else ()))
    lower.days(days, 3 if narrow else 6)
    return picture([upper, lower], width, 306, label, "narrow" if narrow else "wide", links=alive and any(s.href for s in found))


def _thinned(values: pd.Series, most: int) -> tuple[list[int], list[float]]:
    """At most so many points of a line, evenly spread, the last among them: more than a screen shows only cost bytes."""
    step = math.ceil(len(values) / most)
    places = sorted({*range(0, len(values), step), len(values) - 1})
    return places, [float(values.iloc[i]) for i in places]


def months(series: Sequence[tuple[str, Sequence[float]]], names: Sequence[str], label: str, *, narrow: bool = False) -> Markup:
    """A row of bars a series, one bar a month, each row on its own scale."""
    if not names:
        return Markup("")
    width, row = (NARROW if narrow else WIDE), 92
    left, right = 50, 8
    panels = []
    for k, (title, counts) in enumerate(series):
        top = max([*counts, 1.0])
        panel = Panel(left, 18 + k * row, width - left - right, row - 34, (-0.5, len(names) - 0.5), (0, top * 1.02))
        values = [0.0, *ticks(0, top, 2)[-1:]]
        panel.grid(values, writer(values))
        panel.text(left, 12 + k * row, title)
        for i, n in enumerate(counts):
            if n:
                panel.bar(i, n, max(0.8, 0.78 * panel.width / len(names)), "f-quiet", f"{names[i]}: {round(n)}")
        panels.append(panel)
    panels[-1].days(names, 3 if narrow else 8)
    return picture(panels, width, 18 + row * len(series) + 10, label, "narrow" if narrow else "wide")


def learning(epochs: Sequence[float], train: Sequence[float], valid: Sequence[float], best: int, label: str) -> Markup:
    """Training loss (quiet) and validation loss (ink) by epoch; a rule where the validation loss was best."""
    losses = [v for v in (*train, *valid) if math.isfinite(v)]
    if len(epochs) < 2 or not losses:
        return Markup("")
    low, high = min(losses), max(losses)
    pad = (high - low) * 0.08 or 0.01
    panel = Panel(44, 8, 280, 110, (epochs[0], epochs[-1]), (low - pad, high + pad))
    values = ticks(low - pad, high + pad, 4)
    panel.grid(values, writer(values))
    if best:
        panel.parts.append(f'<path class="s-alert dashed" d="M{panel.px(best):.1f},8v110"/>')
    panel.line(epochs, train, "s-quiet")
    if len(valid) == len(epochs):
        panel.line(epochs, valid, "s-ink")
    panel.text(44, 134, f"{epochs[0]:.0f}")
    panel.text(324, 134, f"{epochs[-1]:.0f}", "end")
    return picture([panel], 334, 140, label, "small")


def reliability(bins: Sequence[tuple[float, float, float, float, int]], label: str) -> Markup:
    """Rows (mean forecast, share that rose, low, high, n): what was said against what came, with intervals, and how often."""
    if not bins:
        return Markup("")
    panel = Panel(50, 10, 300, 300, (0, 1), (0, 1))
    panel.grid([0, 0.25, 0.5, 0.75, 1], Writer("{:.2f}"))
    panel.parts.append(
        f'<path class="s-axis dashed" d="M{panel.px(0):.0f},{panel.py(0):.0f}L{panel.px(1):.0f},{panel.py(1):.0f}"/>'
    )
    most = max(n for *_, n in bins)
    for said, came, low, high, n in bins:
        x = panel.px(said)
        panel.parts.append(f'<path class="s-ink" d="M{x:.1f},{panel.py(low):.1f}V{panel.py(high):.1f}"/>')
        panel.dot(said, came, 4, "f-ink", f"said {said:.0%}, came {came:.0%} of {n}")
    counts = Panel(50, 318, 300, 44, (0, 1), (0, most))
    for said, *_, n in bins:
        counts.bar(said, n, 14, "f-quiet", f"{n} forecasts")
    counts.parts.append('<path class="s-axis" d="M50,362h300"/>')
    for tick in (0, 0.25, 0.5, 0.75, 1):
        counts.text(counts.px(tick), 377, f"{tick:.2f}", "middle")
    counts.text(44, 358, "n", "end")
    counts.text(200, 393, "P(up) as forecast", "middle")
    return picture([panel, counts], 370, 400, label, "small")
