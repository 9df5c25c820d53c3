"""P(abrupt) against the base rate and against volatility alone: who is better is found, luck and constants are not."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from kdtcn.evaluation.abrupt import abrupt_comparisons, abrupt_table, in_words
from kdtcn.evaluation.render import abrupt_grids
from tests.evaluation.test_tables import labels, predictions


def test_abrupt_quality_is_read_against_the_base_rate() -> None:
    frame = abrupt_table(predictions()).set_index("model")
    truth = labels()["abrupt"]
    base = -(truth.mean() * np.log(0.1) + (1 - truth.mean()) * np.log(0.9))
    assert frame["base_log_loss"].to_numpy() == pytest.approx(base)  # always-up's own rate, known before the test period
    assert frame.loc["oracle", "auc"] == 1.0
    assert frame.loc["oracle", "skill"] > 0.5
    assert frame.loc["coin", "skill"] < 0
    assert frame.loc["always-up", "skill"] == pytest.approx(0.0)
    assert frame.loc["always-up", "auc"] == 0.5
    assert frame.loc["oracle", "rate"] == pytest.approx(truth.mean())
    assert abrupt_table(predictions(), base_rate=0.5)["base_log_loss"].to_numpy() == pytest.approx(np.log(2))
    assert abrupt_table(predictions().drop(columns="p_abrupt")).empty
    assert frame.loc["oracle", "brier"] == pytest.approx(0.01)


def forecasts(n: int = 600, news: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Abrupt sessions by a volatility that garch knows and by a cause that a news model of two seeds sees with this strength."""
    rng = np.random.default_rng(seed)
    wild, cause = rng.normal(size=n), rng.normal(size=n)
    logit = -2 + wild + cause
    truth = labels().iloc[:0].reindex(range(n))
    truth = truth.assign(
        session=pd.bdate_range("2013-01-01", periods=n),
        abrupt=(rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int),
        up=1,
        d=0.0,
        c=0.0,
        sigma=0.01,
        alignment="forecast",
        p_up=0.5,
    )
    known = {"garch": -2 + wild, **{f"news{k}": -2 + wild + news * cause + 0.2 * rng.normal(size=n) for k in range(2)}}
    p = {name: 1 / (1 + np.exp(-value)) for name, value in known.items()}
    return pd.concat(
        [
            truth.assign(model="always-up", seed=0, p_abrupt=0.2),
            truth.assign(model="garch", seed=0, p_abrupt=p["garch"]),
            *(truth.assign(model="news", seed=k, p_abrupt=p[f"news{k}"]) for k in range(2)),
        ],
        ignore_index=True,
    )


def test_news_that_adds_to_volatility_is_told_from_it() -> None:
    found = abrupt_comparisons(forecasts(news=1.0))
    assert found[["model", "against"]].to_numpy().tolist() == [["news", "garch"]]
    row = found.iloc[0]
    assert row["gap"] < -0.03
    assert row["dm_holm"] < 0.001
    assert "news is better than garch" in in_words(found)


def test_news_that_adds_nothing_is_never_called_better() -> None:
    found = pd.concat([abrupt_comparisons(forecasts(seed=seed)) for seed in range(20)])
    assert not ((found["dm_holm"] < 0.05) & (found["gap"] < 0)).any()


def test_a_worse_model_is_told_too() -> None:
    rows = forecasts()
    news = rows["model"] == "news"
    rows.loc[news, "p_abrupt"] = np.random.default_rng(1).random(int(news.sum()))
    assert "news is worse than garch" in in_words(abrupt_comparisons(rows))


def test_without_a_model_of_volatility_nothing_is_compared() -> None:
    rows = forecasts()
    assert abrupt_comparisons(rows[rows["model"] != "garch"]).empty
    assert abrupt_comparisons(rows.drop(columns="p_abrupt")).empty
    assert in_words(abrupt_comparisons(rows.drop(columns="p_abrupt"))) == ""


def test_the_table_shows_the_test_beside_the_scores() -> None:
    rows, text = forecasts(news=1.0), io.StringIO()
    for part in abrupt_grids(abrupt_table(rows), abrupt_comparisons(rows)):
        Console(file=text, width=80).print(part)
    assert "p (garch)" in text.getvalue()
    assert "0.000" in text.getvalue()
    assert "n = 600" in text.getvalue()


def test_where_training_moves_on_each_session_is_read_against_the_rate_of_its_fold() -> None:
    rows = forecasts(news=1.0)
    late = rows["session"] >= rows["session"].sort_values().iloc[len(rows) // 2]
    rows.loc[rows["model"] == "always-up", "p_abrupt"] = np.where(late[rows["model"] == "always-up"], 0.3, 0.1)
    again = rows[rows["model"] == "always-up"].assign(model="reversal")  # knows no more than the base rate either
    rows = pd.concat([rows, again], ignore_index=True)
    scores = abrupt_table(rows).set_index("model")
    assert scores.loc["always-up", "skill"] == pytest.approx(0.0)
    assert scores["base_log_loss"].nunique() == 1
    assert abrupt_comparisons(rows)["model"].tolist() == ["news"]
