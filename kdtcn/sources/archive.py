"""Compressed files as plain bytes, streamed: gz, zst and zip with one file in it, within limits that stop a bomb."""

import gzip
import io
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from kdtcn.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RATIO = 250  # text shrinks 3 to 30 times; what grows more on unpacking is no text
FLOOR = 64 << 20  # bytes that may come out before the ratio counts
SIZE = 1 << 40  # bytes in all
LINE = 1 << 24  # characters of a line
WINDOW = 31  # log2 of the largest zstd window: the public dumps of Reddit are made with it
_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip", b"PK\x05\x06": ".zip"}
PACKED = (".gz", ".zst", ".zip")
DAMAGE = (EOFError, zlib.error, zstd.ZstdError, zipfile.BadZipFile, OSError)


def kind_of(path: Path) -> str:
    """'.gz', '.zst', '.zip' or '' by the first bytes. InputError where the name promises another kind."""
    with path.open("rb") as stream:
        head = stream.read(4)
    found = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
    if head[1:] == b"\x2a\x4d\x18" and head[0] >> 4 == 5:  # a skippable frame may come first
        found = ".zst"
    named = path.suffix.lower()
    if named in PACKED and named != found:
        raise InputError(f"{path}: cannot be read as {named}, its first bytes are those of something else; get the file again")
    return found


def plain_name(path: Path) -> str:
    """The name of the text inside, which tells JSON lines from delimited text."""
    kind = kind_of(path)
    if kind == ".zip":
        try:
            with zipfile.ZipFile(path) as packed:
                return _member(packed, str(path)).filename
        except DAMAGE as error:
            raise InputError(f"{path}: cannot be read to its end ({error}); get the file again") from None
    return path.name.removesuffix(kind) if kind else path.name


def open_plain(path: Path) -> IO[bytes]:
    """The bytes of the file, unpacked on the way. InputError where they outgrow the limits; close it after use."""
    kind = kind_of(path)
    if kind == ".gz":
        source: IO[bytes] = cast(IO[bytes], gzip.open(path))  # noqa: SIM115
    elif kind == ".zst":
        source = cast(IO[bytes], zstd.ZstdFile(path, options={zstd.DecompressionParameter.window_log_max: WINDOW}))
    elif kind == ".zip":
        packed = zipfile.ZipFile(path)
        source = _open_member(packed, str(path))
    else:
        return path.open("rb")
    return _within(source, path.stat().st_size, str(path))


def unzip_lines(content: bytes, where: str) -> Iterator[str]:
    """The lines of the one text in a zip archive, without their ends, bytes that are no UTF-8 as U+FFFD."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, _within(_open_member(packed, where), len(content), where) as stream:
            text = io.TextIOWrapper(stream, "utf-8", "replace", newline="\n")
            while line := text.readline(LINE):
                yield line.rstrip("\r\n")
    except DAMAGE as error:
        raise InputError(f"{where}: not a zip archive that can be read to its end ({error}); get it again") from None


def _open_member(packed: zipfile.ZipFile, where: str) -> IO[bytes]:
    try:
        return packed.open(_member(packed, where))
    except (RuntimeError, NotImplementedError) as error:
        raise InputError(f"{where}: cannot be unpacked ({error}); unpack it by hand") from None


def _member(packed: zipfile.ZipFile, where: str) -> zipfile.ZipInfo:
    files = [info for info in packed.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        names = ", ".join(info.filename for info in files[:5]) or "none"
        raise InputError(f"{where}: holds {len(files)} files instead of one ({names}); unpack it and name the one to read")
    return files[0]


def _within(source: IO[bytes], packed: int, where: str) -> IO[bytes]:
    return cast(IO[bytes], io.BufferedReader(_Limited(source, min(SIZE, max(FLOOR, RATIO * packed)), where), 1 << 20))


class _Limited(io.RawIOBase):
    """A stream that ends with an error when more comes out of it than can be text."""

    def __init__(self, source: IO[bytes], most: int, where: str) -> None:
        super().__init__()
        self._source, self._left, self._most, self._where = source, most, most, where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._source.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise InputError(
                f"{self._where}: unpacks to more than {self._most:,} bytes, over {RATIO} times its size: a damaged file or a zip bomb; "
                "unpack it by hand if you trust it"
            )
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._source.close()
        super().close()
