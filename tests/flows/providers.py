"""Loopback providers that speak for Yahoo, two feeds and a SPARQL service, with a clock and with faults, over a made-up world."""

import gzip
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pandas as pd

from kdtcn.sessions import NEW_YORK, closes

PARTS = ("prices", "one", "two", "graph")
FAULTS = ("429", "500", "stall", "cut", "html", "empty", "garbage")
SEEN = 3  # days that a feed goes back: what one night misses the next one finds
HTML = b"<!doctype html><html><body><h1>We'll be right back</h1></body></html>"


@dataclass
class Providers:
    """One port a service, so that none waits for another's turn; `faults` names what each does instead of answering."""

    prices: pd.DataFrame  # index: session; Open ... Volume
    headlines: pd.DataFrame  # Date, Rank, News
    clock: datetime = datetime(2010, 1, 4, tzinfo=UTC)
    faults: dict[str, str] = field(default_factory=dict)
    served: set[tuple[str, str, pd.Timestamp]] = field(default_factory=set)  # source, text, day of headlines in whole answers
    told: list[bytes] = field(default_factory=list)  # bodies posted to /notify

    @classmethod
    def of(cls, world: Path) -> "Providers":
        prices = pd.read_csv(world / "prices.csv", parse_dates=["Date"]).set_index("Date")
        return cls(prices, pd.read_csv(world / "headlines.csv.gz", parse_dates=["Date"]))

    def start(self) -> "Providers":
        self._over = threading.Event()
        self._asked: dict[str, int] = {}
        self._servers = {part: ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, part)) for part in PARTS}
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._over.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self._servers[part].server_port}"

    def night(self, now: datetime, faults: dict[str, str]) -> None:
        """Set the clock, and what goes wrong until it is set again."""
        self.clock, self.faults = now, faults
        self._asked.clear()

    # -- answers ----------------------------------------------------------------------------------------------

    def answer(self, part: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes, bool]:
        """Status, headers, body, and whether the connection ends before the promised length."""
        fault = self.faults.get(part, "")
        self._asked[part] = self._asked.get(part, 0) + 1
        if fault == "stall":
            self._over.wait(3)
        if fault == "429" and self._asked[part] == 1:
            return 429, {"Retry-After": "0"}, b"slow down", False
        if fault == "500":
            return 500, {}, b"oops", False
        if fault == "html":
            return 200, {"Content-Type": "text/html"}, HTML, False
        if fault == "garbage":
            return 200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 400)[:30], False
        body = {"prices": self.chart, "graph": self.bindings}.get(part, lambda query: self.feed(part))(query)
        return (
            200,
            {"Content-Type": "application/json" if part in ("prices", "graph") else "application/rss+xml"},
            body,
            fault == "cut",
        )

    def chart(self, query: dict[str, str]) -> bytes:
        rows = self.prices[closes(self.prices.index) <= self.clock] if self.faults.get("prices") != "empty" else self.prices[:0]
        opens = pd.DatetimeIndex(rows.index + pd.Timedelta(hours=9, minutes=30)).tz_localize(NEW_YORK)
        stamps = opens.as_unit("s").asi8
        inside = (stamps >= int(query.get("period1", 0))) & (stamps < int(query.get("period2", 1 << 40)))
        rows, stamps = rows[inside], stamps[inside]
        quote = {name.lower(): rows[name].tolist() for name in ("Open", "High", "Low", "Close", "Volume")}
        meta = {
            "currency": "USD", "symbol": "KDW", "exchangeName": "DJI", "instrumentType": "INDEX", "firstTradeDate": 475857000, "regularMarketTime": int(self.clock.timestamp()),
            "gmtoffset": -18000, "timezone": "EST", "exchangeTimezoneName": NEW_YORK, "regularMarketPrice": 1.0, "chartPreviousClose": 1.0, "priceHint": 2,
            "dataGranularity": "1d", "range": "", "validRanges": ["1d", "5d", "1mo", "max"],
        }  # fmt: skip
        result = {
            "meta": meta,
            "timestamp": stamps.tolist(),
            "indicators": {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]},
        }
        return json.dumps({"chart": {"result": [result], "error": None}}).encode()

    def feed(self, part: str) -> bytes:
        today = pd.Timestamp(self.clock).tz_convert(NEW_YORK).tz_localize(None).normalize()
        mine = self.headlines["Rank"] % 2 == (part == "one")
        rows = self.headlines[mine & (self.headlines["Date"] < today) & (self.headlines["Date"] >= today - timedelta(days=SEEN))]
        rows = rows[:0] if self.faults.get(part) == "empty" else rows
        if self.faults.get(part, "") in ("", "429"):
            self.served |= {(part, text, day) for text, day in zip(rows["News"], rows["Date"], strict=True)}
        items = "".join(
            f"<item><title>{escape(text)}</title><pubDate>{day:%a, %d %b %Y} 17:00:00 GMT</pubDate></item>"
            for day, text in zip(rows["Date"], rows["News"], strict=True)
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{part}</title>{items}</channel></rss>'.encode()

    def bindings(self, query: dict[str, str]) -> bytes:
        return json.dumps({"head": {"vars": []}, "results": {"bindings": []}}).encode()


def _handler(providers: Providers, part: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            posted = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            if parts.path.startswith("/notify"):
                providers.told.append(posted)
                status, headers, body, cut = 200, {}, b"", False
            elif part == "prices" and "/chart/" not in parts.path:  # cookie and crumb
                status, headers, body, cut = 200, {}, b"crumb", False
            else:
                status, headers, body, cut = providers.answer(part, {k: v[0] for k, v in parse_qs(parts.query).items()})
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + 100 * cut))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked did not wait
            self.close_connection = True

        do_POST = do_GET

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(providers.clock.astimezone(UTC), usegmt=True)

        def log_message(self, format: str, *values: object) -> None:
            pass

    return Handler
