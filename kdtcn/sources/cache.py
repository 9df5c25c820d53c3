"""Raw answers of services on disk, each for as long as it counts, so that a run repeated asks nothing twice."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SIZE = 2 << 30  # bytes in all; the oldest answers go first
HEADERS = ("content-type", "etag", "last-modified")  # no cookies, no tokens
_SECRET = re.compile(r"key|token|secret|pass|auth|crumb|sig", re.IGNORECASE)


def key_of(url: str, params: Mapping[str, Any] | None = None) -> str:
    """One key for one question: host, path and parameters in any order, without user names and what looks like a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address; asking for it says so
        return ""
    asked = [*parse_qsl(parts.query, keep_blank_values=True), *((name, str(value)) for name, value in (params or {}).items())]
    plain = sorted((name, value) for name, value in asked if not _SECRET.search(name))
    return hashlib.sha256(json.dumps([parts.scheme, parts.netloc.rpartition("@")[2], parts.path, plain]).encode()).hexdigest()[
        :32
    ]


@dataclass(frozen=True)
class Cache:
    """A folder of answers: a line of JSON (where from, when, until when), then the bytes as they came."""

    folder: Path
    size: int = SIZE

    def get(self, key: str, now: datetime) -> dict[str, Any] | None:
        """where, status, headers, content and at of an answer whose time is not over; None also where the file is damaged."""
        if not key:
            return None
        try:
            head, _, content = (self.folder / key).read_bytes().partition(b"\n")
            known = json.loads(head)
            at, until = (datetime.fromisoformat(known.pop(name)) for name in ("at", "until"))
            whole = len(content) == known.pop("length")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return {**known, "content": content, "at": at} if whole and at <= now < until else None

    def put(
        self, key: str, where: str, status: int, headers: Mapping[str, str], content: bytes, at: datetime, until: datetime
    ) -> None:
        """Written beside and moved into place: a run that is killed leaves no half answer. A full disk is no reason to stop."""
        kept = {name.lower(): text for name, text in headers.items() if name.lower() in HEADERS}
        head = {
            "where": where,
            "status": status,
            "headers": kept,
            "length": len(content),
            "at": at.isoformat(),
            "until": until.isoformat(),
        }
        draft = self.folder / f".{key}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(json.dumps(head).encode() + b"\n" + content)
            draft.replace(self.folder / key)
        except OSError:
            with suppress(OSError):
                draft.unlink()

    def prune(self, now: datetime) -> None:
        """Remove what is over, and the oldest beyond the size."""
        total = 0
        for path, size in self._newest_first():
            total += size
            if total > self.size or self._over(path, now):
                path.unlink(missing_ok=True)
                total -= size

    def _newest_first(self) -> list[tuple[Path, int]]:
        found = []
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                known = path.stat()
            except OSError:  # another run was faster
                continue
            found.append((known.st_mtime, path, known.st_size))
        return [(path, size) for _, path, size in sorted(found, reverse=True)]

    def _over(self, path: Path, now: datetime) -> bool:
        try:
            with path.open("rb") as stream:
                return datetime.fromisoformat(json.loads(stream.readline())["until"]) <= now
        except (OSError, ValueError, KeyError, TypeError):
            return True
