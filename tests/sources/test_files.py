"""Delimited files as they are found: encodings, damage, and what each error says."""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdtcn.errors import InputError
from kdtcn.sources.files import Delimited, locate, open_table
from kdtcn.sources.quoting import LINES, UNCLOSED, records

GOOD = "Date,News\n2016-06-24,Café opens\n"


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("a.csv", GOOD.encode(), ""),
        ("a.csv", GOOD.encode("utf-8-sig"), ""),
        ("a.csv", GOOD.encode("utf-16"), ""),
        ("a.csv", GOOD.encode("cp1252"), "cp1252"),
        ("a.csv", GOOD.replace("\n", "\r\n").encode(), ""),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0), ""),
        ("a.csv.gz", gzip.compress(GOOD.encode("utf-8-sig"), mtime=0), ""),
    ],
)
def test_one_content_in_many_forms(write: Callable[..., Path], name: str, content: bytes, encoding: str) -> None:
    table = Delimited(write(name, content), encoding=encoding)
    assert table.header() == ["Date", "News"]
    assert [row.cells for row in table.rows()] == [["2016-06-24", "Café opens"]]


def test_mixed_encodings_line_by_line(write: Callable[..., Path]) -> None:
    content = "Date,News\n1,Café\n".encode() + "2,Zürich\n".encode("cp1252")
    assert [row.cells[1] for row in Delimited(write("a.csv", content), encoding="mixed").rows()] == ["Café", "Zürich"]


def test_rows_know_their_line_and_whether_they_are_whole(write: Callable[..., Path]) -> None:
    path = write("a.csv", 'Date,News\n1,"two\nlines"\n\n2\n3,a,b\n,\n')
    assert [(row.line, bool(row.fault)) for row in Delimited(path).rows()] == [(3, False), (5, True), (6, True)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ('1,"He said ""no"", twice"\n', [["1", 'He said "no", twice']]),  # as it should be
        ('1,"He said "no" to it"\n', [["1", 'He said "no" to it']]),
        ('1,"Oil, gas and "cheap" coal"\n2,b\n', [["1", 'Oil, gas and "cheap" coal'], ["2", "b"]]),
        ('1,Rates at 5" high\n2,b\n', [["1", 'Rates at 5" high'], ["2", "b"]]),
        ('1,"No" says minister\n', [["1", '"No" says minister']]),
        ('1,"two\nlines"\n2,b\n', [["1", "two\nlines"], ["2", "b"]]),
        ('1,"never closed\n2,b\n3,c\n', [["1", '"never closed'], ["2", "b"], ["3", "c"]]),
        ('1,"a\n2,b\n3,"c, d\n4,e\n', [["1", '"a'], ["2", "b"], ["3", '"c, d'], ["4", "e"]]),
        ('1,"open\n' + "x,y\n" * (LINES + 5) + '1,"\n', [["1", '"open'], *[["x", "y"]] * (LINES + 5), ["1", '"']]),
        ('"a "b" c",d,e\n1,b\n', [UNCLOSED, ["1", "b"]]),
    ],
)
def test_quotes_that_nobody_escaped_swallow_no_row(write: Callable[..., Path], lines: str, found: list[list[str] | str]) -> None:
    assert [row.fault or row.cells for row in Delimited(write("a.csv", "Date,News\n" + lines)).rows()] == found


CELL = st.text(alphabet="ab\",;\n'é ", max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=8))
def test_what_is_quoted_as_it_should_be_comes_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    text.seek(0)
    assert [(found.cells, found.fault) for found in records(iter(text), ",", 2)] == [([*row], "") for row in rows]


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="ab ", min_size=1, max_size=5), min_size=1, max_size=8),
    st.text(alphabet='ab",', max_size=8),
    st.data(),
)
def test_no_stray_quote_loses_a_line_that_has_none(texts: list[str], stray: str, data: st.DataObject) -> None:
    lines = [f"1,{text}\n" for text in texts]
    lines.insert(data.draw(st.integers(0, len(texts))), f'2,"{stray}\n')
    found = [parsed.cells for parsed in records(iter(lines), ",", 2) if not parsed.fault]
    if f'"{stray}'.count('"') % 2:  # where they add up it is no stray quote
        assert [cells for cells in found if cells[0] == "1"] == [["1", text] for text in texts]


def test_line_numbers_go_on_after_a_stray_quote(write: Callable[..., Path]) -> None:
    path = write("a.csv", 'Date,News\n1,"two\nlines"\n2,"open\n3,b\n')
    assert [row.line for row in Delimited(path).rows()] == [3, 4, 5]


def test_a_header_that_comes_again_is_no_row(write: Callable[..., Path]) -> None:
    path = write("a.csv", "Date,News\n1,a\nDate,News\n2,b\n")
    assert [row.fault for row in Delimited(path).rows()] == ["", "the header once more", ""]


@pytest.mark.parametrize(
    ("name", "content", "encoding", "words"),
    [
        ("a.csv", b"", "", "the file is empty"),
        ("a.csv", b"\n\n", "", "the file is empty"),
        ("a.csv", b"Date,News,Date\n", "", "stands twice"),
        ("a.csv", GOOD.encode("cp1252"), "", "not UTF-8 text"),
        ("a.csv", GOOD.encode(), "klingon", "unknown encoding 'klingon'"),
        ("a.csv.gz", gzip.compress(GOOD.encode() * 500, mtime=0)[:-20], "", "cannot be read to its end"),
        ("a.csv.gz", b"no gzip at all", "", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy(
    write: Callable[..., Path], name: str, content: bytes, encoding: str, words: str
) -> None:
    path = write(name, content)
    with pytest.raises(InputError, match=words) as caught:
        list(Delimited(path, encoding=encoding).rows())
    assert str(path) in str(caught.value)


def test_json_lines_are_rows_too(write: Callable[..., Path]) -> None:
    path = write(
        "a.jsonl",
        '{"Date": "2016-06-24", "title": "Oil falls"}\n\n{"title": "Rates\\nrise", "votes": 7, "Date": null}\n[1]\n{"title": "ha\n',
    )
    table = open_table(path)
    assert table.header() == ["Date", "title", "votes"]
    assert [(row.line, row.cells, bool(row.fault)) for row in table.rows()] == [
        (1, ["2016-06-24", "Oil falls", ""], False),
        (3, ["", "Rates\nrise", "7"], False),
        (4, ["[1]"], True),
        (5, ['{"title": "ha'], True),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "the file is empty"), (b"a,b\n1,2\n", "no line is a JSON object"), (b'{"a": "caf\xe9"}\n', "not UTF-8 text")],
)
def test_json_lines_that_are_none(write: Callable[..., Path], content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_table(write("a.jsonl", content)).header()


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Delimited(tmp_path / "none.csv").header()
    with pytest.raises(InputError, match="is a folder"):
        Delimited(tmp_path).header()


def test_columns_are_found_by_choice_then_by_name_in_any_case() -> None:
    known = {"date": ("date", "day"), "text": ("news",)}
    path = Path("x.csv")
    assert locate(path, ["NEWS", "Day"], {}, known, ("date", "text")) == {"date": 1, "text": 0}
    assert locate(path, ["News", "Day", "Schlagzeile"], {"text": "schlagzeile"}, known, ("date", "text")) == {
        "date": 1,
        "text": 2,
    }
    for header, chosen, words in (
        (["a"], {}, "no column for 'date'; the columns are a"),
        (["date"], {"text": "b"}, "no column 'b'"),
        (["date"], {"x": "date"}, "no field 'x'"),
    ):
        with pytest.raises(InputError, match=words):
            locate(path, header, chosen, known, ("date", "text"))
