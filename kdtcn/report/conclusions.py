"""What follows from the figures of all protocols, in words: every sentence is computed, none is written beforehand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kdtcn.evaluation.overfitting import Overfitting
from kdtcn.evaluation.protocols import PRIMARY, PROTOCOLS, SAME_SESSIONS, Results

LEVEL = 0.05
NAMED = 4  # so many models are named one by one; of more, the two ends
PUBLISHED = (0.70, 0.95)  # accuracies that the literature reports on this data set
Row = Mapping[Any, Any]
_TITLE = {protocol.name: protocol.title.lower() for protocol in PROTOCOLS}


@dataclass(frozen=True)
class Section:
    """A question and its answer in sentences."""

    title: str
    sentences: tuple[str, ...]


def conclusions(found: Results, live: str) -> list[Section]:
    """The sections of the answer; `live` is the model that the study is about."""
    scores = found.scores[found.scores["protocol"] == PRIMARY]
    forecast = scores[scores["alignment"] == "forecast"]
    tests = _of(found.tests, PRIMARY, "forecast")
    sections = [
        Section("Does any model forecast the direction?", tuple(direction(forecast, tests))),
        Section("What could be seen at all?", tuple(detectable(forecast, found.luck.get((PRIMARY, "forecast"))))),
        Section(f"Does news help {live}?", tuple(news(tests, live) + same_day(found.alignments))),
        Section("What is an accuracy on abrupt sessions worth?", tuple(abrupt(found))),
        Section("Is P(abrupt) more than volatility?", tuple(volatility(found.volatility_tests))),
        Section("Does it matter how the test sessions are parted?", tuple(origins(found.origins))),
    ]
    return [section for section in sections if section.sentences]


def direction(scores: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    """Who beats, who loses to, who is not told from each reference."""
    whole = scores[scores["subset"] == "all"]
    accuracy = dict(zip(whole["model"], whole["accuracy"], strict=True))
    said = []
    for other in tests["against"].drop_duplicates():
        rows = tests[tests["against"] == other]
        mark = f"{other} ({_percent(accuracy[other])})"
        said.append(_verdict(rows, mark, lambda row: f"{row['model']} ({_points(row['gap'])}, {p_value(row['mcnemar_holm'])})"))
    return said


def _verdict(rows: pd.DataFrame, mark: str, name: Callable[[Row], str]) -> str:
    """One sentence or two on all models against one reference, from gap and mcnemar_holm."""
    told = rows["mcnemar_holm"] < LEVEL
    better, worse = rows[told & (rows["gap"] > 0)], rows[told & (rows["gap"] < 0)]
    parts = [
        f"{_named(part, name)} {verb if len(part) > 1 else verb_one} {mark}"
        for part, verb, verb_one in ((better, "beat", "beats"), (worse, "lose to", "loses to"))
        if len(part)
    ]
    rest = rows[~told]
    if not parts:
        best = _at(rest, rest["gap"])
        return (
            f"No model is told apart from {mark}: of {len(rest)}, the best is {name(best)}."
            if len(rest) > 1
            else f"Not told apart from {mark}: {name(best)}."
        )
    return "; ".join(parts) + (f"; the other {len(rest)} are not told apart from it." if len(rest) > 1 else
                               "; the other one is not told apart from it." if len(rest) else ".")  # fmt: skip


def _named(rows: pd.DataFrame, name: Callable[[Row], str]) -> str:
    if len(rows) <= NAMED:
        return listed([name(row) for row in rows.to_dict("records")])
    ends = rows.iloc[rows["gap"].abs().argsort(kind="stable")].to_dict("records")
    return f"{len(rows)} models, from {name(ends[0])} to {name(ends[-1])},"


def detectable(scores: pd.DataFrame, luck: Overfitting | None) -> list[str]:
    """The best accuracy with its interval, the least edge that these sessions show, and the odds that the best was luck."""
    whole = scores[scores["subset"] == "all"]
    best = _at(whole, whole["accuracy"])
    n = int(whole["n"].max())
    said = [
        f"The highest accuracy is {best['model']}'s, {_percent(best['accuracy'])} (95 % interval {_range(best)}).",
        f"{n:,} sessions show a lead over a coin of {100 * best['edge']:.1f} points or more in four of five cases;"
        " a smaller one may be there and would most likely not be seen.",
    ]
    if luck is not None:
        odds = luck.probability
        reads = (
            "so the choice carries over"
            if odds < 0.1
            else "so the choice is in part luck"
            if odds < 0.4
            else "so to choose by such results is to choose by luck"
        )
        said.append(
            f"The best of {luck.models} models on one half of the sessions is below the median on the other half with probability"
            f" {odds:.2f} (probability of backtest overfitting), {reads}."
        )
    return said


def news(tests: pd.DataFrame, live: str) -> list[str]:
    """The live model against the price-only one."""
    row = tests[(tests["model"] == live) & (tests["against"] == "tcn")]
    if row.empty:
        return []
    one = row.iloc[0]
    told = one["mcnemar_holm"] < LEVEL
    figures = (
        f"({_points(one['gap'])}, {p_value(one['mcnemar_holm'])} after correction for {int(one['corrected_for'])} comparisons)"
    )
    if not told:
        return [f"{live}, which reads the news, is not told apart from the same network on prices alone {figures}."]
    return [
        f"{live}, which reads the news, is {'better' if one['gap'] > 0 else 'worse'} than the same network on prices alone {figures}."
    ]


def same_day(alignments: pd.DataFrame) -> list[str]:
    """What headlines of the same day add, which explains and does not forecast."""
    rows = alignments[alignments["protocol"] == PRIMARY]
    if rows.empty:
        return []
    told = rows[rows["mcnemar_holm"] < LEVEL]
    start = "With the headlines of the session's own day, which explain and do not forecast,"
    if told.empty:
        best = _at(rows, rows["gap"])
        return [
            f"{start} no model changes by more than luck would (most {best['model']}, {_points(best['gap'])}, {p_value(best['mcnemar_holm'])})."
        ]
    changes = [
        f"{row['model']} changes by {_points(row['gap'])} to {_percent(row['accuracy'])} ({p_value(row['mcnemar_holm'])})"
        for row in told.to_dict("records")
    ]
    return [f"{start} {listed(changes)}."]


def abrupt(found: Results) -> list[str]:
    """The reversal row on abrupt sessions, what models add to it, and what that does to published accuracies."""
    said = []
    for protocol in (PRIMARY, "fixed-2015"):
        scores = _of(found.scores, protocol, "forecast")
        rows = scores[(scores["subset"] == "abrupt") & (scores["model"] == "reversal") & (scores["n"] > 0)]
        if rows.empty:
            continue
        rule = rows.to_dict("records")[0]
        where = f"{_TITLE[protocol]}, n = {int(rule['n']):,}"
        said.append(
            f"On abrupt sessions ({where}) the opposite of yesterday, with no model and no news, is right in"
            f" {_percent(rule['accuracy'])} (95 % interval {_range(rule)})."
        )
        tests = _of(found.on_abrupt, protocol, "forecast")
        if len(tests):
            said.append(
                _verdict(tests, "it there", lambda row: f"{row['model']} ({_points(row['gap'])}, {p_value(row['mcnemar_holm'])})")
            )
        if protocol == PRIMARY:
            said.append(_claims(rule, tests))
        elif rule["accuracy"] > PUBLISHED[1]:
            low, high = (f"{100 * end:.0f}" for end in PUBLISHED)
            said.append(
                f"That is above the {low} to {high} % that the literature reports of this data set: there they are less than the rule."
            )
    return said


def _claims(rule: Row, tests: pd.DataFrame) -> str:
    """What an accuracy on abrupt sessions can be taken for."""
    if rule["low"] <= 0.5:
        return "There the rule is not told from a coin, so that accuracies on abrupt sessions can be read as they stand."
    won = tests[(tests["mcnemar_holm"] < LEVEL) & (tests["gap"] > 0)]
    share = _percent(rule["accuracy"])
    if len(won):
        return (
            f"Of an accuracy on abrupt sessions {share} need no model; what {listed(won['model'].tolist())}"
            f" {'add' if len(won) > 1 else 'adds'} is the lift above that, and only the lift can be claimed."
        )
    return (
        f"So an accuracy of up to {share} on sessions picked by |C| is no evidence of a model or of news: C holds yesterday's change,"
        " and the rule reads it off. What is published for such sessions counts only as far as it exceeds the rule on the same sessions."
    )


def volatility(tests: pd.DataFrame) -> list[str]:
    """P(abrupt) by log score against models of volatility, which know yesterday's change."""
    rows = tests[tests["alignment"] == "forecast"]
    said = []
    for other in rows["against"].drop_duplicates():
        mine = rows[rows["against"] == other]
        told = mine["dm_holm"] < LEVEL
        better, worse = mine[told & (mine["gap"] < 0)], mine[told & (mine["gap"] > 0)]
        parts = [
            f"{_most(part['model'], mine['model'])} {'are' if len(part) > 1 else 'is'} {word} than {other}"
            for part, word in ((better, "better"), (worse, "worse"))
            if len(part)
        ]
        rest = len(mine) - len(better) - len(worse)
        if parts and rest:
            parts.append(f"{rest} {'are' if rest > 1 else 'is'} not told apart from it")
        said.append("By log score, " + ("; ".join(parts) or f"no model is told apart from {other}") + ".")
    return said


