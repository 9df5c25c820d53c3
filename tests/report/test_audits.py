"""What an audit found stands on the page about the models: the newest of each kind, of this configuration alone."""

from pathlib import Path

import pandas as pd
import pytest
import typer

from kdtcn.cli.audit import conclude
from kdtcn.config import Settings
from kdtcn.findings import Finding
from kdtcn.lake import Lake, audits
from kdtcn.report.build import _audits

SETTINGS = Settings(name="audited")
GOOD, BAD = Finding("loss before training", "0.6931", "ln 2", True), Finding("looks ahead", "3 inputs", "0", False)


def test_the_newest_of_each_kind_is_kept_with_what_does_not_hold(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert audits(lake, SETTINGS.fingerprint()).empty
    conclude(lake, SETTINGS, "model", [GOOD], "first", True)
    conclude(lake, SETTINGS, "leaks", [GOOD], "leaks in audited", True)
    with pytest.raises(typer.Exit):
        conclude(lake, SETTINGS, "model", iter([GOOD, BAD]), "kdtcn on audited", True)
    conclude(lake, Settings(name="another"), "effects", [GOOD], "effects of another", True)

    leaks, model = _audits(lake, SETTINGS.fingerprint())
    assert (leaks.command, leaks.title, leaks.findings) == ("kdtcn audit leaks", "leaks in audited", (GOOD,))
    assert (model.command, model.title, model.findings) == ("kdtcn audit model", "kdtcn on audited", (GOOD, BAD))
    assert model.day == f"{pd.Timestamp.now('UTC'):%Y-%m-%d}"


def test_an_audit_that_breaks_off_is_not_shown(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))

    def broken():
        yield GOOD
        raise RuntimeError("no more memory")

    with pytest.raises(RuntimeError):
        conclude(lake, SETTINGS, "model", broken(), "kdtcn", False)
    assert audits(lake, SETTINGS.fingerprint()).empty
