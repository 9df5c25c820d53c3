"""One stage for all nights of these tests: a world, its loopback providers, a Prefect server, and nights in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
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

    def prepare(
        self, faults: dict[str, str] | None = None, *, skip: int = 0, again: bool = False, **sections: dict
    ) -> tuple[Path, datetime]:
        """Set the clock of the next night, after `skip` that are missed, and its faults; its configuration and its moment."""
        self.number += 0 if again else 1 + skip
        now = stage.half_past_midnight(stage.coming(self.providers, self.number))
        self.providers.night(now, faults or {})
        return stage.configure(self.folder, self.providers, **sections), now

    def night(
        self, faults: dict[str, str] | None = None, *, skip: int = 0, again: bool = False, **sections: dict
    ) -> pd.Timestamp:
        """That night, as a scheduled flow in this process; its session."""
        from flows.nightly import nightly

        config, now = self.prepare(faults, skip=skip, again=again, **sections)
        nightly(None, str(config), [], now)
        return stage.coming(self.providers, self.number)

    def asked(self, what: str) -> list[dict]:
        """All rows of a kind in Prefect's API, newest first: logs, artifacts."""
        rows: list[dict] = []
        while True:
            page = httpx.post(f"{self.api}/{what}/filter", json={"limit": 200, "offset": len(rows)}, timeout=30).json()
            rows += page
            if len(page) < 200:
                return rows


@contextmanager
def opened(folder: Path, nights: int) -> Iterator[Stage]:
    """A stage with a world of so many nights, and its server."""
    server.prepare(folder / "home", level="INFO")
    providers = stage.founded(folder, nights).start()
    try:
        with server.running(folder / "home") as api:
            yield Stage(folder, providers, api)
    finally:
        providers.stop()


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("nights"), NIGHTS) as made:
        yield made
