"""Reads what the generator knows about its world. Only the checks in this package may: a test sees to that."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kdtcn.errors import InputError

FOLDER = Path("data/truth")


@dataclass(frozen=True)
class Truth:
    """causes: a row a session (rule and entity empty where nothing was planted). tuples: a row an event tuple told.
    headlines: date, rank, text of every headline.

    about: seed, test_from, the rules with the members of their classes, Bayes accuracies.
    """

    causes: pd.DataFrame
    tuples: pd.DataFrame
    headlines: pd.DataFrame
    about: dict[str, Any]

    @property
    def in_test(self) -> pd.Series:
        """Whether each row of `causes` lies in the test period."""
        return self.causes["session"] >= pd.Timestamp(self.about["test_from"])

    def members(self, rule: str) -> set[str]:
        """The entities of a rule's class."""
        row = next(row for row in self.about["rules"] if row["name"] == rule)
        return {*row["seen"], *row["unseen"]}


def load(folder: Path = FOLDER, world: Path | None = None) -> Truth:
    """The truth in `folder` about the world in `world` (default: beside it). InputError where a file is missing."""
    world = folder.parent / "world" if world is None else world
    try:
        causes = pd.read_csv(folder / "causes.csv", parse_dates=["session", "date"], keep_default_na=True)
        tuples = pd.read_csv(folder / "headlines.csv.gz", parse_dates=["date", "session"])
        headlines = pd.read_csv(world / "headlines.csv.gz", parse_dates=["Date"], keep_default_na=False)
        about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: no such file; make the world with `kdtcn demo make`") from None
    text = ["rule", "entity", "label", "news"]
    causes[text] = causes[text].fillna("")
    text = ["actor", "rule", "subject", "predicate", "object", "subject_entities", "object_entities"]
    tuples[text] = tuples[text].fillna("").astype(str)
    headlines = headlines.rename(columns={"Date": "date", "Rank": "rank", "News": "text"})
    return Truth(causes, tuples, headlines, about)
