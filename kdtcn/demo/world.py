"""Makes the synthetic world: prices, headlines, and the truth about both in a place of its own."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kdtcn.demo import bayes, market
from kdtcn.demo.cast import Cast, assemble
from kdtcn.demo.plan import Cause, Line, causes, lines, test_start
from kdtcn.errors import InputError
from kdtcn.sessions import calendar, parse_day

SEED, SESSIONS, FIRST = 0, 1258, "2010-01-04"  # five whole years, 2010 to 2014
SYMBOL = "KDW"  # no index has this symbol
TRUTH = "truth"


@dataclass(frozen=True)
class Summary:
    """What was made, and what the best possible forecaster would score in the test period."""

    seed: int
    sessions: int
    first: str
    last: str
    test_from: str
    headlines: int
    causes: int
    graph_version: str
    market: dict[str, float]
    bayes: dict[str, dict[str, float]]

    def __str__(self) -> str:
        rows = [
            f"{self.sessions} sessions {self.first} to {self.last}, {self.headlines} headlines, {self.causes} sessions with a cause; test period from {self.test_from}",
            "returns: " + ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in self.market.items()),
            "test sessions     n   Bayes-optimal   in this world   always up",
        ]
        for name, row in self.bayes.items():
            rows.append(f"{name:<14} {row['n']:>4} {row['bayes']:>15.3f} {row['realised']:>15.3f} {row['always_up']:>11.3f}")
        return "\n".join(rows)


def make(out: Path, *, truth: Path | None = None, seed: int = SEED, sessions: int = SESSIONS, first: str = FIRST) -> Summary:
    """Write prices.csv, headlines.csv.gz and world.json to `out`, the truth to `truth` (default: `truth` beside `out`).

    The same arguments give the same bytes. Raises InputError where the calendar has too few sessions.
    """
    days = _days(first, sessions)
    # one stream a part: a change to the sentences leaves causes and prices as they are
    for_cast, for_plan, for_market, for_text = (np.random.default_rng([seed, part]) for part in range(4))
    cast = assemble(for_cast)
    plan = causes(cast, len(days), for_plan)
    effects = np.array([0.0 if cause is None else cause.rule.size for cause in plan])
    made = market.make(days, effects, for_market)
    written = list(lines(cast, days, plan, for_text))
    summary = _summary(seed, days, plan, effects, made, written, cast.graph_version)
    out.mkdir(parents=True, exist_ok=True)
    truth = out.parent / TRUTH if truth is None else truth
    truth.mkdir(parents=True, exist_ok=True)
    _write(out / "prices.csv", made.bars.columns, made.bars.astype({"Date": str}).itertuples(index=False))
    _write(
        out / "headlines.csv.gz",
        ("Date", "Rank", "News"),
        ((f"{line.day:%Y-%m-%d}", line.rank, line.headline.text) for line in written),
    )
    about = {
        "synthetic": True,
        "symbol": SYMBOL,
        **{
            key: getattr(summary, key) for key in ("seed", "sessions", "first", "last", "test_from", "headlines", "graph_version")
        },
    }
    _json(out / "world.json", about)
    _json(truth / "world.json", {**asdict(summary), "rules": _rules(cast)})
    _write(truth / "causes.csv", CAUSES, _cause_rows(days, plan, made, written))
    _write(truth / "headlines.csv.gz", HEADLINES, _tuple_rows(written))
    return summary


def _days(first: str, n: int) -> pd.DatetimeIndex:
    known = calendar().sessions
    days = known[known >= parse_day(first)][:n]
    if n < 40 or len(days) < n:
        raise InputError(
            f"a world of {n} sessions from {first}: at least 40 are needed, and the calendar has {len(days)} from that day"
        )
    return days


def _summary(
    seed: int,
    days: pd.DatetimeIndex,
    plan: Sequence[Cause | None],
    effects: np.ndarray,
    made: market.Market,
    written: Sequence[Line],
    graph_version: str,
) -> Summary:
    seen = np.array([-1 if cause is None else int(cause.seen) for cause in plan])
    close = made.bars["Close"].to_numpy()
    up = np.concatenate([[1], (close[1:] >= close[:-1]).astype(int)])
    begin = test_start(len(days))
    return Summary(
        seed=seed,
        sessions=len(days),
        first=f"{days[0]:%Y-%m-%d}",
        last=f"{days[-1]:%Y-%m-%d}",
        test_from=f"{days[begin]:%Y-%m-%d}",
        headlines=len(written),
        causes=int(np.sum(seen >= 0)),
        graph_version=graph_version,
        market={name: round(value, 4) for name, value in market.describe(made.returns[1:]).items()},
        bayes={
            name: {key: round(value, 4) for key, value in row.items()}
            for name, row in bayes.scores(effects[begin:], seen[begin:], up[begin:]).items()
        },
    )


def _rules(cast: Cast) -> list[dict[str, object]]:
    return [
        {**asdict(rule), "seen": list(cast.classes[rule.name].seen), "unseen": list(cast.classes[rule.name].unseen)}
        for rule in cast.rules
    ]


CAUSES = ("session", "rule", "size", "entity", "label", "seen", "date", "rank", "news", "sigma", "return")


def _cause_rows(
    days: pd.DatetimeIndex, plan: Sequence[Cause | None], made: market.Market, written: Sequence[Line]
) -> Iterable[tuple]:
    """A row a session, with or without a cause."""
    told = {line.session: line for line in written if line.rule}
    for day, cause, sigma, value in zip(days, plan, made.sigma, made.returns, strict=True):
        numbers = (f"{sigma:.6f}", f"{value:.6f}")
        if cause is None:
            yield (f"{day:%Y-%m-%d}", "", "0", "", "", "", "", "", "", *numbers)
        else:
            line = told[day]
            name = line.headline.text
            yield (
                *(f"{day:%Y-%m-%d}", cause.rule.name, cause.rule.size, cause.entity, _surface(line), int(cause.seen)),
                *(f"{line.day:%Y-%m-%d}", line.rank, name, *numbers),
            )


def _surface(line: Line) -> str:
    return line.headline.names[line.entity]


HEADLINES = (
    "date",
    "rank",
    "session",
    "frame",
    "use",
    "actor",
    "rule",
    "subject",
    "predicate",
    "object",
    "negated",
    "subject_entities",
    "object_entities",
)


def _tuple_rows(written: Sequence[Line]) -> Iterable[tuple]:
    """A row an event tuple."""
    for line in written:
        for event in line.headline.tuples:
            yield (
                *(
                    f"{line.day:%Y-%m-%d}",
                    line.rank,
                    f"{line.session:%Y-%m-%d}",
                    line.headline.frame,
                    line.use,
                    line.entity,
                    line.rule,
                ),
                *(
                    event.subject,
                    event.predicate,
                    event.object,
                    int(event.negated),
                    "|".join(event.subject_entities),
                    "|".join(event.object_entities),
                ),
            )


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable]) -> None:
    """A CSV file; .gz is packed without a time stamp, so that equal rows are equal bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0) if path.suffix == ".gz" else data)


def _json(path: Path, tree: dict[str, object]) -> None:
    path.write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
