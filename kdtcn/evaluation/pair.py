"""Two stored models on the sessions that both have forecast."""

import numpy as np
import pandas as pd

from kdtcn.config import Settings
from kdtcn.errors import ModelError
from kdtcn.evaluation.intervals import block_bootstrap
from kdtcn.evaluation.metrics import log_losses
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.training.forecast import newest
from kdtcn.training.store import stored_models


def compare(lake: Lake, settings: Settings, one: str, other: str) -> pd.DataFrame:
    """Accuracy and log loss of both on their common sessions with a known outcome, and the difference with its 95 % interval.

    Rows accuracy, log loss; columns n, one, other, difference (one minus other), low, high: block bootstrap over sessions in
    order of time. ModelError for a model that is not stored, and where they share no such session.
    """
    known = set(stored_models(lake)["model_id"])
    for name in (one, other):
        if name not in known:
            raise ModelError(f"model {name!r} is not in {lake.url}; `kdtcn models list` shows what is")
    prices = market(lake, settings)
    up = pd.Series(prices.up, index=prices.sessions)
    made = {name: newest(lake, name).set_index("session")["p_up"] for name in (one, other)}
    rows = pd.DataFrame({"one": made[one], "other": made[other], "up": up[up >= 0]}).dropna().sort_index()
    if rows.empty:
        raise ModelError(
            f"{one} and {other} share no forecast session with a known outcome; `kdtcn backfill --model ID` makes forecasts of past ones"
        )
    true = rows["up"].to_numpy() == 1
    right = [((rows[name].to_numpy() >= 0.5) == true).astype(float) for name in ("one", "other")]
    losses = [log_losses(rows[name].to_numpy(), true) for name in ("one", "other")]
    return pd.DataFrame([_row("accuracy", *right), _row("log loss", *losses)])


def _row(what: str, one: np.ndarray, other: np.ndarray) -> dict[str, object]:
    gap = one - other
    low, high = block_bootstrap(gap) if np.ptp(gap) > 0 else (float(gap[0]), float(gap[0]))
    return {
        "score": what,
        "n": len(gap),
        "one": one.mean(),
        "other": other.mean(),
        "difference": gap.mean(),
        "low": low,
        "high": high,
    }
