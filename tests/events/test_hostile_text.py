"""Whatever the text: extraction raises nothing, reads a bounded part, and its spans point into the text as given."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language

from kdtcn.events.cleaning import MAX_CHARS, clean, prepare
from kdtcn.events.reading import extract_texts
from kdtcn.events.tuples import EventTuple

ODD = [
    "",
    " ",
    "\x00\x01\x02",
    "b'Minister resigns after vote'",
    'b"Rebels seize the port of Adra"',
    "AT&amp;T buys &quot;Time&quot; for $85&nbsp;billion",
    "Army shells town \\xe2\\x80\\x94 dozens flee\\n",
    "President\u200b of\u00a0Ruritania\tvisits\r\nIndia",
    "\u202eRebels seize port\u202c",
    "\ufeffPolice arrest banker",
    "🔥🔥🔥 Court bans 🐟 fishing",
    "؟؟؟ رئيس الوزراء يستقيل",
    "!!!???...,,,;;;:::",
    "((((((((((((((((((((",
    "https://example.org/" + "a" * 3000,
    "a" * 10_000,
    "- " * 5_000,
    "the " * 2_500,
    "Police say officials say police say " * 280,
    "and, " * 2_000,
    "\n" * 10_000,
    '"' * 10_000,
    "“" * 10_000,
    "🔥" * 10_000,
    "a-" * 5_000,
    "$1 bln " * 1_500,
    "'s " * 3_000,
    "killed by " * 1_000,
    "who killed the man who " * 400,
    "e\u0301" * 5_000,
    "ab.Cd" * 2_000,
    "\ud800 lone surrogate \udfff",
    "<script>alert('x')</script> Minister resigns",
]
PIECES = ["Police", "arrest", "two", " in ", "Lima", ", ", "says", " report: ", "&amp;", "\n", "\t", "\u200b", "b'", "'", '"', "(", ")", "?", "killed",
          " by ", "—", "5%", "$3bn", "\\x92", "won't", "  ", "🔥", "مصر", "U.S.", "-", "not", " to ", "who", "and"]  # fmt: skip


def slots(event: EventTuple) -> list[tuple[str, str]]:
    return [(event.subject, event.subject_span), (event.predicate, event.predicate_span), (event.object, event.object_span)]


def check(text: str, nlp: Language) -> None:
    ((events, found),) = extract_texts([text], nlp)
    # Time is measured by benchmarks/events.py; what bounds it is what the parser is given.
    assert len(prepare(text)[0]) <= 1.5 * MAX_CHARS
    for event in events:
        for words, span in slots(event):
            pieces = [tuple(map(int, piece.split(":"))) for piece in span.split(",") if piece]
            assert words == " ".join(text[a:b] for a, b in pieces)
            assert bool(words) == bool(span)
        assert event.subject
        assert event.predicate
        assert 0 < event.confidence <= 1
        assert event.modality in ("asserted", "planned", "possible", "denied")
    for mention in found:
        assert mention.text == text[mention.start : mention.end]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text(text: str, nlp: Language) -> None:
    check(text, nlp)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=400), st.lists(st.sampled_from(PIECES), max_size=120).map("".join)))
def test_any_text(text: str, nlp: Language) -> None:
    check(text, nlp)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=40), times=st.integers(100, 4000))
def test_long_text(pieces: list[str], times: int, nlp: Language) -> None:
    check(("".join(pieces) * times)[:10_000], nlp)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_cleaning_moves_no_character(text: str) -> None:
    assert len(clean(text)) == min(len(text), MAX_CHARS)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_what_is_parsed_keeps_its_place_in_the_stored_text(text: str) -> None:
    parsed, offsets = prepare(text)
    seen = clean(text)
    for i, character in enumerate(parsed):
        place = i if offsets is None else offsets[i]
        assert character in (seen[place], " ")
    assert offsets is None or offsets == sorted(offsets)
    assert offsets is None or "  " not in parsed


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("b'Minister resigns'", "Minister resigns"),
        ("  two\n\nlines ", "two lines"),
        ("It rains.It pours", "It rains. It pours"),
        ("Sikh,Hindu families", "Sikh, Hindu families"),
        ("U.S.A wins 3.5m at 10:30", "U.S.A wins 3.5m at 10:30"),
        ("UPDATE 2-Acme recalls cars", "Acme recalls cars"),
        ("RPT-UPDATE 1-Acme recalls cars", "Acme recalls cars"),
        ("Breaking News: Acme recalls cars", "Acme recalls cars"),
        ("TIL Oslo has fjords", "Oslo has fjords"),
        ("ISIS-Linked group", "ISIS-Linked group"),
    ],
)
def test_prepared_text(text: str, parsed: str) -> None:
    assert prepare(text)[0] == parsed


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("b'Minister resigns'", "  Minister resigns "),
        ('b"Minister resigns"', "  Minister resigns "),
        ("A &amp; B", "A &     B"),
        ("one\ttwo\nthree", "one two three"),
        ("plain", "plain"),
        ("[BREAKING] Minister resigns", "           Minister resigns"),
        ("Minister resigns [Peru]", "Minister resigns       "),
        ("Minister [of trade] resigns", "Minister [of trade] resigns"),
        ("Minister resigns | World | News", "Minister resigns               "),
        ("Minister resigns - example.com", "Minister resigns              "),
        ("bank robbed", "bank robbed"),
    ],
)
def test_what_the_parser_sees(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text", ["b'Gunmen kill mayor in Lima'", "  Gunmen kill mayor\nin Lima", "Gunmen kill\u200b mayor in Lima \x00"]
)
def test_disguise_changes_spans_not_events(text: str, nlp: Language) -> None:
    ((events, _),) = extract_texts([text], nlp)
    assert [(e.subject, e.predicate, e.object) for e in events] == [("Gunmen", "kill", "mayor")]
