"""The same day imported twice, through the readers and the store: the same hash of ordered rows, and no new version."""

import json
from datetime import UTC, datetime
from pathlib import Path

from kdtcn.lake import Lake
from kdtcn.sources.base import Context
from kdtcn.sources.csv_news import CsvNews
from kdtcn.sources.csv_prices import CsvPrices
from kdtcn.sources.store import collect
from tests.lake.made import ordered_hash


def test_the_same_day_twice_leaves_the_same_rows_and_versions(lake: Lake, tmp_path: Path) -> None:
    news, prices = tmp_path / "news.jsonl", tmp_path / "prices.csv"
    lines = [{"date": "2016-06-24", "text": f"Country number {i} votes on its debt", "rank": i + 1} for i in range(25)]
    news.write_text("\n".join(json.dumps(line) for line in [*lines, {"date": "2016-06-24", "text": ""}]))
    prices.write_text("Date,Open,High,Low,Close,Volume,Adj Close\n2016-06-24,17946,17946,17356,17400,239000000,17400\n")

    def day(hour: int) -> dict[str, tuple[int, str]]:
        context = Context(now=datetime(2026, 1, 2, hour, tzinfo=UTC))
        for provider in (CsvNews(path=news), CsvPrices(path=prices)):
            collect(lake, provider, context)
        return {name: (version, ordered_hash(lake, name)) for name, version in lake.versions().items()}

    first = day(1)
    assert {"headlines", "prices", "rejects"} <= set(first)
    assert lake.count("headlines") == 25
    assert day(2) == first
