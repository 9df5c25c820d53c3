"""Prices of the synthetic world: GARCH volatility, Student-t noise, planted effects, and bars around the closes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdtcn.errors import InputError

DOF = 3.5  # degrees of freedom of the noise: fat tails, since planted effects thin them out again
ALPHA, BETA = 0.17, 0.82  # GARCH(1,1); the sum is the persistence: shocks to volatility halve in 69 sessions
DAILY = 0.0190  # long-run standard deviation of the daily return, effects included; most years are calmer than the mean
DRIFT = 0.04  # mean daily return in units of the session's sigma: about 5 % a year
START = 10_000.0
VOLUME = 150e6


@dataclass(frozen=True)
class Market:
    """Bars of the sessions and what made them: sigma (n,) is the noise scale of each session's log return."""

    bars: pd.DataFrame
    sigma: np.ndarray
    returns: np.ndarray


def standard_t(rng: np.random.Generator, n: int) -> np.ndarray:
    """Student-t noise scaled to unit variance."""
    return rng.standard_t(DOF, size=n) / np.sqrt(DOF / (DOF - 2))


def make(sessions: pd.DatetimeIndex, effects: np.ndarray, rng: np.random.Generator) -> Market:
    """Bars for `sessions`; `effects` (n,) shift each session's log return, in units of that session's sigma.

    Volatility answers to the whole shock, effects included, as it would in a market that cannot tell them apart.
    """
    n = len(sessions)
    if n < 2 or effects.shape != (n,):
        raise InputError(f"a world needs at least 2 sessions and one effect for each (got {n} and {effects.shape})")
    noise = standard_t(rng, n)
    inflation = 1.0 + float(np.mean(effects**2))  # variance of noise + effect, in sigma squared
    long_run = DAILY**2 / inflation
    sigma, returns = np.empty(n), np.empty(n)
    variance = long_run
    for i in range(n):
        sigma[i] = np.sqrt(variance)
        shock = sigma[i] * (noise[i] + effects[i])
        returns[i] = sigma[i] * DRIFT + shock
        variance = (1 - ALPHA - BETA) * long_run + ALPHA * shock**2 / inflation + BETA * variance
    return Market(_bars(sessions, returns, sigma, rng), sigma, returns)


def _bars(sessions: pd.DatetimeIndex, returns: np.ndarray, sigma: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Open, high, low and volume around the closes.

    News comes before the open, so a part of the return is the gap; the extremes are those of a Brownian bridge from
    open to close (the maximum of a bridge from a to b with variance v is (a + b + sqrt((b - a)^2 - 2 v ln U)) / 2).
    """
    n = len(returns)
    close = np.log(START) + np.cumsum(returns)
    before = np.concatenate([[np.log(START)], close[:-1]])
    opening = before + 0.3 * returns + 0.2 * sigma * rng.standard_normal(n)
    variance = (0.9 * sigma) ** 2
    top, bottom = (np.sqrt((close - opening) ** 2 - 2 * variance * np.log(rng.uniform(1e-9, 1, n))) for _ in range(2))
    busy = np.empty(n)
    level = 0.0
    for i in range(n):
        level = 0.85 * level + 0.12 * rng.standard_normal() + 0.10 * (abs(returns[i]) / sigma[i] - 0.8)
        busy[i] = level
    prices = {
        "Open": np.exp(opening),
        "High": np.exp((opening + close + top) / 2),
        "Low": np.exp((opening + close - bottom) / 2),
        "Close": np.exp(close),
        "Adj Close": np.exp(close),
    }
    frame = pd.DataFrame({name: np.round(column, 2) for name, column in prices.items()}, index=sessions)
    frame["Volume"] = (VOLUME * np.exp(busy) // 10_000 * 10_000).astype(np.int64)
    return frame.rename_axis("Date").reset_index()


def describe(returns: np.ndarray) -> dict[str, float]:
    """What makes returns look like a market's: moments, autocorrelation of returns and of their squares, abruptness."""
    centred = returns - returns.mean()
    squares = centred**2 - np.mean(centred**2)
    simple = np.expm1(returns)
    change = np.diff(simple)

    def lagged(x: np.ndarray, lag: int) -> float:
        return float(np.sum(x[lag:] * x[:-lag]) / np.sum(x * x))

    return {
        "annual_volatility": float(returns.std() * np.sqrt(252)),
        "kurtosis": float(np.mean(centred**4) / np.mean(centred**2) ** 2),
        "acf_returns_1": lagged(centred, 1),
        "acf_squares_1": lagged(squares, 1),
        "acf_squares_mean_1_10": float(np.mean([lagged(squares, lag) for lag in range(1, 11)])),
        "share_up": float(np.mean(returns >= 0)),
        "share_abrupt_2_percent": float(np.mean(np.abs(change) > 0.02)),
    }
