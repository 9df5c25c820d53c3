"""Packed files: the same text from every packing, and a clear end to damage, bombs and riddles."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kdtcn.errors import InputError
from kdtcn.sources import archive
from kdtcn.sources.archive import zstd
from kdtcn.sources.files import Delimited, open_table

GOOD = b"Date,News\n2016-06-24,Oil falls\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return packed.getvalue()


def zst(content: bytes, window: int = 21) -> bytes:
    options = {zstd.CompressionParameter.window_log: window, zstd.CompressionParameter.enable_long_distance_matching: 1}
    return zstd.compress(content, options=options)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", GOOD),
        ("a.csv.gz", gzip.compress(GOOD, mtime=0)),
        ("a.csv.gz", gzip.compress(GOOD[:20], mtime=0) + gzip.compress(GOOD[20:], mtime=0)),  # two members, as `cat` makes them
        ("a.csv.zst", zst(GOOD)),
        ("a.csv.zst", zst(GOOD[:20]) + zst(GOOD[20:])),
        ("a.csv.zst", b"\x50\x2a\x4d\x18\x04\x00\x00\x00note" + zst(GOOD)),  # a frame to be skipped first
        ("a.csv.zst", zst(GOOD, 31)),
        ("a.csv.zip", zipped(("inside.csv", GOOD))),
        ("a.zip", zipped(("folder/", b""), ("folder/inside.csv", GOOD), ("__MACOSX/._inside.csv", b"x"))),
        ("a.csv", gzip.compress(GOOD, mtime=0)),  # packed without saying so
    ],
)
def test_one_text_in_many_packings(write: Callable[..., Path], name: str, content: bytes) -> None:
    table = open_table(write(name, content))
    assert isinstance(table, Delimited)
    assert [row.cells for row in table.rows()] == [["2016-06-24", "Oil falls"]]


def test_the_name_inside_says_what_it_is(write: Callable[..., Path]) -> None:
    line = b'{"Date": "2016-06-24", "title": "Oil falls"}\n'
    for path in (
        write("a.zip", zipped(("rows.jsonl", line))),
        write("a.ndjson.zst", zst(line)),
        write("b.JSONL.gz", gzip.compress(line, mtime=0)),
    ):
        assert open_table(path).header() == ["Date", "title"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv.gz", GOOD, "cannot be read as .gz"),
        ("a.csv.zst", gzip.compress(GOOD, mtime=0), "cannot be read as .zst"),
        ("a.csv.zst", zst(GOOD * 500)[:-9], "cannot be read to its end"),
        ("a.csv.gz", gzip.compress(GOOD * 500, mtime=0)[:-20], "cannot be read to its end"),
        ("a.zip", zipped(("inside.csv", GOOD))[:-30], "cannot be read to its end"),
        ("a.zip", zipped(("a.csv", GOOD), ("b.csv", GOOD)), "holds 2 files instead of one"),
        ("a.zip", zipped(), "holds 0 files"),
    ],
)
def test_what_cannot_be_unpacked_is_named(write: Callable[..., Path], name: str, content: bytes, words: str) -> None:
    path = write(name, content)
    with pytest.raises(InputError, match=words) as caught:
        list(open_table(path).rows())
    assert str(path) in str(caught.value)


def test_a_zip_with_a_password_is_refused(write: Callable[..., Path]) -> None:
    content = bytearray(zipped(("a.csv", GOOD)))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    with pytest.raises(InputError, match="cannot be unpacked"):
        list(open_table(write("a.zip", bytes(content))).rows())


@pytest.mark.parametrize("pack", [gzip.compress, zst, lambda content: zipped(("a.csv", content))], ids=["gz", "zst", "zip"])
@pytest.mark.parametrize("line", [b"2016-06-24,Oil falls\n", b"\0"], ids=["rows", "one line"])
def test_a_bomb_is_stopped(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes], line: bytes
) -> None:
    monkeypatch.setattr(archive, "FLOOR", 1 << 20)
    suffix = {b"\x1f\x8b": ".gz", b"\x28\xb5": ".zst"}.get(pack(b"x")[:2], ".zip")
    content = pack(b"Date,News\n" + line * ((8 << 20) // len(line)))
    monkeypatch.setattr(archive, "RATIO", 50)
    with pytest.raises(InputError, match="over 50 times its size: a damaged file or a zip bomb"):
        list(open_table(write(f"a.csv{suffix}", content)).rows())


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("archive", "files"):
        monkeypatch.setattr(f"kdtcn.sources.{module}.LINE", 10_000)
    for encoding in ("", "mixed"):
        with pytest.raises(InputError, match="line 2: longer than"):
            list(Delimited(write("a.csv", b"Date,News\n" + b"x" * 50_000), encoding=encoding).rows())
