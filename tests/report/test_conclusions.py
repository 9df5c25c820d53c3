"""Every sentence of the results follows from the figures: constructed ones, in each of the ways that they can turn out."""

from dataclasses import replace

import pandas as pd
import pytest

from kdtcn.evaluation.overfitting import Overfitting
from kdtcn.evaluation.protocols import Results
from kdtcn.report.conclusions import abrupt, conclusions, detectable, direction, news, origins, same_day, volatility

MODELS = ["always-up", "reversal", "tcn", "kdtcn"]


def scores(accuracy: dict[str, float], subset: str = "all", n: int = 1600, half: float = 0.02) -> pd.DataFrame:
    rows = [
        {
            "protocol": "rolling",
            "alignment": "forecast",
            "subset": subset,
            "model": name,
            "n": n,
            "seeds": 10,
            "accuracy": value,
            "accuracy_std": 0.01,
            "low": value - half,
            "high": value + half,
            "edge": 0.035,
            "lift": value - accuracy["reversal"],
            "opened": 2,
        }
        for name, value in accuracy.items()
    ]
    return pd.DataFrame(rows)


EVEN = scores({"always-up": 0.54, "reversal": 0.52, "tcn": 0.53, "kdtcn": 0.535})


def judged(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    columns = ["model", "against", "gap", "mcnemar_holm"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(protocol="rolling", alignment="forecast", n=1600, corrected_for=30, dm_holm=1.0, timing_holm=1.0)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [("kdtcn", "always-up", 0.031, 0.0004), ("tcn", "always-up", 0.001, 0.9)],
            "kdtcn (+3.1 points, p < .001) beats always-up (54.0 %); the other one is not told apart from it.",
        ),
        (
            [("kdtcn", "always-up", -0.062, 0.008)],
            "kdtcn (-6.2 points, p = .008) loses to always-up (54.0 %).",
        ),
        (
            [("kdtcn", "always-up", 0.03, 0.01), ("tcn", "always-up", -0.03, 0.02), ("lstm", "always-up", 0, 1), ("cnn", "always-up", 0, 1)],
            "kdtcn (+3.0 points, p = .010) beats always-up (54.0 %); tcn (-3.0 points, p = .020) loses to always-up (54.0 %);"
            " the other 2 are not told apart from it.",
        ),
        (
            [(name, "always-up", -gap, 0.001) for name, gap in zip("abcde", (0.2, 0.1, 0.5, 0.3, 0.4), strict=True)],
            "5 models, from b (-10.0 points, p = .001) to c (-50.0 points, p = .001), lose to always-up (54.0 %).",
        ),
        (
            [("kdtcn", "always-up", 0.03, 0.01), ("tcn", "always-up", 0.04, 0.02)],
            "kdtcn (+3.0 points, p = .010) and tcn (+4.0 points, p = .020) beat always-up (54.0 %).",
        ),
        (
            [("kdtcn", "always-up", -0.004, 1.0), ("tcn", "always-up", -0.009, 0.4)],
            "No model is told apart from always-up (54.0 %): of 2, the best is kdtcn (-0.4 points, p = 1.000).",
        ),
        ([("kdtcn", "always-up", 0.02, 0.0501)], "Not told apart from always-up (54.0 %): kdtcn (+2.0 points, p = .050)."),
    ],
)  # fmt: skip
def test_who_beats_and_who_loses_to_a_reference(rows: list, said: str) -> None:
    assert direction(EVEN, judged(*rows)) == [said]


def test_every_reference_gets_its_own_sentence() -> None:
    said = direction(EVEN, judged(("kdtcn", "always-up", 0.0, 1.0), ("kdtcn", "tcn", 0.05, 0.001)))
    assert said[0].startswith("Not told apart from always-up")
    assert said[1].startswith("kdtcn (+5.0 points, p = .001) beats tcn (53.0 %)")


@pytest.mark.parametrize(
    ("odds", "said"),
    [(0.02, "carries over"), (0.25, "in part luck"), (0.55, "to choose by such results is to choose by luck")],
)
def test_what_could_be_seen_and_whether_the_best_was_luck(odds: float, said: str) -> None:
    best, edge, luck = detectable(EVEN, Overfitting(odds, 12, 1600, 12870, 0.52, 0.52))
    assert best == "The highest accuracy is always-up's, 54.0 % (95 % interval 52.0 to 56.0)."
    assert edge.startswith("1,600 sessions show a lead over a coin of 3.5 points or more")
    assert "12 models" in luck
    assert f"{odds:.2f}" in luck
    assert luck.endswith(f"{said}.")
    assert len(detectable(EVEN, None)) == 2


@pytest.mark.parametrize(
    ("gap", "p", "said"), [(0.02, 0.03, "is better than"), (-0.02, 0.03, "is worse than"), (0.02, 0.3, "is not told apart from")]
)
def test_news_against_prices_alone(gap: float, p: float, said: str) -> None:
    (sentence,) = news(judged(("kdtcn", "tcn", gap, p)), "kdtcn")
    assert said in sentence
    assert f"{100 * gap:+.1f} points" in sentence
    assert "30 comparisons" in sentence
    assert news(judged(("kdtcn", "always-up", gap, p)), "kdtcn") == []


