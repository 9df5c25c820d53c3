"""A plain long/flat backtest of stored forecasts. Secondary: it adds costs and compounding to the accuracy, not evidence.

The position for session s is taken at the close of s-1 and held to the close of s. The forecast is made hours after that
close, so a real order would fill at other prices: read the figures as an upper bound.
"""

import numpy as np
import pandas as pd

from kdtcn.errors import InputError
from kdtcn.evaluation.intervals import block_bootstrap
from kdtcn.evaluation.tables import directional

YEAR = 252  # sessions


def backtest(predictions: pd.DataFrame, cost: float = 0.0005) -> pd.DataFrame:
    """One row an alignment and model, buy-and-hold first: what 1 becomes when long where P(up) >= 1/2 and out otherwise.

    predictions: columns session, model, seed, alignment, p_up, d (simple returns). Seeds trade apart, their returns are
    averaged. cost: the share of the position that entering or leaving takes. Columns: alignment, model, n, final (what
    1 became), per_year, volatility (both a year), sharpe (no interest), drawdown (deepest, positive), long (share of
    sessions), trades (a year), and excess, low, high: mean return over buy-and-hold a session in basis points, with its
    95 % block-bootstrap interval.
    """
    if not 0 <= cost < 1:
        raise InputError(f"cost {cost}: give a share of the position from 0 to below 1, for example 0.0005 for five basis points")
    found = []
    for alignment, rows in directional(predictions).groupby("alignment", sort=False):
        held = rows.drop_duplicates("session").sort_values("session").set_index("session")["d"]
        market = _returns(np.ones(len(held)), held.to_numpy(), cost)
        found.append({"alignment": alignment, "model": "buy and hold", **_figures(market, np.ones((1, len(held))))})
        for name in rows["model"].drop_duplicates():
            said = rows[rows["model"] == name].pivot(index="seed", columns="session", values="p_up").reindex(columns=held.index)
            long = (said.to_numpy() >= 0.5).astype(np.float64)  # a session without a forecast is spent out of the market
            own = np.mean([_returns(row, held.to_numpy(), cost) for row in long], axis=0)
            low, high = block_bootstrap(own - market)
            lead = {"excess": 1e4 * float((own - market).mean()), "low": 1e4 * low, "high": 1e4 * high}
            found.append({"alignment": alignment, "model": name, **_figures(own, long), **lead})
    return pd.DataFrame(found)


def _returns(long: np.ndarray, d: np.ndarray, cost: float) -> np.ndarray:
    """Simple returns of each session: the market's where long, less the cost of every change of position."""
    changes = np.abs(np.diff(long, prepend=0.0))
    return (1 + long * d) * (1 - cost * changes) - 1


def _figures(returns: np.ndarray, long: np.ndarray) -> dict[str, float]:
    wealth, n = np.cumprod(1 + returns), len(returns)
    peak = np.maximum.accumulate(np.concatenate([[1.0], wealth]))[1:]
    deviation = float(returns.std(ddof=1)) if n > 1 else 0.0
    return {
        "n": n,
        "final": float(wealth[-1]),
        "per_year": float(wealth[-1] ** (YEAR / n) - 1),
        "volatility": deviation * float(np.sqrt(YEAR)),
        "sharpe": float(returns.mean()) / deviation * float(np.sqrt(YEAR)) if deviation else float("nan"),
        "drawdown": float((1 - wealth / peak).max()),
        "long": float(long.mean()),
        "trades": float(np.abs(np.diff(long, axis=1, prepend=0.0)).sum(axis=1).mean()) * YEAR / n,
    }
