"""Nights in a row, unattended, against providers that fail in every way: 3 here, 250 by `make soak`, which writes its figures."""

import gc
import json
import os
import random
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from kdtcn.lake import Lake
from kdtcn.lake import nights as runs
from kdtcn.lake.schemas import TABLES
from tests.figures import record, table
from tests.flows import stage
from tests.flows.conftest import Stage, opened
from tests.flows.providers import FAULTS, PARTS

FULL = 250
WARM = 50  # nights after which memory is compared: caches and pools have filled by then


def faults_of(number: int, dice: random.Random) -> dict[str, str]:
    """What goes wrong in a night: every third nothing, else one to three services each in one of the ways."""
    if number % 3 == 0:
        return {}
    return {part: dice.choice(FAULTS) for part in dice.sample(PARTS, dice.choice([1, 1, 1, 2, 3]))}


def soak(nights: Stage, n: int) -> pd.DataFrame:
    """`n` scheduled nights; a row each: session, faults, seconds, memory in MiB of this process and of the server's."""
    dice, rows = random.Random(7), []
    child = max(psutil.Process().children(recursive=True), key=lambda found: found.memory_info().rss).pid
    for number in range(n):
        faults = faults_of(number, dice)
        weekly = number % 25 == 12 or number == n - 1  # now and then a training, with the graph asked for
        graph = {"sources": ["seed", f"sparql:{nights.folder / 'graph.yaml'}"]}
        sections = {"graph": graph, "retrain": {"when": ["weekly"], "window": 20}} if weekly else {}
        began = time.monotonic()
        session = nights.night(faults, **sections)
        seconds = time.monotonic() - began
        gc.collect()
        memory = [psutil.Process(pid).memory_info().rss / 2**20 for pid in (os.getpid(), child)]
        rows.append({"session": session, "faults": faults, "seconds": seconds, "mib": memory[0], "server_mib": memory[1]})
    return pd.DataFrame(rows)


def check(nights: Stage, told: pd.DataFrame) -> dict[str, object]:
    """Every night ended in a report or a marked degradation, and no row is lost or there twice; what was counted."""
    lake, providers = nights.lake, nights.providers
    done = runs(lake)
    done = done[done["session"].isin(told["session"])]
    assert done["session"].tolist() == told["session"].tolist()
    assert (done["status"] == "done").all()
    made = lake.read("predictions")
    mine = made[made["session"].isin(told["session"]) & made["model_id"].isin(_asked(lake))]
    forecast = {session: len(rows) for session, rows in mine.groupby("session")}
    without = [row.session for row in done.itertuples() if not forecast.get(row.session)]
    marked = dict(zip(done["session"], done["marks"], strict=True))
    for session in told["session"]:
        if session in without:
            assert any("no forecast" in mark for mark in marked[session]), session
        else:
            assert forecast[session] == 1, session
            assert (nights.site / "sessions" / f"{session:%Y-%m-%d}.html").is_file(), session
    # a service that failed for good that night is marked
    for row in told.itertuples():
        down = [part for part, fault in row.faults.items() if fault not in ("429", "empty") and part != "graph"]
        assert not down or any("left out" in mark or "no provider" in mark for mark in marked[row.session]), (
            row.session,
            row.faults,
        )
    for name in TABLES:
        rows = lake.read(name)
        assert not rows.duplicated(list(TABLES[name].key)).any(), name
    heads = lake.read("headlines")
    stored = set(zip(heads["source"], heads["text"], strict=True))
    since = providers.prices.index[stage.BASE - 1]  # what feeds showed of earlier days no night has asked for
    lost = {(source, text) for source, text, day in providers.served if day >= since and (source, text) not in stored}
    assert not lost, sorted(lost)[:5]
    assert not heads[heads["source"] != "world"].duplicated(["source", "text", "published_at"]).any()
    last = told["session"].iloc[-1]
    want = providers.prices.index[providers.prices.index < last]
    have = lake.read("prices")["session"].value_counts()
    asked = "prices" not in told["faults"].iloc[-1] or told["faults"].iloc[-1]["prices"] == "429"
    assert not asked or set(want) <= set(have.index), sorted(set(want) - set(have.index))
    assert (have == 1).all()
    return {"forecasts": len(told) - len(without), "without forecast": len(without), "marked": sum(map(bool, marked.values()))}


def _asked(lake: Lake) -> set[str]:
    """The models that nights forecast with: a training's own test forecasts of past sessions are not theirs."""
    counts = lake.read("runs", columns=["row_counts"])["row_counts"]
    return {model for text in counts if (model := json.loads(text).get("model"))}


@pytest.mark.xdist_group("nights")
def test_three_nights(nights: Stage) -> None:
    check(nights, soak(nights, 3))


@pytest.mark.slow
def test_soak(tmp_path: Path) -> None:
    n = int(os.environ.get("KDTCN_SOAK", FULL))
    began = time.monotonic()
    with opened(tmp_path, n + 5) as nights:
        told = soak(nights, n)
        found = check(nights, told)
    minutes = (time.monotonic() - began) / 60
    early, late = told.iloc[min(WARM, n // 3) :][: n // 4], told.tail(n // 4)
    growth = {name: late[name].median() / early[name].median() for name in ("mib", "server_mib", "seconds")}
    kinds = pd.Series([fault for faults in told["faults"] for fault in faults.values()]).value_counts()
    rows = [
        ["nights in a row, all ended in a report or a marked degradation", f"{n}"],
        [
            "with a forecast; without, marked; with any mark",
            f"{found['forecasts']}; {found['without forecast']}; {found['marked']}",
        ],
        ["faults", ", ".join(f"{kind} {count}" for kind, count in kinds.items())],
        ["minutes in all, founding the world included", f"{minutes:.1f}"],
        ["seconds a night: median, longest", f"{told['seconds'].median():.1f}, {told['seconds'].max():.1f}"],
        ["memory, last quarter to an early one: flow, server", f"{growth['mib']:.3f}, {growth['server_mib']:.3f}"],
        ["memory at the end: flow, server", f"{told['mib'].iloc[-1]:.0f} MiB, {told['server_mib'].iloc[-1]:.0f} MiB"],
    ]
    if n >= FULL:
        record("Soak", "`make soak`\n\n" + table(["what", "figure"], rows))
    print(table(["what", "figure"], rows))
    assert growth["mib"] < 1.1
    assert growth["server_mib"] < 1.1
