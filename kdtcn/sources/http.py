"""The web, politely: time-outs, retries with jitter that honour Retry-After, a pace per host, a budget, a size cap, a memory."""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import stamina

from kdtcn import __version__
from kdtcn.errors import SourceError
from kdtcn.progress import say
from kdtcn.sources.cache import Cache, key_of

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, and some hold keys
logging.getLogger("stamina").setLevel(logging.ERROR)  # retries are said in words below

AGENT = f"kdtcn/{__version__} (research pipeline; reads a few pages a day)"
TRANSIENT = frozenset({429, 500, 502, 503, 504})
ATTEMPTS = 5
PATIENCE = 120.0  # seconds: a service that asks for a longer pause is left alone until the next run
SKEW = timedelta(minutes=5)  # clocks that differ by more are worth a word
FRESH = timedelta(minutes=10)  # how long an answer about now is as good as a new one


class Busy(Exception):
    """An answer that says: later. `wait` is what its Retry-After asks for, in seconds."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(f"status {status}")
        self.status, self.wait = status, wait


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait: a number, or a date by the service's own clock where it tells it.

    None where there is none or it is unreadable.
    """
    value = _header(headers, "retry-after")
    if value.isdecimal():
        return float(value)
    until = _date(value)
    return None if until is None else max(0.0, (until - (sent_at(headers) or now)).total_seconds())


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    """What the service's clock said when it answered; None where the answer does not tell, or comes from a store on the way."""
    return None if _header(headers, "age") not in ("", "0") else _date(_header(headers, "date"))


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((text for name, text in headers.items() if name.lower() == wanted), "").strip()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def check_busy(status: int, headers: Mapping[str, str], where: str, now: datetime) -> None:
    """Busy for an answer worth another try; SourceError where the pause asked for is too long to sit out."""
    if status not in TRANSIENT:
        return
    wait = retry_after(headers, now)
    if wait is not None and wait > PATIENCE:
        raise SourceError(f"{where}: answered {status} and asks to wait {wait:.0f} s; run the command again then")
    raise Busy(status, wait)


def call(where: str, request: Callable[[], Any], attempts: int = ATTEMPTS) -> Any:
    """Run a request with retries; SourceError when the last attempt fails too. `where` names the service without secrets."""

    def again(error: Exception) -> bool | float:
        """Whether to try again, and after how long; jitter keeps many clients from coming back at once."""
        if isinstance(error, Busy):
            say(f"{where}: answered {error.status}{'' if error.wait is None else f' and asks to wait {error.wait:.0f} s'}")
            return True if error.wait is None else error.wait + random.uniform(0.0, 1.0)
        return isinstance(error, (httpx.TransportError, httpx.DecodingError, OSError))

    try:
        for attempt in stamina.retry_context(
            on=again, attempts=attempts, timeout=None, wait_initial=1.0, wait_max=30.0, wait_jitter=1.0
        ):
            with attempt:
                return request()
    except Busy as error:
        raise SourceError(f"{where}: answered {error.status} {attempts} times; try again later") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = str(error).splitlines()[0][:160] if str(error) else error.__class__.__name__
        raise SourceError(f"{where}: no usable answer ({reason}); check the address and the connection") from None
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class Answer:
    """What a service said; `at` is when the whole of it was here, the earliest moment its content counts as known."""

    where: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    at: datetime
    key: str = ""  # of the cache; empty for what is never kept

    def json(self) -> Any:
        """The content as JSON, bytes that are no UTF-8 as U+FFFD; SourceError where it is something else."""
        try:
            return json.loads(self.content.decode("utf-8", "replace"), strict=False)  # some services leave line breaks in texts
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "something").split(";")[0]
            raise SourceError(
                f"{self.where}: answered with {kind} instead of JSON; the service may be down or have changed"
            ) from None


