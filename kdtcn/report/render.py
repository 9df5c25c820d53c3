"""Pages as HTML text: the template environment and what each template is given. Nothing is written here."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kdtcn.explain.abrupt import Interval
from kdtcn.progress import track
from kdtcn.report import calendar, entities, plots, words
from kdtcn.report.charts import abrupt_chart, effects_chart
from kdtcn.report.entities import EntityPage
from kdtcn.report.graph import linkage_svg
from kdtcn.report.page import ADVICE, EventRow, SessionPage
from kdtcn.report.summary import DataSummary, Evaluation, LearningCurve, SiteMeta
from kdtcn.report.waterfall import MOST, waterfall_svg

ENOUGH = 60  # pages that are worth a second process: it takes seconds to start
Job = tuple[SessionPage, SiteMeta, "Neighbours", frozenset[str]]


@dataclass(frozen=True)
class Neighbours:
    """Names of the pages before and after one, and of its other alignment; empty where there is none.

    `others` names the page of each session that has one, by ISO date.
    """

    before: str = ""
    after: str = ""
    twin: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Autoescape everywhere; a name that is missing is an error rather than a blank."""
    env = Environment(
        loader=PackageLoader("kdtcn.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        effect=words.effect,
        percent=words.percent,
        spercent=words.signed_percent,
        number=words.number,
        count=words.count,
        plain=words.plain,
        short=words.short,
        folded=words.folded,
        safe_url=words.safe_url,
        statement=words.statement,
        strength=words.strength,
        chance=words.chance,
        steadiness=words.steadiness,
        outcome=words.outcome,
        record=words.record,
        reading=words.reading,
        dates=words.dates,
        day=lambda stamp: f"{stamp:%Y-%m-%d}",
    )
    env.filters["entity_file"] = entities.file_name
    env.globals["advice"] = ADVICE
    return env


def sessions(jobs: Sequence[Job]) -> Iterator[str]:
    """The pages of sessions in their order; many are rendered by as many processes as there are cores, four at most."""
    workers = min(4, os.cpu_count() or 1)
    if len(jobs) < ENOUGH or workers == 1:
        yield from track((_session(job) for job in jobs), "pages", total=len(jobs))
        return
    # not forked: the threads of the libraries loaded here would be missing in a copy of this process
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from track(pool.map(_session, jobs, chunksize=4), "pages", total=len(jobs))


def _session(job: Job) -> str:
    return session_html(*job)


def session_html(page: SessionPage, meta: SiteMeta, near: Neighbours = Neighbours(), linked: frozenset[str] = frozenset()) -> str:
    """`linked`: entities that have a page of their own."""
    return (
        environment()
        .get_template("session.html")
        .render(
            page=page,
            meta=meta,
            root="../",
            here="",
            before=near.before,
            after=near.after,
            twin=near.twin,
            linked=linked,
            steps=steps(page),
            sums=list(accumulate((event.effect for event in page.events), initial=page.base + page.older_total))[1:],
            strongest=strongest(page),
            described=_first_named(page),
            most_steps=MOST,
            outside=sum(event.outside for event in page.events),
            labels={node.id: node.label for node in (*page.linkage.nodes, *page.linkage.rest_nodes)},
            texts={node.id for node in (*page.linkage.nodes, *page.linkage.rest_nodes) if node.kind == "text"},
            pages=near.others,
            waterfall=waterfall_svg(page),
            numbers={event.event_id: n + 1 for n, event in enumerate(page.events)},
            effects_wide=effects_chart(page),
            effects_narrow=effects_chart(page, narrow=True),
            abrupt_wide=abrupt_chart(page),
            abrupt_narrow=abrupt_chart(page, narrow=True),
            linkage_svg=linkage_svg(page.linkage),
        )
    )


def _first_named(page: SessionPage) -> dict[str, int]:
    """The number of the first event that names an entity: there the entity is described, and only there."""
    found: dict[str, int] = {}
    for number, event in enumerate(page.events, start=1):
        for ref in (*event.subject_entities, *event.object_entities):
            found.setdefault(ref.id, number)
    return found


def index_html(
    rows: Sequence[Mapping[str, Any]],
    intervals: Sequence[Interval],
    meta: SiteMeta,
    about: Sequence[EntityPage] = (),
    types: Sequence[str] = (),
) -> str:
    """`rows` newest first, as `site.index_row` makes them; `about` and `types` fill the lists of the filter."""
    names: dict[str, str] = {}
    for row in rows:  # the forecast page of a session, where there is one
        if row["alignment"] == "forecast" or row["session"] not in names:
            names[row["session"]] = row["name"]
    latest = next((row for row in rows if row["alignment"] == "forecast"), rows[0] if rows else None)
    return (
        environment()
        .get_template("index.html")
        .render(
            rows=rows,
            months=calendar.months(rows),
            intervals=intervals,
            meta=meta,
            entities=about,
            types=types,
            root="",
            here="index",
            names=names,
            latest=latest,
        )
    )


def entities_html(about: Sequence[EntityPage], meta: SiteMeta) -> str:
    """The list of entities, those with most sessions first."""
    return environment().get_template("entities.html").render(pages=entities.spread(about), meta=meta, root="", here="entities")


def entity_html(page: EntityPage, meta: SiteMeta, closes: pd.Series, linked: frozenset[str] = frozenset()) -> str:
    spots = [
        plots.Spot(
            pd.Timestamp(day),
            total,
            "\n".join([f"{day}: {words.effect(total)}", *(words.short(one.words, 80) for one in mine[:1])]),
            f"../sessions/{mine[0].page}.html#event-{mine[0].number}",
        )
        for day, total, mine in page.days
    ]
    label = f"{meta.symbol} and the effects of {len(page.mentions)} events; the table below holds the figures."
    return (
        environment()
        .get_template("entity.html")
        .render(
            page=page,
            meta=meta,
            root="../",
            here="entities",
            linked=linked,
            change=_changes(closes),
            wide=plots.timeline(closes, spots, label),
            # no pointer hovers over a phone, and no finger hits a bar a few pixels wide: the table leads to the events
            narrow=plots.timeline(closes, [replace(spot, title="", href="") for spot in spots], label, narrow=True),
            most=entities.MOST_LISTED,
        )
    )


def _changes(closes: pd.Series) -> dict[str, float]:
    """Return of each session against the one before, by ISO date."""
    moved = closes.pct_change(fill_method=None).dropna()
    return {f"{day:%Y-%m-%d}": float(d) for day, d in moved.items()}


def evaluation_html(evaluation: Evaluation, meta: SiteMeta) -> str:
    have = set(evaluation.frame.columns)
    columns = [column for column in evaluation.columns if column.name in have]
    tests = _records(evaluation.abrupt_tests)
    return (
        environment()
        .get_template("evaluation.html")
        .render(
            evaluation=evaluation,
            abrupt=_records(evaluation.abrupt),
            against=list(dict.fromkeys(row["against"] for row in tests)),
            p_values={(row["alignment"], row["model"], row["against"]): row["dm_holm"] for row in tests},
            blocks=blocks(evaluation),
            columns=columns,
            curves=[_curve(curve) for curve in evaluation.curves],
            reliability=_reliability(evaluation),
            meta=meta,
            root="",
            here="evaluation",
        )
    )


def _curve(curve: LearningCurve) -> dict[str, Any]:
    end = len(curve.epochs) - 1
    held = curve.valid or (float("nan"),) * len(curve.epochs)
    best = next((i for i, epoch in enumerate(curve.epochs) if round(epoch) == curve.best), end)
    label = f"Loss by epoch of {curve.family}, seed {curve.seed}; the table below holds the figures."
    drawn = plots.learning(curve.epochs, curve.train, curve.valid, curve.best, label)
    return {"of": curve, "svg": drawn, "train": curve.train[best], "valid": held[best], "last_train": curve.train[end], "last_valid": held[end]}  # fmt: skip


def _reliability(evaluation: Evaluation) -> Markup:
    found = evaluation.reliability
    if found is None:
        return Markup("")
    rows = [(b.said, b.came, b.low, b.high, b.n) for b in found.bins]
    return plots.reliability(
        rows, f"Reliability of P(up) of {found.model} in {len(rows)} bins; the table below holds the figures."
    )


def data_html(data: DataSummary, meta: SiteMeta) -> str:
    names = [row.month for row in data.months]
    series = [
        ("sessions with a price", [float(row.prices) for row in data.months]),
        ("headlines", [float(row.headlines) for row in data.months]),
        ("events extracted", [float(row.events) for row in data.months]),
        ("events with an entity of the graph", [float(row.linked) for row in data.months]),
    ]
    label = f"Rows by month over {len(names)} months; the table below holds the figures."
    drawn = [plots.months(series, names, label, narrow=narrow) for narrow in (False, True)]
    return environment().get_template("data.html").render(data=data, drawn=drawn, meta=meta, root="", here="data")


def strongest(page: SessionPage, most: int = 3) -> list[tuple[int, EventRow]]:
    """Number and row of the events whose effects leave their placebo bands, largest first; else of the largest alone."""
    ranked = sorted(enumerate(page.events, start=1), key=lambda item: -abs(item[1].effect))
    return [item for item in ranked if item[1].outside][:most] or ranked[:1]


def steps(page: SessionPage) -> list[dict[str, Any]]:
    """From the no-news logit to the prediction, each with its bar on a scale of 200 that holds all sums and zero."""
    own, older = page.own_total, page.older_total
    rest = page.logit - page.base - own - older
    parts = [("No news in the window", None, page.base), ("News of older sessions", older, page.base + older)]
    parts.append(("News of this session", own, page.base + older + own))
    if abs(rest) > 1e-3:
        parts.append(("Not attributed", rest, page.logit))
    parts.append(("Prediction", None, page.logit))
    sums = [0.0, *(total for _, _, total in parts)]
    low, high = min(sums), max(sums)
    scale = 196 / (high - low or 1.0)
    found = []
    for name, effect, total in parts:
        start = 0.0 if effect is None else total - effect
        css = "f-quiet" if effect is None else "f-pos" if effect >= 0 else "f-neg"
        found.append(
            {
                "name": name,
                "effect": effect,
                "sum": total,
                "css": css,
                "x": f"{2 + (min(start, total) - low) * scale:.1f}",
                "width": f"{max(abs(total - start) * scale, 0.8):.1f}",
                "zero": f"{2 - low * scale:.1f}",
            }
        )
    return found


def _records(frame: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Rows as dictionaries, what is missing as None."""
    rows = [] if frame is None else frame.to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]


_SUBSETS = {"all": "All sessions", "large": "Large moves", "large moves": "Large moves", "abrupt": "Abrupt sessions"}
_ALIGNMENTS = {"forecast": "forecast", "same_day": "same day"}


def blocks(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One block an alignment and subset, in the order of the frame; the scale of a block holds all its intervals."""
    found: list[dict[str, Any]] = []
    frame = evaluation.frame
    if frame.empty:
        return found
    for (alignment, subset), part in frame.groupby(["alignment", "subset"], sort=False):
        ends = part[["accuracy", "low", "high"]].astype(float).to_numpy().ravel()
        ends = ends[~pd.isna(ends)]
        low, high = min([0.45, *ends]), max([0.55, *ends])
        lo, hi = max(0.0, int(low * 20) / 20), min(1.0, -int(-high * 20 // 1) / 20)
        rows = [_evaluation_row(row, evaluation) for row in part.to_dict("records")]
        always = [row["accuracy"] for row in rows if row["model"] == "always-up" and row["accuracy"] is not None]
        sizes = sorted({row["n"] for row in rows if row["n"] is not None})
        found.append(
            {
                "alignment": alignment,
                "title": f"{_SUBSETS.get(str(subset), str(subset))}, {_ALIGNMENTS.get(str(alignment), str(alignment))}",
                "n": f"n = {words.count(sizes[0])}" if len(sizes) == 1 else "",
                "abrupt": str(subset).startswith("abrupt"),
                "rows": rows,
                "lo": lo,
                "hi": hi if hi > lo else 1.0,
                "always_up": always[0] if always else None,
            }
        )
    return found


def _evaluation_row(row: Mapping[Any, Any], evaluation: Evaluation) -> dict[str, Any]:
    def value(name: str) -> float | None:
        found = row.get(name)
        return None if found is None or pd.isna(found) else float(found)

    kinds = {
        "percent": lambda v: words.percent(v, 1),
        "points": lambda v: words.signed_percent(v, 1),
        "count": words.count,
        "number": words.number,
    }
    rest = []
    for column in evaluation.columns:
        if column.name not in row:
            continue
        if column.kind == "text":
            rest.append(("" if row[column.name] is None else words.plain(str(row[column.name])), ""))
        else:
            rest.append((kinds.get(column.kind, words.number)(value(column.name)), "r num"))
    return {"model": str(row["model"]), **{name: value(name) for name in ("n", "accuracy", "low", "high")}, "rest": rest}
