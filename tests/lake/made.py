"""Rows for the lake's tests, and the hash that tells two states of a table apart."""

import hashlib

import pandas as pd

from kdtcn.lake import Lake

T0 = pd.Timestamp("2016-01-01", tz="UTC")


def heads(*ids: str, month: str = "2016-01", text: str = "a text", at: pd.Timestamp = T0) -> pd.DataFrame:
    return pd.DataFrame(
        {"headline_id": list(ids), "published_at": at, "source": "test", "text": text, "month": month, "available_at": at}
    )


def facts(**rows: str) -> pd.DataFrame:
    return pd.DataFrame({"fact_id": list(rows), "head": list(rows.values()), "relation": "r", "tail": "t", "available_at": T0})


def prices(*days: str, source: str = "test", close: float = 10.0) -> pd.DataFrame:
    sessions = pd.to_datetime(list(days))
    known = sessions.tz_localize("America/New_York") + pd.Timedelta(hours=16)
    values = {"open": close, "high": close + 1, "low": close - 1, "close": close, "adj_close": close, "volume": 1e6}
    return pd.DataFrame({"symbol": "^DJI", "session": sessions, "source": source, **values, "available_at": known})


def ordered_hash(lake: Lake, table: str) -> str:
    """Of every value of every row, in the order of the key; also of when a row came in."""
    rows = lake.read(table)
    return hashlib.sha256(rows.to_json(orient="values", date_format="iso", date_unit="ns").encode()).hexdigest()
