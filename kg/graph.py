"""The graph as frames, and what of it was true and known on a day."""

import csv
import datetime
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

from kdtcn.errors import InputError

FOREVER = "1985-01-01"  # a start before every headline: it says "already then", not "since then"
VIEWS = 3  # graphs that are kept: a night asks for the cut of its model and its last two days again and again
HERE = Path(__file__).parent
KINDS = ("static", "dated", "unknown")
ENTITY_COLUMNS = ["id", "label", "types", "description", "aliases", "source"]
FACT_COLUMNS = ["head", "relation", "tail", "valid_from", "valid_to", "source"]
SAME_AS_COLUMNS = ["entity_id", "scheme", "external_id"]


@dataclass(frozen=True)
class Relation:
    """How a relation reads in both directions, and whether its facts change with time."""

    name: str
    label: str
    inverse_label: str
    kind: str


@lru_cache(maxsize=1)
def relations() -> dict[str, Relation]:
    """The relations this version knows, by name (kg/relations.csv)."""
    with (HERE / "relations.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["relation"]: Relation(row["relation"], row["label"], row["inverse_label"], row["kind"])
            for row in csv.DictReader(stream)
        }


# Freebase relations whose facts come and go, told from their type names; the rest (films, genres, birthplaces) holds once it is true
FREEBASE_DATED = re.compile(
    r"government_position_held|employment_tenure|roster|membership|marriage|leadership|headquarters|current_team|money_value|popstra|political_party_tenure|sports_league"
    r"|place_lived|place_of_death|place_of_burial|deceased|award_honor|award_nomination|capital|governing|draft|program_producer|program_creator|regular_tv_appearance|form_of_government"
    r"|people_with_this_condition|sport/teams|educational_institution_campus|olympic|medal|hall_of_fame|net_worth|friendship|relationship"
)


def relation_kind(name: str) -> str:
    """static, dated or unknown; a relation nobody has classified is unknown."""
    known = relations().get(name)
    if known is None and name.startswith("fb:"):
        return "dated" if FREEBASE_DATED.search(name) else "static"
    return known.kind if known else "unknown"


def _day(day: object) -> pd.Timestamp:
    stamp = pd.Timestamp(day)  # type: ignore[arg-type]
    return stamp.tz_localize(None).normalize() if stamp.tzinfo else stamp.normalize()


