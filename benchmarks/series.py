"""Other price vectors than the default ones: how prices are made stationary, and how they are scaled; fitted on the past alone.

Used by benchmarks/tricks.py. Whatever is fitted (Box-Cox's exponent, seasonal means, means and ranges) comes from the rows up to
the last training one.
"""

from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import boxcox_llf

Stationary = Literal["log returns", "differences", "levels", "log levels", "Box-Cox differences", "seasonally adjusted"]
Scale = Literal["z-score", "min-max", "rank"]

FAR = 8.0  # scaled inputs end here, as the default ones do


def price_vectors(seen: pd.DataFrame, until: int, stationary: Stationary, scale: Scale) -> np.ndarray:
    """(n, 5) inputs: row i of `seen` holds open, high, low, close, volume of the session before i, its index that session's day.

    until: the last training row. What is unknown is zero.
    """
    changed = made_stationary(seen.where(seen > 0), until, stationary)
    return scaled(changed, until, scale)


def made_stationary(seen: pd.DataFrame, until: int, how: Stationary) -> pd.DataFrame:
    """Columns as they are, as logarithms, or as changes: of prices against the last close, of volume against the last volume."""
    match how:
        case "levels":
            return seen
        case "differences":
            return _changes(seen)
        case "log levels":
            return _log(seen)
        case "log returns":
            return _changes(_log(seen))
        case "Box-Cox differences":
            # one exponent for the four prices, since they are subtracted from each other
            price, volume = exponent(seen["close"].iloc[: until + 1]), exponent(seen["volume"].iloc[: until + 1])
            return _changes(pd.DataFrame({name: box_cox(seen[name], volume if name == "volume" else price) for name in seen}))
        case "seasonally adjusted":
            changes = _changes(_log(seen))
            days = pd.DatetimeIndex(changes.index)
            for season in (days.dayofweek, days.month):
                means = changes.iloc[: until + 1].groupby(season[: until + 1]).mean()
                changes = changes - means.reindex(season).fillna(0.0).to_numpy()
            return changes


def scaled(values: pd.DataFrame, until: int, how: Scale) -> np.ndarray:
    """(n, 5): z-score; min-max to -1 .. 1; or the share of training values below, as -1 .. 1."""
    past = values.iloc[: until + 1]
    match how:
        case "z-score":
            found = (values - past.mean()) / past.std()
        case "min-max":
            found = 2 * (values - past.min()) / (past.max() - past.min()) - 1
        case "rank":
            columns = {}
            for name in values:
                known = np.sort(past[name].dropna().to_numpy())
                below = np.searchsorted(known, values[name], "left") + np.searchsorted(known, values[name], "right")
                columns[name] = pd.Series(below / len(known) - 1.0, index=values.index).where(values[name].notna())
            found = pd.DataFrame(columns)
    return found.clip(-FAR, FAR).fillna(0.0).to_numpy(np.float32)


def exponent(past: pd.Series) -> float:
    """Box & Cox's lambda (1964) of largest likelihood, between -2 and 2."""
    values = past.dropna().to_numpy()
    return float(minimize_scalar(lambda power: -boxcox_llf(power, values), bounds=(-2, 2), method="bounded").x)


def box_cox(values: pd.Series, power: float) -> pd.Series:
    """(x^lambda - 1) / lambda, the logarithm at zero."""
    return pd.Series(np.log(values) if abs(power) < 1e-6 else (values**power - 1) / power)


def _log(values: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.log(values), index=values.index, columns=values.columns)


def _changes(values: pd.DataFrame) -> pd.DataFrame:
    changes = values.drop(columns="volume").sub(values["close"].shift(1), axis=0)
    return changes.assign(volume=values["volume"].diff())[list(values.columns)]
