"""Print a page of the site to a PDF with a headless Chromium, where there is one."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from kdtcn.errors import InputError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
PATIENCE = 120  # seconds
# Nothing is fetched and nothing phones home; a container's root may not use the sandbox.
QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
)


def find() -> str:
    """The Chromium that KDTCN_CHROMIUM names, else the first on the path; empty where there is none."""
    named = os.environ.get("KDTCN_CHROMIUM", "")
    return named or next((found for name in NAMES if (found := shutil.which(name))), "")


def print_pdf(page: Path, target: Path) -> None:
    """Write the page as a PDF. InputError with the remedy where no Chromium is found or it fails."""
    program = find()
    by_hand = f"or open {page} in any browser and print it to a file"
    if not program:
        raise InputError(
            f"--pdf needs Chromium or Chrome, and none was found: install one or name it in KDTCN_CHROMIUM; {by_hand}"
        )
    if not target.parent.is_dir():
        raise InputError(f"{target}: the folder {target.parent} is not there; make it first")
    rootless = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="kdtcn-print-") as profile:
        made = Path(profile) / "page.pdf"
        command = [program, *QUIET, *rootless, f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={made}"]
        try:
            done = subprocess.run(
                [*command, page.resolve().as_uri()], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(
                f"{program}: could not print the page ({error}); name another in KDTCN_CHROMIUM, {by_hand}"
            ) from None
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF"):
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"{program}: printed nothing ({last[:200]}); name another in KDTCN_CHROMIUM, {by_hand}")
        shutil.copyfile(made, target)
