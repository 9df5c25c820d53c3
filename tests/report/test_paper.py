"""`kdtcn paper`, from a small lake to its files: every protocol is scored on its own sessions, and the page shows the figures."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.evaluation.protocols import PRIMARY, PROTOCOLS, Results, paired, results, walks
from kdtcn.lake import Lake
from kdtcn.report.paper import BEGIN, END, MARKDOWN, put_into, summary, write
from kdtcn.training.experiment import train
from tests.test_no_future import DAYS, SETTINGS, build

CHANGES = {
    "evaluation": {"test_from": DAYS[200], "origin": "rolling", "months": 9, "longest": 120, "thresholds": []},
    "training": {"models": ["always-up", "reversal", "kdtcn"], "seeds": 2, "workers": 1, "epochs": 1,
                 "options": {"parameters": 2000}},
}  # fmt: skip
COMMAND = "kdtcn paper --config small.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Settings, list[list[str]]]:
    lake, sight = build(tmp_path_factory.mktemp("paper"), 0)
    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), **CHANGES})
    return lake, settings, train(lake, settings, sight, [walk for _, walk in walks(settings)])


@pytest.fixture(scope="module")
def found(made: tuple[Lake, Settings, list[list[str]]]) -> Results:
    return results(*made)


@pytest.fixture(scope="module")
def page(found: Results, made: tuple[Lake, Settings, list[list[str]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(found, made[1], COMMAND, tmp_path_factory.mktemp("files"))


def test_every_protocol_is_scored_under_every_alignment_on_its_own_sessions(found: Results) -> None:
    whole = found.scores[found.scores["subset"] == "all"]
    assert list(whole["protocol"].drop_duplicates()) == [protocol.name for protocol in PROTOCOLS]
    n = whole.groupby(["protocol", "alignment"])["n"].max().unstack()
    assert (n["forecast"] == n["same_day"]).all()
    assert n.loc[PRIMARY, "forecast"] == n.loc["window", "forecast"] == n.loc["fixed", "forecast"]
    assert n.loc["fixed-2015", "forecast"] == (DAYS >= "2015-01-01").sum()
    assert n.loc["shares", "forecast"] < n.loc["fixed-2015", "forecast"]
    assert (whole.loc[whole["model"] == "kdtcn", "seeds"] == 2).all()
    assert "kdtcn-ensemble" in set(whole["model"])


def test_an_opening_of_the_hold_out_counts_for_every_protocol_that_shares_sessions(
    made: tuple[Lake, Settings, list[list[str]]], found: Results
) -> None:
    """All protocols overlap here, so that each shows all openings of its alignment, whichever was scored first."""
    rows = made[0].read("openings", columns=["alignment"])["alignment"].value_counts()
    shown = found.scores.groupby("alignment")["opened"].agg(["min", "max"])
    assert (shown["min"] == shown["max"]).all()
    assert shown["max"].to_dict() == rows.to_dict()


def test_paired_models_meet_on_their_common_sessions() -> None:
    days = pd.bdate_range("2015-01-01", periods=40)

    def forecasts(right: np.ndarray, days: pd.DatetimeIndex = days) -> pd.DataFrame:
        one = pd.DataFrame({"session": days, "model": "kdtcn", "seed": 0, "up": 1, "p_up": np.where(right, 0.6, 0.4)})
        return pd.concat([one, one.assign(model="same", p_up=0.7)], ignore_index=True)

    good, bad = np.ones(40, bool), np.arange(40) >= 20
    table = paired(forecasts(good), forecasts(bad)[lambda rows: rows["session"] > days[9]])
    assert table["model"].tolist() == ["kdtcn"]  # the other decides alike throughout
    row = table.iloc[0]
    assert (row["n"], row["accuracy"], row["gap"]) == (30, 1.0, pytest.approx(1 / 3))
    assert row["mcnemar"] == pytest.approx(2 / 2**10)
    assert paired(forecasts(good).iloc[:0], forecasts(bad)).empty


def test_the_files_hold_the_same_figures(found: Results, page: Path) -> None:
    csv = pd.read_csv(page.with_name("scores.csv"))
    pd.testing.assert_frame_equal(csv[["accuracy", "low", "high"]], found.scores[["accuracy", "low", "high"]])
    row = (
        found.scores[(found.scores["protocol"] == PRIMARY) & (found.scores["subset"] == "all")]
        .set_index("model")
        .loc["kdtcn"]
        .iloc[0]
    )
    text = page.with_name(MARKDOWN).read_text()
    assert f"| kdtcn | {100 * row['accuracy']:.1f} ± {100 * row['accuracy_std']:.1f} |" in text
    assert f"{100 * row['accuracy']:.1f}\u202f%" in page.read_text()
    assert text.count("explains, does not forecast") >= len(PROTOCOLS)
    assert not re.search(r"\bnan\b", text)


def test_the_section_of_the_readme_is_replaced_between_its_marks(
    found: Results, made: tuple[Lake, Settings, list[list[str]]], tmp_path: Path
) -> None:
    section = summary(found, made[1], COMMAND)
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    for _ in range(2):
        put_into(readme, section)
        text = readme.read_text()
        assert text.startswith(f"# Title\n\n{BEGIN}\n")
        assert text.endswith(f"{END}\n\nafter\n")
        assert "| always-up |" in text
        assert "old" not in text.splitlines()
    readme.write_text("# Title\n")
    with pytest.raises(InputError, match="put the lines"):
        put_into(readme, section)
    with pytest.raises(InputError, match="cannot be read"):
        put_into(tmp_path / "absent.md", section)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_page_fits_makes_no_request_and_draws_every_interval(page: Path, browser: Browser, width: int, scheme: str) -> None:
    view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    asked, said = [], []
    view.on("request", lambda request: asked.append(request.url))
    view.on("console", lambda message: said.append(message.text))
    view.goto(page.as_uri())
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert said == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    drawn = view.locator("svg.forest")
    assert drawn.count() == view.locator("table.evaluation tbody tr").count() > 40
    assert drawn.first.get_attribute("aria-label")
    dots = view.evaluate(
        "[...document.querySelectorAll('svg.forest circle')].map(c => [c.cx.baseVal.value, c.ownerSVGElement.viewBox.baseVal.width])"
    )
    assert all(0 <= x <= width for x, width in dots)
    assert view.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))") == [
        "#main", "index.html", "scores.csv", "tests.csv",
    ]  # fmt: skip
    view.close()
