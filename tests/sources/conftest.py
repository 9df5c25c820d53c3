"""A lake, a clock that stands, a recorder of pauses, and a loopback service that answers as told."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from kdtcn.lake import Lake
from kdtcn.sources import Context
from kdtcn.sources.http import Client

NOW = datetime(2016, 6, 24, 16, 0, tzinfo=UTC)  # noon in New York, while the exchange is open


@dataclass
class Reply:
    """One answer; `cut` ends the connection before the promised length is reached, `stall` never begins to answer."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    stall: bool = False


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Service:
    """Answers a path with its replies in turn, the last one again and again; unknown paths get 404."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.clock = NOW  # what it says in the header Date
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                service.asked.append(
                    Asked(self.command, parts.path, query, {name.lower(): value for name, value in self.headers.items()})
                )
                queue = service.replies.get(parts.path, [Reply("nothing here", 404)])
                reply = queue.pop(0) if len(queue) > 1 else queue[0]
                if reply.stall:
                    service.over.wait(10)
                    return
                body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + 100 * reply.cut))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            do_POST = do_GET

            def date_time_string(self, timestamp: float | None = None) -> str:
                return format_datetime(service.clock, usegmt=True)

            def log_message(self, format: str, *values: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def on(self, path: str, *replies: Reply) -> str:
        self.replies[path] = list(replies)
        return self.url + path

    def count(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.over.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the retries would have waited, in seconds; nothing waits."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr("kdtcn.sources.http.time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: None))
    return waited


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    client = Client(interval=0.0, timeout=5.0, clock=lambda: NOW)
    yield Context(now=NOW, state=tmp_path / "state", client=client)
    client.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put
