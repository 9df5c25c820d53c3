"""Delimited text and JSON lines row by row, in constant memory, checked whole before the first row is stored."""

import codecs
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, NamedTuple

from kdtcn.errors import InputError
from kdtcn.sources.archive import DAMAGE, LINE, open_plain, plain_name
from kdtcn.sources.quoting import Parsed, records

SAMPLE = 1000  # lines of a JSON file that are looked at for its keys


class Row(NamedTuple):
    """One record: the line it ends on, its cells as they stand, and what is wrong with it (nothing for most)."""

    line: int
    cells: list[str]
    fault: str


@dataclass(frozen=True)
class _Text:
    """A text file, `.gz`, `.zst` and `.zip` unpacked on the way.

    `encoding` '' means UTF-8, or what a byte-order mark says; 'mixed' means line by line UTF-8, else Windows-1252.
    """

    path: Path
    encoding: str = ""

    def _lines(self) -> Iterator[str]:
        """The decoded lines, their ends as they stand: those inside quotes are told from the others later."""
        check_file(self.path)
        self._check_encoding()
        line = 0
        try:
            with open_plain(self.path) as raw:
                for text in self._decoded(raw):
                    line += 1
                    if len(text) >= LINE:
                        raise InputError(f"{self.path}, line {line}: longer than {LINE:,} characters; this is no file of lines")
                    yield text
        except UnicodeError:
            raise InputError(
                f"{self.path}, after line {line}: not {self.encoding or 'UTF-8'} text; name the encoding with the option encoding (cp1252, latin-1, utf-16, mixed)"
            ) from None
        except DAMAGE as error:
            raise InputError(f"{self.path}: cannot be read to its end ({error}); get the file again") from None

    def _decoded(self, raw: IO[bytes]) -> Iterator[str]:
        """Line by line, and no more of a line than fits into memory whatever the file is."""
        if self.encoding != "mixed":
            text = io.TextIOWrapper(raw, self.encoding or self._marked(), newline="")
            while line := text.readline(LINE):
                yield line
            return
        while coded := raw.readline(LINE):
            try:
                yield coded.decode("utf-8")
            except UnicodeDecodeError:
                yield coded.decode("cp1252", "replace")

    def _marked(self) -> str:
        with open_plain(self.path) as raw:
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
        names = [name.strip() for name in next((found.cells for found in self._records()), [])]
        if not any(names):
            raise InputError(f"{self.path}: the file is empty; expected a header line and rows below it")
        twice = sorted({name for name in names if names.count(name) > 1 and name})
        if twice:
            raise InputError(f"{self.path}: column {twice[0]!r} stands twice in the header; rename one")
        return names

    def rows(self) -> Iterator[Row]:
        """The records below the header; lines without any text are skipped, the header's own words further down are a fault."""
        header = self.header()
        for index, (line, cells, fault) in enumerate(self._records(len(header))):
            if index and any(cell.strip() for cell in cells):
                if not fault and len(cells) != len(header):
                    fault = "more or fewer cells than the header"
                elif cells[0].strip() == header[0] and [cell.strip() for cell in cells] == header:
                    fault = "the header once more"
                yield Row(line, cells, fault)

    def _records(self, width: int = 0) -> Iterator[Parsed]:
        return records(self._lines(), self.delimiter, width)


@dataclass(frozen=True)
class JsonLines(_Text):
    """A file of one JSON object a line, read as rows: its columns are the keys of the first lines."""

    def header(self) -> list[str]:
        """The keys, in order of appearance. InputError where no line is an object."""
        found = (value for _, _, value in islice(self.objects(), SAMPLE) if value is not None)
        names = list(dict.fromkeys(key for value in found for key in value))
        if not names:
            raise InputError(f'{self.path}: no line is a JSON object; expected one such as {{"Date": ..., "title": ...}} a line')
        return names

    def rows(self) -> Iterator[Row]:
        names = self.header()
        for line, text, value in self.objects():
            if value is None:
                yield Row(line, [text], "not a JSON object")
            else:
                yield Row(line, ["" if (cell := value.get(name)) is None else str(cell) for name in names], "")

    def objects(self) -> Iterator[tuple[int, str, dict[str, object] | None]]:
        """Line number, text and object of each line that is not empty; None where it is no object."""
        for line, text in enumerate(self._lines(), start=1):
            if text.strip():
                try:
                    value = json.loads(text)
                except (ValueError, RecursionError):
                    value = None
                yield line, text.strip(), value if isinstance(value, dict) else None


def open_table(path: Path, delimiter: str = ",", encoding: str = "") -> Delimited | JsonLines:
    """The file as rows: JSON lines by their suffix (.jsonl, .ndjson, also packed), delimited text otherwise."""
    check_file(path)
    lines = plain_name(path).lower().endswith((".jsonl", ".ndjson"))
    return JsonLines(path, encoding) if lines else Delimited(path, encoding, delimiter)


def filled(table: Delimited | JsonLines) -> Iterator[Row]:
    """The rows without a fault; InputError where the file has no rows at all."""
    rows = table.rows()
    first = next(rows, None)
    if first is None:
        raise InputError(f"{table.path}: no rows below the header; get the file again")
    return (row for row in chain([first], rows) if not row.fault)


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
