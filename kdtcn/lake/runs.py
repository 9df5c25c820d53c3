"""A row in `runs` for every command that changes the lake: what ran, on which versions, how it ended."""

import contextlib
import json
import uuid
from types import TracebackType

import pandas as pd

from kdtcn.errors import LakeError
from kdtcn.lake.lake import Lake
from kdtcn.progress import mask

NIGHT = "nightly "  # and the session: the command of a night
AUDIT = "audit "  # and what was audited


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
        if error is None:
            self._store("done", pd.Timestamp.now("UTC"))
            return
        self.rows["error"] = mask(str(error) or type(error).__name__)[:400]
        with contextlib.suppress(LakeError):  # on a full disk not even this can be written, and the first error says more
            self._store("failed", pd.Timestamp.now("UTC"))

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


def nights(lake: Lake) -> pd.DataFrame:
    """The nightly runs, oldest first: session, started, ended, status, model (that forecast), marks (what it had to do without), error."""
    rows = lake.read("runs", columns=["command", "started", "ended", "status", "row_counts"])
    rows = rows[rows["command"].str.startswith(NIGHT)].sort_values("started", kind="stable").reset_index(drop=True)
    told = [json.loads(text) for text in rows["row_counts"]]
    return pd.DataFrame(
        {
            "session": pd.to_datetime(rows["command"].str.removeprefix(NIGHT)),
            "started": rows["started"],
            "ended": rows["ended"],
            "status": rows["status"],
            "model": [str(row.get("model", "")) for row in told],
            "marks": [tuple(row.get("marks", ())) for row in told],
            "error": [str(row.get("error", "")) for row in told],
        }
    )


def degradations(lake: Lake, session: pd.Timestamp) -> tuple[str, ...]:
    """What the night of a session had to do without, by its last run that did not fail; empty for a night in order, or none."""
    mine = nights(lake)
    mine = mine[(mine["session"] == session) & (mine["status"] != "failed")]
    return mine["marks"].iloc[-1] if len(mine) else ()


def audits(lake: Lake, config: str) -> pd.DataFrame:
    """The newest audit of each kind under a configuration: command, ended, title, findings (a list of dictionaries)."""
    rows = lake.read("runs", columns=["command", "config", "ended", "status", "row_counts"])
    mine = rows["command"].str.startswith(AUDIT) & (rows["config"] == config) & (rows["status"] == "done")
    rows = rows[mine].sort_values("ended", kind="stable").drop_duplicates("command", keep="last").sort_values("command")
    told = [json.loads(text) for text in rows["row_counts"]]
    return pd.DataFrame(
        {
            "command": rows["command"].to_numpy(),
            "ended": rows["ended"].to_numpy(),
            "title": [row["title"] for row in told],
            "findings": [row["findings"] for row in told],
        }
    )
