"""What an evaluation table looks like on a terminal, in Markdown, CSV and JSON."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
from rich import box
from rich.table import Table

from kdtcn.evaluation.tables import LABELS, LARGE, THRESHOLD

_TITLES = {"all": "All sessions", "large moves": f"Large moves (|D| > {LARGE} trailing sigma)", "abrupt": "Abrupt sessions"}


def as_rich(frame: pd.DataFrame) -> list[Table]:
    """One table for the terminal for each alignment and subset, and one for all thresholds of an alignment."""
    return [grid(title, _short(text), note) for title, note, text in _blocks(frame)]


def grid(title: str, text: pd.DataFrame, note: str = "") -> Table:
    """A table of strings as narrow as it can be; a newline in a column's name breaks its head."""
    view = Table(
        title=title,
        title_justify="left",
        caption=note or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    for k, column in enumerate(text.columns):
        view.add_column(column, justify="left" if k == 0 or column == "against" else "right", no_wrap=True)
    for row in text.itertuples(index=False):
        view.add_row(*row, style="bold" if row[0] == "kdtcn" else "")
    return view


def abrupt_grids(scores: pd.DataFrame, pairs: pd.DataFrame) -> list[Table]:
    """`abrupt_table` with the corrected p-values of `abrupt_comparisons` beside it, a table for each alignment."""
    shown = []
    for alignment, rows in scores.groupby("alignment", sort=False):
        tests = pairs[pairs["alignment"] == alignment].pivot(index="model", columns="against", values="dm_holm")
        text = pd.DataFrame({"model": rows["model"].tolist()})
        for name, form in (("log_loss", ".3f"), ("skill", "+.3f"), ("brier", ".3f"), ("auc", ".3f")):
            text[name.replace("_", " ")] = [_number(v, form) for v in rows[name]]
        for name in pairs["against"].unique():
            text[f"p ({name})"] = [_number(v, ".3f") for v in tests[name].reindex(rows["model"])]
        n, rate, base = rows[["n", "rate", "base_log_loss"]].iloc[0]
        note = f"n = {n:.0f}, {100 * rate:.1f} % abrupt, log loss of the base rate {base:.3f}; p: Diebold-Mariano, by Holm"
        shown.append(grid(f"P(abrupt), {_where(str(alignment))}", text, note))
    return shown


def comparison_grids(found: pd.DataFrame) -> list[Table]:
    """`comparisons`, a table for each alignment."""
    names = {"mcnemar": "McN", "mcnemar_holm": "McN*", "dm": "DM", "dm_holm": "DM*", "timing": "PT", "timing_holm": "PT*"}
    shown = []
    for alignment, rows in found.groupby("alignment", sort=False):
        text = rows[["model", "against"]].assign(gap=[_number(100 * v, "+.1f") for v in rows["gap"]])
        for name, short in names.items():
            text[short] = [_number(v, ".3f") for v in rows[name]]
        note = "gap in points of accuracy; p-values of McNemar, Diebold-Mariano, Pesaran-Timmermann (* corrected by Holm)"
        shown.append(grid(f"Tests, {_where(str(alignment))}", text, note))
    return shown


def as_markdown(frame: pd.DataFrame) -> str:
    """Markdown tables under a heading for each alignment and subset, and one for all thresholds of an alignment."""
    blocks = []
    for title, note, text in _blocks(frame):
        lines = [
            "| " + " | ".join(text.columns) + " |",
            "|---" + "|---:" * (len(text.columns) - 1) + "|",
            *("| " + " | ".join(row) + " |" for row in text.itertuples(index=False)),
        ]
        # a column such as |C| > 1 % would end at its bars
        head = lines[0] if not title.startswith(_BY_THRESHOLD) else lines[0].replace("|C|", r"\|C\|")
        blocks.append(f"### {title}\n\n" + "\n".join([head, *lines[1:]]) + f"\n\n{note}")
    return "\n\n".join(blocks) + "\n"


def as_csv(frame: pd.DataFrame) -> str:
    """Full numbers, comma-separated."""
    return str(frame.to_csv(index=False, lineterminator="\n"))


def as_json(frame: pd.DataFrame) -> str:
    """One object a row; an undefined score is null."""
    rows = [
        {str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()} for row in frame.to_dict("records")
    ]
    return json.dumps(rows, indent=1)


_BY_THRESHOLD = "Abrupt sessions by threshold"


def _blocks(frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Title, note and cells of every table that is shown."""
    for alignment, rows in frame.groupby("alignment", sort=False):
        by_threshold = rows["subset"].str.startswith(THRESHOLD)
        where = _where(str(alignment))
        for subset, part in rows[~by_threshold].groupby("subset", sort=False):
            yield f"{_TITLES.get(str(subset), subset)}, {where}", f"n = {part['n'].max()}{_opened(part)}", _text(part)
        if by_threshold.any():
            note = "accuracy % and, in brackets, its lift over reversal on the same sessions"
            yield f"{_BY_THRESHOLD}, {where}", note + _opened(rows), _thresholds(rows[by_threshold])


def _opened(rows: pd.DataFrame) -> str:
    """How often the hold-out was opened, where the table knows."""
    if "opened" not in rows:
        return ""
    times = int(rows["opened"].max())
    return f"; hold-out opened {times} time{'' if times == 1 else 's'}"


def backtest_grids(found: pd.DataFrame, cost: float) -> list[Table]:
    """`backtest`, a table for each alignment."""
    note = f"traded at the close before, {1e4 * cost:g} basis points a change; an upper bound. excess: basis points a session"
    shown = []
    for alignment, rows in found.groupby("alignment", sort=False):
        text = pd.DataFrame({"model": rows["model"].tolist()})
        for title, name, scale, form in (
            ("1 became", "final", 1, ".3f"),
            ("%/year", "per_year", 100, "+.1f"),
            ("Sharpe", "sharpe", 1, "+.2f"),
            ("drawdown", "drawdown", 100, ".1f"),
            ("long %", "long", 100, ".0f"),
            ("trades", "trades", 1, ".0f"),
            ("excess", "excess", 1, "+.1f"),
        ):
            text[title] = [_number(scale * v, form) for v in rows[name]]
        ends = zip(rows["low"], rows["high"], strict=True)
        text["95 %"] = ["–" if pd.isna(a) else f"{a:+.1f}..{b:+.1f}" for a, b in ends]
        shown.append(grid(f"Backtest, {_where(str(alignment))}", text, note))
    return shown


def _where(alignment: str) -> str:
    """The alignment, with what it is good for where that is not to forecast."""
    return f"{alignment} ({LABELS[alignment]})" if LABELS.get(alignment) else alignment


def _short(text: pd.DataFrame) -> pd.DataFrame:
    """The same cells in fewer letters, so that a terminal of eighty columns holds them."""
    short = {"log loss": "loss", "accuracy %": "acc. %", "95 % interval": "95 %", "bal. %": "bal."}
    cells = {}
    for column in text.columns:
        values = text[column].str.replace(" to ", "–").str.replace(" ± ", "±")
        if column.startswith(THRESHOLD):
            values = values.str.replace(r"±[\d.]+", "", regex=True)
        if column in ("F1", "MCC", "AUC", "log loss", "Brier"):
            values = values.str.replace(r"^([+-]?)0\.", r"\1.", regex=True)
        cells[short.get(column, column.replace(" (", "\n("))] = values
    return pd.DataFrame(cells)


def _number(value: float, form: str) -> str:
    return "–" if pd.isna(value) else format(value, form)


def _percent(part: pd.DataFrame) -> list[str]:
    """Accuracy, with its deviation over seeds where there are several."""
    return [
        _number(100 * mean, ".1f") + ("" if pd.isna(spread) else f" ± {100 * spread:.1f}")
        for mean, spread in zip(part["accuracy"], part["accuracy_std"], strict=True)
    ]


def _text(part: pd.DataFrame) -> pd.DataFrame:
    """The rows as strings: percentages for accuracy, its interval and what n can show, three digits for the rest, a dash for undefined."""
    ends = zip(part["low"], part["high"], strict=True)
    return pd.DataFrame(
        {
            "model": part["model"].astype(str).tolist(),
            "accuracy %": _percent(part),
            "95 % interval": ["–" if pd.isna(a) else f"{100 * a:.1f} to {100 * b:.1f}" for a, b in ends],
            "edge": [_number(100 * v, ".1f") for v in part["edge"]],
            "lift": [_number(100 * v, "+.1f") for v in part["lift"]],
            "bal. %": [_number(100 * v, ".1f") for v in part["balanced"]],
            "F1": [_number(v, ".3f") for v in part["f1"]],
            "MCC": [_number(v, "+.3f") for v in part["mcc"]],
            "AUC": [_number(v, ".3f") for v in part["auc"]],
            "log loss": [_number(v, ".3f") for v in part["log_loss"]],
            "Brier": [_number(v, ".3f") for v in part["brier"]],
        }
    )


def _thresholds(part: pd.DataFrame) -> pd.DataFrame:
    """A row a model, a column a threshold."""
    cells = {"model": part["model"].drop_duplicates().astype(str).tolist()}
    for subset, rows in part.groupby("subset", sort=False):
        lifts = [_number(100 * v, "+.1f") for v in rows["lift"]]
        cells[f"{subset} (n={rows['n'].max()})"] = [
            f"{score} ({lift})" for score, lift in zip(_percent(rows), lifts, strict=True)
        ]
    return pd.DataFrame(cells)
