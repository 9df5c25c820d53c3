"""A row in `runs` for every command that changes the lake: what ran, on which versions, how it ended."""

import json
import uuid
from types import TracebackType

import pandas as pd

from kdtcn.lake.lake import Lake


class Run:
    """Context of one command; counts put into `rows` while it runs stand in its row afterwards."""

    def __init__(self, lake: Lake, command: str, config: str) -> None:
        self.lake, self.command, self.config = lake, command, config
        self.run_id = uuid.uuid4().hex[:16]
        self.rows: dict[str, object] = {}
        self.started = pd.Timestamp.now("UTC")

    def __enter__(self) -> "Run":
        self._store("running", None)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._store("done" if error is None else "failed", pd.Timestamp.now("UTC"))

    def note(self, **facts: object) -> None:
        """Put facts into the row at once, for stages of the same run that read them."""
        self.rows.update(facts)
        self._store("running", None)

    def _store(self, status: str, ended: pd.Timestamp | None) -> None:
        row = {
            "run_id": self.run_id,
            "command": self.command,
            "config": self.config,
            "versions": json.dumps(self.lake.versions()),
            "started": self.started,
            "ended": ended,
            "status": status,
            "row_counts": json.dumps(self.rows),
        }
        self.lake.upsert("runs", pd.DataFrame([row]))
