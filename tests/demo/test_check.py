"""The checks tell a model that knows the causes from one that guesses, and a reader of tuples from one that reads nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.demo import bayes, check, reading, truth

SHIPPED = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def known():
    return truth.load(SHIPPED / "truth")


def forecasts(known, p_up: dict[str, np.ndarray]) -> pd.DataFrame:
    close = pd.read_csv(SHIPPED / "world/prices.csv")["Close"].to_numpy()
    up = np.concatenate([[1], (close[1:] >= close[:-1]).astype(int)])
    test = known.in_test.to_numpy()
    sessions = known.causes.loc[test, "session"].to_numpy()
    frames = [
        pd.DataFrame({"session": sessions, "model": name, "seed": 0, "p_up": p[test], "up": up[test]}) for name, p in p_up.items()
    ]
    return pd.concat(frames)


def remembering(known) -> np.ndarray:
    """Knows the effect of whoever caused before the test period, of nobody else."""
    return bayes.p_up(known.causes["size"].where(known.causes["seen"] == 1, 0.0).to_numpy())


def test_a_model_that_knows_passes_and_one_that_remembers_lags(known):
    coin = np.random.default_rng(0).random(len(known.causes))
    right = check.correct(
        forecasts(known, {"kdtcn": bayes.p_up(known.causes["size"].to_numpy()), "eb-tcn": remembering(known), "tcn": coin}), known
    )
    found = list(check.findings(right, known, 0.7))
    assert [finding.holds for finding in found] == [True, True, True]
    table = check.models(right)
    assert table.at["kdtcn", "all"] == pytest.approx(known.about["bayes"]["all"]["realised"], abs=1e-3)
    assert table.at["eb-tcn", "seen"] == table.at["kdtcn", "seen"]


def test_a_model_that_remembers_does_not_pass_for_one_that_knows(known):
    right = check.correct(
        forecasts(
            known, {"kdtcn": remembering(known), "eb-tcn": remembering(known), "tcn": bayes.p_up(known.causes["size"].to_numpy())}
        ),
        known,
    )
    assert [finding.holds for finding in check.findings(right, known, 0.7)] == [False, False, False]


def test_reading_what_was_told_scores_one_and_reading_nothing_scores_zero(known):
    told = known.tuples.merge(known.headlines, on=["date", "rank"]).head(400)
    part = truth.Truth(known.causes, known.tuples.head(400), known.headlines, known.about)
    keys = (told["date"].astype(str) + told["text"]).to_numpy()
    heads = pd.DataFrame({"headline_id": keys, "date": told["date"], "text": told["text"]}).drop_duplicates()
    events = told[["subject", "predicate", "object", "negated"]].assign(
        headline_id=keys, event_id=np.arange(len(told)).astype(str)
    )
    links = pd.DataFrame(
        [
            (str(i), role, entity)
            for i, row in enumerate(told.to_dict("records"))
            for role in ("subject", "object")
            for entity in row[f"{role}_entities"].split("|")
        ],
        columns=["event_id", "role", "entity_id"],
    )
    perfect = reading.score(part, heads, events, links).loc["all"]
    assert perfect[["tuples", "links", "negation", "actor"]].tolist() == [1, 1, 1, 1]
    assert perfect["false_links"] == 0
    nothing = reading.score(part, heads, events.head(0), links.head(0)).loc["all"]
    assert nothing[["tuples", "links", "actor"]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("read", "worth"),
    [
        (("Chile", "bans", "exports"), 1.0),
        (("Chile", "Bans", "exports of fish"), 6 / 8),
        (("Chile", "likes", "exports"), 0.0),
        (("", "bans", ""), 0.5),
    ],
)
def test_overlap(read, worth):
    told = {"subject": "Chile", "predicate": "bans", "object": "exports"}
    assert reading.overlap(told, dict(zip(reading.SLOTS, read, strict=True))) == pytest.approx(worth)
