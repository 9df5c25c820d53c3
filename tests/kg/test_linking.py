"""Linking: the ambiguities of world news, what is left alone, dates, offsets, and that the future changes nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.aliases import fold, tokenize
from kg.graph import Graph, load_seed
from kg.linking import Linker

LINKER = Linker(load_seed())

# (headline, day, labels in order); sentences are our own
CASES = [
    ("Georgia accuses Russia of shelling villages", "2008-08-08", ["Georgia", "Russia"]),
    ("Inmate executed in Georgia as Atlanta protests", "2011-09-21", ["Georgia", "Atlanta"]),
    ("Turkey shuts its border with Syria", "2015-03-10", ["Turkey", "Syria"]),
    ("Family eats roast turkey", "2015-11-26", []),
    ("Jordan takes in more refugees", "2014-01-05", ["Jordan"]),
    ("Washington warns Moscow over sanctions", "2014-03-05", ["Washington, D.C.", "Moscow"]),
    ("China and Taiwan sign a trade pact", "2010-06-29", ["People's Republic of China", "Taiwan"]),
    ("Republic of China marks its national day", "2011-10-10", ["Taiwan"]),
    ("North Korea threatens South Korea", "2013-03-30", ["North Korea", "South Korea"]),
    ("Samsung to invest more in Korea", "2013-03-30", ["Samsung", "South Korea"]),
    ("Kim tours missile base as Korea crisis deepens", "2013-03-30", ["North Korea"]),
    ("Bush defends the war", "2008-07-01", ["George W. Bush"]),
    ("President Bush leaves office", "1993-01-19", ["George H. W. Bush"]),
    ("Clinton meets Netanyahu", "2010-09-14", ["Hillary Clinton", "Benjamin Netanyahu"]),
    ("President Clinton signs the bill", "1999-11-12", ["Bill Clinton"]),
    ("Apple sells more phones", "2012-01-25", ["Apple Inc."]),
    ("A ripe apple fell on his head", "2012-01-25", []),
    ("Amazon opens a warehouse for online orders", "2013-12-01", ["Amazon"]),
    ("Loggers destroy tribe's home in the Amazon", "2013-12-01", ["Amazon rainforest"]),
    ("Rebels advance on Goma in Congo", "2012-11-20", ["Goma", "Democratic Republic of the Congo"]),
    ("Congo votes in Brazzaville", "2009-07-12", ["Republic of the Congo", "Brazzaville"]),
    ("Ireland asks the EU for a bailout", "2010-11-21", ["Ireland", "European Union"]),
    ("Northern Ireland votes to stay", "2016-06-24", ["Northern Ireland"]),
    ("Traders expect the Fed to raise rates", "2015-12-15", ["Federal Reserve"]),
    ("The Dow falls 600 points", "2016-06-24", ["Dow Jones Industrial Average"]),
    ("Talks resume in May 2015", "2015-04-20", []),
    ("Ministers meet in May", "2018-04-20", []),
    ("Prime Minister May calls an election", "2017-04-18", ["Theresa May"]),
    ("ISIS takes Mosul", "2014-06-10", ["Islamic State", "Mosul"]),
    ("The answer is no", "2014-06-10", []),
    ("It tells us nothing", "2014-06-10", []),
    ("U.S. and U.N. agree", "2014-06-10", ["United States", "United Nations"]),
    ("Turkish government blocks a website", "2014-03-20", ["Turkey"]),
    ("Israeli foreign minister visits Berlin", "2012-03-01", ["Israel", "Berlin"]),
    ("Swiss mother stopped at an airport", "2015-02-01", []),
    ("German boy finds gold", "2015-02-01", []),
    ("Greeks protest against cuts", "2011-06-15", ["Greeks"]),
    ("US-led strikes continue", "2014-09-23", []),
    ("Irans nuclear chief resigns", "2009-07-16", ["Iran"]),
    ("Ice shelf breaks off Antartica", "2010-01-01", ["Antarctica"]),
    ("Erdogan calls Putin", "2015-12-01", ["Recep Tayyip Erdoğan", "Vladimir Putin"]),
    ("al Qaeda claims attack", "2011-05-01", ["Al-Qaeda"]),
    ("Britain’s economy shrinks", "2012-01-25", ["United Kingdom"]),
    ("British Pound drops nearly 5%", "2016-06-24", ["pound sterling"]),
    ("They won in the Hindu temple", "2016-06-24", []),
    ("A pastor named Emma Jones spoke in Pearl Harbour", "2012-06-24", ["Pearl Harbor"]),
    ("U.N.s envoy leaves Syria", "2012-06-24", ["United Nations", "Syria"]),
    ("Thomas Jordan of the Swiss National Bank sees risks", "2015-01-20", ["Thomas Jordan", "Swiss National Bank"]),
    ("Jordan's king meets Obama in Amman", "2013-03-22", ["Jordan", "Barack Obama", "Amman"]),
    ("Marijuana shops open in Washington, says Seattle mayor", "2014-07-08", ["Washington", "Seattle"]),
    ("Dow Chemical is sued over Bhopal", "2012-03-01", ["Dow Chemical", "Bhopal"]),
    ("Villagers fed the strays", "2012-03-01", []),
    ("The Dow of old was a river", "2012-03-01", ["Dow Jones Industrial Average"]),
    ("Director James Cameron dives to the bottom of the sea", "2012-03-26", []),
    ("Vladimir Lukin calls for calm", "2012-03-26", []),
    ("Brazilian Indian leader shot by gunmen", "2011-11-19", []),
    ("700 Migrants May Have Drowned in the Mediterranean", "2016-05-29", ["Mediterranean Sea"]),
    ("Saudi king unveils budget", "2015-12-28", []),
    ("British Man Lost in Key Town", "2015-12-28", []),
    ("Putins plan for Europes gas", "2014-12-28", ["Vladimir Putin", "Europe"]),
    ("Franois Hollande visits So Paulo", "2013-12-12", ["François Hollande", "São Paulo"]),
    ("Ahmadinejed speaks at the UN", "2009-09-23", ["Mahmoud Ahmadinejad", "United Nations"]),
    ("J. K. Rowling opposes Scottish independence", "2014-06-11", ["J. K. Rowling", "Scottish independence"]),
]


@pytest.mark.parametrize(("text", "day", "labels"), CASES, ids=[case[0] for case in CASES])
def test_ambiguities(text, day, labels):
    assert [link.label for link in LINKER.link(text, day=day, context=text)] == labels


@pytest.mark.parametrize(
    ("name", "eve", "day"),
    [
        ("Brexit", "2012-05-14", "2016-06-24"),
        ("Islamic State", "2006-10-14", "2014-06-30"),
        ("Crimea annexation", "2014-02-01", "2014-04-01"),
        ("South Sudan", "2004-12-31", "2011-01-09"),  # spoken of before it was a state
        ("Paris attacks", "2015-11-12", "2015-11-14"),
    ],
)
def test_nothing_is_linked_before_it_was_there(name, eve, day):
    """A name of what is yet to come is no name; one of its words may still be."""
    text = f"Talk of {name} grows"
    later = {link.entity_id for link in LINKER.link(text, day=day, context=text)}
    assert later
    assert not {link.entity_id for link in LINKER.link(text, day=eve, context=text) if link.surface == name}


def test_the_day_decides_where_the_headline_does_not():
    """Which Congo: the one whose capital the day's other headlines name."""
    day = "2009-07-12"
    company = LINKER.sure("Denis Sassou Nguesso wins another term in Brazzaville", day)
    alone = LINKER.link("Congo", day=day, context="Congo counts its votes")
    among = LINKER.link("Congo", day=day, context="Congo counts its votes", company=company)
    assert [link.label for link in alone] == ["Democratic Republic of the Congo"]
    assert [link.label for link in among] == ["Republic of the Congo"]


