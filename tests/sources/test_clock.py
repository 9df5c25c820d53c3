"""Times: New York days, clock changes, closes, and dates as people write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kdtcn.errors import InputError
from kdtcn.sources.clock import DateStyle, day_end, day_start, new_york_day, parse_clock, session_close, settle, to_utc, zone


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2016, 1, 15), datetime(2016, 1, 15, 5), datetime(2016, 1, 16, 5)),
        (date(2016, 6, 24), datetime(2016, 6, 24, 4), datetime(2016, 6, 25, 4)),
        (date(2016, 3, 13), datetime(2016, 3, 13, 5), datetime(2016, 3, 14, 4)),  # 23 hours
        (date(2016, 11, 6), datetime(2016, 11, 6, 4), datetime(2016, 11, 7, 5)),  # 25 hours
    ],
)
def test_a_day_is_new_yorks_day(day: date, start: datetime, end: datetime) -> None:
    assert (day_start(day), day_end(day)) == (start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2016, 6, 24), datetime(2016, 6, 24, 20)),
        (date(2015, 11, 27), datetime(2015, 11, 27, 18)),  # half day after Thanksgiving
        (date(2012, 10, 29), None),  # the storm
        (date(2016, 7, 4), None),
        (date(2016, 6, 25), None),
    ],
)
def test_closes(day: date, close: datetime | None) -> None:
    assert session_close(day) == (close.replace(tzinfo=UTC) if close else None)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2016, 6, 24, 23, 59, 59), datetime(2016, 6, 25, 3, 59, 59)),
        (datetime(2016, 11, 6, 1, 30), datetime(2016, 11, 6, 6, 30)),  # happens twice: the later
        (datetime(2016, 3, 13, 2, 30), datetime(2016, 3, 13, 7, 30)),  # never happens: the later reading
    ],
)
def test_a_local_time_is_never_known_too_early(local: datetime, utc: datetime) -> None:
    assert to_utc(local, ZoneInfo("America/New_York")) == utc.replace(tzinfo=UTC)


def test_a_time_with_offset_keeps_it_and_belongs_to_its_new_york_day() -> None:
    moment = to_utc(datetime.fromisoformat("2016-06-25T05:00:00+02:00"), ZoneInfo("America/New_York"))
    assert moment == datetime(2016, 6, 25, 3, tzinfo=UTC)
    assert new_york_day(moment) == date(2016, 6, 24)


@pytest.mark.parametrize(
    ("values", "style"),
    [
        (["2016-06-24", "2016-06-25"], "iso"),
        (["2016-06-24T10:00:00Z", ""], "iso"),
        (["03/04/2016", "24/06/2016"], "dmy"),
        (["03/04/2016", "06/24/2016"], "mdy"),
        (["3.4.2016", "24.6.2016"], "dmy"),
        (["06/24/2016 14:05"], "mdy"),
    ],
)
def test_the_style_that_the_dates_prove(values: list[str], style: str) -> None:
    assert settle(values, "x.csv")[0] == DateStyle(style)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["03/04/2016", "05/06/2016"], "fits both"),
        (["24/06/2016", "06/25/2016"], "side by side"),
        (["2016-06-24", "24/06/2016"], "others"),
        (["June 24"], "no date found"),
        ([], "no date found"),
    ],
)
def test_no_guess(values: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        settle(values, "x.csv, column 'Date'")
    assert "x.csv, column 'Date'" in str(caught.value)
    assert "option dates" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "chosen", "last"),
    [
        (["2016-06-24", "2016-06-25", "2016-06-01"], "", date(2016, 6, 25)),  # newest first or last, or in no order
        (["2016-06-24T10:00:00Z", "2016-06-23T10:00:00Z"], "", date(2016, 6, 24)),
        (["24/06/2016 10:00", "03/04/2016 11:00"], "", date(2016, 6, 24)),
        (["03/04/2016", "01/05/2016"], "dmy", date(2016, 5, 1)),
        (["03/04/2016", "01/05/2016"], "mdy", date(2016, 3, 4)),
        (["Jun 24, 2016", "soon"], "%b %d, %Y", date(2016, 6, 24)),
    ],
)
def test_the_last_day_of_a_column(values: list[str], chosen: str, last: date) -> None:
    assert settle(values, "x.csv", chosen)[1] == last


@pytest.mark.parametrize(
    ("style", "text", "value"),
    [
        ("iso", "2016-06-24", date(2016, 6, 24)),
        ("iso", "2016-06-24 14:05", datetime(2016, 6, 24, 14, 5)),
        ("iso", "2016-06-24T14:05:00Z", datetime(2016, 6, 24, 14, 5, tzinfo=UTC)),
        ("dmy", "03/04/2016", date(2016, 4, 3)),
        ("mdy", "03/04/2016", date(2016, 3, 4)),
        ("mdy", "03/04/2016 2:05 PM", datetime(2016, 3, 4, 14, 5)),
        ("%b %d, %Y", "Jun 24, 2016", date(2016, 6, 24)),
        ("%d %H:%M %m %Y", "24 14:05 06 2016", datetime(2016, 6, 24, 14, 5)),
    ],
)
def test_dates(style: str, text: str, value: date) -> None:
    found = DateStyle(style).parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("style", "text"), [("iso", "24/06/2016"), ("dmy", "2016-06-24"), ("dmy", "31/02/2016"), ("mdy", "24/06/2016"), ("%Y", "x")]
)
def test_what_is_no_date_of_the_style(style: str, text: str) -> None:
    assert DateStyle(style).day(text) is None


@pytest.mark.parametrize("text", ["25:00", "12:60", "13:00 PM", "0:10 am", "noon", ""])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="is no time of day"):
        parse_clock(text)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(InputError, match="Mars/Base"):
        zone("Mars/Base")
