"""The Kaggle set: every trap of its files on made-up headlines, then the real files where they are."""

import csv
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.sources.base import Counts
from kdtcn.sources.kaggle import TOPS, import_folder

# newest first, two sessions and the Saturday after the first: line by line (date, cell, stored text or None)
NEWS = [
    ("2010-06-28", "Finance ministers meet in Lisbon", "Finance ministers meet in Lisbon"),
    ("2010-06-28", "Tea &amp; coffee prices rise\r\n\r\n", "Tea & coffee prices rise"),
    ("2010-06-28", "Finance ministers meet in Lisbon ", None),  # the same again
    ("2010-06-26", "b'Ferry strike ends in Norway'", "Ferry strike ends in Norway"),
    ("2010-06-25", r"""b'Mayor\'s "plan" fails'""", 'Mayor\'s "plan" fails'),
    ("2010-06-25", "b'        '", None),  # nothing in it
    ("2010-06-25", r"b'Caf\xc3\xa9s reopen\r\nin Vienna'", "Cafés reopen in Vienna"),
    ("2010-06-25", "b'Never closed", "b'Never closed"),
]
PRICES = (
    "Date,Open,High,Low,Close,Volume,Adj Close\n"
    "2010-06-28,10143.0,10196.0,10105.0,10138.5,1000,10138.5\n"
    "2010-06-25,10153.0,10212.0,10080.0,10143.8,1200,10143.8\n"
)


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    wide = {day: [cell for when, cell, _ in NEWS if when == day] for day in ("2010-06-25", "2010-06-28")}
    rows = [[day, "0", *cells] for day, cells in wide.items()]
    rows[0] += [""] * 21  # one day filled up with empty cells, the other ends early
    write("djia/RedditNews.csv", _csv([["Date", "News"], *[[day, cell] for day, cell, _ in NEWS]]))
    write("djia/Combined_News_DJIA.csv", _csv([["Date", "Label", *TOPS], *rows]))
    return write("djia/DJIA_table.csv", PRICES).parent


def test_every_row_is_accounted_for_and_a_second_run_changes_nothing(lake: Lake, folder: Path) -> None:
    first = import_folder(lake, folder)
    assert first == {
        "DJIA_table.csv": Counts(2, 2, 0, 0),
        "RedditNews.csv": Counts(8, 6, 1, 1, scores=6),
        "Combined_News_DJIA.csv": Counts(50, 0, 6, 44),  # the same headlines; 22 + 21 empty cells and the blank one
    }
    versions = lake.versions()
    second = import_folder(lake, folder)
    assert [count.stored + count.scores for count in second.values()] == [0, 0, 0]
    assert [count.read for count in second.values()] == [2, 8, 50]
    assert lake.versions() == versions


def test_texts_are_decoded_once_and_kept_as_one_line(lake: Lake, folder: Path) -> None:
    import_folder(lake, folder)
    assert set(lake.read("headlines")["text"]) == {text for _, _, text in NEWS if text}


def test_rejects_say_where_and_why(lake: Lake, folder: Path) -> None:
    import_folder(lake, folder)
    rejects = lake.read("rejects")
    assert len(rejects) == 45
    assert set(rejects["reason"]) == {"no text"}
    assert "RedditNews.csv line 9: b'        '" in set(rejects["raw"])
    assert any(raw.startswith("Combined_News_DJIA.csv 2010-06-28 Top25") for raw in rejects["raw"])


def test_a_headline_is_known_when_its_day_is_over_and_its_rank_when_the_archive_ends(lake: Lake, folder: Path) -> None:
    import_folder(lake, folder)
    saturday = lake.read("headlines")[lambda rows: rows["text"].str.startswith("Ferry")].iloc[0]
    assert saturday["published_at"] == pd.Timestamp("2010-06-26 04:00", tz="UTC")
    assert saturday["available_at"] == pd.Timestamp("2010-06-27 04:00", tz="UTC")
    friday_midnight = pd.Timestamp("2010-06-26 04:00", tz="UTC")
    assert len(lake.read("headlines", as_of=friday_midnight)) == 3
    assert len(lake.read("headlines", as_of=friday_midnight - pd.Timedelta(seconds=1))) == 0
    end = pd.Timestamp("2010-06-29 04:00", tz="UTC")
    scores = lake.read("headline_scores")
    assert set(scores["seen_at"]) == {end} == set(scores["available_at"])
    assert lake.read("headline_scores", as_of=end - pd.Timedelta(seconds=1)).empty


