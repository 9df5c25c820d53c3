"""Nights as they happen: in order, and with each part failing in turn; the real chain on a small world."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from flows.guard import only_one
from flows.journal import FILE, NOTIFY
from kdtcn.errors import KdtcnError
from kdtcn.lake import degradations
from kdtcn.lake import nights as runs
from kdtcn.lake.schemas import TABLES
from kdtcn.sessions import previous
from tests.flows.conftest import Stage

pytestmark = pytest.mark.xdist_group("nights")


def page(nights: Stage, session: pd.Timestamp) -> str:
    return (nights.site / "sessions" / f"{session:%Y-%m-%d}.html").read_text()


def forecasts(nights: Stage, session: pd.Timestamp) -> pd.DataFrame:
    rows = nights.lake.read("predictions")
    return rows[rows["session"] == session]


def listener(nights: Stage) -> str:
    """An address that takes notifications, in apprise's form."""
    return nights.providers.url("graph").replace("http:", "json:") + "/notify"


def test_a_night_in_order(nights: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NOTIFY, listener(nights))
    session = nights.night(serve={"warn": 0.0001})
    assert degradations(nights.lake, session) == ()
    assert forecasts(nights, session)["model_id"].str.startswith("kdtcn-").tolist() == [True]
    assert f"{session:%Y-%m-%d}" in page(nights, session)
    # each task once, and what it did is to be seen in Prefect's pages
    keys = {row["key"]: row for row in nights.asked("artifacts")}
    assert set(keys) == {"night-rows", "night-forecast", "night-report"}
    assert "P(up)" in keys["night-forecast"]["data"]
    assert {row["what"] for row in json.loads(keys["night-rows"]["data"])} >= {"headlines", "events", "links", "settled"}
    assert "index.html" in keys["night-report"]["data"]
    told = [json.loads(body) for body in nights.providers.told]
    assert [row["title"] for row in told] == ["KDW: abrupt change likely"]
    assert "P(abrupt)" in told[0]["message"]


def test_what_was_forecast_first_stands_and_the_night_again_adds_nothing(nights: Stage) -> None:
    before = nights.lake.versions()
    stood = forecasts(nights, nights.night(again=True))
    assert len(stood) == 1
    now = nights.lake.versions()
    assert {name: v for name, v in now.items() if name != "runs"} == {name: v for name, v in before.items() if name != "runs"}
    # a headline of the day before that was learnt late names what no forecast knew then
    session = stood["session"].iloc[0]
    late = nights.lake.read("headlines").tail(1).assign(headline_id="late", text="Burkina Faso declares war on Tuvalu")
    decided = pd.Timestamp(nights.providers.clock)
    nights.lake.upsert("headlines", late.assign(available_at=decided, month=f"{session:%Y-%m}").drop(columns="ingested_at"))
    nights.night(again=True)
    assert (nights.lake.read("events")["headline_id"] == "late").any()
    pd.testing.assert_frame_equal(forecasts(nights, session), stood)
    figures = json.loads((nights.site / "sessions" / f"{session:%Y-%m-%d}.json").read_text())["page"]
    assert figures["logit"] == pytest.approx(stood["logit_up"].iloc[0], rel=1e-5)  # a page holds six digits


def test_without_news_the_price_only_model_forecasts_and_says_so(nights: Stage) -> None:
    session = nights.night({"one": "empty", "two": "html"})
    marks = " ".join(degradations(nights.lake, session))
    assert "no headline: the price-only model tcn-" in marks
    assert "was left out" in marks
    assert forecasts(nights, session)["model_id"].str.startswith("tcn-").tolist() == [True]
    assert "the price-only model tcn-" in page(nights, session)
    nights.night(again=True)  # the news has come, too late: forecast and mark stand
    assert "no headline: the price-only model tcn-" in " ".join(degradations(nights.lake, session))


def test_one_provider_down_leaves_the_others(nights: Stage) -> None:
    session = nights.night({"one": "500"})
    (mark,) = degradations(nights.lake, session)
    assert re.match(r"news rss was left out: .*answered 500", mark)
    assert forecasts(nights, session)["model_id"].str.startswith("kdtcn-").tolist() == [True]
    assert "was left out" in page(nights, session)


def test_without_prices_there_is_no_forecast_and_the_next_night_mends_it(nights: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NOTIFY, listener(nights))
    nights.providers.told.clear()
    session = nights.night({"prices": "stall"})
    before = previous(session)
    assert forecasts(nights, session).empty
    assert f"no forecast: the close of {before:%Y-%m-%d} was not known by the decision" in degradations(nights.lake, session)
    assert [json.loads(body)["title"] for body in nights.providers.told] == [f"KDW: {session:%Y-%m-%d} with less than usual"]
    after = nights.night()
    assert not (nights.lake.read("prices")["session"] == after).any()
    assert {before, session} <= set(nights.lake.read("prices")["session"])
    assert {before, session} <= set(nights.lake.read("labels")["session"])
    assert len(forecasts(nights, after)) == 1


