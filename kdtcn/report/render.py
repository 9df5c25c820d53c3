"""Pages as HTML text: the template environment and what each template is given. Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from kdtcn.explain.abrupt import Interval
from kdtcn.report import words
from kdtcn.report.charts import abrupt_chart, effects_chart
from kdtcn.report.graph import linkage_svg
from kdtcn.report.page import ADVICE, SessionPage
from kdtcn.report.summary import DataSummary, Evaluation, SiteMeta


@dataclass(frozen=True)
class Neighbours:
    """Names of the pages before and after one, and of its other alignment; empty where there is none."""

    before: str = ""
    after: str = ""
    twin: str = ""


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
        outcome=words.outcome,
        record=words.record,
        reading=words.reading,
        dates=words.dates,
        day=lambda stamp: f"{stamp:%Y-%m-%d}",
    )
    env.globals["advice"] = ADVICE
    return env


def session_html(page: SessionPage, meta: SiteMeta, near: Neighbours = Neighbours()) -> str:
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
            steps=steps(page),
            numbers={event.event_id: n + 1 for n, event in enumerate(page.events)},
            effects_wide=effects_chart(page),
            effects_narrow=effects_chart(page, narrow=True),
            abrupt_wide=abrupt_chart(page),
            abrupt_narrow=abrupt_chart(page, narrow=True),
            linkage_svg=linkage_svg(page.linkage),
        )
    )


def index_html(rows: Sequence[Mapping[str, Any]], intervals: Sequence[Interval], meta: SiteMeta) -> str:
    """`rows` newest first, as `site.index_row` makes them."""
    names: dict[str, str] = {}
    for row in rows:  # the forecast page of a session, where there is one
        if row["alignment"] == "forecast" or row["session"] not in names:
            names[row["session"]] = row["name"]
    latest = next((row for row in rows if row["alignment"] == "forecast"), rows[0] if rows else None)
    return (
        environment()
        .get_template("index.html")
        .render(rows=rows, intervals=intervals, meta=meta, root="", here="index", names=names, latest=latest)
    )


def evaluation_html(evaluation: Evaluation, meta: SiteMeta) -> str:
    have = set(evaluation.frame.columns)
    columns = [column for column in evaluation.columns if column.name in have]
    return (
        environment()
        .get_template("evaluation.html")
        .render(
            evaluation=evaluation,
            abrupt=_records(evaluation.abrupt),
            blocks=blocks(evaluation),
            columns=columns,
            meta=meta,
            root="",
            here="evaluation",
        )
    )


def data_html(data: DataSummary, meta: SiteMeta) -> str:
    return environment().get_template("data.html").render(data=data, meta=meta, root="", here="data")


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
