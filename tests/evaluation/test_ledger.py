"""The ledger proves what it promises: every way of changing it later is found, and no two writers fork it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from typer.testing import CliRunner

from kdtcn.cli import app
from kdtcn.cli import ledger as _commands  # noqa: F401  (registers them)
from kdtcn.config import Settings
from kdtcn.errors import LakeError
from kdtcn.evaluation import ledger
from kdtcn.evaluation.ledger import START, digest, entries, head_of, seal, verify
from kdtcn.lake import Lake
from kdtcn.sessions import calendar, decision_time
from tests.evaluation.sealer import forecasts

SETTINGS = Settings()
DAYS = pd.DatetimeIndex(["2016-06-22", "2016-06-23", "2016-06-24", "2016-06-27"])
IN_TIME = pd.Timestamp("2016-06-21 22:00", tz="UTC")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def sealed(lake: Lake) -> Lake:
    """Four forecasts of coming sessions, sealed now."""
    seal(lake, SETTINGS, forecasts(coming(4)))
    return lake


def coming(n: int) -> pd.DatetimeIndex:
    """Sessions whose decision time lies a week ahead or more."""
    known = calendar().sessions
    first = known.searchsorted(pd.Timestamp.now("UTC").tz_localize(None)) + 5
    return known[first : first + n]


def at(monkeypatch: pytest.MonkeyPatch, moment: pd.Timestamp) -> None:
    monkeypatch.setattr(ledger, "_now", lambda: moment)


def failing(lake: Lake, head: str = "") -> list[str]:
    return [finding.what for finding in verify(lake, head) if not finding.holds]


def test_a_sealed_forecast_says_all_that_was_forecast(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, IN_TIME)
    made = seal(lake, SETTINGS, forecasts(DAYS[:2]))
    rows = entries(lake)
    assert rows["seq"].tolist() == [1, 2]
    assert rows["previous"].tolist() == [START, rows["hash"].iloc[0]]
    assert rows["session"].tolist() == DAYS[:2].tolist()
    assert rows["decision_time"].iloc[0] == decision_time(DAYS[0])
    assert rows["in_time"].all()
    assert rows["p_up"].tolist() == [0.53, 0.531]
    assert made["hash"].tolist() == rows["hash"].tolist()
    assert [digest(row) for row in rows.to_dict("records")] == rows["hash"].tolist()


def test_what_is_sealed_already_is_not_sealed_again_but_a_new_forecast_is(sealed: Lake) -> None:
    assert seal(sealed, SETTINGS, forecasts(coming(4))).empty
    again = seal(sealed, SETTINGS, forecasts(coming(4)[:1], p_up=0.61))
    assert again["seq"].tolist() == [5]
    assert len(seal(sealed, SETTINGS, forecasts(coming(4)[:1], model="kdtcn-b"))) == 1
    assert failing(sealed) == []
    assert head_of(sealed)[0] == 6


@pytest.mark.parametrize(
    ("moment", "in_time"),
    [
        (decision_time(DAYS[0]), [True]),  # at the decision time itself
        (decision_time(DAYS[0]) + pd.Timedelta(microseconds=1), [False]),  # late, and said to be
        (pd.Timestamp("2016-06-22 09:29", tz="America/New_York").tz_convert("UTC"), [False]),
        (pd.Timestamp("2016-06-22 09:30", tz="America/New_York").tz_convert("UTC"), []),  # it has opened
        (pd.Timestamp("2020-01-01", tz="UTC"), []),  # a backfill
    ],
)
def test_late_is_marked_and_the_past_is_not_sealed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, moment: pd.Timestamp, in_time: list[bool]
) -> None:
    at(monkeypatch, moment)
    seal(lake, SETTINGS, forecasts(DAYS[:1]))
    assert entries(lake)["in_time"].tolist() == in_time


def test_the_decision_time_is_that_of_the_settings(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, decision_time(DAYS[0]) + pd.Timedelta(minutes=40))
    seal(lake, Settings(decision={"at": "01:00"}), forecasts(DAYS[:1]))
    assert entries(lake)["in_time"].tolist() == [True]


def test_an_untouched_ledger_verifies_and_so_does_an_empty_one(lake: Lake, sealed: Lake, tmp_path: Path) -> None:
    assert failing(sealed) == []
    assert failing(Lake(str(tmp_path / "none"))) == []
    assert head_of(Lake(str(tmp_path / "none"))) == (0, START)


def table(lake: Lake) -> DeltaTable:
    return DeltaTable(f"{lake.url}/ledger")


def rewritten(lake: Lake, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Every row written anew by somebody who knows how to leave no trace in the log: in a table made from scratch."""
    rows = entries(lake)
    schema = pa.schema(table(lake).schema().to_arrow())
    properties = table(lake).metadata().configuration
    changed = change(rows.copy())
    shutil.rmtree(f"{lake.url}/ledger")
    made = DeltaTable.create(f"{lake.url}/ledger", schema, configuration=properties, raise_if_key_not_exists=False)
    for i in range(len(changed)):
        part = changed.iloc[[i]].assign(session=lambda frame: frame["session"].dt.date)
        write_deltalake(made, pa.Table.from_pandas(part, schema=schema, preserve_index=False), mode="append")


