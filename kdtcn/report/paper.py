"""The results of all protocols as files: CSV, Markdown, one HTML page with the intervals drawn, and the README's section."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.evaluation.protocols import PRIMARY, PROTOCOLS, SAME_SESSIONS, Results
from kdtcn.evaluation.render import as_csv, as_markdown
from kdtcn.evaluation.tables import LABELS
from kdtcn.report.conclusions import Section, conclusions
from kdtcn.report.render import environment
from kdtcn.report.summary import SiteMeta

BEGIN, END = "<!-- results: written by `kdtcn paper`, do not edit -->", "<!-- end of results -->"
PAGE, MARKDOWN = "index.html", "results.md"
_SHOWN = {"all": "All sessions", "large moves": "Large moves", "abrupt": "Abrupt sessions"}
_TITLES = {protocol.name: protocol.title for protocol in PROTOCOLS}
_ALIGNMENTS = {"forecast": "forecast", "same_day": "same day"}


def write(found: Results, settings: Settings, command: str, folder: Path) -> Path:
    """Write scores.csv, tests.csv, results.md and index.html with its style sheet; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    said = conclusions(found, settings.training.live)
    files = {
        "scores.csv": as_csv(found.scores),
        "tests.csv": as_csv(found.tests),
        MARKDOWN: markdown(found, said, settings, command),
        PAGE: html(found, said, settings, command),
    }
    (folder / "assets").mkdir(exist_ok=True)
    files["assets/report.css"] = (resources.files("kdtcn.report") / "assets" / "report.css").read_text(encoding="utf-8")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / PAGE


def markdown(found: Results, said: list[Section], settings: Settings, command: str) -> str:
    """Everything in Markdown: what follows, the three ways through the same sessions, every table, every test."""
    parts = ["# Results", _about(found, settings, command)]
    for section in said:
        parts += [f"## {section.title}", "\n".join(f"- {sentence}" for sentence in section.sentences)]
    parts += ["## Three ways through the same sessions", _protocol_list(settings)]
    for alignment, rows in _same_sessions(found).groupby("alignment", sort=False):
        parts += [f"### All sessions, {_where(str(alignment))}", _origins_markdown(rows), f"n = {int(rows['n'].max())}"]
    for name, rows in found.scores.groupby("protocol", sort=False):
        parts += [f"## {_TITLES[str(name)]}", as_markdown(rows.drop(columns="protocol")).strip()]
    parts += ["## Tests", "Gap in points of accuracy; p-values after Holm's correction.", _tests_markdown(found)]
    return "\n\n".join(parts) + "\n"


def summary(found: Results, settings: Settings, command: str) -> str:
    """The README's section: the primary endpoint and what follows from it, between marks by which it is found again."""
    primary = found.scores[
        (found.scores["protocol"] == PRIMARY) & (found.scores["alignment"] == "forecast") & (found.scores["subset"] == "all")
    ]
    said = conclusions(found, settings.training.live)
    table = as_markdown(primary.drop(columns="protocol")).partition("\n\n")[2].strip()
    lines = [f"**{section.title}** {' '.join(section.sentences)}" for section in said]
    return "\n\n".join([BEGIN, _about(found, settings, command), table, *lines, END])


def put_into(path: Path, section: str) -> None:
    """Replace what stands between the marks in a file, which are the first and last line of the section.

    InputError where they are not there, once each and in order.
    """
    lines = section.splitlines()
    begin, end = lines[0], lines[-1]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a text file ({error.__class__.__name__})") from None
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise InputError(f"{path}: put the lines {begin} and {end} where the results belong, once each")
    path.write_text(text[: text.index(begin)] + section + text[text.index(end) + len(end) :], encoding="utf-8", newline="\n")


def html(found: Results, said: list[Section], settings: Settings, command: str) -> str:
    """The page: its style sheet lies in assets/ beside it."""
    scores = found.scores
    blocks = [
        block(rows, f"{_TITLES[str(protocol)]}: {_SHOWN[str(subset)].lower()}, {_ALIGNMENTS[str(alignment)]}")
        for (protocol, alignment, subset), rows in scores[scores["subset"].isin(_SHOWN)].groupby(
            ["protocol", "alignment", "subset"], sort=False
        )
    ]
    same = [
        block(rows, f"All sessions, {_where(str(alignment))}")
        for alignment, rows in _same_sessions(found).groupby("alignment", sort=False)
    ]
    return environment().get_template("paper.html").render(
        meta=SiteMeta(
            title=f"KDTCN: {settings.title}",
            code_version=__version__,
            config_hash=settings.fingerprint(),
            command=command,
            symbol=settings.title,
            synthetic=settings.report.synthetic,
        ),
        root="",
        here="",
        live=settings.training.live,
        about=_counts(found),
        conclusions=said,
        protocols=[(p.title, p.words(settings.evaluation)) for p in PROTOCOLS],
        origins=same,
        blocks=blocks,
        tests=_records(found.tests[found.tests["protocol"] == PRIMARY]),
    )  # fmt: skip


