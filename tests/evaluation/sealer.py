"""A process that seals forecasts, for the test of two writers at once."""

import sys

import pandas as pd

from kdtcn.config import Settings
from kdtcn.evaluation.ledger import seal
from kdtcn.lake import Lake


def forecasts(sessions: pd.DatetimeIndex, model: str = "kdtcn-a", p_up: float = 0.53) -> pd.DataFrame:
    """Rows of `predictions`, as far as the ledger reads them."""
    p = [p_up + i / 1000 for i in range(len(sessions))]
    return pd.DataFrame({"session": sessions, "model_id": model, "p_up": p, "p_abrupt": 0.1, "data_versions": '{"prices": 3}'})


if __name__ == "__main__":
    url, name, *days = sys.argv[1:]
    for day in days:
        seal(Lake(url), Settings(), forecasts(pd.DatetimeIndex([day]), name))
