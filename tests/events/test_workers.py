"""Who reads: processes of this machine or a Dask cluster, the same rows either way, and nobody left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.errors import ConfigError
from kdtcn.events import reading
from kdtcn.events.pending import extract_pending
from kdtcn.events.pipeline import load
from kdtcn.lake import Lake

pytestmark = pytest.mark.xdist_group("workers")

PLACES = ["Lima", "Oslo", "Cairo", "Quito", "Delhi", "Rome", "Perth", "Kiev"]
TEXTS = [f"Gunmen kill {n} mayors in {place} as minister resigns" for n in range(2, 6) for place in PLACES]


def stored(folder: Path) -> Lake:
    """A lake of headlines in two months."""
    lake = Lake(str(folder / "lake"))
    at = pd.to_datetime([f"2016-0{1 + i % 2}-15" for i in range(len(TEXTS))], utc=True)
    heads = {
        "headline_id": [f"h{i:03d}" for i in range(len(TEXTS))],
        "published_at": at,
        "source": "test",
        "text": TEXTS,
        "url": "",
    }
    lake.upsert("headlines", pd.DataFrame({**heads, "month": at.strftime("%Y-%m"), "available_at": at}))
    return lake


def hashes(folder: Path, **nlp: object) -> dict[str, str]:
    lake = stored(folder)
    counts = extract_pending(lake, Settings(home=folder, nlp={"batch_size": 4, **nlp}))
    assert counts["headlines"] == len(TEXTS)
    return {
        name: sha256(lake.read(name).drop(columns="ingested_at").to_csv().encode()).hexdigest()
        for name in ("events", "extractions")
    }


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two worker processes, on loopback."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as made:
        made.wait_for_workers(2)
        yield made.scheduler_address


def test_two_processes_and_a_dask_cluster_store_the_rows_of_one(tmp_path: Path, cluster: str) -> None:
    one = hashes(tmp_path / "one", workers=1)
    assert hashes(tmp_path / "two", workers=2) == one
    assert hashes(tmp_path / "cluster", dask=cluster) == one


def test_a_dask_worker_that_would_read_otherwise_is_refused(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "extractor_id", lambda nlp: "rules-0-of-another-version")
    with (
        pytest.raises(ConfigError, match=r"worker tcp://127\.0\.0\.1:\d+ reads as rules-.*install the same"),
        reading.reader(load(), workers=1, batch_size=4, dask=cluster),
    ):
        pass


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    def refused(address: str, **_: object) -> None:
        raise OSError(f"Timed out trying to connect to {address}")

    monkeypatch.setattr(distributed, "Client", refused)
    with (
        pytest.raises(ConfigError, match="no Dask scheduler answers"),
        reading.reader(load(), workers=1, batch_size=4, dask="tcp://127.0.0.1:9"),
    ):
        pass


CHILD = """
from kdtcn.events.pipeline import load
from kdtcn.events.reading import extract_texts
import itertools
if __name__ == "__main__":
    for n, _ in enumerate(extract_texts(itertools.cycle(["Gunmen kill mayor in Lima"]), load(), workers=2, batch_size=4)):
        if n == 40:
            print("reading", flush=True)
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    child = subprocess.Popen(
        [sys.executable, "child.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}, stdout=subprocess.PIPE, start_new_session=True
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == b"reading\n"
    workers = [int(pid) for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()]
    assert len(workers) >= 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []
