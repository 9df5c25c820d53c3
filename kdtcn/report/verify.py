"""Remake a page from its provenance and say what differs: the tables at the versions it names, its model, its effects.

Three things are compared, each with what it rests on: the forecast and the effects, computed anew by the stored model from the
tables as they stood; the figures beside the page, assembled anew from those tables; the page itself, rendered anew.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from deltalake import DeltaTable

from kdtcn import __version__
from kdtcn.config import Settings
from kdtcn.errors import InputError
from kdtcn.explain.pending import OLDER, effect_rows, item_ranks, session_effects
from kdtcn.explain.placebo import SESSIONS
from kdtcn.lake import Lake
from kdtcn.report import figures, folder, render, site
from kdtcn.report.assemble import Assembler
from kdtcn.report.page import SessionPage
from kdtcn.report.summary import SiteMeta
from kdtcn.training.fold import Sight
from kdtcn.training.forecast import outlook

SAME = 1e-6  # logits and effects closer than this are the same, computed on another processor
SHOWN = 12  # differences of one kind that are told


@dataclass(frozen=True)
class Difference:
    """`what` is the place, `page` what the page says, `made` what was remade; `note`: no part of the page, but it may explain others."""

    what: str
    page: str
    made: str
    note: bool = False


class At(Lake):
    """The lake as it stood at named table versions; a table that is not named had not been written."""

    def __init__(self, url: str, versions: Mapping[str, int]) -> None:
        super().__init__(url)
        self.at = dict(versions)

    def delta(self, table: str, version: int | None = None, *, any_layout: bool = False) -> DeltaTable | None:
        if version is None:
            if table not in self.at:
                return None
            version = self.at[table]
        return super().delta(table, version, any_layout=any_layout)


def verify(page: Path, lake: Lake, settings: Settings, config_path: str) -> list[Difference]:
    """What differs between a session's page (its .html or .json) and the same page made anew; empty where nothing does.

    Raises InputError where the file is no page of a site, and LakeError where the lake no longer holds its versions.
    """
    html, told = read_page(page)
    stored, versions = told["page"], told.get("lake") or {}
    if not versions:
        raise InputError(f"{page}: names no table versions; write it again with `kdtcn report build`")
    then = At(lake.url, versions)
    made = stored["provenance"]
    session = pd.Timestamp(stored["session"])
    sight = Sight.of(then, settings)
    found = list(_inputs(made, sight, settings))
    assembler = Assembler(then, settings, sight, made["model_id"], config_path, pd.DatetimeIndex([session]))
    again = assembler.page(session)
    found += _forecast(then, settings, sight, again, stored)
    # the code's version is told above, the command is a matter of how this one was called: neither is a figure of the page
    stated = replace(again.provenance, code_version=made["code_version"], command=made["command"])
    again = replace(again, provenance=stated)
    found += [*differences(stored, json.loads(json.dumps(figures.pack(again))))]
    found += _text(html, again, folder.read_index(html.parent.parent))
    return found


def read_page(path: Path) -> tuple[Path, dict[str, Any]]:
    """The HTML file of a session's page and the JSON beside it."""
    html, beside = path.with_suffix(".html"), path.with_suffix(".json")
    if not html.is_file():
        raise InputError(f"{path}: is no page; give a file under report/sessions, for example 2016-06-24.html")
    try:
        told = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            f"{beside}: the figures beside the page are missing or damaged; write them again with `kdtcn report build`"
        ) from None
    if not isinstance(told, dict) or told.get("format") != site.FORMAT or "provenance" not in told.get("page", {}):
        raise InputError(f"{beside}: was written in another format; write it again with `kdtcn report build`")
    return html, told


