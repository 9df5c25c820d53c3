"""Daily prices from Yahoo Finance through yfinance: unadjusted, with the adjusted close beside them."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import pandas as pd
from curl_cffi.requests import Session
from pydantic import Field

from kdtcn.errors import SourceError
from kdtcn.sources import clock, http
from kdtcn.sources.base import Context, Price, Provider, Reject
from kdtcn.sources.csv_prices import build

SOURCE = "yahoo"
DAYS = 14  # fetched when no range is asked for: enough for a nightly to close a gap of a week
COLUMNS = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
_CHART = "/v8/finance/chart/"
_HOST = re.compile(r"^https://[\w.]*yahoo\.com")


class Yahoo(Provider):
    """Sessions that have closed; available at their close. A session still open is refused, its last price is no close."""

    kind: ClassVar[Literal["prices", "news"]] = "prices"
    symbol: str = Field("^DJI", min_length=1)
    base_url: str = Field("", description="a mirror that answers for all of Yahoo's hosts")
    timeout: float = Field(20.0, gt=0)

    def read(self, context: Context) -> Iterator[Price | Reject]:
        last = context.last or clock.new_york_day(context.now)
        first = context.first or last - timedelta(days=DAYS)
        frame = self._history(str(first), str(last + timedelta(days=1)))
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing and len(frame):
            raise SourceError(
                f"yahoo, {self.symbol}: the answer has no column {missing[0]!r}; the service may have changed, update yfinance"
            )
        return self._prices(frame, context)

    def _prices(self, frame: pd.DataFrame, context: Context) -> Iterator[Price | Reject]:
        for stamp, row in zip(frame.index, frame.to_dict("records"), strict=True):
            day = stamp.date()  # yfinance stamps a session 00:00 at its exchange
            if not context.wants(day):
                continue
            close = clock.session_close(day)
            if close is None:
                yield Reject(SOURCE, f"{self.symbol} {day}: {row}", "no NYSE session on that day")
            elif close > context.now:
                yield Reject(
                    SOURCE, f"{self.symbol} {day}", "the session has not closed yet"
                )  # without values: one row however often it is asked
            else:
                price = build(self.symbol, day, SOURCE, close, {ours: float(row[theirs]) for theirs, ours in COLUMNS.items()})
                yield Reject(SOURCE, f"{self.symbol} {day}: {row}", price) if isinstance(price, str) else price

    def _history(self, start: str, end: str) -> pd.DataFrame:
        """The rows from `start` to before `end`; SourceError with Yahoo's own reason where there are none to have."""
        import yfinance
        from yfinance.data import YfData
        from yfinance.exceptions import YFException, YFRateLimitError

        where = f"yahoo, {self.symbol}"
        YfData.cache_get.cache_clear()  # it remembers answers for past ranges, broken ones too
        hidden, quiet = yfinance.config.debug.hide_exceptions, logging.getLogger("yfinance").level
        yfinance.config.debug.hide_exceptions = False
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)
        try:
            ticker = yfinance.Ticker(self.symbol, session=_Patient(self.base_url))
            return ticker.history(
                start=start, end=end, interval="1d", auto_adjust=False, actions=False, keepna=True, timeout=self.timeout
            )
        except YFRateLimitError:
            raise SourceError(f"{where}: too many requests; try again in an hour") from None
        except YFException as error:
            raise SourceError(f"{where}: {str(error)[:200]}; check the symbol and the dates") from None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
            raise SourceError(
                f"{where}: the answer is no price data ({error.__class__.__name__}); the service may be down or have changed"
            ) from None
        finally:
            yfinance.config.debug.hide_exceptions = hidden
            logging.getLogger("yfinance").setLevel(quiet)


class _Patient(Session):
    """yfinance's own kind of session, with our retries: its own ignore Retry-After and give up on a 500."""

    def __init__(self, base_url: str = "") -> None:
        super().__init__(impersonate="chrome")
        self._base_url = base_url.rstrip("/")

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Any:
        if self._base_url:
            url = _HOST.sub(self._base_url, url)
        if _CHART not in url:  # cookie and crumb: yfinance goes on without them
            return super().request(method, url, *args, **options)

        def once() -> Any:
            answer = super(_Patient, self).request(method, url, *args, **options)
            http.check_busy(answer.status_code, answer.headers, "yahoo", datetime.now(UTC))
            return answer

        return http.call("yahoo", once)
