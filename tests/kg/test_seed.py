"""The shipped seed graph: complete, consistent, and what its generator makes."""

import datetime
import re

import pandas as pd
import pycountry
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.graph import KINDS, load_seed, relations, starts
from kg.seed import make
from kg.seed.draft import Draft, period

SEED = load_seed()
OFFICES = ("head_of_state", "head_of_government", "head_of", "leads_party")


def named(label: str, kind: str = "") -> str:
    rows = SEED.entities
    found = rows[(rows["label"] == label) & rows["types"].str.startswith(kind)]["id"]
    assert len(found) == 1, f"{label}: {len(found)} entities"
    return str(found.iloc[0])


def test_size():
    assert len(SEED.entities) >= 4_000
    assert len(SEED.facts) >= 20_000


def test_ids_are_opaque_and_unique():
    assert SEED.entities["id"].is_unique
    assert SEED.entities["id"].str.fullmatch(r"kd:[0-9a-f]{10}").all()
    assert (SEED.entities["label"] != "").all()
    assert (SEED.entities["source"] != "").all()
    assert (SEED.facts["source"] != "").all()


def test_no_dangling_id():
    known = set(SEED.entities["id"])
    assert set(SEED.facts["head"]) | set(SEED.facts["tail"]) <= known
    assert set(SEED.same_as["entity_id"]) <= known


def test_every_relation_is_classified():
    assert set(SEED.facts["relation"]) <= set(relations())
    assert {r.kind for r in relations().values()} <= set(KINDS)
    assert all(r.label and r.inverse_label for r in relations().values())


def test_no_reversed_date_and_no_double_fact():
    dated = SEED.facts.dropna(subset=["valid_from", "valid_to"])
    assert (dated["valid_from"] <= dated["valid_to"]).all()
    assert not SEED.facts.duplicated(["head", "relation", "tail", "valid_from"]).any()
    assert not (SEED.facts["head"] == SEED.facts["tail"]).any()


def test_same_fact_does_not_hold_twice_at_once():
    rows = SEED.facts.sort_values(["head", "relation", "tail", "valid_from"], na_position="first")
    same = (rows[["head", "relation", "tail"]] == rows[["head", "relation", "tail"]].shift()).all(axis=1)
    overlap = same & ~(rows["valid_to"].shift() < rows["valid_from"])
    assert rows[overlap].empty, rows[overlap]


@pytest.mark.parametrize("relation", OFFICES)
def test_terms_of_one_office_do_not_overlap(relation):
    terms = SEED.facts[SEED.facts["relation"] == relation].sort_values(["tail", "valid_from"])
    assert terms["valid_from"].notna().all()
    before = terms.shift()
    clash = (terms["tail"] == before["tail"]) & ~(before["valid_to"] < terms["valid_from"])
    told = [(SEED.labels[h], SEED.labels[t]) for h, t in zip(terms[clash]["head"], terms[clash]["tail"], strict=True)]
    assert not told, told


@pytest.mark.parametrize("day", ["2000-06-01", "2008-08-08", "2016-07-01"])
def test_one_capital_in_force(day):
    seats = SEED.facts_as_of(day).query("relation == 'capital_of'")
    assert seats["tail"].is_unique
    states = SEED.entities[SEED.entities["types"].str.startswith("country|place")]["id"]
    without = {SEED.labels[i] for i in set(states) - set(seats["tail"])}
    # Nauru has no official capital; the other four are not in GeoNames' list of cities, or became states later
    assert len(without) <= 12, without


def with_relation(relation: str, side: str = "head") -> set[str]:
    return set(SEED.facts.loc[SEED.facts["relation"] == relation, side])


G20 = ("AR", "AU", "BR", "CA", "CN", "FR", "DE", "IN", "ID", "IT", "JP", "MX", "RU", "SA", "ZA", "KR", "TR", "GB", "US")
IN_THE_NEWS = (
    "AE", "AF", "AT", "BE", "BH", "BO", "BY", "CD", "CH", "CL", "CO", "CU", "CY", "CZ", "DK", "DZ", "EC", "EG", "ES", "FI",
    "GE", "GR", "HN", "HT", "HU", "IE", "IL", "IQ", "IR", "IS", "JO", "KE", "KP", "KZ", "LB", "LK", "LY", "MA", "MM", "MY",
    "NG", "NL", "NO", "NZ", "PE", "PH", "PK", "PL", "PS", "PT", "QA", "RO", "RS", "SE", "SG", "SO", "SS", "SY", "TH", "TN",
    "TW", "UA", "VA", "VE", "VN", "YE", "ZW",
)  # fmt: skip


