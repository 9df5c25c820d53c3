"""Writes the site: all of it into a new folder, which then takes the place of the old one, so that no page of another run lingers."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from kdtcn.errors import InputError
from kdtcn.explain.abrupt import AbruptPoint, Interval, TopEffect, intervals
from kdtcn.report import entities, figures, folder, render, search, words
from kdtcn.report.page import SessionPage, as_json
from kdtcn.report.summary import Background, DataSummary, Evaluation, SiteMeta

FORMAT = 3


def write_site(
    out_dir: Path,
    pages: Iterable[SessionPage],
    evaluation: Evaluation | None,
    data: DataSummary | None,
    meta: SiteMeta,
    *,
    background: Background | None = None,
    keep: Collection[str] | None = None,
) -> Path:
    """Write index, session, entity, model and data pages under out_dir and return the path of index.html.

    With `keep`, session pages of the site that stands there which these models made are taken over unless they are written
    anew, and the index lists them too; so a nightly run adds its page. Raises InputError where out_dir holds something that is
    no site.
    """
    out_dir = Path(out_dir)
    folder.recover(out_dir)
    folder.check(out_dir)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.new-", dir=out_dir.parent))
    try:
        fresh.chmod(0o755)
        old = out_dir if keep is not None and out_dir.is_dir() else None
        _fill(fresh, list(pages), evaluation, data, meta, background or Background(), old, keep or ())
        folder.swap(fresh, out_dir)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out_dir / "index.html"


def _fill(
    root: Path,
    pages: list[SessionPage],
    evaluation: Evaluation | None,
    data: DataSummary | None,
    meta: SiteMeta,
    background: Background,
    old: Path | None,
    keep: Collection[str],
) -> None:
    for name in ("sessions", "entities", "assets"):
        (root / name).mkdir()
    for asset in (resources.files("kdtcn.report") / "assets").iterdir():
        _write(root / "assets" / asset.name, asset.read_text(encoding="utf-8"))

    trees: dict[str, dict[str, Any]] = {
        page.name: {"format": FORMAT, "lake": dict(meta.lake), "row": index_row(page), "page": figures.pack(page)}
        for page in pages
    }
    if len(trees) != len(pages):
        raise InputError("two pages have the same session and alignment; a site holds one of each")
    for name, tree in trees.items():
        _write_json(root / "sessions" / f"{name}.json", tree)
    kept = {tree["row"]["name"]: tree for tree in _kept(old, root, set(trees), keep)}
    trees |= kept
    rows = [tree["row"] for tree in trees.values()]
    listed = sorted(rows, key=lambda row: (row["session"], row["alignment"] == "forecast"), reverse=True)

    found = [{**tree["page"], "events": figures.whole_events(tree["page"])} for tree in trees.values()]
    told = folder.read_index(old)["entities"] if kept and old is not None else []
    named = {entity for tree in kept.values() for entity in tree["page"]["entities"]}
    stay = named.intersection(told)  # pages that are not written anew link to these
    about = entities.gather(found, background.describe, stay)
    linked = frozenset(page.id for page in about)
    jobs = [(page, meta, near(page.name, listed), linked) for page in pages]
    for page, text in zip(pages, render.sessions(jobs), strict=True):
        _write(root / "sessions" / f"{page.name}.html", text)

    for one in about:
        _write(root / "entities" / f"{one.file}.html", render.entity_html(one, meta, background.closes, linked))
    _write(root / "entities.html", render.entities_html(about, meta))
    _write(root / "assets" / "search.js", search.index(found, about))

    runs = [_with_top(run, listed) for run in reversed(meta.intervals or _own_intervals(pages))]
    _write(root / "index.html", render.index_html(listed, runs, meta, about, search.event_types(found)))
    site = {"generator": "kdtcn", "format": FORMAT, "meta": as_json(meta), "sessions": listed, "intervals": as_json(runs)}
    _write_json(root / folder.INDEX, {**site, "entities": sorted(linked)})

    _whole(
        root,
        "evaluation",
        old,
        evaluation,
        lambda found: render.evaluation_html(found, meta),
        _evaluation_json,
        Evaluation(_no_rows()),
    )
    _whole(root, "data", old, data, lambda found: render.data_html(found, meta), as_json, DataSummary())


def _whole(
    root: Path, name: str, old: Path | None, given: Any, html: Callable[[Any], str], tree: Callable[[Any], Any], nothing: Any
) -> None:
    """A page about the whole site; with `keep` and nothing given, the one that stands is taken over."""
    if given is None and old is not None and (old / f"{name}.html").is_file() and (old / f"{name}.json").is_file():
        for ending in ("html", "json"):
            shutil.copyfile(old / f"{name}.{ending}", root / f"{name}.{ending}")
        return
    found = nothing if given is None else given
    _write(root / f"{name}.html", html(found))
    _write_json(root / f"{name}.json", {"format": FORMAT, name: tree(found)})


def index_row(page: SessionPage) -> dict[str, Any]:
    """What the index says of a page; it goes into the page's JSON, so that an index can be made without the pages."""
    top, outcome = page.top, page.outcome
    row = {
        "name": page.name,
        "session": f"{page.session:%Y-%m-%d}",
        "alignment": page.alignment,
        "p_up": page.p_up,
        "p_abrupt": page.p_abrupt,
        "up": page.up,
        "d": outcome.d if outcome else None,
        "c": outcome.c if outcome else None,
        "outcome_up": outcome.up if outcome else None,
        "abrupt": bool(outcome and outcome.abrupt),
        "hit": "" if outcome is None else "right" if outcome.up == page.up else "wrong",
        "top": top.words if top else "",
        "top_effect": top.effect if top else None,
        "statement": words.statement(page),
        "record": words.record(page),
    }
    return dict(as_json(row))


