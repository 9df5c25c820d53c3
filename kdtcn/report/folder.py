"""The folder of a site: known by what is in it, swapped as a whole, mended after a crash between the two renames."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from kdtcn.errors import InputError

INDEX = "index.json"


def check(out_dir: Path) -> None:
    """A folder that this program did not make is never replaced."""
    if not out_dir.exists():
        return
    if not out_dir.is_dir():
        raise InputError(f"{out_dir}: is a file; name a folder for the report")
    if any(out_dir.iterdir()) and not _ours(out_dir):
        raise InputError(f"{out_dir}: holds files that are no report of this program; name another folder, or empty it first")


def read_index(out_dir: Path) -> dict[str, Any]:
    """What a site's index says of it. InputError where there is no site."""
    try:
        found = json.loads((out_dir / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("generator") != "kdtcn":
        raise InputError(f"{out_dir}: no report is there; `kdtcn report build` makes one")
    return found


def recover(out_dir: Path) -> None:
    """After a crash between the two renames the old site is put back; else its remains go."""
    old = _old(out_dir)
    if old.is_dir() and _ours(old):
        if out_dir.exists():
            shutil.rmtree(old)
        else:
            os.rename(old, out_dir)


def swap(fresh: Path, out_dir: Path) -> None:
    """Two renames: whoever looks finds the old site, for an instant none, or the new one, never a mixture."""
    old = _old(out_dir)
    if out_dir.exists():
        os.rename(out_dir, old)
    os.rename(fresh, out_dir)
    shutil.rmtree(old, ignore_errors=True)


def _ours(folder: Path) -> bool:
    try:
        read_index(folder)
    except InputError:
        return False
    return True


def _old(out_dir: Path) -> Path:
    return out_dir.parent / f".{out_dir.name}.old"
