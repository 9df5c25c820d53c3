"""Whether forecasts are still calibrated, and whether inputs still look like those a model was trained on."""

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp, norm

from kdtcn.config import Settings
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.sessions import calendar, decision_time
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import newest

FEWEST = 20  # sessions below which nothing is judged
REFERENCE = 250  # sessions before the end of training that say what inputs looked like then: a night's cost has a bound


def calibration_p(p: np.ndarray, up: np.ndarray) -> float:
    """The p-value of "these probabilities are calibrated": probabilities (n,), outcomes (n,) in {0, 1}.

    The smaller of two tests, doubled: whether as many come true as were promised (calibration in the large), and Spiegelhalter's
    (1986, Statistics in Medicine 5:421), which sees probabilities that are too far from one half or not far enough.
    """
    p, up = np.asarray(p, float), np.asarray(up, float)
    spread = p * (1 - p)
    large = (up - p).sum() / np.sqrt(spread.sum())
    weight = 1 - 2 * p
    shape = ((up - p) * weight).sum() / np.sqrt((weight**2 * spread).sum()) if (weight**2).sum() > 1e-9 else 0.0
    return float(min(1.0, 2 * min(2 * norm.sf(abs(large)), 2 * norm.sf(abs(shape)))))


def inputs_p(before: pd.DataFrame, now: pd.DataFrame) -> pd.Series:
    """For each column the p-value of "the rows of now come from where those before came from" (Kolmogorov and Smirnov),
    multiplied by the number of columns (Bonferroni)."""
    found = {name: ks_2samp(before[name].dropna(), now[name].dropna()).pvalue for name in before}
    return (pd.Series(found) * len(found)).clip(upper=1.0)


def calibration(lake: Lake, settings: Settings, live: str, session: pd.Timestamp) -> str:
    """Words where the live model's forecasts of the last sessions were not calibrated, else ''."""
    window = settings.retrain.window
    prices = market(lake, settings, last=session, n=window + 1)
    made = newest(lake, live).set_index("session")["p_up"].reindex(prices.sessions)
    known = (prices.up >= 0) & made.notna().to_numpy()
    if known.sum() < FEWEST:
        return ""
    p = calibration_p(made.to_numpy()[known], prices.up[known])
    return f"calibration has drifted over {int(known.sum())} sessions (p = {p:.1g})" if p < settings.retrain.level else ""


def inputs(lake: Lake, settings: Settings, sight: Sight, trained_until: pd.Timestamp, session: pd.Timestamp) -> str:
    """Words where the last sessions' returns or news differ from those before `trained_until`, else ''."""
    window, known = settings.retrain.window, calendar().sessions
    end = int(known.get_loc(session))
    start = max(0, int(known.searchsorted(trained_until)) - REFERENCE)
    rows = figures(lake, settings, sight, session, end - start)
    before, now = rows[rows.index <= trained_until], rows[rows.index > trained_until].tail(window)
    if min(len(before), len(now)) < FEWEST:
        return ""
    p = inputs_p(before, now)
    return f"{p.idxmin()} has drifted (p = {p.min():.1g})" if p.min() < settings.retrain.level else ""


def figures(lake: Lake, settings: Settings, sight: Sight, session: pd.Timestamp, n: int) -> pd.DataFrame:
    """What a session looks like to a model, a row for each of the `n` before this one: return, its size, headlines, events."""
    prices = market(lake, settings, last=session, n=n + 1, as_of=decision_time(session, settings.decision.at))
    news = sight.news(lake, settings, "forecast", prices.sessions, decision_time(session, settings.decision.at))
    places = range(len(prices))
    table = pd.DataFrame(
        {
            "the daily return": prices.d,
            "the size of the daily return": np.abs(prices.d),
            "headlines a session": news.headlines["position"].value_counts().reindex(places, fill_value=0).to_numpy(),
            "events a session": news.events["position"].value_counts().reindex(places, fill_value=0).to_numpy(),
        },
        index=prices.sessions,
    )
    return table[:-1]