def test_the_context_decides_for_a_slot():
    here = LINKER.link("Congo", day="2009-07-12", context="Congo votes in Brazzaville")
    assert [link.label for link in here] == ["Republic of the Congo"]


def test_who_was_in_office():
    spoken = {day: LINKER.link("the Bush administration", day=day)[0].label for day in ("1990-06-01", "2005-06-01")}
    assert spoken == {"1990-06-01": "George H. W. Bush", "2005-06-01": "George W. Bush"}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_spans_inside_it(text):
    for link in LINKER.link(text, day="2015-01-01", context=text):
        assert text[link.start : link.end] == link.surface != ""
        assert LINKER.threshold <= link.score <= 1


def test_the_same_twice():
    text = "Obama, Merkel and Xi meet in Washington"
    assert LINKER.link(text, day="2014-01-01") == Linker(load_seed()).link(text, day="2014-01-01")


def test_later_facts_change_no_earlier_link():
    seed = load_seed()
    cut = seed.facts["valid_from"] > "2012-01-01"
    past = Linker(Graph(seed.entities, seed.facts[~cut], seed.same_as))
    changed = seed.facts.copy()
    changed.loc[cut, "tail"] = changed.loc[cut, "tail"].to_numpy()[::-1]
    future = Linker(Graph(seed.entities, changed, seed.same_as))
    for text, _, _ in CASES:
        assert past.link(text, day="2012-01-01", context=text) == future.link(text, day="2012-01-01", context=text)


def test_a_threshold_of_one_links_nothing_doubtful():
    strict = Linker(load_seed(), threshold=0.99)
    assert [link.label for link in strict.link("Congo and France")] == ["France"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("U.S.-led", ["U.S.", "led"]),
        ("AT&T's profit", ["AT&T", "profit"]),
        ("Britain's", ["Britain"]),
        ("al-Qaeda", ["al", "Qaeda"]),
        ("N. Korea", ["N", "Korea"]),
    ],
)
def test_tokens(text, words):
    assert [token.text for token in tokenize(text)] == words


@pytest.mark.parametrize(("text", "folded"), [("U.S.", "us"), ("Erdoğan", "erdogan"), ("Yıldırım", "yildirim"), ("Łódź", "lodz")])
def test_folding(text, folded):
    assert fold(text) == folded
