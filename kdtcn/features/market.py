"""Price vectors and labels of consecutive sessions, each value as it was known when the next forecast was made."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.features.dataset import PRICE_COLUMNS
from kdtcn.lake import Lake
from kdtcn.sessions import calendar, decision_times, sessions

MIN_SESSIONS = 20  # fewer trailing sessions than this give no usable mean and deviation


@dataclass(frozen=True)
class Market:
    """The price side of a Dataset; arrays as described there. `closes` (n,) are index points, NaN where unknown."""

    sessions: pd.DatetimeIndex
    closes: np.ndarray
    prices: np.ndarray
    d: np.ndarray
    c: np.ndarray
    up: np.ndarray
    abrupt: np.ndarray
    sigma: np.ndarray
    warmup: int
    threshold: float = 0.02

    def __len__(self) -> int:
        return len(self.sessions)


def known_prices(
    lake: Lake, settings: Settings, *, as_of: pd.Timestamp | None = None, first: pd.Timestamp | None = None
) -> pd.DataFrame:
    """One row a session: its prices as they stood at the decision time of the session after it.

    A restatement that came later is in the lake but changes no feature of the past. Where several sources know a
    session, the first one in `sources.prefer` wins. Index: session; columns open, high, low, close, adj_close, volume.
    """
    where = ds.field("symbol") == settings.sources.symbol
    if first is not None:
        where = where & (ds.field("session") >= first.date())
    rows = lake.read("prices", as_of=as_of, where=where)
    if rows.empty:
        raise InputError(
            f"{lake.url}: no prices of {settings.sources.symbol}; import some first, for example `kdtcn import djia FOLDER`"
        )
    known = calendar().sessions
    at = known.searchsorted(pd.DatetimeIndex(rows["session"]), side="left")
    rows = rows[known[np.minimum(at, len(known) - 1)] == pd.DatetimeIndex(rows["session"])]
    following = known[np.minimum(known.searchsorted(pd.DatetimeIndex(rows["session"]), side="right"), len(known) - 1)]
    rows = rows[pd.DatetimeIndex(rows["available_at"]) <= decision_times(following, settings.decision.at)]
    order = {source: i for i, source in enumerate(settings.sources.prefer)}
    ranked = rows.assign(priority=rows["source"].map(order).fillna(len(order))).sort_values(
        ["session", "priority", "source", "available_at"], ascending=[True, True, True, False], kind="stable"
    )
    chosen = ranked.drop_duplicates("session")
    return chosen.set_index("session")[["open", "high", "low", "close", "adj_close", "volume"]]


def price_vectors(prices: pd.DataFrame, window: int) -> np.ndarray:
    """(n, 5) z-scored log returns of open, high, low, close against the previous close, and log volume change.

    The mean and deviation are those of the trailing `window` rows, the row itself included: nothing later enters.
    Rows that cannot be computed (gaps, warm-up, zero volume) are zeros, the value of "nothing unusual".
    """
    positive = prices[list(PRICE_COLUMNS)].where(lambda frame: frame > 0)
    log = pd.DataFrame(np.log(positive), index=prices.index, columns=positive.columns)
    change = log[["open", "high", "low", "close"]].sub(log["close"].shift(1), axis=0)
    change["volume"] = log["volume"].diff()
    trailing = change.rolling(window, min_periods=MIN_SESSIONS)
    scored = (change - trailing.mean()) / trailing.std().where(lambda frame: frame > 1e-12)
    # a volume typo or a crash must not swamp the network: eight deviations say "enormous" well enough
    return scored.clip(-8, 8).fillna(0.0).to_numpy(np.float32)


def labels(closes: pd.Series, threshold: float) -> pd.DataFrame:
    """D, C, up and abrupt of each session from closes in session order (NaN: unknown).

    D_i = (x_i - x_{i-1}) / x_{i-1}, C_i = D_i - D_{i-1}; up: D_i >= 0; abrupt: |C_i| > threshold.
    """
    d = closes / closes.shift(1) - 1
    c = d - d.shift(1)
    up = (d >= 0).astype("int8").where(d.notna(), -1).astype("int8")
    abrupt = (c.abs() > threshold).astype("int8").where(c.notna(), -1).astype("int8")
    return pd.DataFrame({"d": d, "c": c, "up": up, "abrupt": abrupt})


def market(
    lake: Lake, settings: Settings, *, last: pd.Timestamp | None = None, n: int | None = None, as_of: pd.Timestamp | None = None
) -> Market:
    """The market side of the sessions up to `last` (default: the last priced one), at most the last `n`.

    `last` may be a session whose prices are not known yet: its labels are then unknown.
    """
    # read a margin before the first wanted session, so that trailing figures do not depend on n
    margin = settings.features.price_window + 2
    start = None
    if last is not None and n is not None:
        known = calendar().sessions
        start = known[max(0, int(known.get_loc(last)) - n - margin)]
    rows = known_prices(lake, settings, as_of=as_of, first=start)
    index = sessions(rows.index[0], last if last is not None else rows.index[-1])
    if len(index) == 0:
        raise InputError(
            f"no session between {rows.index[0]:%Y-%m-%d}, the first one with prices, and {last:%Y-%m-%d}; import earlier prices"
        )
    rows = rows.reindex(index)
    label = labels(rows["close"], settings.abrupt.threshold)
    vectors = price_vectors(rows, settings.features.price_window)
    seen = np.vstack([np.zeros((1, vectors.shape[1]), np.float32), vectors[:-1]])  # the forecast of i knows prices to i-1
    sigma = label["d"].rolling(settings.features.price_window, min_periods=MIN_SESSIONS).std().shift(1)
    keep = slice(max(0, len(index) - n), None) if n is not None else slice(None)
    warm = np.flatnonzero(sigma.notna().to_numpy())
    skipped = keep.start or 0
    return Market(
        sessions=index[keep],
        closes=rows["close"].to_numpy(float)[keep],
        prices=seen[keep],
        d=label["d"].to_numpy(float)[keep],
        c=label["c"].to_numpy(float)[keep],
        up=label["up"].to_numpy()[keep],
        abrupt=label["abrupt"].to_numpy()[keep],
        sigma=sigma.to_numpy(float)[keep],
        warmup=max(0, (int(warm[0]) if len(warm) else len(index)) - skipped),
        threshold=settings.abrupt.threshold,
    )
