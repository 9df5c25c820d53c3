"""How often the hold-out was opened: each time that labels of a test period meet forecasts which they had not met before.

Whoever looks at test scores and then changes something has used the test period to choose. Nothing can forbid that, but it
can be counted, and the count stands beside every test score.
"""

import hashlib

import pandas as pd

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.lake import Lake

_SCORED = ["session", "model", "seed", "p_up", "p_abrupt", "up", "d"]


def opened(lake: Lake, settings: Settings, predictions: pd.DataFrame, command: str) -> dict[str, int]:
    """Count the scoring of these forecasts, and return `times`, this one included.

    predictions: columns session, model, seed, alignment, p_up, p_abrupt, up, d of the sessions about to be scored. To look
    again at what was scored before, label by label the same, opens nothing and adds no row.
    """
    rows = [
        {
            "alignment": alignment,
            "scored": fingerprint(part),
            "command": command,
            "test_from": part["session"].min(),
            "test_until": part["session"].max(),
            "forecasts": len(part),
            "config_hash": settings.fingerprint(),
            "code_version": __version__,
            "available_at": pd.Timestamp.now("UTC"),
        }
        for alignment, part in predictions.groupby("alignment", sort=False)
    ]
    if rows:
        lake.upsert("openings", pd.DataFrame(rows))
    return times(lake, predictions)


def times(lake: Lake, predictions: pd.DataFrame) -> dict[str, int]:
    """How often the hold-out of each alignment was opened so far: every opening whose test period shares a session with these."""
    there = lake.read("openings", columns=["alignment", "test_from", "test_until"])
    found = {}
    for alignment, part in predictions.groupby("alignment", sort=False):
        days = part["session"]
        shared = (there["test_from"] <= days.max()) & (there["test_until"] >= days.min()) & (there["alignment"] == alignment)
        found[str(alignment)] = int(shared.sum())
    return found


def fingerprint(predictions: pd.DataFrame) -> str:
    """A hash of forecasts and labels in the order of session, model and seed."""
    rows = predictions[_SCORED].sort_values(["session", "model", "seed"], kind="stable")
    return hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()).hexdigest()


def in_words(found: dict[str, int], *, counted: bool = True) -> str:
    """A line for each alignment; without `counted`, the scoring at hand is none of those that were counted."""
    until = "this one included" if counted else "so far"
    return "\n".join(f"{name}: hold-out opened {n} time{'' if n == 1 else 's'}, {until}" for name, n in found.items())