@dataclass
class Graph:
    """Entities (id, label, types, description, aliases, source), facts (head, relation, tail, valid_from, valid_to, source) and same_as.

    valid_from and valid_to are naive days or NaT; valid_to is the last day of validity.
    """

    entities: pd.DataFrame
    facts: pd.DataFrame
    same_as: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SAME_AS_COLUMNS, dtype=str))
    _views: dict[bytes, nx.MultiDiGraph] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """A hash of the content: the same rows in any order give the same 12 hex digits."""
        digest = hashlib.blake2b(digest_size=6)
        for frame, columns in ((self.entities, ENTITY_COLUMNS), (self.facts, FACT_COLUMNS), (self.same_as, SAME_AS_COLUMNS)):
            hashes = pd.util.hash_pandas_object(frame[columns].astype(str), index=False).sort_values()
            digest.update(hashes.to_numpy().tobytes())
        return digest.hexdigest()

    @cached_property
    def labels(self) -> dict[str, str]:
        return dict(zip(self.entities["id"], self.entities["label"], strict=True))

    @cached_property
    def types(self) -> dict[str, tuple[str, ...]]:
        return {i: tuple(t.split("|")) if t else () for i, t in zip(self.entities["id"], self.entities["types"], strict=True)}

    def facts_as_of(self, day: datetime.date | str | pd.Timestamp, undated: str = "exclude") -> pd.DataFrame:
        """The facts that hold on `day` as far as that day could know: an end after it is blanked.

        undated="exclude" leaves out facts of dated relations that carry no start (they may hold only later); "include" keeps them.
        """
        holds, ends = self._known(_day(day), undated)
        seen = self.facts[holds].copy()
        seen["valid_to"] = seen["valid_to"].where(ends[holds])
        return seen

    def _known(self, on: pd.Timestamp, undated: str) -> tuple[np.ndarray, np.ndarray]:
        """Which facts hold on a day, and which of all end by then."""
        if undated not in ("exclude", "include"):
            raise InputError(f"undated must be exclude or include, not {undated!r}")
        starts, ends = self.facts["valid_from"].to_numpy(), self.facts["valid_to"].to_numpy()
        moment = on.to_datetime64()
        holds = ~(starts > moment) & ~(ends < moment)  # NaT is neither
        if undated == "exclude":
            holds &= self._dated
        return holds, ends <= moment

    @cached_property
    def _dated(self) -> np.ndarray:
        """Facts that need no start, or have one."""
        dated = {str(name): relation_kind(str(name)) == "dated" for name in self.facts["relation"].unique()}
        return ~(self.facts["valid_from"].isna() & self.facts["relation"].map(dated).astype(bool)).to_numpy()

    def as_of(self, day: datetime.date | str | pd.Timestamp, undated: str = "exclude") -> nx.MultiDiGraph:
        """The graph on `day`: nodes carry label, types, description; edges are keyed by relation and carry relation, source, valid_from, valid_to.

        It is frozen: days on which the same facts hold, asked for one after the other, get the same object. `copy()` gives one to change.
        """
        holds, ends = self._known(_day(day), undated)
        key = np.packbits([holds, holds & ends]).tobytes()
        if key not in self._views:
            while len(self._views) >= VIEWS:
                self._views.pop(next(iter(self._views)))
            self._views[key] = nx.freeze(self._view(np.flatnonzero(holds), ends))
        return self._views[key]

    def _view(self, rows: np.ndarray, ends: np.ndarray) -> nx.MultiDiGraph:
        """The graph of these facts; `ends` marks the facts whose end is known."""
        view = nx.MultiDiGraph(version=self.version)
        view.add_nodes_from(self._nodes)
        edges = self._edges
        view.add_edges_from(
            (
                head,
                tail,
                relation,
                {"relation": relation, "valid_from": start, "valid_to": end if known else None, "source": source},
            )
            for (head, tail, relation, start, end, source), known in zip(map(edges.__getitem__, rows), ends[rows], strict=True)
        )
        return view

    @cached_property
    def _nodes(self) -> list[tuple[str, dict[str, str]]]:
        rows = self.entities
        return [
            (i, {"label": label, "types": types, "description": text})
            for i, label, types, text in zip(rows["id"], rows["label"], rows["types"], rows["description"], strict=True)
        ]

    @cached_property
    def _edges(self) -> list[tuple[str, str, str, datetime.date | None, datetime.date | None, str]]:
        rows = self.facts
        starts, ends = ([None if pd.isna(t) else t.date() for t in rows[name]] for name in ("valid_from", "valid_to"))
        return list(zip(rows["head"], rows["tail"], rows["relation"], starts, ends, rows["source"], strict=True))


@lru_cache(maxsize=1)
def starts() -> dict[str, str]:
    """The first day (ISO) of the seed's entities that have one; facts of them begin no earlier."""
    return _begins("start")


@lru_cache(maxsize=1)
def named() -> dict[str, str]:
    """The day (ISO) from which the seed's entities that have a start were spoken of: that day, or an earlier one when they were announced."""
    return _begins("named")


def _begins(column: str) -> dict[str, str]:
    with (HERE / "seed" / "starts.csv").open(encoding="utf-8", newline="") as stream:
        return {row["entity_id"]: row[column] for row in csv.DictReader(stream)}


def frames(entities: pd.DataFrame, facts: pd.DataFrame, same_as: pd.DataFrame) -> Graph:
    """A graph from frames of text as they come from CSV or the lake: days parsed, missing cells empty."""
    facts = facts[FACT_COLUMNS].copy()
    for column in ("valid_from", "valid_to"):
        facts[column] = pd.to_datetime(facts[column].replace("", None), format="ISO8601").astype("datetime64[us]")
    facts["source"] = facts["source"].fillna("")
    return Graph(
        entities[ENTITY_COLUMNS].fillna("").reset_index(drop=True),
        facts.reset_index(drop=True),
        same_as[SAME_AS_COLUMNS].reset_index(drop=True),
    )


@lru_cache(maxsize=1)
def load_seed() -> Graph:
    """The graph that ships, without a lake."""
    read = [
        pd.read_csv(HERE / "seed" / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("entities", "facts", "same_as")
    ]
    return frames(*read)
