"""The site as files: complete, of one run, never half written; its figures stand beside it as JSON."""

import dataclasses
import json
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from kdtcn.config import load
from kdtcn.errors import InputError
from kdtcn.lake import Lake
from kdtcn.report import DataSummary, SessionPage, build, site, write_site
from kdtcn.report.page import as_json
from tests.report import made

MADE_BY = ("m-3f9a02c1d7",)  # the model of the made-up pages


def _write(out: Path, *days: str, keep: tuple[str, ...] | None = None, **changes: object) -> Path:
    pages = [made.page(day, n=3, **changes) for day in days]
    return write_site(out, pages, made.evaluation(), made.data(), made.META, keep=keep)


def _sessions(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "sessions").iterdir())


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for key, value in attrs if key in {"href", "src"} and value]


def test_every_link_inside_the_site_leads_to_a_file(site: Path) -> None:
    for page in site.rglob("*.html"):
        links = _Links()
        text = page.read_text(encoding="utf-8")
        links.feed(text)
        assert links.found
        for link in links.found:
            target, _, anchor = link.partition("#")
            if link.startswith(("https:", "http:", "data:,")):
                continue
            assert (page.parent / target).resolve().exists() if target else f'id="{anchor}"' in text, f"{page.name}: {link}"


def test_neighbours_and_alignments_point_at_each_other(site: Path) -> None:
    text = (site / "sessions" / "2016-06-24.html").read_text(encoding="utf-8")
    assert 'rel="prev" href="2016-06-23.html"' in text
    assert 'rel="next" href="2016-06-27.html"' in text
    assert 'href="2016-06-24-same-day.html"' in text
    same_day = (site / "sessions" / "2016-06-24-same-day.html").read_text(encoding="utf-8")
    assert "Explains, does not forecast." in same_day
    assert 'href="2016-06-24.html"' in same_day
    assert "Explains, does not forecast." not in text


