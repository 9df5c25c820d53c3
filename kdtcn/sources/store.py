"""From what a source yields to rows of the lake: identities, months, restatements, rejects and counts."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.errors import LakeError
from kdtcn.lake import Lake
from kdtcn.progress import say
from kdtcn.sources.base import Context, Counts, Price, Provider, Record, Reject
from kdtcn.sources.text import headline_id, refuse

CHUNK = 50_000  # rows in memory at a time
TOLD = 5  # restated sessions that are named one by one
RAW = 1000  # characters of a refused row that are kept
VALUES = ["open", "high", "low", "close", "adj_close", "volume"]
T = TypeVar("T")
SAME = 1e-6  # relative: providers send prices as 32-bit numbers, whose last digits differ between two answers


def collect(lake: Lake, provider: Provider, context: Context | None = None) -> Counts:
    """Read a provider to its end into the lake; its own memory (feed tags) moves on only when all is stored."""
    context = context or Context()
    rows = provider.read(context)
    store = store_prices if provider.kind == "prices" else store_news
    counts = store(lake, rows, context.now)  # type: ignore[arg-type]
    provider.stored(context)
    return counts


def collect_all(lake: Lake, providers: Mapping[str, Provider], context: Context | None = None) -> dict[str, Counts]:
    """Files one after the other; nothing is written unless all of them can be read. Counts by the names given."""
    context = context or Context()
    opened = {name: provider.read(context) for name, provider in providers.items()}
    counts = {}
    for name, rows in opened.items():
        store = store_prices if providers[name].kind == "prices" else store_news
        counts[name] = store(lake, rows, context.now)  # type: ignore[arg-type]
    return counts


def tally(provider: Provider, context: Context | None = None) -> list[dict[str, object]]:
    """What a provider would give, without storing it: rows that can be stored, and rejects by reason."""
    found: Counter[str] = Counter()
    for row in provider.read(context or Context()):
        reason = row.reason if isinstance(row, Reject) else refuse(row.text) if isinstance(row, Record) else ""
        found[reason] += 1
    return [{"outcome": f"rejected: {reason}" if reason else "can be stored", "rows": n} for reason, n in found.most_common()]


def store_news(lake: Lake, rows: Iterable[Record | Reject], now: datetime) -> Counts:
    """Headlines, their popularity where a record has any, and rejects; texts that are no headline are refused here."""
    total = Counts()
    for chunk in _chunks(rows):
        records = []
        rejects = [row for row in chunk if isinstance(row, Reject)]
        for row in chunk:
            if isinstance(row, Record):
                reason = refuse(row.text)
                if reason:
                    rejects.append(Reject(row.source, f"{row.day}{f' rank {row.rank}' if row.rank else ''}: {row.text}", reason))
                else:
                    records.append(row)
        stored = scores = 0
        if records:
            frame = _headlines(records)
            stored = lake.upsert("headlines", frame.drop(columns=["rank", "votes", "seen_at"])).stored
            scored = frame[frame["rank"].notna() | frame["votes"].notna()]
            if len(scored):
                # a place in an archive's list was decided by its last vote: it is known when it was seen, not on the day itself
                popularity = scored[["headline_id", "seen_at", "rank", "votes", "month"]].assign(available_at=scored["seen_at"])
                scores = lake.upsert("headline_scores", popularity).stored
        _store_rejects(lake, rejects, now)
        total += Counts(len(chunk), stored, len(records) - stored, len(rejects), scores=scores)
    return total


def store_prices(lake: Lake, rows: Iterable[Price | Reject], now: datetime) -> Counts:
    """Prices; values other than the latest stored of a session are a restatement, known from `now` on, beside the old row."""
    total = Counts()
    for chunk in _chunks(rows):
        rejects = [row for row in chunk if isinstance(row, Reject)]
        frame = pd.DataFrame([row for row in chunk if isinstance(row, Price)], columns=list(Price._fields))
        known = stored = restated = 0
        if len(frame):
            frame["session"] = pd.to_datetime(frame["session"])
            frame["volume"] = frame["volume"].astype("float64")
            frame, twice, known = _one_a_session(frame)
            rejects += twice
            latest = _latest(lake, frame)
            both = frame.merge(latest, on=["symbol", "session", "source"], how="left", suffixes=("", "_old"), indicator=True)
            there = (both["_merge"] == "both").to_numpy()
            equal = there & _same(both[VALUES].to_numpy("float64"), both[[f"{name}_old" for name in VALUES]].to_numpy("float64"))
            changed = there & ~equal
            late = frame["available_at"].where(~changed, frame["available_at"].map(lambda close: max(close, now)))
            written = lake.upsert("prices", frame.assign(available_at=late)[~equal]) if (~equal).any() else None
            stored = written.stored if written else 0
            known += len(frame) - stored
            restated = int(changed.sum())
            _tell_restated(both[changed])
        _store_rejects(lake, rejects, now)
        total += Counts(len(chunk), stored, known, len(rejects), restated=restated)
    return total


def _tell_restated(rows: pd.DataFrame) -> None:
    """Say which sessions got other values than those stored, and how much the close moved."""
    for row in rows.head(TOLD).to_dict("records"):
        moved = [
            f"{name} {row[f'{name}_old']:,.6g} -> {row[name]:,.6g}"
            for name in VALUES
            if not _equal(row[f"{name}_old"], row[name])
        ]
        say(f"restated by {row['source']}: {row['symbol']} {row['session']:%Y-%m-%d}: {', '.join(moved)}; the old row stays")
    if len(rows) > TOLD:
        say(f"restated: {len(rows) - TOLD:,} more sessions")


def _equal(left: float, right: float) -> bool:
    return bool(np.isclose(left, right, rtol=SAME, atol=0.0, equal_nan=True))


def _headlines(records: list[Record]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=list(Record._fields))
    frame["headline_id"] = [headline_id(row.source, row.day, row.text) for row in records]
    # the month of the headline's own day, for scores too: a headline and all that hangs on it lie in one partition
    frame["month"] = [f"{row.day:%Y-%m}" for row in records]
    for name in ("published_at", "available_at", "seen_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["seen_at"] = frame["seen_at"].fillna(frame["available_at"])
    return frame.drop(columns="day").astype({"rank": "Int64", "votes": "Int64"})


def _one_a_session(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Reject], int]:
    """The first row of each session; of the repeated ones equal rows are known, others are refused."""
    key = ["symbol", "session", "source"]
    again = frame.duplicated(key).to_numpy()
    if not again.any():
        return frame, [], 0
    first = frame[~again]
    paired = frame[again].merge(first, on=key, suffixes=("", "_old"))
    equal = _same(paired[VALUES].to_numpy("float64"), paired[[f"{name}_old" for name in VALUES]].to_numpy("float64"))
    rejects = [
        Reject(
            str(row["source"]),
            f"{row['symbol']} {row['session']:%Y-%m-%d} close {row['close']}",
            "another row of the same session has other values",
        )
        for row in paired[~equal].to_dict("records")
    ]
    return first.reset_index(drop=True), rejects, int(equal.sum())


def _latest(lake: Lake, frame: pd.DataFrame) -> pd.DataFrame:
    """The newest stored row of each session that the frame touches."""
    symbols, sources = frame["symbol"].unique().tolist(), frame["source"].unique().tolist()
    where = ds.field("symbol").isin(symbols) & ds.field("source").isin(sources)
    where = (
        where & (ds.field("session") >= frame["session"].min().date()) & (ds.field("session") <= frame["session"].max().date())
    )
    stored = lake.read("prices", columns=["symbol", "session", "source", "available_at", *VALUES], where=where)
    stored["session"] = stored["session"].astype(frame["session"].dtype)
    newest = stored.sort_values("available_at").drop_duplicates(["symbol", "session", "source"], keep="last")
    return newest.drop(columns="available_at")


def _same(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Row by row whether all values agree; two gaps agree."""
    return np.isclose(left, right, rtol=SAME, atol=0.0, equal_nan=True).all(axis=1)


def _store_rejects(lake: Lake, rejects: list[Reject], now: datetime) -> None:
    if not rejects:
        return
    # the identity is that of the whole row, so that what is cut off for storing still tells two rows apart
    rows = [
        {
            "reject_id": hashlib.sha256("\x1f".join(row).encode("utf-8", "replace")).hexdigest()[:20],
            "source": row.source,
            "raw": row.raw[:RAW].encode("utf-8", "replace").decode(),
            "reason": row.reason,
            "available_at": now,
        }
        for row in rejects
    ]
    written = lake.upsert("rejects", pd.DataFrame(rows))
    if written.stored + written.known != len(rows):
        raise LakeError(f"{lake.url}: of {len(rows)} rejects {written.stored + written.known} are stored; run the command again")


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
