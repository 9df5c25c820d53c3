"""The table of the whole field as files: CSV and Markdown, and its columns and conclusions in the list of models."""

import re
from pathlib import Path

import pandas as pd
from scipy.stats import spearmanr

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.evaluation.protocols import PRIMARY
from kdtcn.evaluation.render import as_csv
from kdtcn.evaluation.zoo import FIXED, ZOO, Field
from kdtcn.models import family
from kdtcn.report.conclusions import LEVEL, Section, detectable, direction, listed, p_value, volatility
from kdtcn.report.paper import grid

BEGIN, END = "<!-- conclusions: written by `kdtcn zoo`, do not edit -->", "<!-- end of conclusions -->"
MARKDOWN = "zoo.md"
_CELLS = re.compile(r"^\| (?P<model>[\w-]+) \| .* \|$")
_COLUMNS = 5  # model, idea, source, cost, result


def write(found: Field, settings: Settings, command: str, folder: Path) -> Path:
    """Write scores.csv, tests.csv and zoo.md; returns the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"scores.csv": as_csv(found.scores), "tests.csv": as_csv(found.tests), MARKDOWN: markdown(found, settings, command)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / MARKDOWN


def markdown(found: Field, settings: Settings, command: str) -> str:
    """What follows, and a table for each way through the sessions."""
    parts = ["# The whole field", about(found, settings, command)]
    for section in conclusions(found):
        parts += [f"## {section.title}", "\n".join(f"- {sentence}" for sentence in section.sentences)]
    for protocol in ZOO:
        rows = found.scores[found.scores["protocol"] == protocol.name]
        title = f"## {protocol.title}, n = {int(rows['n'].max()):,}"
        parts += [title, f"{protocol.words(settings.evaluation).capitalize()}.", _table(rows)]
    return "\n\n".join(parts) + "\n"


def put_columns(path: Path, found: Field) -> None:
    """Renew cost and result in the rows of a list of models, and what stands between the marks of the conclusions.

    A row has the cells model, idea, source, cost and result; models that were not run keep theirs. InputError where a model
    that was run has no such row.
    """
    scores = {row["model"]: row for _, row in found.scores[found.scores["protocol"] == PRIMARY].iterrows()}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a text file ({error.__class__.__name__})") from None
    missing = set(scores)
    for k, line in enumerate(lines):
        row = _CELLS.match(line)
        cells = line.split(" | ")
        if row and row["model"] in missing and len(cells) == _COLUMNS:
            missing.remove(row["model"])
            lines[k] = " | ".join([*cells[:3], *_cells(scores[row["model"]])]) + " |"
    if missing:
        raise InputError(
            f"{path}: no row | model | idea | source | cost | result | for {', '.join(sorted(missing))}; add one for each"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def summary(found: Field, settings: Settings, command: str) -> str:
    """The conclusions between their marks, for `put_into`."""
    lines = [f"**{section.title}** {' '.join(section.sentences)}" for section in conclusions(found)]
    return "\n\n".join([BEGIN, about(found, settings, command), *lines, END])


def conclusions(found: Field) -> list[Section]:
    """What follows, of the primary protocol where nothing else is said: every sentence is computed."""
    rows, fixed = (_directional(found.scores, name) for name in (PRIMARY, FIXED))
    tests, tests_fixed = (found.tests[found.tests["protocol"] == name] for name in (PRIMARY, FIXED))
    sections = [
        Section("Does any model forecast the direction?", tuple(direction(rows, tests))),
        Section("Does any know how likely it is?", tuple(likelihood(rows, tests))),
        Section("What could be seen at all?", tuple(detectable(rows, found.luck))),
        Section("And trained once, on sessions before 2015?", tuple(direction(fixed, tests_fixed) + detectable(fixed, None))),
        Section("Is P(abrupt) more than volatility?", tuple(volatility(found.volatility_tests))),
        Section("Does effort pay?", tuple(effort(rows))),
    ]
    return [section for section in sections if section.sentences]


def _directional(scores: pd.DataFrame, protocol: str) -> pd.DataFrame:
    """The rows of a protocol without models of volatility, in the shape that the other conclusions read."""
    return scores[(scores["protocol"] == protocol) & scores["accuracy"].notna()].assign(subset="all")


def likelihood(scores: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    """P(up) by log score against the share of rises that always-up says."""
    rows = tests[tests["against"] == "always-up"]
    if rows.empty:
        return []
    losses = dict(zip(scores["model"], scores["log_loss"], strict=True))
    mark = f"the share of rises ({losses['always-up']:.4f} nats)"
    told = rows[rows["dm_holm"] < LEVEL]
    parts = [
        f"{listed(part['model'].tolist())} {'are' if len(part) > 1 else 'is'} {word} than {mark}"
        for part, word in ((told[told["loss_gap"] < 0], "better"), (told[told["loss_gap"] > 0], "worse"))
        if len(part)
    ]
    said = "; ".join(parts) or f"no model is told apart from {mark}"
    best = min(rows["model"], key=lambda name: losses[name])
    return [f"By log score, {said}. Of the others, {best} has the lowest log loss, {losses[best]:.4f} nats."]


def effort(scores: pd.DataFrame) -> list[str]:
    """Whether networks that cost more forecast better."""
    nets = scores[[family(name).seeded for name in scores["model"]]]
    if len(nets) < 4:
        return []
    by_time = sorted(nets.to_dict("records"), key=lambda row: row["seconds"])
    least, most = by_time[0], by_time[-1]
    said = [
        f"One training of {least['model']} takes {_seconds(least['seconds'])} s, one of {most['model']} {_seconds(most['seconds'])} s,"
        f" with log losses of {least['log_loss']:.4f} and {most['log_loss']:.4f} nats."
    ]
    for column, words in (("parameters", "the number of parameters"), ("seconds", "the seconds of training")):
        rank, p = spearmanr(nets[column], nets["log_loss"])
        goes = "is not seen to depend on" if p >= LEVEL else "rises with" if rank > 0 else "falls with"
        said.append(f"Over {len(nets)} networks the log loss {goes} {words} (rank correlation {rank:+.2f}, {p_value(p)}).")
    return said


def about(found: Field, settings: Settings, command: str) -> str:
    rows = found.scores[found.scores["protocol"] == PRIMARY]
    searched = "" if found.configurations == 1 else f" {found.configurations} configurations were tried before."
    return (
        f"`{command}`, KDTCN {__version__}, configuration {settings.fingerprint()}: {len(rows)} models, {int(rows['seeds'].max())} seeds,"
        f" {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}, {int(rows['n'].max()):,} sessions; hold-out opened"
        f" {int(rows['opened'].max())} times.{searched} Headlines count before the session, as in a forecast. Means over seeds; in brackets"
        " 95 % block bootstraps over sessions. Tests and gaps take the seeds of a model as one forecast, the mean of their probabilities."
        " Seconds are processor time of one training."
    )


def _table(rows: pd.DataFrame) -> str:
    head = ["model", "accuracy %", "MCC", "AUC", "log loss", "P(abrupt) log loss", "seconds", "parameters"]
    return grid(
        head,
        (
            [
                row["model"],
                _accuracy(row),
                *(_ranged(row, name, form) for name, form in (("mcc", "+.3f"), ("auc", ".3f"), ("log_loss", ".4f"))),
                _ranged(row, "abrupt_log_loss", ".4f"),
                _seconds(row["seconds"]),
                f"{row['parameters']:,.0f}",
            ]
            for _, row in rows.iterrows()
        ),
    )


def _cells(row: pd.Series) -> tuple[str, str]:
    """Cost and result in the list of models: accuracy, or the log loss of P(abrupt) where no direction is forecast."""
    cost = f"{row['parameters']:,.0f} parameters, {_seconds(row['seconds'])} s"
    if pd.isna(row["accuracy"]):
        return cost, f"P(abrupt): {_ranged(row, 'abrupt_log_loss', '.3f')} nats"
    return cost, f"{_accuracy(row)} %"


def _accuracy(row: pd.Series) -> str:
    if pd.isna(row["accuracy"]):
        return "–"
    return f"{100 * row['accuracy']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"


def _ranged(row: pd.Series, name: str, form: str) -> str:
    if pd.isna(row[name]):
        return "–"
    return f"{row[name]:{form}} ({row[f'{name}_low']:{form}} to {row[f'{name}_high']:{form}})"


def _seconds(seconds: float) -> str:
    """Two digits."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2f}"