def test_every_page_says_that_it_is_synthetic_and_no_advice(site: Path, tmp_path: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "Synthetic data." in text
        assert "Not investment advice." in text
        assert "Content-Security-Policy" in text
    real = dataclasses.replace(made.META, synthetic=False)
    index = write_site(tmp_path / "real", [made.page(n=2)], None, None, real)
    assert all("Synthetic data." not in page.read_text(encoding="utf-8") for page in index.parent.rglob("*.html"))


def test_the_json_holds_the_figures_of_the_page(tmp_path: Path) -> None:
    page = made.page(n=5)
    out = write_site(tmp_path / "out", [page], made.evaluation(), made.data(), made.META).parent
    found = _read(out / "sessions" / "2016-06-24.json")["page"]
    assert found["p_up"] == pytest.approx(page.p_up, abs=1e-7)
    assert [event["effect"] for event in found["events"]] == pytest.approx([event.effect for event in page.events], abs=1e-7)
    assert found["recent"][-1]["c"] == pytest.approx(page.recent[-1].c, abs=1e-7)
    assert found["provenance"]["data_versions"]["prices"] == 3
    assert len(_read(out / "evaluation.json")["evaluation"]["rows"]) == 72
    assert _read(out / "data.json")["data"]["sources"][0]["read"] == 30112
    assert _read(out / "index.json")["sessions"][0]["top_effect"] == max((e.effect for e in page.events), key=abs)


def test_unknown_numbers_are_null_in_json() -> None:
    assert as_json({"a": float("nan"), "b": (1, None)}) == {"a": None, "b": [1, None]}
    with pytest.raises(TypeError, match="object"):
        as_json(object())


def test_the_provenance_is_on_the_page(site: Path) -> None:
    text = (site / "sessions" / "2016-06-24.html").read_text(encoding="utf-8")
    for part in (
        "m-3f9a02c1d7",
        "8c1f0e22ab90",
        "0.1.0+g1a2b3c4",
        "kdtcn report build --session 2016-06-24",
        "a93b11c09d2e",
        "2014-12-31",
    ):
        assert part in text


def test_headlines_without_event_and_gaps_are_listed(site: Path) -> None:
    text = (site / "sessions" / "2016-06-24.html").read_text(encoding="utf-8")
    assert "Why the lighthouse keeper still writes letters" in text
    assert "no headline was published on this day" in text
    assert "decided after the session" in text


def test_neighbouring_abrupt_sessions_are_one_interval_with_its_return(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    row = text[text.index('class="intervals"') :]
    assert '<time datetime="2016-06-24">2016-06-24</time> to <time datetime="2016-06-27">' in row
    assert "−4.84\u202f%" in row


def test_a_second_run_leaves_no_page_of_the_first(tmp_path: Path) -> None:
    _write(tmp_path / "out", "2016-06-23", "2016-06-24")
    _write(tmp_path / "out", "2016-06-27")
    assert _sessions(tmp_path / "out") == ["2016-06-27.html", "2016-06-27.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_keep_adds_a_page_and_the_index_lists_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _write(out, "2016-06-23", "2016-06-24")
    before = (out / "sessions" / "2016-06-23.html").read_bytes()
    write_site(out, [made.page("2016-06-24", n=4), made.page("2016-06-27", n=3)], None, None, made.META, keep=MADE_BY)
    assert (out / "sessions" / "2016-06-23.html").read_bytes() == before
    assert len(_read(out / "sessions" / "2016-06-24.json")["page"]["events"]) == 4
    assert [row["session"] for row in _read(out / "index.json")["sessions"]] == ["2016-06-27", "2016-06-24", "2016-06-23"]
    assert "kdtcn" in (out / "evaluation.html").read_text(encoding="utf-8")
    assert _read(out / "data.json")["data"]["sources"]


def _by(model: str, day: str, n: int = 3, **changes: object) -> SessionPage:
    page = made.page(day, n=n, **changes)
    return dataclasses.replace(page, provenance=dataclasses.replace(page.provenance, model_id=model))


def test_a_site_that_is_built_again_keeps_the_pages_of_other_models_that_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = [_by("live", day) for day in ("2016-06-23", "2016-06-24")]
    others = [_by("same", "2016-06-24", alignment="same_day"), _by("prices", "2016-06-22"), _by("gone", "2016-06-21")]
    others.append(_by("live", "2016-06-20"))  # the model in force no longer explains it
    settings = load(Path("configs/demo.yaml"), [f"home={tmp_path}"])
    write_site(settings.folder / "report", [*live, *others], made.evaluation(), made.data(), made.META)
    before = _sessions(settings.folder / "report")

    class Assembled:
        market = None
        effects = pd.DataFrame({"session": [page.session for page in live]})

        def __init__(self, *_: object) -> None: ...

        def page(self, session: pd.Timestamp) -> SessionPage:
            return _by("live", f"{session:%Y-%m-%d}", n=5)

    monkeypatch.setattr(build, "Assembler", Assembled)
    monkeypatch.setattr(build, "Sight", SimpleNamespace(of=lambda *_: SimpleNamespace(graph=None)))
    monkeypatch.setattr(build, "stored_models", lambda _: pd.DataFrame({"model_id": ["live", "same", "prices"]}))
    monkeypatch.setattr(build, "describer", lambda *_: None)
    monkeypatch.setattr(build, "_test_intervals", lambda *_: [])
    monkeypatch.setattr(build, "_closes", lambda *_: pd.Series(dtype=float))
    index = build.build_site(Lake(settings.lake_url), settings, "configs/demo.yaml", "live", whole=False)

    assert len(before) == 12
    left = [name for name in _sessions(index.parent) if name.endswith(".html")]
    assert left == ["2016-06-22.html", "2016-06-23.html", "2016-06-24-same-day.html", "2016-06-24.html"]
    assert len(_read(index.parent / "sessions" / "2016-06-24.json")["page"]["events"]) == 5
    assert len(_read(index.parent / "sessions" / "2016-06-24-same-day.json")["page"]["events"]) == 3
    assert len(_read(index.parent / "index.json")["sessions"]) == 4


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _write(tmp_path / name, "2016-06-23", "2016-06-24")
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) > 16
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_a_failure_half_way_leaves_the_old_site_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    _write(out, "2016-06-23")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def fails(*_: object) -> str:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(site.render, "index_html", fails)
    with pytest.raises(RuntimeError):
        _write(out, "2016-06-24")
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_crash_between_the_two_renames_is_mended(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _write(out, "2016-06-23")
    out.rename(tmp_path / ".out.old")
    _write(out, "2016-06-24", keep=MADE_BY)
    assert "2016-06-23.html" in _sessions(out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_others_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("keep me")
    with pytest.raises(InputError, match="another folder"):
        _write(tmp_path, "2016-06-23")
    with pytest.raises(InputError, match="is a file"):
        _write(tmp_path / "letters.txt", "2016-06-23")
    assert (tmp_path / "letters.txt").read_text() == "keep me"


def test_two_pages_of_one_session_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="same session"):
        _write(tmp_path / "out", "2016-06-23", "2016-06-23")


@pytest.mark.parametrize(
    "page",
    [
        made.page(n=0, older=(), headlines=(), recent=(), gaps=(), outcome=None, record=None),
        made.page(n=1, older=()),
        made.page(n=0),
        made.page(
            n=2,
            events=tuple(
                dataclasses.replace(e, effect=0.0, low=None, high=None, popularity=None, confidence=None) for e in made.events(2)
            ),
        ),
        made.page(n=80),
    ],
    ids=["nothing known", "one event, no older session", "older sessions only", "nothing measured", "many events"],
)
def test_pages_with_little_or_much_are_pages(tmp_path: Path, page: SessionPage) -> None:
    out = write_site(tmp_path / "out", [page], None, DataSummary(), made.META).parent
    file = out / "sessions" / "2016-06-24.html"
    assert 2_000 < file.stat().st_size < 400_000
    text = file.read_text(encoding="utf-8")
    assert text.count('<li id="event-') == len(page.events)
    assert "None" not in text


def test_an_empty_site_is_a_site(tmp_path: Path) -> None:
    index = write_site(tmp_path / "out", [], None, None, made.META)
    assert "No abrupt session" in index.read_text(encoding="utf-8")
    assert "No model has been evaluated" in (index.parent / "evaluation.html").read_text(encoding="utf-8")