def pairs(*rows: tuple[str, float, float], **more: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["model", "gap", "mcnemar_holm"])
    return frame.assign(accuracy=0.55, accuracy_other=0.5, n=1600, protocol="rolling", **more)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("kdtcn", 0.04, 0.01), ("eb-tcn", 0.0, 1.0)], "kdtcn changes by +4.0 points to 55.0 % (p = .010)."),
        ([("kdtcn", -0.04, 0.01)], "kdtcn changes by -4.0 points"),
        ([("kdtcn", 0.01, 0.3), ("eb-tcn", 0.02, 0.2)], "no model changes by more than luck would (most eb-tcn, +2.0 points, p = .200)."),
    ],
)  # fmt: skip
def test_headlines_of_the_same_day(rows: list, said: str) -> None:
    (sentence,) = same_day(pairs(*rows))
    assert said in sentence
    assert "explain and do not forecast" in sentence
    assert same_day(pairs()) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("kdtcn", 0.04, 0.01), ("tcn", -0.05, 0.02)], "kdtcn is better (+4.0 points, p = .010) and tcn is worse (-5.0 points, p = .020)."),
        ([("kdtcn", 0.01, 0.3), ("tcn", -0.02, 0.2)], "no model differs by more than luck would (most tcn, -2.0 points, p = .200)."),
    ],
)  # fmt: skip
def test_three_ways_through_the_same_sessions(rows: list, said: str) -> None:
    sentences = origins(pairs(*rows, alignment="forecast", other="fixed"))
    assert len(sentences) == 1
    assert sentences[0].startswith("On the same 1,600 sessions, rolling origin against fixed origin:")
    assert sentences[0].endswith(said)


def volatile(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["model", "against", "gap", "dm_holm"]).assign(alignment="forecast")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("kdtcn", "garch", -0.01, 0.01)], "By log score, kdtcn is better than garch."),
        ([("kdtcn", "garch", 0.01, 0.01), ("tcn", "garch", 0.0, 1.0)], "By log score, kdtcn is worse than garch; 1 is not told apart from it."),
        ([("kdtcn", "garch", -0.01, 0.2)], "By log score, no model is told apart from garch."),
        ([(name, "garch", -0.01, 0.01) for name in "abcde"], "By log score, all 5 are better than garch."),
        ([*((name, "garch", -0.01, 0.01) for name in "abcde"), ("tcn", "garch", 0.0, 1.0), ("cnn", "garch", 0.0, 1.0)],
         "By log score, all but tcn and cnn are better than garch; 2 are not told apart from it."),
    ],
)  # fmt: skip
def test_abrupt_changes_against_volatility(rows: list, said: str) -> None:
    assert volatility(volatile(*rows)) == [said]


def all_of(on_abrupt: pd.DataFrame, reversal: float = 0.86, half: float = 0.05) -> Results:
    some = scores({"always-up": 0.55, "reversal": reversal, "tcn": 0.6, "kdtcn": 0.56}, "abrupt", 206, half)
    return Results(
        scores=pd.concat([EVEN, some], ignore_index=True),
        tests=judged(("kdtcn", "always-up", 0.0, 1.0)),
        on_abrupt=on_abrupt,
        origins=pairs(("kdtcn", 0.0, 1.0), alignment="forecast", other="fixed"),
        alignments=pairs(("kdtcn", 0.0, 1.0)),
        luck={},
        volatility=pd.DataFrame(),
        volatility_tests=volatile(("kdtcn", "har", 0.0, 1.0)),
        first=pd.Timestamp("2010-01-04"),
        last=pd.Timestamp("2016-07-01"),
    )


def test_the_reversal_row_answers_claims_on_abrupt_sessions() -> None:
    lost = abrupt(all_of(judged(("kdtcn", "reversal", -0.3, 0.0001))))
    assert lost[0] == (
        "On abrupt sessions (rolling origin, n = 206) the opposite of yesterday, with no model and no news, is right in 86.0 %"
        " (95 % interval 81.0 to 91.0)."
    )
    assert lost[1] == "kdtcn (-30.0 points, p < .001) loses to it there."
    assert lost[2].startswith("So an accuracy of up to 86.0 %")
    assert "counts only as far as it exceeds the rule" in lost[2]

    won = abrupt(all_of(judged(("kdtcn", "reversal", 0.06, 0.01), ("tcn", "reversal", -0.2, 0.01))))
    assert won[1] == "kdtcn (+6.0 points, p = .010) beats it there; tcn (-20.0 points, p = .010) loses to it there."
    assert won[2].startswith("Of an accuracy on abrupt sessions 86.0 % need no model; what kdtcn adds is the lift above that")

    coin = abrupt(all_of(judged(("kdtcn", "reversal", 0.0, 1.0)), reversal=0.52))
    assert coin[1] == "Not told apart from it there: kdtcn (+0.0 points, p = 1.000)."
    assert "can be read as they stand" in coin[2]


@pytest.mark.parametrize(("rule", "said"), [(0.96, True), (0.94, False)])
def test_a_rule_above_all_that_is_published_is_told(rule: float, said: bool) -> None:
    found = all_of(judged(("kdtcn", "reversal", -0.3, 0.0001)))
    later = scores({"reversal": rule, "kdtcn": 0.6}, "abrupt", 53, 0.03).assign(protocol="fixed-2015")
    sentences = abrupt(replace(found, scores=pd.concat([found.scores, later], ignore_index=True)))
    assert any("above the 70 to 95 % that the literature reports" in sentence for sentence in sentences) == said


def test_all_questions_are_answered_in_order() -> None:
    found = all_of(judged(("kdtcn", "reversal", -0.3, 0.0001)))
    said = conclusions(found, "kdtcn")
    assert [section.title for section in said] == [
        "Does any model forecast the direction?",
        "What could be seen at all?",
        "Does news help kdtcn?",
        "What is an accuracy on abrupt sessions worth?",
        "Is P(abrupt) more than volatility?",
        "Does it matter how the test sessions are parted?",
    ]
    assert all("nan" not in sentence for section in said for sentence in section.sentences)
