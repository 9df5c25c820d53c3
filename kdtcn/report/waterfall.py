"""The waterfall of a session's page: from the no-news logit over older sessions and events to the prediction, a step each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup, escape

from kdtcn.report import words
from kdtcn.report.page import SessionPage

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 944, 260, 64, 12, 22
WIDEST = 34  # px of a bar where few events leave room
MOST = 30  # events with a step of their own, those of largest effects; more would be lines that no eye tells apart


@dataclass(frozen=True)
class Step:
    """A bar from `start` to `end` (raw logits); `name` says what it is, `event` is the number of an event or 0."""

    name: str
    start: float
    end: float
    event: int = 0

    @property
    def kind(self) -> str:
        return "quiet" if not self.event else "pos" if self.end >= self.start else "neg"


def waterfall_steps(page: SessionPage) -> Iterator[Step]:
    """Older sessions, oldest first, then events by popularity, then all the other events, and what was left unexplained."""
    at = page.base
    for row in page.older:
        yield Step(f"all news of {row.session:%Y-%m-%d}", at, at + row.effect)
        at += row.effect
    ranked = sorted(range(len(page.events)), key=lambda n: -abs(page.events[n].effect))
    for n in sorted(ranked[:MOST]):
        event = page.events[n]
        yield Step(event.words, at, at + event.effect, n + 1)
        at += event.effect
    if others := ranked[MOST:]:
        rest = sum(page.events[n].effect for n in others)
        yield Step(f"the other {len(others)} events", at, at + rest)
        at += rest
    if abs(page.logit - at) > 1e-3:
        yield Step("not attributed", at, page.logit)


def waterfall_svg(page: SessionPage) -> Markup:
    """The picture, without a script; bars carry their effect, so that a script can put them in another order."""
    steps = list(waterfall_steps(page))
    if not steps:
        return Markup("")
    # room for both orders that the page knows: as given, and the largest first
    largest = sorted((step.end - step.start for step in steps), key=lambda size: -abs(size))
    sums = [page.base, page.logit, *(step.end for step in steps), *accumulate(largest, initial=page.base)]
    low, high = min(sums), max(sums)
    pad = (high - low) * 0.06 or 0.01
    scale = (HEIGHT - TOP - BOTTOM) / (high - low + 2 * pad)
    slot = min(WIDEST, (WIDTH - LEFT) / (len(steps) + 2))

    def y(value: float) -> float:
        return TOP + (high + pad - value) * scale

    bar = slot * 0.78
    parts = [
        f'<svg class="waterfall" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" data-base="{page.base:.5f}" data-scale="{scale:.4f}" '
        f'data-top="{high + pad:.5f}" data-pad="{TOP}" data-left="{LEFT}" data-slot="{slot:.3f}" aria-label="Waterfall from the no-news logit '
        f'{words.effect(page.base)} over {len(steps)} steps to the prediction {words.effect(page.logit)}; the table holds the figures.">'
    ]
    for value in (page.base, page.logit):
        parts.append(
            f'<line class="level" x1="{LEFT}" x2="{WIDTH}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{words.effect(value)}</text>'
        )
    for n, step in enumerate(steps):
        x = LEFT + slot * (n + 1)
        top, size = y(max(step.start, step.end)), abs(step.end - step.start) * scale
        rect = f'<rect class="f-{step.kind}" x="{x:.1f}" y="{top:.1f}" width="{bar:.1f}" height="{max(size, 0.6):.1f}"/>'
        moved = f'class="step" data-effect="{step.end - step.start:.5f}"'
        parts.append(
            f'<a {moved} href="#event-{step.event}" tabindex="-1" aria-label="event {step.event}">{rect}</a>'
            if step.event
            else f"<g {moved}>{rect}<title>{escape(step.name)}</title></g>"
        )
    ends = ((0, page.base, "no news"), (len(steps) + 1, page.logit, "prediction"))
    for at, value, name in ends:
        x = LEFT + slot * at
        parts.append(
            f'<rect class="f-ink end" x="{x:.1f}" y="{y(value) - 1.5:.1f}" width="{bar:.1f}" height="3"><title>{name} {words.effect(value)}</title></rect>'
        )
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 6}">no news</text>'
        f'<text x="{LEFT + slot * (len(steps) + 2):.1f}" y="{HEIGHT - 6}" text-anchor="end">prediction</text></svg>'
    )
    return Markup("".join(parts))
