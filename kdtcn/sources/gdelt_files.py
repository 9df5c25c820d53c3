"""Headlines from the GDELT project's 15-minute files (Global Knowledge Graph 2.1), live and back to 2015.

Of the three files of each quarter of an hour only this one holds the titles of the pages (in its last column; early files hold none).
http://data.gdeltproject.org/documentation/GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import ClassVar, Literal

from pydantic import Field

from kdtcn.errors import InputError, SourceError
from kdtcn.progress import say, track
from kdtcn.sources import clock
from kdtcn.sources.archive import unzip_lines
from kdtcn.sources.base import Context, Provider, Record, Reject, readable
from kdtcn.sources.gdelt import KEPT, SOURCE, title_of
from kdtcn.sources.http import FRESH, Answer, RefusedError
from kdtcn.sources.text import safe_url

QUARTER = timedelta(minutes=15)
LATE = timedelta(hours=6)  # a file that is not there by then never comes
COLUMNS = 27
STAMP, SITE, URL, THEMES, EXTRAS = 1, 3, 4, 7, 26  # columns, counted from 0
_NEWEST = re.compile(r"\b(\d{14})\.gkg\.csv\.zip\b")
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.DOTALL)


class GdeltFiles(Provider):
    """Titles of the English-language pages of each file, known when the service put the file out: 15 minutes after its name says.

    A day is 96 files of some 5 MB each and 150,000 pages: name the sites or themes that matter.
    """

    kind: ClassVar[Literal["prices", "news"]] = "news"
    domains: list[str] = Field([], description="only these sites, such as bbc.co.uk; empty: all")
    themes: list[str] = Field([], description="only pages with one of these themes, such as ECON_STOCKMARKET; empty: all")
    site: str = "http://data.gdeltproject.org/gdeltv2"

    def read(self, context: Context) -> Iterator[Record | Reject]:
        """The files of the range, without one those of the 24 hours to the newest, which the service names itself.

        A file that is missing there is said and left out; when the request budget is spent, what was read is stored and a
        second run goes on from there.
        """
        answer = context.http.get(f"{self.site}/lastupdate.txt")
        newest = _NEWEST.search(answer.content.decode("ascii", "replace"))
        if newest is None:
            raise SourceError(f"{answer.where}: names no file *.gkg.csv.zip; the service may have changed")
        context.http.keep(answer, FRESH)
        end = datetime.strptime(newest[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        begin = end - timedelta(days=1) + QUARTER
        if context.first or context.last:
            begin = clock.day_start(context.first or context.last)
            end = min(end, clock.day_end(context.last) if context.last else end)
        stamps = [begin + i * QUARTER for i in range(max(0, int((end - begin) / QUARTER) + 1))]
        files = self._files(stamps, context)
        first = next(files, [])  # here, so that a service that is down is an error
        return chain(first, chain.from_iterable(files))

    def _files(self, stamps: list[datetime], context: Context) -> Iterator[list[Record | Reject]]:
        """The rows of each file that is there. SourceError only before the first: later ones are said and end the reading."""
        missing, started = 0, False
        for done, stamp in enumerate(track(stamps, "gdelt files") if len(stamps) > 4 else stamps):
            try:
                answer = context.http.get(f"{self.site}/{stamp:%Y%m%d%H%M%S}.gkg.csv.zip")
                rows = self._rows(answer, stamp)
            except SourceError as error:
                if isinstance(error, RefusedError) and error.answer.status == 404:
                    missing += 1
                    if error.answer.at - stamp > LATE:
                        context.http.keep(error.answer, KEPT)
                    continue
                if not started:
                    raise
                self._tell(
                    context,
                    f"gdelt files: stopped before {stamp:%Y-%m-%d %H:%M} UTC, {len(stamps) - done:,} files short: {error}",
                )
                return
            context.http.keep(answer, KEPT)
            started = True
            yield [row for row in rows if isinstance(row, Reject) or context.wants(row.day)]
        if missing:
            self._tell(context, f"{self.site}: {missing:,} of {len(stamps):,} files are not there")

    def _tell(self, context: Context, problem: str) -> None:
        context.problems.append(problem)
        say(problem)

    def _rows(self, answer: Answer, stamp: datetime) -> list[Record | Reject]:
        """The rows of one file; SourceError where it is damaged or holds no titles."""
        known = min(stamp + QUARTER, answer.at)
        name = answer.where.rpartition("/")[2]
        found: list[Record | Reject] = []
        number, titles = 0, False
        try:
            for number, line in enumerate(unzip_lines(answer.content, answer.where), start=1):
                row = self._row(line, f"{name} line {number}", known)
                titles = titles or "<PAGE_TITLE>" in line
                if row is not None:
                    found.append(row)
        except InputError as error:
            raise SourceError(str(error)) from None
        if number and not titles:
            readable(found, answer.where)
            raise SourceError(
                f"{answer.where}: none of its {number:,} pages has a title; early files hold none, else the service may have changed"
            )
        return found

    def _row(self, line: str, where: str, known: datetime) -> Record | Reject | None:
        """A line as a record; None for a page that is not asked for, or has no title."""
        cells = line.split("\t")
        if len(cells) != COLUMNS:
            return Reject(SOURCE, f"{where}: {line[:500]}", f"{len(cells)} columns instead of {COLUMNS}")
        site = cells[SITE].casefold()
        if self.domains and not any(site == name or site.endswith(f".{name}") for name in self.domains):
            return None
        if self.themes and not set(self.themes) & set(cells[THEMES].split(";")):
            return None
        found = _TITLE.search(cells[EXTRAS])
        title = title_of(found[1]) if found else ""
        if not title:
            return None
        try:
            published = min(datetime.strptime(cells[STAMP], "%Y%m%d%H%M%S").replace(tzinfo=UTC), known)
        except ValueError:
            return Reject(SOURCE, f"{where}: {title}", "no date")
        return Record(published, known, SOURCE, clock.new_york_day(published), title, safe_url(cells[URL]))