def test_nobody_answers(nights: Stage) -> None:
    session = nights.night({"prices": "html", "one": "500", "two": "500"})
    marks = degradations(nights.lake, session)
    assert marks[0].startswith("no provider answered: prices yahoo KDW: ")
    assert runs(nights.lake)["status"].iloc[-1] == "done"


def test_missed_nights_are_made_up_for_in_order(nights: Stage) -> None:
    session = nights.night(skip=2)
    last = runs(nights.lake).tail(3)
    assert last["session"].tolist() == [previous(session, 2), previous(session), session]
    assert last["started"].is_monotonic_increasing
    assert [("made after its time, for a night that was missed" in marks) for marks in last["marks"]] == [True, True, False]
    assert all(len(forecasts(nights, day)) == 1 for day in last["session"])


def test_a_night_beside_another_is_refused(nights: Stage) -> None:
    with only_one(nights.folder / "home"), pytest.raises(KdtcnError, match=f"process {os.getpid()}"):
        nights.night(again=True)


def test_a_graph_source_that_is_down_leaves_the_last_graph(nights: Stage) -> None:
    """A new week trains anew; the graph is asked for first."""
    graph = {"sources": ["seed", f"sparql:{nights.folder / 'graph.yaml'}"]}
    before = nights.lake.version("facts")
    session = nights.night({"graph": "html"}, graph=graph, retrain={"when": ["weekly"], "window": 20})
    (mark,) = degradations(nights.lake, session)
    assert mark.startswith("the last graph stays: ")
    assert nights.lake.version("facts") == before
    done = nights.lake.read("runs")
    counts = json.loads(done.loc[done["command"].str.startswith("retrain"), "row_counts"].iloc[-1])
    models = nights.lake.read("models").set_index("model_id")["status"]
    assert counts["candidate"] != counts["live"]
    assert models[counts["candidate"]] == ("live" if counts["loss"] <= counts["loss_live"] else "trained")
    assert models[counts["live"]] == ("retired" if counts["loss"] <= counts["loss_live"] else "live")
    assert len(forecasts(nights, session)) == 1


FULL_DISK = """
import resource, sys
from datetime import datetime
from flows.nightly import nightly
from kdtcn.errors import KdtcnError
for limit in (2_000, 24_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        nightly(None, sys.argv[1], [], datetime.fromisoformat(sys.argv[2]))
    except KdtcnError as error:
        print(limit, error, flush=True)
"""


def test_a_full_disk_is_said_and_leaves_nothing_half_written(nights: Stage) -> None:
    """No file may grow beyond a limit: the lake's smallest commit fails; then, with a little room, the report's large page does."""
    if not nights.site.exists():
        nights.night()
    rows = {name: nights.lake.count(name) for name in TABLES}
    index = (nights.site / "index.html").read_text()
    config, now = nights.prepare()
    nights.providers.told.clear()
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(config), now.isoformat()],
        env={**os.environ, "PREFECT_API_URL": nights.api, NOTIFY: listener(nights)},
        capture_output=True,
        text=True,
    )
    told = child.stdout.splitlines()
    assert [line.split()[0] for line in told] == ["2000", "24000"], child.stderr[-3000:]
    assert all("is full: free some space and run the night again" in line for line in told), told
    heard = [json.loads(body) for body in nights.providers.told]  # who is to know of a failed night does
    assert [row["title"] for row in heard] == ["KDW: the night failed"] * 2
    assert all("is full" in row["message"] for row in heard)
    assert all(len(nights.lake.read(name)) == nights.lake.count(name) >= rows[name] for name in TABLES)
    assert (
        nights.lake.count("headlines") > rows["headlines"]
    )  # with the larger limit the stages before the page have stored theirs
    assert (nights.site / "index.html").read_text() == index
    assert not list(nights.site.parent.glob(".report.new-*"))
    session = nights.night(again=True)  # with room again it goes on where it was
    assert len(forecasts(nights, session)) == 1
    assert page(nights, session)


SECRET = "hunter2-and-more"


def test_a_secret_of_the_configuration_is_nowhere_to_be_read(nights: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.flows import stage

    plain = stage.configure

    def secretive(folder: Path, providers: object, **sections: dict) -> Path:
        path = plain(folder, providers, **sections)  # type: ignore[arg-type]
        address = nights.providers.url("one").replace("//", f"//reader:{SECRET}@") + f"/{SECRET}/feed?api_key={SECRET}"
        path.write_text(path.read_text().replace(nights.providers.url("one"), address))
        return path

    monkeypatch.setattr(stage, "configure", secretive)
    session = nights.night({"one": "html", "two": "500"})
    assert "***" in " ".join(degradations(nights.lake, session))  # the path of the address is in the error
    read = [json.dumps(nights.asked(what)) for what in ("logs", "artifacts")]
    read += [(nights.folder / "home" / "logs" / FILE).read_text(), page(nights, session)]
    read += [json.dumps(nights.lake.read("runs")["row_counts"].tolist())]
    assert all(len(text) > 1000 for text in read)
    assert not any(SECRET in text for text in read)