def block(rows: pd.DataFrame, title: str) -> dict[str, Any]:
    """Rows with one scale that holds all their intervals, in steps of five percent, and always-up as the reference."""
    ends = rows[["accuracy", "low", "high"]].to_numpy(dtype=float).ravel()
    ends = ends[~pd.isna(ends)]
    low, high = min([0.45, *ends]), max([0.55, *ends])
    always = rows.loc[rows["model"] == "always-up", "accuracy"].dropna()
    return {
        "title": title,
        "alignment": rows["alignment"].iloc[0],
        "n": int(rows["n"].max()),
        "edge": float(rows["edge"].max()),
        "opened": int(rows["opened"].max()),
        "lo": int(low * 20) / 20,
        "hi": -int(-high * 20 // 1) / 20,
        "reference": float(always.iloc[0]) if len(always) else None,
        "rows": [{**row, "spread": row["accuracy_std"], "protocol": _TITLES[row["protocol"]].lower()} for row in _records(rows)],
    }


def _same_sessions(found: Results) -> pd.DataFrame:
    """All sessions under the protocols that share them, the protocols of a model below each other."""
    rows = found.scores[(found.scores["subset"] == "all") & found.scores["protocol"].isin(SAME_SESSIONS)]
    order = {name: k for k, name in enumerate(rows["model"].drop_duplicates())}
    return rows.sort_values("model", key=lambda names: names.map(order), kind="stable")


def _origins_markdown(rows: pd.DataFrame) -> str:
    cells = {
        (row["model"], row["protocol"]): f"{100 * row['accuracy']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        for _, row in rows.iterrows()
    }
    names = rows["model"].drop_duplicates()
    return grid(
        ["model", *(f"{_TITLES[name].lower()} %" for name in SAME_SESSIONS)],
        ([name, *(cells.get((name, protocol), "–") for protocol in SAME_SESSIONS)] for name in names),
    )


def _tests_markdown(found: Results) -> str:
    return grid(
        ["model", "protocol", "alignment", "against", "gap", "McNemar", "Diebold-Mariano", "Pesaran-Timmermann"],
        (
            [
                row["model"],
                _TITLES[row["protocol"]].lower(),
                _ALIGNMENTS[row["alignment"]],
                row["against"],
                f"{100 * row['gap']:+.1f}",
                *("–" if row[name] is None else f"{row[name]:.3f}" for name in ("mcnemar_holm", "dm_holm", "timing_holm")),
            ]
            for row in _records(found.tests)
        ),
    )


def grid(head: list[str], rows: Iterable[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _protocol_list(settings: Settings) -> str:
    return "\n".join(f"- {p.title}: {p.words(settings.evaluation)}." for p in PROTOCOLS)


def _counts(found: Results) -> dict[str, Any]:
    scores = found.scores
    return {
        "models": int(scores["model"].nunique()),
        "seeds": int(scores["seeds"].max()),
        "first": f"{found.first:%Y-%m-%d}",
        "last": f"{found.last:%Y-%m-%d}",
        "n": int(scores.loc[scores["protocol"] == PRIMARY, "n"].max()),
    }


def _about(found: Results, settings: Settings, command: str) -> str:
    about = _counts(found)
    searched = "" if found.configurations == 1 else f" {found.configurations} configurations were tried before."
    return (
        f"`{command}`, KDTCN {__version__}, configuration {settings.fingerprint()}. Primary endpoint: pooled walk-forward,"
        f" {about['first']} to {about['last']}, {about['n']:,} sessions, {about['seeds']} seeds.{searched} Intervals are 95 % block"
        " bootstraps over sessions; lift is the accuracy minus that of *reversal* (the opposite of yesterday) on the same sessions;"
        " edge is the lead over a coin that so many sessions show. Tests and gaps take the seeds of a model as one forecast, the mean"
        " of their probabilities."
    )


def _where(alignment: str) -> str:
    label = LABELS.get(alignment, "")
    return _ALIGNMENTS[alignment] + (f" ({label})" if label else "")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, what is missing as None."""
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]
