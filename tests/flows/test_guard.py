"""At most one night at a time, through kills."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.guard import LOCK, only_one
from kdtcn.errors import KdtcnError

HOLDER = """
import sys, time
from pathlib import Path
from flows.guard import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_night_is_refused_and_a_killed_holder_leaves_nothing_to_clear_away(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(KdtcnError, match=f"another night is under way .process {child.pid}"), only_one(tmp_path):
            pass
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert (tmp_path / LOCK).read_text() == f"{child.pid}\n"  # the file of the dead is still there
    with only_one(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_one_process_has_one_night_too(tmp_path: Path) -> None:
    with only_one(tmp_path):
        with pytest.raises(KdtcnError, match=f"process {os.getpid()}"), only_one(tmp_path):
            pass
        with pytest.raises(KdtcnError), only_one(tmp_path / "." / ""):
            pass
        with only_one(tmp_path / "other"):
            pass
    with only_one(tmp_path):
        pass