class RefusedError(SourceError):
    """An answer that says no; asking again at once will not change it."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class Client:
    """One for a run: `budget` requests in all, `interval` seconds between two to the same host, answers up to `max_bytes`.

    With a cache, what a provider has kept is answered from there while it lasts.
    """

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        total: float = 120.0,
        max_bytes: int = 32 << 20,
        interval: float = 1.0,
        budget: int = 500,
        attempts: int = ATTEMPTS,
        cache: Cache | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)), follow_redirects=True, headers={"User-Agent": AGENT}
        )
        self.total, self.max_bytes, self.interval, self.budget, self.attempts = total, max_bytes, interval, budget, attempts
        self.cache, self.clock, self.sleep = cache, clock, sleep or time.sleep
        self._last: dict[str, float] = {}
        self._skewed: set[str] = set()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        interval: float | None = None,
    ) -> Answer:
        """GET, or what was kept of it; 304 is an answer too. `interval`: seconds to the last request where a service wants more.

        SourceError for a refusal, a page too large, or no answer after the retries.
        """
        key = key_of(url, params)
        answer = self.recall(key) or self._send("GET", url, key, interval, params=params, headers=headers)
        return _accepted(answer)

    def post(self, url: str, *, data: Mapping[str, str], auth: tuple[str, str] | None = None) -> Answer:
        return _accepted(self._send("POST", url, "", None, data=data, auth=auth))

    def recall(self, key: str) -> Answer | None:
        """The answer kept under a key, as old as it says; None where there is none or its time is over."""
        found = self.cache.get(key, self.clock()) if self.cache else None
        return Answer(**found, key=key) if found else None

    def keep(self, answer: Answer, life: timedelta) -> None:
        """Remember an answer that turned out to be what was asked for, so that a second run need not ask again.

        Only the provider knows whether an answer is good, and whether it can still change; so nothing is kept by itself.
        """
        if self.cache and answer.key and answer.status != 304:
            self.cache.put(answer.key, answer.where, answer.status, answer.headers, answer.content, answer.at, answer.at + life)

    def admit(self, where: str, host: str, interval: float | None = None) -> float:
        """Wait for this client's turn at a host and count one request; its start. SourceError when there is none left."""
        if self.budget <= 0:
            raise SourceError(
                f"{where}: not asked, the request budget of this run is spent; run again to go on, ask for a shorter range "
                "or raise sources.requests"
            )
        self.budget -= 1
        interval = max(self.interval, interval or 0.0)
        pause = self._last.get(host, -interval) + interval - time.monotonic()
        if pause > 0:
            self.sleep(pause)
        self._last[host] = time.monotonic()
        return self._last[host]

    def check_clock(self, headers: Mapping[str, str], host: str) -> None:
        """Say, once a host, that its clock and this machine's do not agree."""
        sent = sent_at(headers)
        if sent is None or host in self._skewed or abs(sent - self.clock()) <= SKEW:
            return
        self._skewed.add(host)
        minutes = (self.clock() - sent).total_seconds() / 60
        say(
            f"{host}: this machine's clock is {abs(minutes):,.0f} min {'ahead of' if minutes > 0 else 'behind'} the service's; set it right if it is wrong"
        )

    def close(self) -> None:
        self._client.close()
        if self.cache:
            self.cache.prune(self.clock())

    def _send(self, method: str, url: str, key: str, interval: float | None, **options: Any) -> Answer:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is none, a bracket too few
            usable = False
        if not usable:
            raise SourceError(f"{url.partition('?')[0].rpartition('@')[2][:200]!r}: not an http or https address")
        host = f"{parts.hostname}{f':{parts.port}' if parts.port else ''}"
        where = f"{parts.scheme}://{host}{parts.path}"
        options = {name: value for name, value in options.items() if value is not None}

        def once() -> Answer:
            started = self.admit(where, host, interval)
            return self._once(method, url, where, host, key, started, options)

        answer: Answer = call(where, once, self.attempts)
        return answer

    def _once(self, method: str, url: str, where: str, host: str, key: str, started: float, options: dict[str, Any]) -> Answer:
        content = bytearray()
        with self._client.stream(method, url, **options) as response:
            self.check_clock(response.headers, host)
            check_busy(response.status_code, response.headers, where, self.clock())
            for piece in response.iter_bytes():
                content += piece
                if len(content) > self.max_bytes:
                    raise SourceError(f"{where}: the answer is larger than {self.max_bytes:,} bytes; ask for less")
                if time.monotonic() - started > self.total:
                    raise httpx.ReadTimeout(f"the answer took longer than {self.total:.0f} s")
        return Answer(where, response.status_code, response.headers, bytes(content), self.clock(), key)


def _accepted(answer: Answer) -> Answer:
    if answer.status < 400:
        return answer
    remedies = {401: "check the credentials", 403: "access is refused", 404: "check the address", 410: "check the address"}
    raise RefusedError(f"{answer.where}: answered {answer.status}; {remedies.get(answer.status, 'check the request')}", answer)