def test_a_changed_number_is_found(sealed: Lake) -> None:
    table(sealed).update(updates={"p_up": "0.99"}, predicate="seq = 2")
    found = verify(sealed)
    assert failing(sealed) == ["entries hash to what they were sealed with", "the table was only ever appended to"]
    assert found[1].value == "not entry 2"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("session", pd.Timestamp("2016-07-01")),
        ("model_id", "another"),
        ("p_abrupt", 0.10000000000000002),
        ("data_versions", "{}"),
        ("decision_time", pd.Timestamp("2030-01-01", tz="UTC")),
        ("sealed_at", IN_TIME),
        ("in_time", False),
        ("hash", "0" * 64),
        ("previous", "0" * 64),
        ("available_at", IN_TIME),
    ],
)
def test_no_column_can_be_changed_without_a_trace(sealed: Lake, column: str, value: object) -> None:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows[column] = [value if i == 2 else old for i, old in enumerate(rows[column])]
        return rows

    rewritten(sealed, change)
    assert failing(sealed)


def test_a_removed_row_is_found(sealed: Lake) -> None:
    table(sealed).delete("seq = 2")
    assert "numbers run from 1 without gap or double" in failing(sealed)


def test_a_removed_row_is_found_when_the_rest_is_numbered_anew(sealed: Lake) -> None:
    rewritten(sealed, lambda rows: rows[rows["seq"] != 2].assign(seq=[1, 2, 3]))
    assert {"entries hash to what they were sealed with", "entries name the hash before them"} <= set(failing(sealed))


def test_reordered_rows_are_found(sealed: Lake) -> None:
    rewritten(sealed, lambda rows: rows.assign(seq=[1, 3, 2, 4]).sort_values("seq"))
    assert {"entries hash to what they were sealed with", "entries name the hash before them"} <= set(failing(sealed))


def test_an_added_row_is_found(sealed: Lake) -> None:
    """With the right hashes even, but a time of sealing that the commit belies."""
    rows = entries(sealed)
    early = pd.Timestamp.now("UTC").as_unit("us") - pd.Timedelta(days=1)
    forged = rows.iloc[-1].to_dict() | {"seq": 5, "p_up": 0.9, "previous": rows["hash"].iloc[-1], "sealed_at": early}
    forged |= {"available_at": early}
    forged["hash"] = digest(forged)
    sealed.upsert("ledger", pd.DataFrame([forged]).drop(columns="ingested_at"))
    assert failing(sealed) == ["each entry was written when it was sealed"]


