"""The table: right numbers in right rows, reversal beside them, the same in every rendering."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from kdtcn.errors import InputError
from kdtcn.evaluation import as_csv, as_json, as_markdown, as_rich, table
from kdtcn.evaluation.intervals import detectable_edge

N = 200
SESSIONS = pd.bdate_range("2015-01-01", periods=N)


def labels(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    d = rng.normal(0, 0.01, N + 1)
    c = np.diff(d)
    d = d[1:]
    return pd.DataFrame(
        {"session": SESSIONS, "up": (d >= 0).astype(int), "d": d, "c": c, "abrupt": (np.abs(c) > 0.02).astype(int), "sigma": 0.01}
    )


def predictions(*, alignments: tuple[str, ...] = ("forecast",), reversal: bool = False) -> pd.DataFrame:
    """An oracle that is wrong on every fifth session, a coin of three seeds, always-up."""
    truth, rng = labels(), np.random.default_rng(1)
    wrong = np.arange(N) % 5 == 0
    parts = []
    for alignment in alignments:
        parts.append(truth.assign(model="always-up", seed=0, p_up=0.53, p_abrupt=0.1, alignment=alignment))
        if reversal:
            parts.append(
                truth.assign(
                    model="reversal",
                    seed=0,
                    p_up=np.where(truth["d"] - truth["c"] >= 0, 0.45, 0.55),
                    p_abrupt=0.1,
                    alignment=alignment,
                )
            )
        for seed in range(3):
            parts.append(truth.assign(model="coin", seed=seed, p_up=rng.random(N), p_abrupt=rng.random(N), alignment=alignment))
        p_up = np.where(wrong, 1 - truth["up"], truth["up"]) * 0.8 + 0.1
        parts.append(truth.assign(model="oracle", seed=0, p_up=p_up, p_abrupt=truth["abrupt"] * 0.8 + 0.1, alignment=alignment))
    return pd.concat(parts, ignore_index=True)


def pick(frame: pd.DataFrame, model: str, subset: str = "all", alignment: str = "forecast") -> pd.Series:
    (row,) = [row for _, row in frame.iterrows() if (row["model"], row["subset"], row["alignment"]) == (model, subset, alignment)]
    return row


def test_rows_are_every_model_on_every_subset_and_alignment() -> None:
    frame = table(predictions(alignments=("forecast", "same_day")))
    assert list(frame.groupby(["alignment", "subset"], sort=False).groups) == [
        (alignment, subset) for alignment in ("forecast", "same_day") for subset in ("all", "large moves", "abrupt")
    ]
    assert frame[:4]["model"].tolist() == ["always-up", "coin", "oracle", "reversal"]
    assert set(frame.loc[frame["alignment"] == "same_day", "label"]) == {"explains, does not forecast"}
    assert set(frame.loc[frame["alignment"] == "forecast", "label"]) == {""}


def test_subsets_are_what_they_say() -> None:
    frame, truth = table(predictions()), labels()
    assert pick(frame, "oracle")["n"] == N
    assert pick(frame, "oracle")["accuracy"] == pytest.approx(0.8)
    for subset, chosen in (("large moves", truth["d"].abs() > 0.015), ("abrupt", truth["abrupt"] == 1)):
        row, right = pick(frame, "oracle", subset), np.arange(N) % 5 != 0
        assert row["n"] == chosen.sum()
        assert row["accuracy"] == pytest.approx(right[chosen].mean())
        assert row["low"] < row["accuracy"] < row["high"]


def test_seeds_are_averaged_and_their_spread_is_told() -> None:
    rows = predictions()
    frame = table(rows)
    each = [((run["p_up"] >= 0.5) == (run["up"] == 1)).mean() for _, run in rows[rows["model"] == "coin"].groupby("seed")]
    coin = pick(frame, "coin")
    assert coin["seeds"] == 3
    assert coin["accuracy"] == pytest.approx(np.mean(each))
    assert coin["accuracy_std"] == pytest.approx(np.std(each, ddof=1))
    assert np.isnan(pick(frame, "oracle")["accuracy_std"])


def test_reversal_stands_beside_every_score_and_lift_is_over_it() -> None:
    derived, given = table(predictions()), table(predictions(reversal=True))
    for subset in ("all", "large moves", "abrupt"):
        row = pick(derived, "reversal", subset)
        assert row["accuracy"] == pytest.approx(pick(given, "reversal", subset)["accuracy"])
        assert row["lift"] == 0.0
        assert pick(derived, "oracle", subset)["lift"] == pytest.approx(
            pick(derived, "oracle", subset)["accuracy"] - row["accuracy"]
        )
    # the artefact that makes the row necessary: C holds yesterday's change
    assert pick(derived, "reversal", "abrupt")["accuracy"] > 0.75
    assert pick(derived, "reversal", "all")["accuracy"] < 0.6


def test_only_test_rows_count_in_any_order() -> None:
    rows = predictions()
    noise = rows.assign(session=rows["session"] - pd.DateOffset(years=3), p_up=0.0, split="valid")
    mixed = pd.concat([noise, rows.assign(split="test")]).sample(frac=1, random_state=0)
    ordered = table(rows).sort_values(["subset", "model"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(table(mixed).sort_values(["subset", "model"]).reset_index(drop=True), ordered)


def test_an_empty_subset_has_no_score() -> None:
    frame = table(predictions().assign(abrupt=0))
    row = pick(frame, "oracle", "abrupt")
    assert row["n"] == 0
    assert np.isnan(row["accuracy"])
    assert "–" in as_markdown(frame)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (predictions().drop(columns=["sigma", "c"]), "predictions lack the columns c, sigma"),
        (pd.concat([predictions(), predictions().tail(1)]), "oracle seed 0 has several rows for 2015-10-07"),
    ],
)
def test_bad_predictions_are_named(rows: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table(rows)


def test_each_threshold_is_a_subset_with_reversal_beside_it() -> None:
    frame, truth = table(predictions(), [0.01, 0.03]), labels()
    for threshold, name in ((0.01, "|C| > 1 %"), (0.03, "|C| > 3 %")):
        row = pick(frame, "oracle", name)
        assert row["n"] == (truth["c"].abs() > threshold).sum()
        assert row["lift"] == pytest.approx(row["accuracy"] - pick(frame, "reversal", name)["accuracy"])
    assert pick(frame, "reversal", "|C| > 3 %")["accuracy"] > pick(frame, "reversal", "|C| > 1 %")["accuracy"]
    shown = as_markdown(frame)
    assert r"\|C\| > 1 %" in shown
    assert shown.count("Abrupt sessions by threshold") == 1


def test_what_can_be_seen_at_all_stands_in_every_row() -> None:
    frame = table(predictions())
    for _, row in frame.iterrows():
        assert row["edge"] == pytest.approx(detectable_edge(row["n"]))


def test_models_of_volatility_have_no_direction_to_score() -> None:
    extra = labels().assign(model="garch", seed=0, p_up=0.53, p_abrupt=0.1, alignment="forecast")
    frame = table(pd.concat([predictions(), extra], ignore_index=True))
    assert "garch" not in set(frame["model"])
    pd.testing.assert_frame_equal(frame, table(predictions()))


def test_how_often_the_hold_out_was_opened_stands_under_every_table() -> None:
    frame = table(predictions(), [0.01]).assign(opened=3)
    assert as_markdown(frame).count("hold-out opened 3 times") == 4
    assert "hold-out" not in as_markdown(table(predictions()))


def test_a_terminal_of_eighty_columns_holds_every_cell() -> None:
    text = io.StringIO()
    console = Console(file=text, width=80)
    for part in as_rich(table(predictions(), [0.01, 0.015, 0.02, 0.03])):
        console.print(part)
    assert "…" not in text.getvalue()


def test_every_rendering_says_the_same() -> None:
    frame = table(predictions(alignments=("forecast", "same_day")))
    back = pd.read_csv(io.StringIO(as_csv(frame)), keep_default_na=False, na_values=[""])
    np.testing.assert_allclose(back["accuracy"], frame["accuracy"])
    parsed = json.loads(as_json(frame))
    assert len(parsed) == len(frame)
    assert parsed[0]["accuracy_std"] is None  # NaN is no JSON
    assert parsed[1]["accuracy"] == pytest.approx(frame.loc[1, "accuracy"])
    text = io.StringIO()
    console = Console(file=text, width=120)
    for part in as_rich(frame):
        console.print(part)
    for shown in (text.getvalue(), as_markdown(frame)):
        assert "All sessions, same_day (explains, does not forecast)" in shown
        assert "All sessions, forecast" in shown
        assert "80.0" in shown
        assert shown.count("reversal") == 6
        assert f"n = {N}" in shown
