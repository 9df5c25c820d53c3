"""The whole power curve: replicates times sizes, in parallel, each row stored as it is done."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from kdtcn import __version__, progress
from kdtcn.config import Settings
from kdtcn.demo import plant_copy
from kdtcn.demo.plant import Bench, Row, Trial
from kdtcn.features.market import market
from kdtcn.lake import Lake

_benches: dict[Path, Bench] = {}  # of this process: replicates one after the other share what was read


@dataclass(frozen=True)
class Plan:
    """Where a curve is worked out, what belongs to it, and what of that is not stored yet (replicate -> sizes)."""

    folder: Path  # of the data as they stand
    results: Path  # of this trial under these settings
    wanted: list[tuple[int, float]]  # (replicate, size)
    left: dict[int, list[float]]

    @property
    def trainings(self) -> int:
        return sum(map(len, self.left.values()))


def plan(lake: Lake, settings: Settings, home: Path, trial: Trial, sizes: Sequence[float], replicates: int) -> Plan:
    """What there is to do; nothing is written. LakeError where the lake holds no prices or headlines."""
    folder = home / plant_copy.data_key(lake, settings)
    chosen = settings.training
    told = [settings.fingerprint("abrupt", "decision", "features", "graph"), str(settings.evaluation.test_from)]
    told += [__version__, plant_copy.written_by(), chosen.live, str(chosen.epochs), json.dumps(chosen.options, sort_keys=True)]
    results = folder / f"{trial.name(0).removesuffix('-0')}-{hashlib.sha256('|'.join(told).encode()).hexdigest()[:8]}"
    wanted = [(replicate, size) for replicate in range(replicates) for size in sorted(set(sizes))]
    stored = _stored(results)
    left: dict[int, list[float]] = {}
    for replicate, size in wanted:
        if (replicate, size) not in stored:
            left.setdefault(replicate, []).append(size)
    return Plan(folder, results, wanted, left)


def curve(
    lake: Lake, settings: Settings, home: Path, trial: Trial, sizes: Sequence[float], replicates: int, *, workers: int = 1
) -> pd.DataFrame:
    """A row a replicate and size, in that order (columns as in `Row`); what is stored is not done again.

    The user's lake is only read; everything is written under `home`.
    """
    todo = plan(lake, settings, home, trial, sizes, replicates)
    if todo.left:
        prepare(lake, settings, todo.folder, [(trial, replicate) for replicate in todo.left])
        todo.results.mkdir(parents=True, exist_ok=True)
        work = [(settings, todo.folder, todo.results, trial, *job) for job in todo.left.items()]
        for _ in progress.track(_each(work, workers), "training on planted data", todo.trainings):
            pass
    stored = _stored(todo.results)
    return pd.DataFrame([asdict(stored[key]) for key in todo.wanted])


def prepare(lake: Lake, settings: Settings, folder: Path, wanted: Sequence[tuple[Trial, int]]) -> Bench:
    """The copy, the planted headlines of the replicates wanted, all read and linked, and the fold of the real data."""
    copy = plant_copy.real(lake, settings, folder)
    prices = market(copy, settings)
    draws = {trial.name(replicate): partial(trial.draw, replicate, prices) for trial, replicate in wanted}
    plant_copy.planted(copy, settings, draws, folder)
    bench = Bench(settings, folder)
    _ = bench.fold  # fitted and stored once, before workers ask for it all together
    return bench


def _each(work: list[tuple], workers: int) -> Iterator[Row]:
    """Rows, stored; those of a replicate come together."""
    if workers <= 1:
        for job in work:
            yield from _replicate(*job)
        return
    # spawned, not forked: a fork of a process that used torch's threads can hang
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_quiet) as pool:
        try:
            for future in as_completed([pool.submit(_all, *job) for job in work]):
                yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _quiet() -> None:
    torch.set_num_threads(1)
    progress.console.quiet = True


def _all(*job: Any) -> list[Row]:
    return list(_replicate(*job))


def _replicate(
    settings: Settings, folder: Path, results: Path, trial: Trial, replicate: int, sizes: Sequence[float]
) -> Iterator[Row]:
    if folder not in _benches:
        _benches.clear()
        _benches[folder] = Bench(settings, folder)
    bench = _benches[folder]
    planting, data = trial.draw(replicate, bench.fold.market), bench.data(trial, replicate)
    for size in sizes:
        row = bench.row(data, planting, replicate, size)
        path = results / f"{replicate:04d}-{size:g}.json"
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(asdict(row)) + "\n", encoding="utf-8")
        partial.replace(path)  # whole or not at all
        yield row


def _stored(results: Path) -> dict[tuple[int, float], Row]:
    rows = [Row(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(results.glob("*.json"))]
    return {(row.replicate, row.size): row for row in rows}
