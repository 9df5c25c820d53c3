"""A real browser and a small made-up site for the tests of the report."""

import dataclasses
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from kdtcn.report import write_site
from tests.report import made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one KDTCN_CHROMIUM names, else the system's, else playwright's own."""
    found = (
        os.environ.get("KDTCN_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    with sync_playwright() as play:
        running = play.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions, one of them under both alignments."""
    pages = [made.page(day, seed=n, n=12 + n) for n, day in enumerate(("2016-06-23", "2016-06-24", "2016-06-27"))]
    pages = [dataclasses.replace(page, linkage=made.small_linkage()) for page in pages]
    pages.append(dataclasses.replace(pages[1], alignment="same_day"))
    meta = dataclasses.replace(made.META, intervals=(made.interval(),))
    return write_site(
        tmp_path_factory.mktemp("report") / "site", pages, made.evaluation(), made.data(), meta, background=made.background()
    ).parent