def near(name: str, listed: Sequence[Mapping[str, Any]]) -> render.Neighbours:
    """Neighbours of a page among those of the same alignment (`listed` is newest first), its other alignment, all other sessions."""
    mine = next(row for row in listed if row["name"] == name)
    names = [row["name"] for row in listed if row["alignment"] == mine["alignment"]]
    at = names.index(name)
    twin = next((row["name"] for row in listed if row["session"] == mine["session"] and row["name"] != name), "")
    return render.Neighbours(
        before=names[at + 1] if at + 1 < len(names) else "",
        after=names[at - 1] if at else "",
        twin=twin,
        others={
            row["session"]: row["name"] for row in sorted(listed, key=lambda row: bool(row["alignment"] == mine["alignment"]))
        },
    )


def _kept(old: Path | None, root: Path, new: set[str], models: Collection[str]) -> Iterable[dict[str, Any]]:
    """The JSON of the standing site's pages of these models that are not written anew; their files are taken over."""
    if old is None:
        return
    for path in sorted((old / "sessions").glob("*.json")):
        page = path.with_suffix(".html")
        if path.stem in new or not page.is_file():
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue  # half a page is no page
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            continue  # another format's page would not fit this style sheet
        if found["page"]["provenance"]["model_id"] not in models:
            continue
        for file in (path, page):
            _take(file, root / "sessions" / file.name)
        yield found


def _take(file: Path, place: Path) -> None:
    """A page that stays, under its new folder too: a link costs nothing, however many nights there were. None is written in place."""
    try:
        os.link(file, place)
    except OSError:  # a file system without links
        shutil.copyfile(file, place)


def _with_top(run: Interval, listed: Iterable[Mapping[str, Any]], most: int = 3) -> Interval:
    """An interval that came without effects gets the largest one of each of its sessions that has a forecast page."""
    days = {f"{session:%Y-%m-%d}": session for session in run.sessions}
    rows = [row for row in listed if row["session"] in days and row["alignment"] == "forecast" and row["top"]]
    if run.top or not rows:
        return run
    found = [TopEffect(days[row["session"]], row["top"], row["top_effect"]) for row in rows]
    return replace(run, top=tuple(sorted(found, key=lambda item: -abs(item.effect))[:most]))


def _own_intervals(pages: Iterable[SessionPage]) -> list[Interval]:
    """Without intervals of the whole period: those of the sessions that the pages' own charts cover."""
    series: dict[Any, AbruptPoint] = {}
    effects: dict[Any, list[tuple[str, float]]] = {}
    for page in pages:
        series |= {point.session: point for point in page.recent}
        effects[page.session] = [(event.words, event.effect) for event in page.events]
    return intervals([series[session] for session in sorted(series)], effects)


def _evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "live": evaluation.live,
        "notes": list(evaluation.notes),
        "rows": as_json(evaluation.frame.to_dict("records")),
        "abrupt": None if evaluation.abrupt is None else as_json(evaluation.abrupt.to_dict("records")),
        "abrupt_tests": None if evaluation.abrupt_tests is None else as_json(evaluation.abrupt_tests.to_dict("records")),
        "reliability": as_json(evaluation.reliability),
        "curves": as_json(evaluation.curves),
        "audits": as_json(evaluation.audits),
    }


def _no_rows() -> Any:
    import pandas as pd

    return pd.DataFrame(columns=["model", "subset", "alignment", "n", "accuracy", "low", "high"])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_json(path: Path, tree: Any) -> None:
    """ASCII only, so that no direction character reaches a terminal unseen; keys in the order of the dataclasses."""
    _write(path, json.dumps(tree, separators=(",", ":"), allow_nan=False) + "\n")
