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

    about: seed, test_from, the rules with the members of their classes, Bayes accuracies.
    """

    causes: pd.DataFrame
    tuples: pd.DataFrame
    about: dict[str, Any]

    @property
    def in_test(self) -> pd.Series:
        """Whether each row of `causes` lies in the test period."""
        return self.causes["session"] >= pd.Timestamp(self.about["test_from"])

    def members(self, rule: str) -> set[str]:
        """The entities of a rule's class."""
        row = next(row for row in self.about["rules"] if row["name"] == rule)
        return {*row["seen"], *row["unseen"]}


def load(folder: Path = FOLDER) -> Truth:
    """InputError where a file of the truth is missing."""
    try:
        causes = pd.read_csv(folder / "causes.csv", parse_dates=["session", "date"], keep_default_na=True)
        tuples = pd.read_csv(folder / "headlines.csv.gz", parse_dates=["date", "session"])
        about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: no such file; make the world with `kdtcn demo make`") from None
    text = ["rule", "entity", "label", "news"]
    causes[text] = causes[text].fillna("")
    text = ["actor", "rule", "subject", "predicate", "object", "subject_entities", "object_entities"]
    tuples[text] = tuples[text].fillna("").astype(str)
    return Truth(causes, tuples, about)
