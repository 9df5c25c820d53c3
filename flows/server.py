"""A loopback Prefect server of our own, started and supervised here; its state lives beside the lake."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from kdtcn.errors import KdtcnError
from kdtcn.progress import say

START_SECONDS = 90


def environment(folder: Path, level: str) -> dict[str, str]:
    """Variables that keep Prefect's state under `folder` and its telemetry off; `level` is that of its log."""
    return {
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": os.environ.get("PREFECT_LOGGING_LEVEL", level),
    }


def prepare(folder: Path, *, level: str = "CRITICAL") -> None:
    """Set the variables for this process; call before the first import of prefect.

    A command prints its errors itself, in one line; at any other level Prefect would add each with its stack trace.
    """
    (folder / "prefect").mkdir(parents=True, exist_ok=True)
    for name, value in environment(folder, level).items():
        os.environ.setdefault(name, value)


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[str]:
    """A Prefect server on 127.0.0.1 for as long as the context lasts; yields its API address.

    Raises KdtcnError when the port is taken or the server does not answer.
    """
    port = free_port(port)
    log = folder / "prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    api = f"http://127.0.0.1:{port}/api"
    with log.open("ab") as sink:
        # without an API address of its own environment the server would call another server
        child_env = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"} | environment(folder, "WARNING")
        # a session of its own: Ctrl-C must reach us first, who still need the server to end in order
        child = subprocess.Popen(
            command, env=child_env, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_parent
        )
        try:
            _wait(api, child, log)
            os.environ["PREFECT_API_URL"] = api
            say(f"Prefect server: http://127.0.0.1:{port} (log: {log})")
            yield api
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            child.terminate()
            try:
                child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                child.kill()


def _end_with_parent() -> None:
    """In the child: end when the parent does, also when that was killed and could not clean up (Linux knows how)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_port(port: int) -> int:
    """The port itself, or any free one for 0; KdtcnError where it is taken, so that no stranger's server is used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise KdtcnError(f"port {port} is taken; set serve.port to a free one, or to 0 for any") from None
        return int(probe.getsockname()[1])


def _wait(api: str, child: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise KdtcnError(f"the Prefect server stopped with code {child.returncode}; its log is {log}")
        try:
            if httpx.get(f"{api}/health", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise KdtcnError(f"the Prefect server did not answer within {START_SECONDS} s; its log is {log}")
