"""How numbers, addresses and sentences are written."""

import dataclasses
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdtcn.report import words
from kdtcn.report.page import Outcome, Record, SessionPage
from tests.report import made


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.1234, "+0.12"), (-0.0996, "−0.10"), (0.00996, "+0.010"), (-0.0043, "−0.0043"), (1.26, "+1.3"), (9.96, "+10"),
        (12.4, "+12"), (-234.0, "−234"), (0.0, "0"), (1e-7, "0"), (0.00012, "+0.00012"), (None, "–"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_effects_have_a_sign_and_two_significant_digits(value: float | None, written: str) -> None:
    assert words.effect(value) == written


@given(st.floats(min_value=-100, max_value=100))
def test_an_effect_is_read_back_within_its_digits(value: float) -> None:
    read = float(words.effect(value).replace("−", "-").replace("–", "nan"))
    assert read == pytest.approx(value, rel=0.051, abs=0.00005)


@pytest.mark.parametrize(
    ("value", "written"),
    [(-0.0339, "−3.39\u202f%"), (0.0129, "+1.29\u202f%"), (0.0, "0.00\u202f%"), (-1e-9, "0.00\u202f%"), (None, "–")],
)
def test_changes_are_signed_percent(value: float | None, written: str) -> None:
    assert words.signed_percent(value) == written


def test_no_number_is_minus_nothing() -> None:
    assert (words.number(-0.001), words.number(-0.05), words.count(30112)) == ("0.00", "−0.05", "30\u202f112")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://news.example/a?b=c#d", True), ("http://news.example", True), (" https://news.example/x ", True), ("HTTPS://NEWS.example/", True),
        ("javascript:alert(1)", False), ("JaVaScRiPt:alert(1)", False), ("java\nscript:alert(1)", False), (" \tjavascript:alert(1)", False),
        ("data:text/html,<script>", False), ("file:///etc/passwd", False), ("//news.example/a", False), ("/relative", False), ("", False),
        ("http://", False), ("https://a b.example", False), ("http://[::1", False), ("http://x:port/", False), ("vbscript:x", False), ("ftp://x.example", False),
    ],
)  # fmt: skip
def test_only_http_addresses_become_links(url: str, kept: bool) -> None:
    assert words.safe_url(url) == (url.strip() if kept else "")


@pytest.mark.parametrize("char", ["\u202e", "\u202b", "\u2066", "\u200f", "\u200b", "\x00", "\x1b", "\ufeff", "\x85"])
def test_characters_that_cannot_be_seen_are_shown_by_number(char: str) -> None:
    assert words.plain(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"


def test_other_scripts_and_emoji_stay_as_they_are() -> None:
    text = "سلام 你好 naïve 👩\u200d🚀 <b>"
    assert words.plain(text) == text


@pytest.mark.parametrize(("text", "long"), [("x " * 5000, True), ("x" * 10_000, True), ("a short one", False)])
def test_long_text_is_folded_and_kept_whole(text: str, long: bool) -> None:
    short, whole = words.folded(text)
    assert bool(whole) is long
    assert len(short) <= words.FOLD + 2
    if long:
        assert whole == text


def _page(p_up: float, **changes: object) -> SessionPage:
    return dataclasses.replace(made.page(n=3), p_up=p_up, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p_up", "alignment", "said"),
    [
        (0.54, "forecast", "The model expects DJIA to rise in the session of 2016-06-24: P(up) 54\u202f%."),
        (0.31, "forecast", "The model expects DJIA to fall in the session of 2016-06-24: P(up) 31\u202f%."),
        (0.497, "forecast", "The model expects DJIA to fall in the session of 2016-06-24: P(up) 49.7\u202f%."),
        (
            0.54,
            "same_day",
            "Given the news of the same day, the model reads 2016-06-24 as a session in which DJIA would rise: P(up) 54\u202f%.",
        ),
    ],
)
def test_the_statement_says_what_the_model_expects(p_up: float, alignment: str, said: str) -> None:
    assert words.statement(_page(p_up, alignment=alignment)) == said


def test_the_statement_admits_a_coin_toss() -> None:
    assert "coin toss" in words.strength(_page(0.51))
    assert words.strength(_page(0.55)) == ""


@pytest.mark.parametrize(
    ("p_up", "outcome", "said"),
    [
        (
            0.6,
            Outcome(True, 0.01, 0.02, False),
            "closed higher (D +1.00\u202f%): the model was right. The change was not abrupt.",
        ),
        (0.6, Outcome(False, -0.03, -0.04, True), "closed lower (D −3.00\u202f%): the model was wrong. The change was abrupt."),
        (0.6, Outcome(True, 0.0, None, None), "closed unchanged (D 0.00\u202f%): the model was right."),
        (0.6, None, "not closed yet"),
    ],
)
def test_the_outcome_says_whether_the_model_was_right(p_up: float, outcome: Outcome | None, said: str) -> None:
    assert said in words.outcome(_page(p_up, outcome=outcome))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.45, 0.60, "not told apart from always-up"), (0.56, 0.66, "better than always-up"), (0.40, 0.50, "worse than always-up")],
)
def test_the_record_claims_no_more_than_its_interval(low: float, high: float, said: str) -> None:
    day = pd.Timestamp("2016-01-04")
    assert said in words.record(_page(0.6, record=Record(120, (low + high) / 2, low, high, 0.54, day, day)))


def test_no_record_is_said_so() -> None:
    assert "no record" in words.record(_page(0.6, record=None))


def test_the_reading_warns_where_no_effect_leaves_its_band() -> None:
    inside = tuple(dataclasses.replace(event, low=-9.0, high=9.0) for event in made.events(4))
    assert "No effect leaves its placebo band" in words.reading(_page(0.6, events=inside))
    outside = tuple(dataclasses.replace(event, low=8.0, high=9.0) for event in made.events(4))
    assert "4 of 4 effects leave the placebo band" in words.reading(_page(0.6, events=outside))
    assert "No event" in words.reading(_page(0.6, events=()))


def test_dates_do_not_break_and_text_is_escaped() -> None:
    assert str(words.dates("<b> 2016-06-24")) == '&lt;b&gt; <time datetime="2016-06-24">2016-06-24</time>'
    assert not re.search("<time", str(words.dates("12016-06-241")))
