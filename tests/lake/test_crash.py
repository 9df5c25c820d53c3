"""A writer killed at any moment: what it had committed is there, and no reader ever sees half a write."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from deltalake import DeltaTable

from kdtcn.lake import Lake
from kdtcn.lake.upkeep import _vacuum
from tests.lake.made import facts, heads
from tests.lake.writer import FACTS, ROWS


class Reader(threading.Thread):
    """Reads both tables again and again, and notes every state that no sequence of whole writes can leave."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.lake, self.wrong, self.reads, self.rows, self.done = Lake(url), [], 0, 0, threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            try:
                self.look()
            except Exception as error:
                self.wrong.append(repr(error))
            self.reads += 1

    def look(self) -> None:
        ids = self.lake.read("headlines", columns=["headline_id"])["headline_id"]
        sizes = ids.str[:5].value_counts()
        if not sizes.eq(ROWS).all():
            self.wrong.append(f"half a batch: {sizes[sizes.ne(ROWS)].to_dict()}")
        if len(ids) < self.rows:
            self.wrong.append(f"{self.rows} headlines, then {len(ids)}")
        self.rows = len(ids)
        heads_of_facts = self.lake.read("facts", columns=["head"])["head"]
        if heads_of_facts.nunique() != 1 or len(heads_of_facts) != FACTS:
            self.wrong.append(f"half a replacement: {heads_of_facts.value_counts().to_dict()}")


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_committed_and_shows_nothing_half(kills: int, tmp_path: Path) -> None:
    url, moment = str(tmp_path / "lake"), random.Random(kills)
    lake = Lake(url)
    lake.upsert("headlines", heads(*(f"start-{i:02d}" for i in range(ROWS))))
    lake.replace("facts", facts(**{f"f{i}": "start" for i in range(FACTS)}))
    for name in ("headlines", "facts"):  # checkpoints are written often, so that some kills meet one
        DeltaTable(f"{url}/{name}").alter.set_table_properties({"delta.checkpointInterval": "3"})
    reader = Reader(url)
    reader.start()
    told = 0
    for _ in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-m", "tests.lake.writer", url, str(told + 1)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        assert first, writer.communicate()[1]
        try:
            writer.wait(timeout=moment.uniform(0, 0.5))
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        rest, errors = writer.communicate()
        assert writer.returncode == -signal.SIGKILL, errors
        told = max(int(line) for line in (first + rest).split())
        stored = lake.read("headlines", columns=["headline_id"])["headline_id"].str[:5].value_counts().drop("start")
        assert sorted(map(int, stored.index)) in (list(range(1, told + 1)), list(range(1, told + 2)))
        assert lake.read("facts")["head"].iloc[0] in (str(told), str(told + 1))
    reader.done.set()
    reader.join()
    assert reader.wrong == []
    assert reader.reads > kills
    left = set(Path(url).rglob("part-*.parquet"))
    _vacuum(lake, 0, dry_run=False)  # files that the killed writers never committed go; rows stay
    assert set(Path(url).rglob("part-*.parquet")) < left
    reader.look()
    assert reader.wrong == []
