"""What is there to learn: logistic regressions on features taken from the truth, without text, parser or linker.

With event type x class the Bayes rule is within reach; with the event type alone, or prices alone, nothing is; with
the event type x entity the sessions of entities that caused before can be learnt, those of the others cannot.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from kdtcn.demo.truth import Truth

LAGS = 10


def features(truth: Truth) -> dict[str, np.ndarray]:
    """(n_sessions, k) arrays by name, each known at the decision time of its session."""
    told = truth.tuples.drop_duplicates(["date", "rank"])
    told = told[told["actor"] != ""]
    sessions = pd.Index(truth.causes["session"])

    def count(name: pd.Series) -> np.ndarray:
        return pd.crosstab(told["session"], name).reindex(sessions, fill_value=0).to_numpy(float)

    rules = truth.about["rules"]
    group = pd.Series("", index=told.index)
    for rule in rules:
        group = group.mask((told["use"] == rule["event"]) & told["actor"].isin(truth.members(rule["name"])), rule["name"])
    known = group[group != ""]
    returns = truth.causes["return"].to_numpy()
    lagged = np.column_stack([np.concatenate([np.zeros(lag), returns[:-lag]]) for lag in range(1, LAGS + 1)])
    return {
        "event type x class": pd.crosstab(told.loc[known.index, "session"], known)
        .reindex(sessions, fill_value=0)
        .to_numpy(float),
        "event type x entity": count(told["use"] + told["actor"]),
        "event type": count(told["use"]),
        "prices": lagged / returns.std(),
    }


def scores(truth: Truth, prices: Path) -> pd.DataFrame:
    """Accuracy on the test period: a row a kind of features, and the Bayes rule; columns all, seen, unseen, none."""
    close = pd.read_csv(prices)["Close"].to_numpy()
    up = np.concatenate([[1], (close[1:] >= close[:-1]).astype(int)])
    test = truth.in_test.to_numpy()
    train = ~test & (np.arange(len(up)) > LAGS)
    seen = truth.causes["seen"].fillna(-1).to_numpy(int)[test]
    subsets = {"all": seen >= -1, "seen": seen == 1, "unseen": seen == 0, "none": seen == -1}

    def row(right: np.ndarray) -> dict[str, float]:
        return {name: float(right[rows].mean()) for name, rows in subsets.items()}

    table = {"always up": row(up[test] == 1)}
    for name, x in features(truth).items():
        model = LogisticRegression(C=1.0, max_iter=1000).fit(x[train], up[train])
        table[name] = row(model.predict(x[test]) == up[test])
    table["Bayes, expected"] = {name: truth.about["bayes"][name]["bayes"] for name in subsets}
    table["Bayes, in this world"] = {name: truth.about["bayes"][name]["realised"] for name in subsets}
    return pd.DataFrame(table).T
