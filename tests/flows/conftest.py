"""One stage for all nights of these tests: a world, its loopback providers, a Prefect server, and nights in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas as pd
import pytest

from flows import server
from kdtcn.lake import Lake
from tests.flows import stage
from tests.flows.providers import Providers

NIGHTS = 25


@dataclass
class Stage:
    folder: Path
    providers: Providers
    api: str
    number: int = -1

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / "home" / "lake"))

    @property
    def site(self) -> Path:
        return self.folder / "home" / "report"

    def night(
        self, faults: dict[str, str] | None = None, *, skip: int = 0, again: bool = False, **sections: dict
    ) -> pd.Timestamp:
        """The next night (after `skip` that are missed), as a scheduled flow in this process; its session."""
        from flows.nightly import nightly

        self.number += 0 if again else 1 + skip
        session = stage.coming(self.providers, self.number)
        now = stage.half_past_midnight(session)
        self.providers.night(now, faults or {})
        nightly(None, str(stage.configure(self.folder, self.providers, **sections)), [], now)
        return session

    def asked(self, what: str) -> list[dict]:
        """All rows of a kind in Prefect's API, newest first: logs, artifacts."""
        rows: list[dict] = []
        while True:
            page = httpx.post(f"{self.api}/{what}/filter", json={"limit": 200, "offset": len(rows)}, timeout=30).json()
            rows += page
            if len(page) < 200:
                return rows


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("nights")
    server.prepare(folder / "home", level="INFO")
    providers = stage.founded(folder, NIGHTS).start()
    with server.running(folder / "home") as api:
        yield Stage(folder, providers, api)
    providers.stop()