def test_the_rank_is_the_place_in_the_file_within_its_date(lake: Lake, folder: Path) -> None:
    import_folder(lake, folder)
    both = lake.read("headlines").merge(lake.read("headline_scores"), on="headline_id")
    assert dict(zip(both["text"], both["rank"], strict=True)) == {
        "Finance ministers meet in Lisbon": 1,
        "Tea & coffee prices rise": 2,
        "Ferry strike ends in Norway": 1,
        'Mayor\'s "plan" fails': 1,
        "Cafés reopen in Vienna": 3,
        "b'Never closed": 4,
    }


def test_a_price_is_known_at_its_close(lake: Lake, folder: Path) -> None:
    import_folder(lake, folder)
    prices = lake.read("prices")
    assert list(prices["available_at"]) == [
        pd.Timestamp("2010-06-25 20:00", tz="UTC"),
        pd.Timestamp("2010-06-28 20:00", tz="UTC"),
    ]
    assert list(prices["close"]) == [10143.8, 10138.5]
    assert set(prices["source"]) == {"kaggle"}
    assert set(prices["symbol"]) == {"^DJI"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("RedditNews.csv", "Day,Words\n1,2\n", "are not those of RedditNews.csv"),
        ("RedditNews.csv", "Date,News\n", "no rows below the header"),
        ("RedditNews.csv", "", "the file is empty"),
        ("RedditNews.csv", "Date,News\n2010-06-25,a,b\n", "line 2: 3 cells instead of 2"),
        ("RedditNews.csv", "Date,News\n25/06/2010,a\n", "line 2: '25/06/2010' is no date"),
        ("Combined_News_DJIA.csv", "Date,Label,Top1\n", "are not those of"),
        ("Combined_News_DJIA.csv", f"Date,Label,{','.join(TOPS)}\n2010-06-25,0{',x' * 26}\n", "28 cells instead of 27"),
        ("DJIA_table.csv", "Date,Close\n2010-06-25,1\n", "no column for 'open'"),
        ("DJIA_table.csv", "Date,Open,High,Low,Close\n", "no rows below the header"),
        ("DJIA_table.csv", None, "DJIA_table.csv: no such file"),
    ],
)
def test_a_bad_file_is_named_and_nothing_is_written(lake: Lake, folder: Path, name: str, content: str | None, words: str) -> None:
    (folder / name).unlink() if content is None else (folder / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        import_folder(lake, folder)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert lake.versions() == {}


def test_a_folder_without_the_set(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        import_folder(lake, tmp_path / "none")
    with pytest.raises(InputError, match=r"neither RedditNews\.csv nor"):
        import_folder(lake, tmp_path)
    assert lake.versions() == {}


REAL = Path(os.environ.get("KDTCN_SHARED_DATA", "../shared/data")) / "djia"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real files are not here ({REAL}); set KDTCN_SHARED_DATA")
def test_the_real_files_add_up(lake: Lake) -> None:
    counts = import_folder(lake, REAL, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert counts == {
        "DJIA_table.csv": Counts(1989, 1989, 0, 0),
        "RedditNews.csv": Counts(73608, 73573, 34, 1, scores=73573),
        "Combined_News_DJIA.csv": Counts(49725, 0, 49718, 7),
    }
    texts = lake.read("headlines", columns=["text"])["text"]
    assert not texts.str.match(r"""b['"]""").any()
    assert not texts.str.contains("&amp;", regex=False).any()
