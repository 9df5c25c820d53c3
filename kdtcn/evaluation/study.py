"""Event study: the index around sessions whose news told of an event type or an entity, with intervals.

It describes and does not forecast. Whoever tries many types will find one that looks good, so p-values of all types
together are corrected, and news and volatility both come in runs, so they are taken from shifts of the whole calendar.
"""

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from kdtcn.errors import InputError
from kdtcn.evaluation.intervals import block_bootstrap
from kdtcn.features.market import Market
from kdtcn.features.news import News


def positions(news: News, *, event_type: str = "", entity: str = "") -> np.ndarray:
    """Rows of the sessions with an event of this type, of this entity (id), or of both in one event; ascending.

    InputError where neither is given, or where the type names no event at all.
    """
    if not event_type and not entity:
        raise InputError("name an event type, an entity, or both")
    events = news.events
    if event_type:
        known = sorted(events["event_type"].unique())
        if event_type not in known:
            raise InputError(f"event type {event_type!r}: no such event is stored; there are {', '.join(known) or 'none'}")
        events = events[events["event_type"] == event_type]
    if entity:
        events = events[events["event_id"].isin(news.links.loc[news.links["entity_id"] == entity, "event_id"])]
    return np.unique(events["position"].to_numpy(dtype=np.int64))


def study(market: Market, at: np.ndarray, before: int = 5, after: int = 5) -> pd.DataFrame:
    """Mean D, |D| and C of the sessions from `before` ahead of each picked session to `after` behind it.

    at: rows of `market`. Columns: offset (0 is the session that the news counts for), n, d, d_low, d_high, c, c_low,
    c_high, size (mean |D|), size_low, size_high, usual_size (mean |D| of all sessions) and p, the share of all circular
    shifts of the picked sessions whose mean |D| is at least as large. Intervals are 95 % by block bootstrap over the picked
    sessions.
    """
    if not len(at):
        raise InputError("no session has such an event; choose another event type or entity")
    known = ~np.isnan(market.d)
    size = np.where(known, np.abs(market.d), 0.0)
    picked = np.zeros(len(market))
    picked[at] = 1.0
    # All circular shifts at once: sums of |D| over the shifted picks are a circular correlation.
    spectrum = np.conj(np.fft.rfft(picked))
    sums = np.fft.irfft(np.fft.rfft(size) * spectrum, n=len(market))
    counts = np.fft.irfft(np.fft.rfft(known.astype(np.float64)) * spectrum, n=len(market))
    shifted = sums / np.maximum(counts, 1.0)
    rows = []
    for offset in range(-before, after + 1):
        there = at + offset
        there = there[(there >= 0) & (there < len(market))]
        there = there[known[there]]
        if not len(there):
            continue
        mean = float(size[there].mean())
        rows.append(
            {
                "offset": offset,
                "n": len(there),
                **_mean("d", market.d[there]),
                **_mean("c", market.c[there]),
                **_mean("size", size[there]),
                "usual_size": float(size[known].mean()),
                "p": min(1.0, (1 + float((shifted >= mean - 1e-12).sum())) / (1 + len(market))),
            }
        )
    return pd.DataFrame(rows)


def event_types(market: Market, news: News) -> pd.DataFrame:
    """The session itself (offset 0) for every event type: sorted by how far its mean |D| stands out, p corrected by Holm."""
    names = sorted(news.events["event_type"].unique())
    if not names:
        raise InputError("no events are stored; extract them first")
    rows = [study(market, positions(news, event_type=name), 0, 0).assign(event_type=name) for name in names]
    table = pd.concat(rows, ignore_index=True).drop(columns="offset").sort_values("p", kind="stable", ignore_index=True)
    table["p_holm"] = multipletests(table["p"], method="holm")[1]
    return table[["event_type", *(name for name in table.columns if name != "event_type")]]


def _mean(name: str, values: np.ndarray) -> dict[str, float]:
    """The mean of the known values with its interval."""
    values = values[~np.isnan(values)]
    if not len(values):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    low, high = block_bootstrap(values, block=min(5, len(values)))
    return {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}
