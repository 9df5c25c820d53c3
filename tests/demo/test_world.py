"""The shipped world is the generator's, and keeps what docs/WORLD.md promises."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kdtcn.demo import casting, oracle, truth, world
from kdtcn.demo.cast import FILE, rules
from kdtcn.errors import InputError
from kdtcn.sessions import day_end, session_of, sessions
from kg import load_seed

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "data"
FILES = (
    "world/prices.csv",
    "world/headlines.csv.gz",
    "world/world.json",
    "truth/causes.csv",
    "truth/headlines.csv.gz",
    "truth/world.json",
)


@pytest.fixture(scope="module")
def known():
    return truth.load(SHIPPED / "truth")


@pytest.fixture(scope="module")
def headlines():
    return pd.read_csv(SHIPPED / "world/headlines.csv.gz", parse_dates=["Date"], keep_default_na=False)


@pytest.fixture(scope="module")
def told(known):
    """A row a headline: its first tuple."""
    return known.tuples.drop_duplicates(["date", "rank"]).reset_index(drop=True)


def contents(path: Path) -> bytes:
    """Unpacked, since another zlib may pack the same bytes otherwise."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_the_generator_makes_the_shipped_world_again(tmp_path):
    world.make(tmp_path / "world")
    for name in FILES:
        assert contents(tmp_path / name) == contents(SHIPPED / name), (
            f"{name} differs: run `kdtcn demo make` and commit what it writes"
        )


def test_another_seed_is_another_world_of_the_asked_size(tmp_path):
    summary = world.make(tmp_path / "world", seed=7, sessions=60, first="2012-03-01")
    assert (summary.sessions, summary.first) == (60, "2012-03-01")
    prices = pd.read_csv(tmp_path / "world/prices.csv", parse_dates=["Date"])
    assert list(prices["Date"]) == list(sessions(summary.first, summary.last))
    assert "60 sessions" in str(summary)


def test_a_world_has_a_least_size(tmp_path):
    with pytest.raises(InputError, match="at least 40"):
        world.make(tmp_path / "world", sessions=5)


def test_headlines_belong_to_the_session_that_first_knows_them(told):
    assert (session_of(day_end(told["date"])).to_numpy() == told["session"].to_numpy()).all()
    assert not told["date"].isin(told["session"]).all()  # weekends and holidays have news too


def test_every_session_has_15_to_25_headlines(known, headlines, told):
    counts = told.groupby("session").size().reindex(known.causes["session"][1:], fill_value=0)
    assert counts.between(15, 25).all()
    assert len(headlines) == len(told) == counts.sum()
    assert (headlines["Date"].to_numpy() == told["date"].to_numpy()).all()
    assert not headlines.duplicated(["Date", "News"]).any()


def test_causes_are_in_the_headlines(known, headlines):
    planted = known.causes[known.causes["rule"] != ""]
    found = planted.merge(headlines, left_on=["date", "rank"], right_on=["Date", "Rank"])
    assert len(found) == len(planted)
    assert (found["news"] == found["News"]).all()
    assert all(label.casefold() in news.casefold() for label, news in zip(found["label"], found["news"], strict=True))


def test_a_class_is_its_relation_in_the_graph_throughout(known):
    graph = load_seed()
    for rule in rules():
        for day in (known.about["first"], known.about["test_from"], known.about["last"]):
            assert known.members(rule.name) <= casting.members(graph, graph.facts_as_of(day), rule)


def test_outsiders_are_never_in_a_class_of_their_event_type():
    graph = load_seed()
    cast = json.loads(FILE.read_text(encoding="utf-8"))
    for rule in rules():
        assert not set(cast["outsiders"][rule.event]) & casting.members(graph, graph.facts, rule)


def test_the_names_are_names_of_the_graph():
    graph = load_seed()
    aliases = dict(zip(graph.entities["id"], graph.entities["aliases"].str.split("|"), strict=True))
    for node, names in json.loads(FILE.read_text(encoding="utf-8"))["names"].items():
        assert set(names) <= {graph.labels[node], *aliases[node]}


def test_the_cast_can_be_picked_from_the_graph_again():
    found = casting.candidates(load_seed())
    assert set(found["classes"]) == {rule.name for rule in rules()}
    assert all(found["pools"].values())


