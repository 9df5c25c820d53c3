"""A figure of its own: accuracies of the seeds as box plots, and the standard error of their mean by their number."""

from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert

from kdtcn.evaluation.repeats import WITHIN, Repeats

_LINE, _DOT, _BAND = "#1f5fa8", "#c25a00", "#7aa6d6"


def draw(found: Repeats, path: Path, within: float = WITHIN) -> None:
    """Write an SVG file: for each alignment a row of box plots and a grid of curves, one a model."""
    parts = []
    for alignment, runs in found.runs.groupby("alignment", sort=False):
        curve = found.curve[found.curve["alignment"] == alignment]
        parts.append(alt.vconcat(_boxes(runs, str(alignment)), _curves(curve, within, str(alignment)), spacing=24))
    chart = alt.vconcat(*parts, spacing=36).properties(background="white")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()) + "\n", encoding="utf-8")


def _boxes(runs: pd.DataFrame, alignment: str) -> alt.LayerChart:
    order = list(runs["model"].unique())
    base = alt.Chart(runs[["model", "seed", "accuracy"]])
    x = alt.X("model:N", sort=order, title=None, axis=alt.Axis(labelAngle=-35))
    y = alt.Y("accuracy:Q", scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%"), title="accuracy of a seed")
    boxes = base.mark_boxplot(color=_BAND, outliers=False, size=18, extent="min-max").encode(x=x, y=y)
    dots = base.mark_point(color=_DOT, filled=True, size=18, opacity=0.8).encode(x=x, y=y)
    return alt.layer(boxes, dots).properties(width=46 * len(order), height=220, title=f"Accuracy over seeds, {alignment}")


def _curves(curve: pd.DataFrame, within: float, alignment: str) -> alt.FacetChart:
    rows = curve.assign(**{name: 100 * curve[name] for name in ("error", "low", "high")}, goal=100 * within)
    x = alt.X("seeds:Q", title="seeds", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False, nice=False))
    base = alt.Chart(rows[["model", "seeds", "error", "low", "high", "goal"]])
    band = base.mark_area(color=_BAND, opacity=0.35).encode(x=x, y=alt.Y("low:Q", title="points"), y2="high:Q")
    line = base.mark_line(color=_LINE, point=alt.OverlayMarkDef(color=_LINE, size=18)).encode(x=x, y="error:Q")
    goal = base.mark_line(color="#888", strokeDash=[4, 4], strokeWidth=1).encode(x=x, y="goal:Q")
    return (
        alt.layer(band, line, goal)
        .properties(width=130, height=100)
        .facet(alt.Facet("model:N", sort=list(curve["model"].unique()), title=None), columns=4)
        .properties(title=f"Standard error of the mean by the number of seeds (band: random orders), {alignment}")
    )
