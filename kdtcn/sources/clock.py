"""Times of source rows: days and local times to UTC, and dates as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kdtcn.errors import InputError
from kdtcn.sessions import NEW_YORK, calendar

_ZONE = ZoneInfo(NEW_YORK)


@lru_cache(maxsize=65536)
def day_start(day: date) -> datetime:
    """00:00 New York of a day, in UTC: when a headline with a date only counts as published."""
    return datetime.combine(day, time(), _ZONE).astimezone(UTC)


def day_end(day: date) -> datetime:
    """24:00 New York of a day, in UTC: when a headline with a date only is known."""
    return day_start(day + timedelta(days=1))


def new_york_day(moment: datetime) -> date:
    return moment.astimezone(_ZONE).date()


@lru_cache(maxsize=1)
def _closes() -> dict[date, datetime]:
    return {session.date(): close.to_pydatetime() for session, close in calendar().closes.items()}


def session_close(day: date) -> datetime | None:
    """The close of the session of that day in UTC, half days included; None where the exchange is closed."""
    return _closes().get(day)


def zone(name: str) -> ZoneInfo:
    """InputError where the zone is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(f"timezone {name!r}: unknown; give a name such as America/New_York or UTC") from None


def to_utc(local: datetime, where: ZoneInfo) -> datetime:
    """UTC of a moment; of two readings (a clock change) the later, so that no row is known too early."""
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    return max(local.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1))


_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,]+(.+))?")
_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?")


@dataclass(frozen=True)
class DateStyle:
    """How a column writes its dates: 'iso', 'dmy', 'mdy', or a strptime format."""

    style: str

    def parse(self, text: str) -> date | datetime:
        """A date, or a datetime where a time of day stands with it. Raises ValueError where the text is none."""
        text = text.strip()
        if self.style == "iso":
            return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        if self.style in ("dmy", "mdy"):
            found = _NUMERIC.fullmatch(text)
            if found is None:
                raise ValueError(text)
            first, second = int(found[1]), int(found[3])
            day, month = (first, second) if self.style == "dmy" else (second, first)
            whole = date(int(found[4]), month, day)
            return datetime.combine(whole, parse_clock(found[5])) if found[5] else whole
        moment = datetime.strptime(text, self.style)
        timed = any(code in self.style for code in ("%H", "%I", "%X", "%c", "%T"))
        return moment if timed else moment.date()

    def day(self, text: str) -> date | None:
        """The day alone; None where the text is no date."""
        try:
            when = self.parse(text)
        except ValueError:
            return None
        return when.date() if isinstance(when, datetime) else when


def parse_clock(text: str) -> time:
    """A time of day such as 14:05, 14:05:30 or 2:05 PM. Raises ValueError where the text is none."""
    found = _CLOCK.fullmatch(text.strip())
    hour, minute, second = (int(found[group] or 0) for group in (1, 2, 3)) if found else (99, 0, 0)
    if found and found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0) if 1 <= hour <= 12 else 99
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{text!r} is no time of day")
    return time(hour, minute, second)


def settle(values: Iterable[str], what: str, chosen: str = "") -> tuple[DateStyle, date]:
    """How a column writes its dates, as `chosen` or as the values prove, and its last day; one pass in constant memory.

    `what` names file and column in the error. InputError where every date fits both day/month and month/day (a guess would
    shift headlines by months), where styles are mixed, and where no value is a date.
    """
    seen = {style: _Seen(DateStyle(style)) for style in ([chosen] if chosen else ["iso", "dmy", "mdy"])}
    iso = numeric = 0
    day_first = month_first = False
    for value in values:
        value = value.strip()
        found = None if chosen else _NUMERIC.fullmatch(value)
        if chosen:
            seen[chosen].add(value)
        elif found is not None:
            numeric += 1
            day_first |= int(found[1]) > 12
            month_first |= int(found[3]) > 12
            for style in ("dmy", "mdy"):
                seen[style].add(value[: found.end(4)])
        elif _ISO.match(value):
            iso += 1
            seen["iso"].add(value)
    style = chosen or ("iso" if not numeric else "dmy" if day_first else "mdy")
    last = seen[style].last
    remedy = "say which with the option dates (dmy, mdy, iso or a strptime format)"
    if iso and numeric:
        raise InputError(f"{what}: some dates are written 2016-06-24, others 24/06/2016; {remedy} to reject the others")
    if day_first and month_first:
        raise InputError(f"{what}: dates as day/month and as month/day stand side by side; {remedy} to reject the others")
    if numeric and not day_first and not month_first:
        raise InputError(f"{what}: every date fits both day/month and month/day; {remedy}")
    if last is None and chosen:
        raise InputError(f"{what}: no date is written as {chosen!r}; mend the option dates (dmy, mdy, iso or a strptime format)")
    if last is None:
        raise InputError(f"{what}: no date found in a form known here; {remedy}")
    return DateStyle(style), last


class _Seen:
    """The last day of a column that may be long: a day stands on many rows, so most values were parsed just before."""

    def __init__(self, style: DateStyle) -> None:
        self.last: date | None = None
        self._day = lru_cache(maxsize=4096)(style.day)

    def add(self, value: str) -> None:
        day = self._day(value)
        if day is not None and (self.last is None or day > self.last):
            self.last = day
