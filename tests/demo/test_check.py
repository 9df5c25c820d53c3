"""The checks tell a model that knows the causes from one that guesses, and a reader of tuples from one that reads nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.demo import bayes, check, found, reading, truth

SHIPPED = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def known():
    return truth.load(SHIPPED / "truth")


def world(known, p_up: dict[str, np.ndarray], place: float = 1.0, inside: float = 19.0) -> found.Found:
    """A run whose models forecast p_up, whose planted events have that place, with so many of 20 others inside their bands."""
    close = pd.read_csv(SHIPPED / "world/prices.csv")["Close"].to_numpy()
    up = np.concatenate([[1], (close[1:] >= close[:-1]).astype(int)])
    test = known.in_test.to_numpy()
    sessions = known.causes.loc[test, "session"].to_numpy()
    made = pd.concat(
        pd.DataFrame({"session": sessions, "model": name, "seed": 0, "p_up": p[test], "up": up[test]}) for name, p in p_up.items()
    )
    effects = found.drivers(known)[test].assign(seed=0, place=place, outside=1.0, others=20.0, inside=inside)
    effects.loc[effects["driver"] == "none", ["place", "outside"]] = np.nan
    nothing = reading.score(
        truth.Truth(known.causes, known.tuples.head(3), known.headlines, known.about),
        pd.DataFrame(columns=["headline_id", "date", "text"]).astype({"date": "datetime64[us]"}),
        pd.DataFrame(columns=["event_id", "headline_id", *reading.SLOTS, "negated"]),
        pd.DataFrame(columns=["event_id", "role", "entity_id"]),
    )
    return found.Found(known, SHIPPED / "world/prices.csv", found.correct(made, known), nothing, effects)


def remembering(known) -> np.ndarray:
    """Knows the effect of whoever caused before the test period, of nobody else."""
    return bayes.p_up(known.causes["size"].where(known.causes["seen"] == 1, 0.0).to_numpy())


def knowing(known) -> np.ndarray:
    return bayes.p_up(known.causes["size"].to_numpy())


def test_a_model_that_knows_passes_and_one_that_remembers_lags(known):
    coin = np.random.default_rng(0).random(len(known.causes))
    made = world(known, {"kdtcn": knowing(known), "eb-tcn": remembering(known), "tcn": coin})
    report = check.check([made])
    assert report.holds, report.findings
    share = report.findings[0]
    about = known.about["bayes"]["all"]
    assert share.value == pytest.approx(
        (about["realised"] - about["always_up"]) / (about["bayes"] - about["always_up"]), abs=1e-3
    )
    assert share.low < share.value < share.high
    assert report.models.at["kdtcn", "all"] == pytest.approx(about["realised"], abs=1e-3)
    assert report.models.at["eb-tcn", "seen"] == report.models.at["kdtcn", "seen"]


def test_a_model_that_remembers_does_not_pass_for_one_that_knows(known):
    made = world(
        known, {"kdtcn": remembering(known), "eb-tcn": remembering(known), "tcn": knowing(known)}, place=4.0, inside=18.0
    )
    held = {finding.what: finding.holds for finding in check.check([made]).findings}
    assert [what for what, holds in held.items() if holds] == ["planted event outside its placebo band"]


def test_the_mean_over_worlds_counts_and_the_full_count_asks_for_more(known):
    middling = np.where(np.arange(len(known.causes)) % 5 == 0, 0.4, knowing(known))
    good, worse = world(known, {"kdtcn": knowing(known)}), world(known, {"kdtcn": middling})
    one, other, both = (next(check.findings(some, 0.6)) for some in ([good], [worse], [good, worse]))
    assert other.value < both.value < one.value
    assert both.worlds == (one.value, other.value)
    assert both.value == pytest.approx((one.value + other.value) / 2)
    assert both.n == 2 * one.n
    assert (check.check([good]).findings[0].wanted, check.check([good], 0.7).findings[0].wanted) == (">= 0.60", ">= 0.70")


def test_each_training_seed_explains_other_sessions_and_together_they_cover_all(known):
    some = [found.sampled(known, 24, seed) for seed in range(4)]
    assert all(frame["driver"].value_counts().to_dict() == dict.fromkeys(found.DRIVERS, 24) for frame in some)
    seen = [set(frame.loc[frame["driver"] == "seen", "session"]) for frame in some[:3]]
    assert len(set.union(*seen)) == known.about["bayes"]["seen"]["n"]
    assert known.in_test[known.causes["session"].isin(pd.concat(some)["session"])].all()


def test_the_place_of_the_planted_event_is_that_of_its_largest_tuple():
    rows = pd.DataFrame(
        {
            "headline_id": ["a", "a", "b", "c", "d"],
            "effect": [0.1, -0.7, 0.9, -0.8, 0.0],
            "placebo_low": -0.5,
            "placebo_high": 0.5,
        }
    )
    assert found._judged(rows, "a") == {"place": 3.0, "outside": 1.0, "others": 3.0, "inside": 1.0}
    assert found._judged(rows, "unread")["place"] == np.inf
    none = found._judged(rows, "")
    assert np.isnan(none["place"])
    assert (none["others"], none["inside"]) == (5.0, 2.0)


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
    perfect = reading.score(part, heads, events, links)
    assert (reading.tuple_table(perfect).loc["all"].drop("n") == 1).all()
    assert reading.tuple_table(perfect).at["all", "n"] == 400
    assert (reading.link_table(perfect)["recall"] == 1).all()
    assert (reading.link_table(perfect)["precision"].dropna() == 1).all()
    nothing = reading.score(part, heads, events.head(0), links.head(0))
    assert (reading.tuple_table(nothing).loc["all"].drop("n") == 0).all()
    assert (reading.link_table(nothing)["recall"] == 0).all()


def test_a_wrong_link_costs_precision_and_a_missing_one_recall(known):
    told = known.tuples[(known.tuples["use"] == "export stop")].head(1)
    part = truth.Truth(known.causes, told, known.headlines, known.about)
    text = known.headlines.merge(told[["date", "rank"]])["text"]
    heads = pd.DataFrame({"headline_id": "h", "date": told["date"].to_numpy(), "text": text})
    events = told[["subject", "predicate", "object", "negated"]].assign(headline_id="h", event_id="e")
    links = pd.DataFrame({"event_id": "e", "role": "subject", "entity_id": ["kd:someone", *told["subject_entities"]]})
    table = reading.link_table(reading.score(part, heads, events, links))
    assert table.loc["subject"].tolist() == [1, 1, 0.5]
    assert table.at["actor", "recall"] == 1
    assert reading.link_table(reading.score(part, heads, events, links.head(1))).at["subject", "recall"] == 0


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