def test_a_doubled_row_is_found(sealed: Lake) -> None:
    rows = entries(sealed).iloc[[1]].assign(session=lambda frame: frame["session"].dt.date)
    schema = pa.schema(table(sealed).schema().to_arrow())
    write_deltalake(table(sealed), pa.Table.from_pandas(rows, schema=schema, preserve_index=False), mode="append")
    assert "numbers run from 1 without gap or double" in failing(sealed)


def test_a_tail_cut_off_is_found_by_the_log(sealed: Lake) -> None:
    table(sealed).delete("seq = 4")
    assert "the table was only ever appended to" in failing(sealed)


def test_a_log_cut_off_is_found_by_the_head_noted_elsewhere_alone(sealed: Lake) -> None:
    _, noted = head_of(sealed)
    last = max((Path(sealed.url) / "ledger" / "_delta_log").glob("*.json"))
    last.unlink()
    assert failing(sealed) == []  # nobody can tell three sealed forecasts from four of which one is gone
    assert failing(sealed, noted) == ["the hash noted elsewhere stands"]


def test_a_chain_forged_from_scratch_is_found_by_the_head_noted_elsewhere(sealed: Lake) -> None:
    _, noted = head_of(sealed)

    def forge(rows: pd.DataFrame) -> pd.DataFrame:
        before, made = START, []
        for row in rows.assign(p_up=0.9).to_dict("records"):
            row["previous"] = before
            before = row["hash"] = digest(row)
            made.append(row)
        return pd.DataFrame(made)

    rewritten(sealed, forge)
    assert failing(sealed, noted) == ["the hash noted elsewhere stands"]


def test_a_head_noted_earlier_still_stands_when_more_was_sealed(sealed: Lake) -> None:
    _, noted = head_of(sealed)
    seal(sealed, SETTINGS, forecasts(coming(6)[4:]))
    assert failing(sealed, noted) == []
    assert verify(sealed, noted)[-1].value == "entry 4 of 6"


def test_two_writers_at_once_do_not_fork_the_chain(lake: Lake) -> None:
    days = [f"{day:%Y-%m-%d}" for day in coming(6)]
    command = [sys.executable, "-m", "tests.evaluation.sealer", lake.url]
    writers = [subprocess.Popen([*command, name, *days], stderr=subprocess.PIPE) for name in ("one", "two")]
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said.decode()
    assert failing(lake) == []
    rows = entries(lake)
    assert rows["seq"].tolist() == list(range(1, 13))
    assert rows.groupby("model_id")["session"].apply(list).map(len).to_dict() == {"one": 6, "two": 6}


def test_a_writer_that_is_always_late_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "ATTEMPTS", 2)
    monkeypatch.setattr(ledger, "entries", lambda source: source.read("ledger").iloc[:0])  # sees no entry of others
    seal(lake, SETTINGS, forecasts(coming(1), "other"))
    with pytest.raises(LakeError, match="being written by others all the time"):
        seal(lake, SETTINGS, forecasts(coming(1)))


def test_the_commands_show_and_prove(sealed: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDTCN_LAKE__URL", sealed.url)
    run = CliRunner()
    _, noted = head_of(sealed)
    shown = json.loads(run.invoke(app, ["ledger", "show", "--json", "--last", "2"]).stdout)
    assert [row["seq"] for row in shown] == [3, 4]
    proved = run.invoke(app, ["ledger", "verify", "--head", noted])
    assert proved.exit_code == 0
    assert f"head: {noted} (4 entries)" in proved.stdout
    assert run.invoke(app, ["ledger", "verify", "--head", "0" * 63 + "1"]).exit_code == 1
    table(sealed).update(updates={"p_up": "0.99"}, predicate="seq = 2")
    broken = json.loads(run.invoke(app, ["ledger", "verify", "--json"]).stdout)
    assert [finding["holds"] for finding in broken["findings"]].count(False) == 2
