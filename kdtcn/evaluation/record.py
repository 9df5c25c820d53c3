"""The honest record of a model: its forecasts of the last settled sessions, as they stood, beside always-up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.evaluation.intervals import block_bootstrap, interval
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.sessions import calendar
from kdtcn.training.store import stored_models

LAST = 250  # sessions, about a year
FEW = 30  # sessions below which resampled blocks say too little


@dataclass(frozen=True)
class Record:
    """Shares of `n` sessions with 95 % intervals; `in_time` counts the forecasts stored before their session opened.

    `lift` is accuracy minus always-up on the same sessions, its interval from paired blocks (NaN for few sessions).
    """

    n: int
    in_time: int
    first: pd.Timestamp
    last: pd.Timestamp
    accuracy: float
    low: float
    high: float
    always_up: float
    lift: float
    lift_low: float
    lift_high: float

    def __str__(self) -> str:
        lift = f"{100 * self.lift:+.1f} points"
        if self.lift_low == self.lift_high == 0:
            lift = "none, it said up every time"
        elif not np.isnan(self.lift_low):
            lift = f"{100 * self.lift:+.1f} points ({100 * self.lift_low:+.1f} to {100 * self.lift_high:+.1f})"
        return (
            f"{100 * self.accuracy:.1f} % right ({100 * self.low:.1f} to {100 * self.high:.1f}), always-up {100 * self.always_up:.1f} %, "
            f"difference {lift}; {self.n} sessions, {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}, "
            f"{self.in_time} of them forecast before they opened"
        )


def record(lake: Lake, settings: Settings, model_id: str, last: int = LAST) -> Record | None:
    """The record over the last settled sessions after the model's training; None where it forecast none of them.

    Of several forecasts of a session the last before the open counts; where all came later, the first of them does.
    """
    until = stored_models(lake).set_index("model_id")["trained_until"].get(model_id)
    made = lake.read("predictions", columns=["session", "made_at", "p_up"], where=ds.field("model_id") == model_id)
    made = made[made["session"] > until] if until is not None else made.iloc[:0]
    if made.empty:
        return None
    made = standing(made)
    prices = market(lake, settings)
    up = pd.Series(prices.up, index=prices.sessions)
    outcome = up[up >= 0].reindex(made["session"]).to_numpy()
    made = made.assign(up=outcome).dropna(subset=["up"]).tail(last)
    if made.empty:
        return None
    rose = made["up"].to_numpy() == 1
    right = (made["p_up"].to_numpy() >= 0.5) == rose
    low, high = interval(right.astype(float))
    ahead = right.astype(float) - rose
    few = len(made) < FEW
    lift_low, lift_high = (np.nan, np.nan) if few else block_bootstrap(ahead)
    return Record(
        len(made),
        int(made["in_time"].sum()),
        made["session"].iloc[0],
        made["session"].iloc[-1],
        float(right.mean()),
        low,
        high,
        float(rose.mean()),
        float(ahead.mean()),
        lift_low,
        lift_high,
    )


def standing(made: pd.DataFrame) -> pd.DataFrame:
    """One forecast a session, in order: the last made before its open, else the first made after; `in_time` tells which."""
    opens = calendar().opens.reindex(made["session"]).to_numpy()
    made = made.assign(in_time=made["made_at"].to_numpy() < opens)
    late = made[~made["in_time"]].sort_values("made_at").drop_duplicates("session", keep="first")
    early = made[made["in_time"]].sort_values("made_at").drop_duplicates("session", keep="last")
    late = late[~late["session"].isin(early["session"])]
    return pd.concat([early, late]).sort_values("session", ignore_index=True)