def unled(code: str, offices: tuple[str, ...], since: int = 2001) -> list[int]:
    """The years until 2017 on whose first day nobody held any of the offices of a country."""
    ids = SEED.same_as
    country = ids.loc[(ids["scheme"] == "iso3166-1") & (ids["external_id"] == code), "entity_id"].iloc[0]
    terms = SEED.facts[(SEED.facts["tail"] == country) & SEED.facts["relation"].isin(offices)]
    days = [pd.Timestamp(year, 1, 1) for year in range(since, 2018)]
    return [day.year for day in days if not ((terms["valid_from"] <= day) & ~(terms["valid_to"] < day)).any()]


@pytest.mark.parametrize("code", G20)
def test_the_g20_have_a_head_of_state_and_of_government_every_new_year(code):
    assert not unled(code, ("head_of_government",))
    assert not unled(code, ("head_of_state",))


@pytest.mark.parametrize("code", IN_THE_NEWS)
def test_somebody_leads_each_country_in_the_news_every_new_year(code):
    assert not unled(code, ("head_of_state", "head_of_government", "head_of"), since=2012 if code == "SS" else 2001)


def test_a_missing_term_would_show():
    assert unled("SS", ("head_of_state",), since=2010) == [2010, 2011]


def test_what_every_country_has():
    countries = set(SEED.entities[SEED.entities["types"].str.startswith("country|place")]["id"])
    for relation in ("located_in", "has_currency", "language_spoken"):
        assert countries <= with_relation(relation), relation
    assert len(countries - with_relation("official_language")) <= 1
    assert len(countries - with_relation("member_of")) <= 2


def test_what_every_member_of_the_dow_has():
    dow = SEED.facts[(SEED.facts["relation"] == "member_of") & (SEED.facts["tail"] == named("Dow Jones Industrial Average"))]
    for relation in ("industry", "headquartered_in", "produces"):
        assert set(dow["head"]) <= with_relation(relation), relation
    supplied = SEED.facts.query("relation == 'supplier_of'")
    assert supplied["valid_from"].notna().all()
    assert set(dow["head"]) <= set(supplied["tail"])


def test_borders_go_both_ways():
    borders = SEED.facts.query("relation == 'borders'")
    land = set(SEED.entities[SEED.entities["types"].str.contains("country|territory")]["id"])
    pairs = {(h, t) for h, t in zip(borders["head"], borders["tail"], strict=True) if {h, t} <= land}
    assert pairs == {(t, h) for h, t in pairs}


def test_iso_codes_are_valid():
    codes = SEED.same_as.groupby("scheme")["external_id"].apply(list)
    assert all(pycountry.countries.get(alpha_2=code) for code in codes["iso3166-1"])
    assert all(pycountry.countries.get(alpha_3=code) for code in codes["iso3166-1-alpha3"])
    assert all(pycountry.subdivisions.get(code=code) for code in codes["iso3166-2"])
    assert all(pycountry.currencies.get(alpha_3=code) for code in codes["iso4217"])
    assert all(re.fullmatch(r"Q[1-9]\d*", code) for code in codes.get("wikidata", []))
    assert not SEED.same_as.duplicated(["scheme", "external_id"]).any()


@pytest.mark.parametrize(
    ("head", "relation", "tail", "day", "holds"),
    [
        ("United Kingdom", "member_of", "European Union", "2016-06-24", True),
        ("United Kingdom", "member_of", "European Union", "2020-02-03", False),
        ("Croatia", "member_of", "European Union", "2013-06-28", False),
        ("Croatia", "member_of", "European Union", "2013-07-01", True),
        ("Barack Obama", "head_of_state", "United States", "2009-01-20", True),
        ("George W. Bush", "head_of_state", "United States", "2009-01-20", False),
        ("George W. Bush", "head_of_state", "United States", "2009-01-19", True),
        ("Ben Bernanke", "head_of", "Federal Reserve", "2014-01-31", True),
        ("Janet Yellen", "head_of", "Federal Reserve", "2014-02-03", True),
        ("Apple Inc.", "member_of", "Dow Jones Industrial Average", "2015-03-18", False),
        ("Apple Inc.", "member_of", "Dow Jones Industrial Average", "2015-03-19", True),
        ("AIG", "member_of", "Dow Jones Industrial Average", "2008-09-22", False),
        ("Lithuania", "has_currency", "euro", "2014-12-31", False),
        ("Lithuania", "has_currency", "euro", "2015-01-02", True),
    ],
)
def test_what_held_on_the_day(head, relation, tail, day, holds):
    seen = SEED.facts_as_of(day)
    row = seen[(seen["head"] == named(head)) & (seen["relation"] == relation) & (seen["tail"] == named(tail))]
    assert (len(row) == 1) is holds


def test_no_fact_begins_before_its_entities():
    begins = {node: pd.Timestamp(day) for node, day in starts().items()}
    assert set(begins) <= set(SEED.entities["id"])
    for side in ("head", "tail"):
        first = SEED.facts[side].map(begins)
        early = SEED.facts[first.notna() & ~(SEED.facts["valid_from"] >= first)]
        assert early.empty, early


