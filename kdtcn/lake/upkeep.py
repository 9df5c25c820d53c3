"""Keeping the files of a lake few: small ones into large ones, and those that no kept version needs away."""

import json
from dataclasses import dataclass

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from pyarrow.fs import FileSelector

from kdtcn.errors import InputError, LakeError
from kdtcn.lake.lake import Lake, reason
from kdtcn.lake.schemas import TABLES

WEEK = 168  # hours


@dataclass(frozen=True)
class Compacted:
    """Files of a table before and after; rows and their order by key are the same."""

    table: str
    files: int
    after: int


@dataclass(frozen=True)
class Vacuumed:
    """What a vacuum took from a table (or would take), and the past versions it left because something refers to them."""

    table: str
    files: int
    kept_versions: tuple[int, ...]


def compact(lake: Lake, *, dry_run: bool = False) -> list[Compacted]:
    """Rewrite the small files of every month as one; `after` is at most an estimate with `dry_run`. No row changes.

    Past versions go on reading the old files, until a vacuum. Writers may be at work meanwhile.
    """
    done = []
    for name in TABLES:
        opened = lake.delta(name)
        if opened is None:
            continue
        before, months = _files(opened), _months(opened)
        if before > months:
            if dry_run:
                done.append(Compacted(name, before, months))
                continue
            try:
                opened.optimize.compact()
            except CommitFailedError:
                raise LakeError(f"{lake.url}: table {name!r} was written whole meanwhile; run the command again") from None
            except (DeltaError, OSError) as error:
                raise LakeError(f"{lake.url}: table {name!r} cannot be compacted ({reason(error)})") from None
            if _files(opened) < before:
                opened.create_checkpoint()  # so that opening the table reads the short list of files only
                done.append(Compacted(name, before, _files(opened)))
    return done


def vacuum(lake: Lake, *, hours: int = WEEK, dry_run: bool = False) -> list[Vacuumed]:
    """Delete files that no version of the last `hours` needs, nor one that a forecast or a label refers to.

    Files of writers that were killed go too. InputError for less than an hour: a writer at work would lose what it has not
    committed yet.
    """
    if hours < 1:
        raise InputError(f"vacuum of what is older than {hours} hours: at least 1, or a writer at work loses its files")
    return _vacuum(lake, hours, dry_run)


def _vacuum(lake: Lake, hours: int, dry_run: bool) -> list[Vacuumed]:
    done = []
    named = named_versions(lake)
    for name in TABLES:
        opened = lake.delta(name)
        if opened is None:
            continue
        keep = sorted(version for version in named.get(name, ()) if version < opened.version())
        try:
            going = _delete(opened, hours, keep, dry_run=dry_run)
        except (DeltaError, OSError) as error:
            raise LakeError(f"{lake.url}: table {name!r} cannot be vacuumed ({reason(error)})") from None
        if going:
            done.append(Vacuumed(name, len(going), tuple(keep)))
    return done


def named_versions(lake: Lake) -> dict[str, set[int]]:
    """The versions of each table that forecasts (and so the reports on them) and labels were made from."""
    named: dict[str, set[int]] = {"prices": set(lake.read("labels", columns=["price_version"])["price_version"])}
    for text in lake.read("predictions", columns=["data_versions"])["data_versions"].dropna().unique():
        for table, version in json.loads(text).items():
            named.setdefault(table, set()).add(int(version))
    return named


def _delete(opened: DeltaTable, hours: int, keep: list[int], *, dry_run: bool) -> list[str]:
    """Vacuum; returns the files that are there and go. The library lists those again that an earlier vacuum took."""
    listed = opened.vacuum(hours, dry_run=True, enforce_retention_duration=False, full=True, keep_versions=keep or None)
    files = opened.to_pyarrow_dataset().filesystem.get_file_info(FileSelector("", recursive=True)) if listed else []
    there = {info.path.lstrip("/") for info in files}
    going = [name for name in listed if name in there]
    if going and not dry_run:  # a vacuum of nothing would still add a version
        opened.vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True, keep_versions=keep or None)
    return going


def _files(opened: DeltaTable) -> int:
    return len(opened.file_uris())


def _months(opened: DeltaTable) -> int:
    return len({json.dumps(part, sort_keys=True) for part in opened.partitions()}) or 1
