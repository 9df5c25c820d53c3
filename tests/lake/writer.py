"""A writer that is going to be killed: batch after batch, each told on standard output when it is committed."""

import sys

import pandas as pd

from kdtcn.lake import Lake
from tests.lake.made import facts, heads

ROWS, FACTS = 40, 25


def main(url: str, first: int) -> None:
    lake = Lake(url)
    for batch in range(first, first + 100_000):
        rows = [
            heads(*(f"{batch:05d}-{month}-{i:02d}" for i in range(ROWS // 2)), month=month) for month in ("2016-01", "2016-02")
        ]
        lake.upsert("headlines", pd.concat(rows))
        lake.replace("facts", facts(**{f"f{i}": str(batch) for i in range(FACTS)}))
        print(batch, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
