"""The ledger of sealed forecasts: append-only, each entry holding the hash of the one before it.

An entry is sealed in time when it was written before the decision time of its session passed. Between that and the open it is
written, but marked as late; after the open, when the first price of the session is known, nothing is sealed any more, so a
backfill leaves no entry. A later forecast of the same session is a further entry: none takes another's place.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import time
from typing import Any

import pandas as pd

from kdtcn.config import Settings
from kdtcn.errors import LakeError
from kdtcn.findings import Finding
from kdtcn.lake import Lake
from kdtcn.sessions import decision_times

START = "0" * 64  # what stands as previous hash in the first entry
ATTEMPTS = 20  # of a writer that others are faster than
WRITING = pd.Timedelta(minutes=2)  # the most that may lie between sealing an entry and its commit
_OPEN = time(9, 30)
_SEALED = ("seq", "session", "model_id", "p_up", "p_abrupt", "decision_time", "sealed_at", "in_time", "data_versions", "previous")
_SAID = ["session", "model_id", "p_up", "p_abrupt"]
# what only a change of stored rows writes into a table's log; compacting and migrating write other words
_REWRITES = {"DELETE", "UPDATE", "MERGE", "RESTORE"}


def seal(lake: Lake, settings: Settings, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Seal the forecasts whose session has not opened yet; returns the new entries, none for what is sealed already.

    forecasts: rows of `predictions`. Two writers at once append one after the other: an entry whose number was taken meanwhile
    is made anew behind the one that took it. Raises LakeError where that fails again and again.
    """
    sealed = []
    coming = forecasts[(_now() < _opens(forecasts)).to_numpy()]
    for row in coming.sort_values("session", kind="stable").to_dict("records"):
        for _ in range(ATTEMPTS):
            rows = entries(lake)
            entry = _entry(rows, row, settings)
            if entry is None:
                break
            if lake.upsert("ledger", pd.DataFrame([entry])).stored:
                sealed.append(entry)
                break
        else:
            raise LakeError(f"{lake.url}: the ledger is being written by others all the time; run the command again")
    return pd.DataFrame(sealed, columns=[*_SEALED, "hash", "available_at"])


def entries(lake: Lake) -> pd.DataFrame:
    """The whole ledger in order."""
    return lake.read("ledger").sort_values("seq", kind="stable").reset_index(drop=True)


def verify(lake: Lake, head: str = "") -> list[Finding]:
    """What shows that nothing was added, changed, removed or reordered since it was sealed.

    head: a hash noted down elsewhere; it must be that of an entry. Without one, somebody who can write every file of the table
    could still put another chain, or a shorter one, in its place.
    """
    rows = entries(lake)
    numbers, before = rows["seq"].tolist(), [START, *rows["hash"]][: len(rows)]
    recomputed = [digest(row) for row in rows.to_dict("records")]
    findings = [
        _finding("numbers run from 1 without gap or double", numbers, list(range(1, len(rows) + 1)), numbers),
        _finding("entries hash to what they were sealed with", recomputed, rows["hash"].tolist(), numbers),
        _finding("entries name the hash before them", rows["previous"].tolist(), before, numbers),
        _finding(
            "in time is what was sealed by its decision time, before the open",
            rows["in_time"].tolist(),
            ((rows["sealed_at"] <= rows["decision_time"]) & (rows["decision_time"] <= _opens(rows))).tolist(),
            numbers,
        ),
        _finding("available when sealed", rows["available_at"].tolist(), rows["sealed_at"].tolist(), numbers),
    ]
    findings += _log(lake, rows)
    if head:
        at = [n for n, one in zip(numbers, rows["hash"], strict=True) if one == head]
        said = f"entry {at[0]} of {len(rows)}" if at else f"in none of {len(rows)} entries"
        findings.append(Finding("the hash noted elsewhere stands", said, "an entry", bool(at)))
    return findings


def _log(lake: Lake, rows: pd.DataFrame) -> list[Finding]:
    """What the table's own log says: one commit an entry, made when the entry was sealed, and nothing rewritten."""
    commits = sorted(lake.history("ledger"), key=lambda commit: int(str(commit["version"])))
    rewritten = [commit["version"] for commit in commits if _rewrites(commit)]
    said = f"rewritten in version {rewritten[0]}" if rewritten else f"{len(commits)} commits, none of them a rewrite"
    appended = [pd.Timestamp(int(str(c["timestamp"])), unit="ms", tz="UTC") for c in commits if c.get("operation") == "WRITE"]
    findings = [Finding("the table was only ever appended to", said, "no rewrite", not rewritten)]
    if len(appended) != len(rows):
        said = f"{len(appended)} commits for {len(rows)} entries"
        return [*findings, Finding("each entry was written when it was sealed", said, "one an entry", False)]
    late = [abs(at - sealed) > WRITING for at, sealed in zip(appended, rows["sealed_at"], strict=True)]
    return [*findings, _finding("each entry was written when it was sealed", late, [False] * len(rows), rows["seq"].tolist())]


def head_of(lake: Lake) -> tuple[int, str]:
    """How many entries there are, and the hash of the last: note it down elsewhere."""
    rows = entries(lake)
    return len(rows), str(rows["hash"].iloc[-1]) if len(rows) else START


def digest(entry: Mapping[Any, Any]) -> str:
    """SHA-256 of an entry, its own hash left out: every number to its last bit, times in microseconds UTC."""
    return hashlib.sha256(json.dumps([_exact(entry[name]) for name in _SEALED]).encode()).hexdigest()


def _entry(rows: pd.DataFrame, forecast: Mapping[Any, Any], settings: Settings) -> dict[str, Any] | None:
    """The next entry; None where the session has opened, or where its newest entry by this model says the same."""
    now, session = _now(), pd.Timestamp(forecast["session"])
    days = pd.DatetimeIndex([session])
    if now >= decision_times(days, _OPEN)[0]:
        return None
    same = rows[(rows["session"] == session) & (rows["model_id"] == forecast["model_id"])]
    if len(same) and all(same[name].iloc[-1] == forecast[name] for name in _SAID):
        return None
    decided = decision_times(days, settings.decision.at)[0]
    entry = {
        "seq": len(rows) + 1,
        "session": session,
        **{name: forecast[name] for name in ("model_id", "p_up", "p_abrupt", "data_versions")},
        "decision_time": decided,
        "sealed_at": now,
        "in_time": bool(now <= decided),
        "previous": str(rows["hash"].iloc[-1]) if len(rows) else START,
        "available_at": now,
    }
    return {**entry, "hash": digest(entry)}


def _opens(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(decision_times(pd.DatetimeIndex(rows["session"]), _OPEN), index=rows.index)


def _now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC").as_unit("us")


def _exact(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        stamp = value if value.tz is None else value.tz_convert("UTC").tz_localize(None)
        return stamp.isoformat(timespec="microseconds")
    if isinstance(value, float):
        return value.hex()
    return value if value is None or isinstance(value, (bool, str)) else int(value)


def _finding(what: str, found: list[Any], wanted: list[Any], numbers: list[int]) -> Finding:
    """Whether two lists are the same; where not, the number of the first entry that differs."""
    wrong = [n for n, one, other in zip(numbers, found, wanted, strict=True) if one != other]
    return Finding(what, f"not entry {wrong[0]}" if wrong else f"all {len(numbers)}", "all", not wrong)


def _rewrites(commit: Mapping[Any, Any]) -> bool:
    name, parameters = str(commit.get("operation", "")), commit.get("operationParameters") or {}
    return name in _REWRITES or (name == "WRITE" and str(parameters.get("mode", "")).strip('"').lower() == "overwrite")
