"""From rows of replicates to the power curve: the share detected at each size, and the smallest size detected with 80 % power."""

from dataclasses import dataclass
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from sklearn.isotonic import IsotonicRegression

from kdtcn.demo.plant_judge import LEVEL
from kdtcn.evaluation.intervals import wilson

POWER = 0.8
_SAMPLES = 1000


@dataclass(frozen=True)
class Curve:
    """table: a row a size (sigma, percent, means over replicates, detected, power with its 95 % interval).

    smallest: the size in trailing sigma that is detected with POWER, low and high its 95 % interval; infinite where no
    size of the grid reaches it. null: share of rejections with labels dealt anew, the size of the test itself.
    """

    table: pd.DataFrame
    smallest: float
    low: float
    high: float
    null: float

    def at(self, column: str) -> float:
        """A column of the table at the smallest size detected, NaN where there is none."""
        found = float(np.interp(self.smallest, self.table["size"], self.table[column]))
        return found if np.isfinite(self.smallest) else float("nan")

    def sentence(self) -> str:
        top, terms = f"{self.table['size'].max():g}", f"{100 * POWER:.0f} % power at the {100 * LEVEL:.0f} % level"
        if not np.isfinite(self.smallest):
            return f"No size up to {top} sigma is detected with {terms}."
        upper = f"{self.high:.2f}" if np.isfinite(self.high) else f"more than {top}"
        return (
            f"Detected with {terms}: {self.smallest:.2f} trailing sigma (95 % interval {self.low:.2f} to {upper}), "
            f"{self.at('percent'):.2f} % of the index, in {100 * self.at('share'):.0f} % of the sessions. Knowing all of it is worth "
            f"{100 * self.at('oracle_edge'):.1f} points of accuracy over always-up; the model gains {100 * self.at('edge'):.1f}."
        )

    def as_dict(self) -> dict[str, object]:
        limits = {name: value if np.isfinite(value) else None for name, value in vars(self).items() if name != "table"}
        return {**limits, "power": POWER, "level": LEVEL, "sizes": self.table.to_dict("records")}


def curve(rows: pd.DataFrame) -> Curve:
    """Rows as `plant_run.curve` gives them: every replicate at every size."""
    hits = rows.assign(hit=rows["p"] <= LEVEL).pivot(index="replicate", columns="size", values="hit")
    sizes, found = hits.columns.to_numpy(float), hits.to_numpy(bool)
    rng = np.random.default_rng(0)
    again = [crossing(sizes, found[rng.integers(0, len(found), len(found))].mean(axis=0)) for _ in range(_SAMPLES)]
    # whole replicates are drawn: their sizes share headlines; an infinite crossing sorts last, as it should
    low, high = np.quantile(again, [0.025, 0.975], method="inverted_cdf")
    null = float(rows["rejected"].mean())
    return Curve(_table(rows, found), crossing(sizes, found.mean(axis=0)), float(low), float(high), null)


def crossing(sizes: np.ndarray, power: np.ndarray, wanted: float = POWER) -> float:
    """Where the power first reaches `wanted`: linear between the sizes, after pooling those that fall (power grows with size)."""
    rising = IsotonicRegression().fit_transform(sizes, power)
    if rising[-1] < wanted:
        return float("inf")
    k = int(np.argmax(rising >= wanted))
    if k == 0:
        return float(sizes[0])
    return float(np.interp(wanted, rising[k - 1 : k + 1], sizes[k - 1 : k + 1]))


def _table(rows: pd.DataFrame, found: np.ndarray) -> pd.DataFrame:
    rows = rows.assign(
        share=rows["planted"] / rows["n"],
        edge=rows["accuracy"] - rows["always_up"],
        oracle_edge=rows["oracle"] - rows["always_up"],
    )
    names = ["percent", "share", "always_up", "oracle", "accuracy", "oracle_edge", "edge", "area"]
    means = rows.groupby("size")[names].mean().reset_index()
    k, n = found.sum(axis=0), len(found)
    ends = [wilson(float(hits), n) for hits in k]
    return means.assign(detected=k, replicates=n, power=k / n, low=[low for low, _ in ends], high=[high for _, high in ends])


def brief(found: Curve) -> pd.DataFrame:
    """The table as a terminal shows it; accuracies in percent."""
    held = found.table
    return pd.DataFrame(
        {
            "sigma": held["size"],
            "% move": held["percent"].round(2),
            "always up": (100 * held["always_up"]).round(1),
            "oracle": (100 * held["oracle"]).round(1),
            "model": (100 * held["accuracy"]).round(1),
            "AUC": held["area"].round(3),
            "detected": [f"{k} of {n}" for k, n in zip(held["detected"], held["replicates"], strict=True)],
            "power": [f"{low:.2f}-{high:.2f}" for low, high in zip(held["low"], held["high"], strict=True)],
        }
    )


def markdown(found: Curve) -> str:
    """The table and the sentence, as docs/RESULTS.md shows them."""
    lines = [
        "| effect, sigma | % of the index | oracle % | model % | always-up % | AUC | detected | power, 95 % interval |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found.table.to_dict("records"):
        shares = " | ".join(f"{100 * row[name]:.1f}" for name in ("oracle", "accuracy", "always_up"))
        lines.append(
            f"| {row['size']:g} | {row['percent']:.2f} | {shares} | {row['area']:.3f} | {row['detected']} of {row['replicates']} "
            f"| {row['power']:.2f} ({row['low']:.2f} to {row['high']:.2f}) |"
        )
    return "\n".join([*lines, "", found.sentence(), ""])


def draw(found: Curve, path: Path) -> None:
    """The curve as SVG: power with its intervals by size, the two lines it is read against, the smallest size."""
    top = float(found.table["size"].max())
    x = alt.X("size:Q").title("planted effect, trailing sigma").scale(domain=[0, 1.02 * top], nice=False)
    y = alt.Y("power:Q").title("share of replicates detected").scale(domain=[0, 1]).axis(format="%")
    base = alt.Chart(found.table[["size", "power", "low", "high"]])
    lines = alt.Chart(pd.DataFrame({"power": [LEVEL, POWER]})).mark_rule(color="#888", strokeDash=[4, 4])
    layers = [
        base.mark_line(color="#1f5fa8").encode(x=x, y=y),
        lines.encode(y="power:Q"),
        base.mark_rule(color="#7aa6d6", strokeWidth=2).encode(x="size:Q", y="low:Q", y2="high:Q"),
        base.mark_point(color="#1f5fa8", filled=True, size=50, opacity=1).encode(x="size:Q", y="power:Q"),
    ]
    if np.isfinite(found.smallest):
        ends = pd.DataFrame({"size": [found.smallest], "low": [found.low], "high": [min(found.high, top)], "power": [POWER]})
        marks = alt.Chart(ends)
        layers.append(marks.mark_rule(color="#c25a00", strokeWidth=3).encode(x="low:Q", x2="high:Q", y="power:Q"))
        layers.append(marks.mark_point(color="#c25a00", filled=True, size=70, opacity=1).encode(x="size:Q", y="power:Q"))
    chart = alt.layer(*layers).properties(width=560, height=300, background="white")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()) + "\n", encoding="utf-8")