@given(st.dates(min_value=datetime.date(1985, 1, 1), max_value=datetime.date(2017, 1, 1)))
@example(datetime.date(2010, 1, 4))
@settings(max_examples=15, deadline=None)
def test_a_view_holds_no_fact_of_what_was_not_there(day):
    unborn = {node for node, start in starts().items() if start > day.isoformat()}
    for undated in ("exclude", "include"):
        seen = SEED.facts_as_of(day, undated)
        assert not unborn & {*seen["head"], *seen["tail"]}


@pytest.mark.parametrize(
    ("head", "relation", "tail", "eve", "day"),
    [
        ("Brexit", "concerns", "European Union", "2012-05-14", "2016-06-24"),
        ("UK Independence Party", "supports", "Brexit", "2012-05-14", "2012-05-15"),
        (
            "2016 United Kingdom European Union membership referendum",
            "takes_place_in",
            "United Kingdom",
            "2016-02-19",
            "2016-02-20",
        ),
        ("2015–16 Zika virus epidemic", "takes_place_in", "Brazil", "2015-05-14", "2015-05-15"),
        ("Western African Ebola virus epidemic", "takes_place_in", "Guinea", "2014-03-22", "2014-03-23"),
        ("Donetsk People's Republic", "active_in", "Ukraine", "2014-04-06", "2014-04-07"),
        ("Islamic State", "active_in", "Syria", "2013-04-07", "2013-04-08"),
        ("Islamic State", "active_in", "Iraq", "2006-10-14", "2010-01-04"),
        ("South Sudan", "borders", "Kenya", "2011-07-08", "2011-07-09"),
        ("Kenya", "borders", "South Sudan", "2011-07-08", "2011-07-09"),
        ("South Sudan", "located_in", "Africa", "2011-07-08", "2011-07-09"),
        ("Facebook", "produces", "Instagram", "2010-10-07", "2012-09-06"),
        ("2014 Winter Olympics", "takes_place_in", "Sochi", "2007-07-03", "2010-01-04"),
        ("Alternative for Germany", "based_in", "Germany", "2010-01-04", "2013-02-06"),
    ],
)
def test_facts_appear_once_begun(head, relation, tail, eve, day):
    for when, holds in ((eve, False), (day, True)):
        assert SEED.as_of(when).has_edge(named(head), named(tail), key=relation) is holds


def test_a_fact_begins_with_the_later_of_its_entities():
    seed = Draft()
    for key, start in (("hand:old", "1990"), ("hand:new", "2012-05-01"), ("hand:timeless", "")):
        seed.entity(key, key[5:], "event", "", [], "test")
        if start:
            seed.starts[key] = period(start, "start")
    seed.fact("hand:old", "concerns", "hand:new", "test")
    seed.fact("hand:timeless", "concerns", "hand:old", "test", "2001-01-01")
    seed.fact("hand:timeless", "concerns", "hand:new", "test", "2001-01-01", "2003-01-01")
    seed.settle()
    assert seed.facts == {
        ("hand:old", "concerns", "hand:new", "2012-05-01"): ("", "test; hand/starts.csv"),
        ("hand:timeless", "concerns", "hand:old", "2001-01-01"): ("", "test"),
    }


@pytest.mark.parametrize(
    "day",
    [
        "2008-01-02", "2008-02-19", "2008-09-22", "2009-06-08", "2012-09-24", "2013-09-23", "2015-03-19", "2017-09-01",
        "2018-06-26", "2019-04-02", "2020-04-06", "2020-08-31", "2024-02-26", "2024-11-08",
    ],
)  # fmt: skip
def test_the_dow_has_thirty_members(day):
    members = SEED.facts_as_of(day).query("relation == 'member_of'")
    assert (members["tail"] == named("Dow Jones Industrial Average")).sum() == 30


def test_the_generator_makes_what_ships(tmp_path):
    make.draft().write(tmp_path)
    for name in ("entities", "facts", "same_as", "starts", "demonyms"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (make.HERE / f"{name}.csv").read_bytes(), (
            f"{name}.csv: run python -m kg.seed.make"
        )


@pytest.mark.parametrize(
    ("written", "day"),
    [("", ""), ("2010", "2010-12-31"), ("2010-02", "2010-02-28"), ("2010-06", "2010-06-30"), ("2010-05-17", "2010-05-17")],
)
def test_dates_known_to_the_year_or_month(written, day):
    assert period(written, "valid_from") == day


def test_a_name_nobody_defines_is_an_error():
    with pytest.raises(Exception, match=r"'Atlantis', which no file defines"):
        Draft().resolve("Atlantis", "facts.csv")


def test_days_are_days():
    for column in ("valid_from", "valid_to"):
        days = SEED.facts[column].dropna()
        assert (days == days.dt.normalize()).all()
        assert days.max() < pd.Timestamp("2027-01-01")
