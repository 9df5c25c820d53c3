"""Daily prices from Yahoo Finance through yfinance: unadjusted, with the adjusted close beside them."""

import logging
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import pandas as pd
from curl_cffi.requests import Response, Session
from pydantic import Field

from kdtcn.errors import SourceError
from kdtcn.progress import say, track
from kdtcn.sources import clock, http, universe
from kdtcn.sources.base import Context, Price, Provider, Reject
from kdtcn.sources.cache import key_of
from kdtcn.sources.csv_prices import build

SOURCE = "yahoo"
DAYS = 14  # fetched when no range is asked for: enough for a nightly to close a gap of a week
SETTLED = timedelta(minutes=30)  # after the close: quotes may lag behind the exchange by 15 minutes or more
KEPT = timedelta(hours=12)  # a day is too long: restated values would be seen a day late
COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
_CHART = "/v8/finance/chart/"
_HOST = re.compile(r"^https://[\w.]*yahoo\.com")


class _NoPricesError(SourceError):
    """An answer in good order that holds no session."""


class Yahoo(Provider):
    """Sessions that have closed; available at their close. A session still open is refused, its last price is no close.

    With a universe, also every symbol that was a member on a day of the range. One symbol that fails does not stop the others.
    """

    kind: ClassVar[Literal["prices", "news"]] = "prices"
    symbol: str = Field("^DJI", min_length=1)
    symbols: list[str] = Field([], description="more of them")
    universe: Literal["", "djia"] = Field("", description="the components of an index, by their membership dates")
    base_url: str = Field("", description="a mirror that answers for all of Yahoo's hosts")
    timeout: float = Field(20.0, gt=0)

    def read(self, context: Context) -> Iterator[Price | Reject]:
        """All symbols are asked for before the first row is stored; SourceError when none of them can be read."""
        last = context.last or clock.new_york_day(context.now)
        first = context.first or last - timedelta(days=DAYS)
        wanted = self._symbols(first, last, context)
        rows: list[list[Price | Reject]] = []
        failed: list[SourceError] = []
        session = _Patient(context, self.base_url)
        if context.state is not None:  # time zones and cookies, else in the user's cache folder
            import yfinance

            yfinance.set_tz_cache_location(str(context.state / "yfinance"))
        for symbol in track(wanted, "yahoo") if len(wanted) > 4 else wanted:
            try:
                rows.append(self._read(symbol, first, last, context, session))
            except SourceError as error:
                failed.append(error)
                if len(wanted) > 1:
                    self._leave_out(str(error), context)
        if not rows:
            raise failed[0]
        return chain.from_iterable(rows)

    def _symbols(self, first: date, last: date, context: Context) -> list[str]:
        found = [self.symbol, *self.symbols]
        for member in universe.members(self.universe, first, last) if self.universe else ():
            if member.symbol:
                found.append(member.symbol)
            else:
                self._leave_out(f"yahoo: {member.company} ({member.ticker}) is no longer listed", context)
        return list(dict.fromkeys(found))

    def _leave_out(self, problem: str, context: Context) -> None:
        context.problems.append(problem)
        say(f"left out: {problem}")

    def _read(self, symbol: str, first: date, last: date, context: Context, session: "_Patient") -> list[Price | Reject]:
        session.begin(key_of(f"{self.base_url}{_CHART}{symbol}", {"from": first, "to": last}))
        try:
            frame = self._history(symbol, str(first), str(last + timedelta(days=1)), session)
        except _NoPricesError:
            days = (first + timedelta(days=i) for i in range((last - first).days + 1))
            if any(close + SETTLED <= context.now for day in days if (close := clock.session_close(day))):
                raise
            return []  # a weekend, a holiday, or before the first close
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing and len(frame):
            raise SourceError(
                f"yahoo, {symbol}: the answer has no column {missing[0]!r}; the service may have changed, update yfinance"
            )
        rows = list(self._prices(symbol, frame, min(context.now, session.seen or context.now), context))
        if rows and all(isinstance(row, Price) for row in rows):  # a session still open must be asked for again
            session.keep()
        return rows

    def _prices(self, symbol: str, frame: pd.DataFrame, seen: datetime, context: Context) -> Iterator[Price | Reject]:
        for stamp, row in zip(frame.index, frame.to_dict("records"), strict=True):
            day = stamp.date()  # yfinance stamps a session 00:00 at its exchange
            if not context.wants(day):
                continue
            close = clock.session_close(day)
            if close is None:
                yield Reject(SOURCE, f"{symbol} {day}: {row}", "no NYSE session on that day")
            elif close + SETTLED > seen:
                yield Reject(SOURCE, f"{symbol} {day}", "the session has not closed yet")  # without values: one row however often
            else:
                price = build(symbol, day, SOURCE, close, {ours: float(row[theirs]) for theirs, ours in COLUMNS.items()})
                yield Reject(SOURCE, f"{symbol} {day}: {row}", price) if isinstance(price, str) else price

    def _history(self, symbol: str, start: str, end: str, session: "_Patient") -> pd.DataFrame:
        """The rows from `start` to before `end`; SourceError with Yahoo's own reason where there are none to have."""
        import yfinance
        from peewee import PeeweeException
        from yfinance.data import YfData
        from yfinance.exceptions import YFException, YFPricesMissingError, YFRateLimitError

        where = f"yahoo, {symbol}"
        YfData.cache_get.cache_clear()  # it remembers answers for past ranges, broken ones too
        hidden, quiet = yfinance.config.debug.hide_exceptions, logging.getLogger("yfinance").level
        yfinance.config.debug.hide_exceptions = False
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pandas about yfinance, which no user can mend
                ticker = yfinance.Ticker(symbol, session=session)
                return ticker.history(
                    start=start, end=end, interval="1d", auto_adjust=False, actions=False, keepna=True, timeout=self.timeout
                )
        except YFRateLimitError:
            raise SourceError(f"{where}: too many requests; try again in an hour") from None
        except YFPricesMissingError as error:
            raise _NoPricesError(f"{where}: {str(error)[:200]}; check the symbol and the dates") from None
        except YFException as error:
            raise SourceError(f"{where}: {str(error)[:200]}; check the symbol and the dates") from None
        except PeeweeException as error:
            raise SourceError(f"{where}: yfinance cannot write its cache of time zones ({error}); is the disk full?") from None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
            raise SourceError(
                f"{where}: the answer is no price data ({error.__class__.__name__}); the service may be down or have changed"
            ) from None
        finally:
            yfinance.config.debug.hide_exceptions = hidden
            logging.getLogger("yfinance").setLevel(quiet)