def test_only_members_are_causes_and_a_third_is_kept_for_the_test_period(known):
    causes = known.causes.assign(test=known.in_test)
    for rule in known.about["rules"]:
        mine = causes[causes["rule"] == rule["name"]]
        before = set(mine.loc[~mine["test"], "entity"])
        assert before <= set(rule["seen"])
        assert set(mine["entity"]) <= {*rule["seen"], *rule["unseen"]}
        assert len(rule["unseen"]) / len(known.members(rule["name"])) == pytest.approx(1 / 3, abs=0.06)
        assert set(mine.loc[mine["seen"] == 0, "entity"]) <= set(rule["unseen"])
    share = causes.loc[causes["test"] & (causes["rule"] != ""), "seen"].mean()
    assert 0.4 < share < 0.6


def mentions(tuples: pd.DataFrame) -> pd.Series:
    """How often each entity stands in these tuples."""
    return pd.Series("|".join([*tuples["subject_entities"], *tuples["object_entities"]]).split("|")).value_counts().drop("")


def test_those_kept_back_appear_in_the_test_period_only(known):
    begin = pd.Timestamp(known.about["test_from"])
    early, late = (set(mentions(part).index) for _, part in sorted(known.tuples.groupby(known.tuples["session"] >= begin)))
    for rule in known.about["rules"]:
        assert not early & set(rule["unseen"])
        assert set(rule["unseen"]) <= late
        assert set(rule["seen"]) <= early


def test_outsiders_are_told_of_as_often_as_members(known, told):
    acting = told[told["actor"] != ""]
    for _, mine in acting.groupby("use"):
        members = int((mine["rule"] != "").sum())
        assert abs(members - (len(mine) - members)) < 4 * np.sqrt(len(mine))


def test_class_members_are_in_harmless_headlines_as_often_as_others(known):
    late = known.tuples["session"] >= pd.Timestamp(known.about["test_from"])
    types = load_seed().types
    members = set().union(*(known.members(rule["name"]) for rule in known.about["rules"]))
    for period in (late, ~late):
        counts = mentions(known.tuples[period & (known.tuples["use"] == "harmless")])
        for kind in ("country", "company"):
            mine = counts[[kind in types[entity] for entity in counts.index]]
            inside = mine.index.isin(members)
            assert mine[inside].mean() == pytest.approx(mine[~inside].mean(), rel=0.15)


def test_popular_headlines_are_causes_no_more_often(told):
    place = (told["rank"] - 0.5) / told.groupby("date")["rank"].transform("max")
    causes = place[told["rule"] != ""]
    assert causes.mean() == pytest.approx(0.5, abs=3 * np.sqrt(1 / 12 / len(causes)))


def test_signs_of_neighbouring_sessions_are_independent(known):
    sign = np.sign(known.causes["size"].to_numpy())
    assert abs(np.corrcoef(sign[1:], sign[:-1])[0, 1]) < 3 / np.sqrt(len(sign))


def test_what_there_is_to_learn(known):
    """Graph classes reach the Bayes rule; names only where they caused before; event types and prices nothing."""
    table = oracle.scores(known, SHIPPED / "world/prices.csv")
    n = int(known.in_test.sum())
    chance = 2 / np.sqrt(n)  # two standard errors of a difference are a little more than this
    assert table.at["event type x class", "all"] >= table.at["Bayes, in this world", "all"] - 0.03
    assert table.at["event type x entity", "seen"] > table.at["event type x entity", "unseen"] + 0.2
    for blind in ("event type", "prices"):
        assert abs(table.at[blind, "all"] - 0.5) < chance
    assert table.at["Bayes, expected", "all"] > table.at["always up", "all"] + 0.2


def test_nothing_but_the_checks_knows_of_the_truth():
    """No stage, flow or configuration names the folder of the truth or its reader; the commands that check may."""
    places = [
        path
        for folder in ("kdtcn", "kg", "flows", "configs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yaml")
    ]
    readers = [
        path
        for path in places
        if "data/truth" in path.read_text(encoding="utf-8") or "demo.truth" in path.read_text(encoding="utf-8")
    ]
    assert readers
    allowed = [ROOT / "kdtcn/demo", ROOT / "kdtcn/cli/demo.py", ROOT / "kdtcn/cli/audit.py"]
    assert all(path in allowed or allowed[0] in path.parents for path in readers), readers


def test_the_data_say_that_they_are_invented():
    assert "invented" in (SHIPPED / "world/README.md").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 3e6