def _inputs(made: Mapping[str, Any], sight: Sight, settings: Settings) -> Iterator[Difference]:
    """What else the page was made with: it may explain every difference that follows."""
    for what, page, here in (
        ("code version", made["code_version"], __version__),
        ("configuration", made["config_hash"], settings.fingerprint()),
        ("graph version", made["graph_version"], sight.graph.version),
        ("extractor", made["extractor"], sight.extractor),
    ):
        if page != here:
            yield Difference(what, str(page), str(here), note=True)


def _forecast(then: Lake, settings: Settings, sight: Sight, again: SessionPage, stored: Mapping[str, Any]) -> list[Difference]:
    """The forecast and the effects by the stored model itself, without looking at those that are stored."""
    model_id, session = again.provenance.model_id, again.session
    days = pd.DatetimeIndex([session])
    view = outlook(then, settings, sight, model_id, days, before=SESSIONS)
    row = view.predictions(days, {}).iloc[0]
    found = [
        Difference(f"{name}, computed anew", _say(stored[name]), _say(float(row[column])))
        for name, column in (("p_up", "p_up"), ("p_abrupt", "p_abrupt"), ("logit", "logit_up"))
        if not _same(stored[name], float(row[column]))
    ]
    if view.model.kind is None:
        return found
    ranks = item_ranks(then, view)
    computed = session_effects(view, session, settings, again.provenance.method, ranks)
    effects = effect_rows(computed, model_id, ranks, view).set_index("event_id")["effect"]
    told = {event["event_id"]: event["effect"] for event in stored["events"]}
    told |= {f"{OLDER}{row['session']}": row["effect"] for row in stored["older"]}
    for name, value in told.items():
        if name not in effects.index:
            found.append(Difference(f"effect of {name}, computed anew", _say(value), "no such event"))
        elif not _same(value, float(effects[name])):
            found.append(Difference(f"effect of {name}, computed anew", _say(value), _say(float(effects[name]))))
    return found


def differences(page: Any, made: Any, place: str = "") -> Iterator[Difference]:
    """Where two trees of JSON differ; numbers may differ in the last digits."""
    if isinstance(page, dict) and isinstance(made, dict):
        for key in [*page, *(key for key in made if key not in page)]:
            yield from differences(page.get(key), made.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(page, list) and isinstance(made, list):
        if len(page) != len(made):
            yield Difference(f"{place}, how many", str(len(page)), str(len(made)))
        for n, (one, other) in enumerate(zip(page, made, strict=False)):
            yield from differences(one, other, f"{place}[{n + 1}]")
    elif not _same(page, made):
        yield Difference(place, _say(page), _say(made))


def _text(html: Path, again: SessionPage, index: Mapping[str, Any]) -> list[Difference]:
    """The page as it stands against the page rendered anew, line by line of what a reader or a browser sees."""
    told = index["meta"]
    known = {name: told[name] for name in ("title", "code_version", "config_hash", "command", "symbol", "synthetic", "threshold")}
    near = site.near(again.name, index["sessions"])
    text = render.session_html(again, SiteMeta(**known), near, frozenset(index["entities"]))
    old, new = (_lines(one) for one in (html.read_text(encoding="utf-8"), text))
    found = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            found.append(Difference(f"{html.name}, line {a + 1} of its text", _say(" ".join(old[a:b])), _say(" ".join(new[c:d]))))
    return found


_PIECE = re.compile(r"<[^>]*>|[^<]+")


def _lines(html: str) -> list[str]:
    """Tags and texts, one a line; the pager is left out, since pages that came later change it."""
    html = re.sub(r'<nav class="pager".*?</nav>', "", html, flags=re.DOTALL)
    return [piece for found in _PIECE.findall(html) if (piece := " ".join(unescape(found).split()))]


def _same(page: Any, made: Any) -> bool:
    number = (int, float)
    if isinstance(page, number) and isinstance(made, number) and not isinstance(page, bool) and not isinstance(made, bool):
        return bool(np.isclose(page, made, rtol=SAME, atol=SAME))
    return bool(page == made)


def _say(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 160 else text[:159] + "…"