class _Patient(Session):
    """yfinance's own kind of session with our manners: retries that honour Retry-After, the pace and budget of the run's client,
    and its cache. Its own ignore Retry-After and give up on a 500.
    """

    def __init__(self, context: Context, base_url: str) -> None:
        super().__init__(impersonate="chrome")
        self._client, self._base_url = context.http, base_url.rstrip("/")
        self.begin("")

    def begin(self, key: str) -> None:
        """Turn to another question; one session for all symbols asks for cookie and crumb once."""
        self._key = key
        self._answer = self._client.recall(key)
        self._recalled = self._answer is not None

    @property
    def seen(self) -> datetime | None:
        """When the answer was made, by our clock or the service's, whichever is earlier: either may be wrong."""
        if self._answer is None:
            return None
        return min(self._answer.at, http.sent_at(self._answer.headers) or self._answer.at)

    def keep(self) -> None:
        if self._answer is not None and not self._recalled:
            self._client.keep(self._answer, KEPT)

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
        if self._recalled and self._answer is not None:  # cookie and crumb are not asked for either
            return _response(url, self._answer.content if _CHART in url else b"")
        if self._base_url:
            url = _HOST.sub(self._base_url, url)
        host = urlsplit(url).netloc
        where = f"yahoo, {host}{urlsplit(url).path}"
        if _CHART not in url:  # cookie and crumb: yfinance goes on without them
            self._client.admit(where, host)
            return super().request(method, url, *args, **options)

        def once() -> Any:
            self._client.admit(where, host)
            answer = super(_Patient, self).request(method, url, *args, **options)
            self._client.check_clock(answer.headers, host)
            http.check_busy(answer.status_code, answer.headers, "yahoo", self._client.clock())
            return answer

        answer = http.call("yahoo", once, self._client.attempts)
        self._answer = http.Answer(
            where, answer.status_code, dict(answer.headers), answer.content, self._client.clock(), self._key
        )
        return answer


def _response(url: str, content: bytes) -> Response:
    response = Response()
    response.url, response.status_code, response.content = url, 200, content
    return response
