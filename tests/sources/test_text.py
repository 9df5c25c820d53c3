"""Headline text: byte reprs, cleaning, refusal, identity."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdtcn.sources.text import LONGEST, clean, decode_bytes_repr, headline_id, refuse, safe_url


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("b'Plain words'", "Plain words"),
        ('b"The minister\'s letter"', "The minister's letter"),
        (r"""b'He said "no" to the bank\'s plan'""", """He said "no" to the bank's plan"""),
        (r"b'Caf\xc3\xa9 opens'", "Café opens"),
        (r"b'Caf\xe9 opens'", "Café opens"),  # no UTF-8: Windows-1252
        (r"b'Two lines\r\nhere\tand there'", "Two lines\r\nhere\tand there"),
        (r"b'A back\\slash'", "A back\\slash"),
        ("b'A break\nin the cell'", "A break\nin the cell"),
        ("  b'Blanks around'  ", "Blanks around"),
        ("b'Never closed", "b'Never closed"),
        ("b'One' and b'two'", "b'One' and b'two'"),
        ("bank's profits rise", "bank's profits rise"),
        ("b'", "b'"),
        ("b''", ""),
    ],
)
def test_bytes_reprs_are_undone_and_only_those(raw: str, text: str) -> None:
    assert decode_bytes_repr(raw) == text


@given(st.text())
def test_every_text_survives_the_python_repr_of_its_bytes(text: str) -> None:
    assert decode_bytes_repr(str(text.encode("utf-8", "replace"))) == text.encode("utf-8", "replace").decode()


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_is_one_storable_line_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert clean(once) == once == once.strip()
    assert once.encode("utf-8").decode() == once
    assert not any(character < " " or character in "\u202e\u2066\x7f\x85" for character in once)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Rates \r\n\t rise ", "Rates rise"),
        ("Non\u00a0breaking\u2003space", "Non breaking space"),
        ("Cafe\u0301", "Café"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("a\x00b\x1bc", "a b c"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
    ],
)
def test_clean(raw: str, text: str) -> None:
    assert clean(raw) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Oil falls", ""),
        ("", "no text"),
        ("... !?", "no words"),
        ("x" * LONGEST, ""),
        ("x" * (LONGEST + 1), f"longer than {LONGEST:,} characters"),
        ("broken \ufffd bytes", "not valid UTF-8"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    assert refuse(text) == reason


def test_identity_is_source_day_and_text_and_never_changes() -> None:
    base = headline_id("reddit/worldnews", date(2016, 6, 24), "Britain votes to leave")
    others = {
        headline_id("rss/example.org", date(2016, 6, 24), "Britain votes to leave"),
        headline_id("reddit/worldnews", date(2016, 6, 25), "Britain votes to leave"),
        headline_id("reddit/worldnews", date(2016, 6, 24), "Britain votes to stay"),
    }
    assert len(others | {base}) == 4
    assert base == "092492a608bf09f942ae"  # lakes out there hold it: a change needs a migration


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://example.org/\n<script>", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_kept(url: str, kept: bool) -> None:
    assert safe_url(url) == (url if kept else "")
