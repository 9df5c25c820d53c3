"""What a night says of itself: a line of JSON a step under logs/, the same in Prefect's log, and no secret in either."""

import json
import logging
import os
import re
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd

from kdtcn.config import Settings
from kdtcn.progress import hide, mask

FILE = "nightly.jsonl"
NOTIFY = "KDTCN_NOTIFY_URLS"
_SECRET = re.compile(r"secret|token|passw|credential|(^|[_-])(api|access)?_?key($|[_-])|apikey|auth", re.IGNORECASE)
_plain = logging.LogRecord


def begin(settings: Settings) -> None:
    """From here on no log record, line or error text of this process shows a secret of the settings or the environment."""
    hide(secrets(settings))
    logging.setLogRecordFactory(_masked)


def note(folder: Path, step: str, **facts: Any) -> None:
    """One step of a night: a line of JSON with time, step and facts, and the same as a record of Prefect's run."""
    from prefect.logging import get_run_logger

    facts = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
    line = mask(json.dumps({"at": f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H:%M:%SZ}", "step": step, **facts}, default=str))
    path = folder / "logs" / FILE
    with suppress(OSError):  # on a full disk the error itself says more
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    get_run_logger().info("%s: %s", step, ", ".join(f"{name} {value}" for name, value in facts.items()) or "done")


def secrets(settings: Settings) -> set[str]:
    """Values that nobody should read in a log: options and variables named as secrets, and what addresses carry of such."""
    found = {value for name, value in os.environ.items() if _SECRET.search(name)}
    found |= set(os.environ.get(NOTIFY, "").split())
    for name, value in _leaves(settings.model_dump(mode="json")):
        if _SECRET.search(name):
            found.add(value)
        if "://" in value:
            found |= _of_address(value)
    return {value for value in found if len(value) >= 4}


def _leaves(tree: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in _leaves(value, str(key))]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in _leaves(value, name)]
    return [(name, tree)] if isinstance(tree, str) else []


def _of_address(address: str) -> set[str]:
    try:
        parts = urlsplit(address)
        return {parts.password or ""} | {value for name, value in parse_qsl(parts.query) if _SECRET.search(name)}
    except ValueError:
        return set()


def _masked(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record whose text is masked before any handler sees it; formatters use the stack trace that is there already."""
    record = _plain(*args, **kwargs)
    text = record.getMessage()
    if (hidden := mask(text)) != text:
        record.msg, record.args = hidden, ()
    if record.exc_info and record.exc_info[0] is not None:
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if (hidden := mask(trace)) != trace:
            record.exc_text, record.exc_info = hidden, None
    return record
