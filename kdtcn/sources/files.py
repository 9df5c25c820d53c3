"""Delimited text and JSON lines row by row, in constant memory, checked whole before the first row is stored."""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple, cast

from kdtcn.errors import InputError

LINES = 200  # a record of more lines is a quote that was opened and not closed
SAMPLE = 1000  # lines of a JSON file that are looked at for its keys
FIELD = 1 << 24  # characters of one cell; the csv module's own limit is lower and stops the whole file


class Row(NamedTuple):
    """One record: the line it ends on, its cells as they stand, and whether it has as many as the header."""

    line: int
    cells: list[str]
    whole: bool


@dataclass(frozen=True)
class _Text:
    """A text file, `.gz` unpacked on the way.

    `encoding` '' means UTF-8, or what a byte-order mark says; 'mixed' means line by line UTF-8, else Windows-1252.
    """

    path: Path
    encoding: str = ""

    def _lines(self) -> Iterator[str]:
        """The decoded lines, their ends as they stand: the csv module tells those inside quotes from the others."""
        check_file(self.path)
        self._check_encoding()
        line = 0
        try:
            with self._binary() as raw:
                for text in self._decoded(raw):
                    line += 1
                    yield text
        except UnicodeError:
            raise InputError(
                f"{self.path}, after line {line}: not {self.encoding or 'UTF-8'} text; name the encoding with the option encoding (cp1252, latin-1, utf-16, mixed)"
            ) from None
        except (EOFError, zlib.error, OSError) as error:
            raise InputError(f"{self.path}: cannot be read to its end ({error}); get the file again") from None

    def _decoded(self, raw: IO[bytes]) -> Iterator[str]:
        if self.encoding != "mixed":
            yield from io.TextIOWrapper(raw, self.encoding or self._marked(), newline="")
            return
        for line in raw:
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                yield line.decode("cp1252", "replace")

    def _binary(self) -> IO[bytes]:
        return cast(IO[bytes], gzip.open(self.path)) if self.path.suffix == ".gz" else self.path.open("rb")

    def _marked(self) -> str:
        with self._binary() as raw:
            head = raw.read(4)
        return "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"

    def _check_encoding(self) -> None:
        try:
            codecs.lookup(self.encoding if self.encoding not in ("", "mixed") else "utf-8")
        except LookupError:
            raise InputError(
                f"{self.path}: unknown encoding {self.encoding!r}; use one that Python knows (utf-8, cp1252, utf-16) or mixed"
            ) from None


@dataclass(frozen=True)
class Delimited(_Text):
    """A delimited file with a header line."""

    delimiter: str = ","

    def header(self) -> list[str]:
        """The column names. InputError where there is no file, no header, or a name stands twice."""
        names = [name.strip() for name in next((cells for _, cells in self._records()), [])]
        if not any(names):
            raise InputError(f"{self.path}: the file is empty; expected a header line and rows below it")
        twice = sorted({name for name in names if names.count(name) > 1 and name})
        if twice:
            raise InputError(f"{self.path}: column {twice[0]!r} stands twice in the header; rename one")
        return names

    def rows(self) -> Iterator[Row]:
        """The records below the header; lines without any text are skipped."""
        width = len(self.header())
        for index, (line, cells) in enumerate(self._records()):
            if index and any(cell.strip() for cell in cells):
                yield Row(line, cells, len(cells) == width)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(FIELD)
        reader = csv.reader(self._lines(), delimiter=self.delimiter)
        before = 0
        try:
            for cells in reader:
                if reader.line_num - before > LINES:
                    raise InputError(
                        f"{self.path}, line {before + 1}: a quote is opened there and not closed within {LINES} lines; mend that line"
                    )
                before = reader.line_num
                yield reader.line_num, cells
        except csv.Error as error:
            raise InputError(
                f"{self.path}, line {reader.line_num}: not readable as delimited text ({error}); mend that line"
            ) from None


@dataclass(frozen=True)
class JsonLines(_Text):
    """A file of one JSON object a line, read as rows: its columns are the keys of the first lines."""

    def header(self) -> list[str]:
        """The keys, in order of appearance. InputError where no line is an object."""
        found = (value for _, _, value in islice(self._objects(), SAMPLE) if value is not None)
        names = list(dict.fromkeys(key for value in found for key in value))
        if not names:
            raise InputError(f'{self.path}: no line is a JSON object; expected one such as {{"Date": ..., "title": ...}} a line')
        return names

    def rows(self) -> Iterator[Row]:
        names = self.header()
        for line, text, value in self._objects():
            if value is None:
                yield Row(line, [text], False)
            else:
                yield Row(line, ["" if (cell := value.get(name)) is None else str(cell) for name in names], True)

    def _objects(self) -> Iterator[tuple[int, str, dict[str, object] | None]]:
        for line, text in enumerate(self._lines(), start=1):
            if text.strip():
                try:
                    value = json.loads(text)
                except (ValueError, RecursionError):
                    value = None
                yield line, text.strip(), value if isinstance(value, dict) else None


def open_table(path: Path, delimiter: str = ",", encoding: str = "") -> Delimited | JsonLines:
    """The file as rows: JSON lines by their suffix (.jsonl, .ndjson, also with .gz), delimited text otherwise."""
    name = path.name.removesuffix(".gz")
    return JsonLines(path, encoding) if name.endswith((".jsonl", ".ndjson")) else Delimited(path, encoding, delimiter)


def check_file(path: Path) -> None:
    """InputError where the path is no readable file with something in it."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the file")
    if not path.exists():
        raise InputError(f"{path}: no such file; check the path")
    try:
        with path.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from None
    if not first:
        raise InputError(f"{path}: the file is empty; expected a header line and rows below it")


def locate(
    path: Path,
    header: Sequence[str],
    chosen: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
    required: Sequence[str],
    option: str = "columns",
) -> dict[str, int]:
    """Where each of our fields stands in the header: as `chosen` says, else by the names `known` for it, in any case.

    InputError names the column that is missing and those that are there.
    """
    places = {name.casefold(): index for index, name in enumerate(header)}
    found: dict[str, int] = {}
    for field, name in chosen.items():
        if field not in known:
            raise InputError(f"{path}: option {option}: no field {field!r}; the fields are {', '.join(known)}")
        if name.casefold() not in places:
            raise InputError(f"{path}: no column {name!r} (option {option}: {field}); the columns are {', '.join(header)}")
        found[field] = places[name.casefold()]
    for field, names in known.items():
        if field not in found:
            place = next((places[name] for name in names if name in places), None)
            if place is not None:
                found[field] = place
    for field in required:
        if field not in found:
            raise InputError(
                f"{path}: no column for {field!r}; the columns are {', '.join(header)[:200]}; name it with the option {option}: {{{field}: ...}}"
            )
    return found