def _most(names: pd.Series, among: pd.Series) -> str:
    """The names, or those that are not among them where these are few."""
    rest = among[~among.isin(names)].tolist()
    if len(names) <= NAMED or len(rest) > NAMED:
        return listed(names.tolist())
    return f"all {len(names)}" if not rest else f"all but {listed(rest)}"


def origins(rows: pd.DataFrame) -> list[str]:
    """The rolling origin against the others on the same sessions."""
    said = []
    for other in SAME_SESSIONS[1:]:
        mine = rows[(rows["other"] == other) & (rows["alignment"] == "forecast")]
        if mine.empty:
            continue
        told = mine[mine["mcnemar_holm"] < LEVEL]
        start = f"On the same {int(mine['n'].max()):,} sessions, {_TITLE[PRIMARY]} against {_TITLE[other]}:"
        if told.empty:
            most = _at(mine, mine["gap"].abs())
            said.append(
                f"{start} no model differs by more than luck would (most {most['model']}, {_points(most['gap'])}, {p_value(most['mcnemar_holm'])})."
            )
        else:
            changes = [
                f"{row['model']} is {'better' if row['gap'] > 0 else 'worse'} ({_points(row['gap'])}, {p_value(row['mcnemar_holm'])})"
                for row in told.to_dict("records")
            ]
            said.append(f"{start} {listed(changes)}.")
    return said


def _at(rows: pd.DataFrame, by: pd.Series) -> Row:
    """The row where `by` is largest."""
    return rows.to_dict("records")[int(by.to_numpy().argmax())]


def _of(frame: pd.DataFrame, protocol: str, alignment: str) -> pd.DataFrame:
    return frame[(frame["protocol"] == protocol) & (frame["alignment"] == alignment)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(gap: float) -> str:
    return f"{100 * gap:+.1f} points"


def _range(row: Row) -> str:
    return f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"


def p_value(p: float) -> str:
    """As in "p < .001" or "p = .042"."""
    return "p < .001" if p < 0.001 else "p = " + f"{p:.3f}".removeprefix("0")


def listed(names: Sequence[str]) -> str:
    """As in "a, b and c"."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
