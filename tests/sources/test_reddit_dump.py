"""The public monthly dumps: one subreddit out of many, streamed, with votes as the archive saw them."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.sources import Context, Counts, Provider, collect, create
from kdtcn.sources.archive import zstd

MORNING = int(datetime(2016, 6, 22, 8, tzinfo=UTC).timestamp())
LATER = int(datetime(2016, 7, 9, tzinfo=UTC).timestamp())


def line(title: Any = "Oil falls", **changes: Any) -> str:
    post = {
        "subreddit": "worldnews",
        "title": title,
        "created_utc": MORNING,
        "score": 812,
        "url": "https://example.org/1",
        "retrieved_on": LATER,
    }
    return json.dumps({**post, **changes}) + "\n"


@pytest.fixture
def dump(write: Callable[..., Path]) -> Callable[..., Provider]:
    def make(*lines: str, window: int = 31, **options: Any) -> Provider:
        packing = {zstd.CompressionParameter.window_log: window, zstd.CompressionParameter.enable_long_distance_matching: 1}
        path = write("RS_2016-06.zst", zstd.compress("".join(lines).encode("utf-8", "surrogateescape"), options=packing))
        return create("news", "reddit-dump", {"path": str(path), **options})

    return make


def test_posts_are_known_when_posted_and_votes_when_seen(lake: Lake, context: Context, dump: Callable[..., Provider]) -> None:
    provider = dump(line(), line("Cats", subreddit="aww"), line("Rates rise", subreddit="WorldNews", created_utc=str(MORNING)))
    assert collect(lake, provider, context) == Counts(2, 2, scores=2)
    rows = lake.read("headlines")
    assert set(rows["text"]) == {"Oil falls", "Rates rise"}
    assert set(rows["published_at"]) == set(rows["available_at"]) == {pd.Timestamp(MORNING, unit="s", tz="UTC")}
    assert set(rows["source"]) == {"reddit/worldnews"}
    scores = lake.read("headline_scores")
    assert list(scores["votes"]) == [812, 812]
    assert set(scores["seen_at"]) == set(scores["available_at"]) == {pd.Timestamp(LATER, unit="s", tz="UTC")}


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"retrieved_on": None}, 0),
        ({"retrieved_on": None, "retrieved_utc": LATER}, 1),
        ({"retrieved_on": 1}, 0),
        ({"score": "many"}, 0),
    ],
)
def test_votes_without_a_time_they_were_seen_are_not_stored(
    lake: Lake, context: Context, dump: Callable[..., Provider], changes: dict[str, Any], stored: int
) -> None:
    assert collect(lake, dump(line(**changes)), context) == Counts(1, 1, scores=stored)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (line(created_utc=None), "no date"),
        (line(created_utc="soon"), "no date"),
        (line(created_utc=1e300), "no date"),
        (line(""), "no text"),
        (line(["x"]), "no text"),
        (line("x" * 2000), "longer than 1,000 characters"),
        ('{"title": "cut o\n', "not a JSON object"),
    ],
)
def test_odd_lines_are_refused_one_by_one(
    lake: Lake, context: Context, dump: Callable[..., Provider], odd: str, reason: str
) -> None:
    assert collect(lake, dump(line(), odd, line("Rates rise")), context) == Counts(3, 2, 0, 1, scores=2)
    assert list(lake.read("rejects")["reason"]) == [reason]
    assert reason.startswith("longer") or "RS_2016-06.zst line 2: " in lake.read("rejects")["raw"][0]


def test_a_range_and_another_subreddit(lake: Lake, context: Context, dump: Callable[..., Provider]) -> None:
    context.first = context.last = date(2016, 6, 23)
    posts = [line(f"News {day}", subreddit="news", created_utc=MORNING + day * 86400) for day in range(3)]
    assert collect(lake, dump(*posts, subreddit="news"), context).stored == 1
    assert list(lake.read("headlines")["text"]) == ["News 1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"body": "a comment", "subreddit": "x", "created_utc": 1}\n',
            "its lines have no 'title'; expected a dump of submissions",
        ),
        ("a,b\n1,2\n", "no line is a JSON object"),
    ],
)
def test_a_file_that_is_no_dump_of_submissions(
    lake: Lake, context: Context, dump: Callable[..., Provider], content: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        collect(lake, dump(content), context)
    assert lake.versions() == {}


MEASURE = """
import resource, sys
from kdtcn.sources import Context, create
for path in sys.argv[2:]:
    rows = sum(1 for _ in create("news", sys.argv[1], {"path": path}).read(Context()))
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("form", ["reddit-dump", "csv"])
def test_reading_takes_the_same_memory_however_long_the_file(tmp_path: Path, form: str) -> None:
    """Peak memory in MiB of a process that reads a short file, then one 50 times as long (some 60 MiB were it held)."""
    files = {}
    for rows in (2_000, 100_000):
        path = tmp_path / (f"RS_{rows}.zst" if form == "reddit-dump" else f"{rows}.csv.zst")
        with zstd.ZstdFile(path, "w") as sink:
            for i in range(rows):
                moment = datetime.fromtimestamp(MORNING + i, UTC)
                row = f"{moment:%Y-%m-%d},{moment:%H:%M:%S},News number {i} of the day\n"
                head = "Date,Time,News\n" if i == 0 else ""
                sink.write((line(f"News number {i} of the day") if form == "reddit-dump" else head + row).encode())
        files[rows] = str(path)
    command = [sys.executable, "-c", MEASURE, form, *files.values()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counts, peaks = zip(*(map(int, told.split()) for told in done.stdout.splitlines()), strict=True)
    assert counts == tuple(files)
    assert peaks[1] <= peaks[0] + 20, peaks
