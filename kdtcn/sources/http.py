"""The web, politely: time-outs, retries with jitter that honour Retry-After, a pace per host, a budget, a size cap."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import stamina

from kdtcn import __version__
from kdtcn.errors import SourceError

AGENT = f"kdtcn/{__version__} (research pipeline; reads a few pages a day)"
TRANSIENT = frozenset({429, 500, 502, 503, 504})
ATTEMPTS = 5
PATIENCE = 120.0  # seconds: a service that asks for a longer pause is left alone until the next run


class Busy(Exception):
    """An answer that says: later. `wait` is what its Retry-After asks for, in seconds."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(f"status {status}")
        self.status, self.wait = status, wait


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait: a number or a date; None where there is none or it is unreadable."""
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def check_busy(status: int, headers: Mapping[str, str], where: str, now: datetime) -> None:
    """Busy for an answer worth another try; SourceError where the pause asked for is too long to sit out."""
    if status not in TRANSIENT:
        return
    wait = retry_after(headers, now)
    if wait is not None and wait > PATIENCE:
        raise SourceError(f"{where}: answered {status} and asks to wait {wait:.0f} s; run the command again then")
    raise Busy(status, wait)


def _again(error: Exception) -> bool | float:
    """Whether to try again, and after how long; jitter keeps many clients from coming back at once."""
    if isinstance(error, Busy):
        return True if error.wait is None else error.wait + random.uniform(0.0, 1.0)
    return isinstance(error, (httpx.TransportError, httpx.DecodingError, OSError))


def call(where: str, request: Callable[[], Any], attempts: int = ATTEMPTS) -> Any:
    """Run a request with retries; SourceError when the last attempt fails too. `where` names the service without secrets."""
    try:
        for attempt in stamina.retry_context(
            on=_again, attempts=attempts, timeout=None, wait_initial=1.0, wait_max=30.0, wait_jitter=1.0
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

    def json(self) -> Any:
        """The content as JSON, bytes that are no UTF-8 as U+FFFD; SourceError where it is something else."""
        try:
            return json.loads(self.content.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "something").split(";")[0]
            raise SourceError(
                f"{self.where}: answered with {kind} instead of JSON; the service may be down or have changed"
            ) from None


class Client:
    """One for a run: `budget` requests in all, `interval` seconds between two to the same host, answers up to `max_bytes`."""

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        total: float = 120.0,
        max_bytes: int = 32 << 20,
        interval: float = 1.0,
        budget: int = 500,
        attempts: int = ATTEMPTS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)), follow_redirects=True, headers={"User-Agent": AGENT}
        )
        self.total, self.max_bytes, self.interval, self.budget, self.attempts, self.clock = (
            total,
            max_bytes,
            interval,
            budget,
            attempts,
            clock,
        )
        self._last: dict[str, float] = {}

    def get(self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """GET; 304 is an answer too. SourceError for a refusal, a page too large, or no answer after the retries."""
        return self._send("GET", url, params=params, headers=headers)

    def post(self, url: str, *, data: Mapping[str, str], auth: tuple[str, str] | None = None) -> Answer:
        return self._send("POST", url, data=data, auth=auth)

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, url: str, **options: Any) -> Answer:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceError(f"{url[:200]!r}: not an http or https address")
        where = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        auth = options.pop("auth", None)
        options = {name: value for name, value in options.items() if value is not None}
        answer = call(where, lambda: self._once(method, url, where, parts.netloc, auth, options), self.attempts)
        if answer.status >= 400:
            remedy = {
                401: "check the credentials",
                403: "access is refused",
                404: "check the address",
                410: "check the address",
            }.get(answer.status, "check the request")
            raise SourceError(f"{where}: answered {answer.status}; {remedy}")
        return answer

    def _once(
        self, method: str, url: str, where: str, host: str, auth: tuple[str, str] | None, options: dict[str, Any]
    ) -> Answer:
        if self.budget <= 0:
            raise SourceError(f"{where}: not asked, the request budget of this run is spent; ask for a shorter range")
        self.budget -= 1
        pause = self._last.get(host, -self.interval) + self.interval - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        started = self._last[host] = time.monotonic()
        content = bytearray()
        with self._client.stream(method, url, auth=auth, **options) as response:
            check_busy(response.status_code, response.headers, where, self.clock())
            for piece in response.iter_bytes():
                content += piece
                if len(content) > self.max_bytes:
                    raise SourceError(f"{where}: the answer is larger than {self.max_bytes:,} bytes; ask for less")
                if time.monotonic() - started > self.total:
                    raise httpx.ReadTimeout(f"the answer took longer than {self.total:.0f} s")
        return Answer(where, response.status_code, response.headers, bytes(content), self.clock())
