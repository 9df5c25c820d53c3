"""`kdtcn zoo`, from a small lake to its files: every model on the same folds, each score with its interval, and what it costs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from kdtcn import models
from kdtcn.config import LakeSettings, Settings, load
from kdtcn.errors import InputError
from kdtcn.evaluation import metrics
from kdtcn.evaluation.intervals import block_bootstrap
from kdtcn.evaluation.protocols import PRIMARY, walks
from kdtcn.evaluation.resampled import counts, score_intervals
from kdtcn.evaluation.zoo import FIXED, SCORES, ZOO, Field, field
from kdtcn.lake import Lake
from kdtcn.report.paper import put_into
from kdtcn.report.zoo import BEGIN, END, conclusions, effort, likelihood, put_columns, summary, write
from kdtcn.training.experiment import Walk, folds_of, train
from kdtcn.training.fold import Sight
from kdtcn.training.store import stored_models
from tests.test_no_future import DAYS, SETTINGS, build

NAMES = ["always-up", "reversal", "har", "gru", "kdtcn"]
CHANGES = {
    "evaluation": {"test_from": "2014-07-01", "origin": "rolling", "months": 6, "alignments": ["forecast"]},
    "training": {"models": NAMES, "seeds": 2, "workers": 1, "epochs": 1, "options": {"parameters": 2000}},
}
FEWER = {"training": {**CHANGES["training"], "models": ["always-up", "gru", "kdtcn"], "seeds": 1}}
COMMAND = "kdtcn zoo --config small.yaml"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Settings, Sight, list[Walk]]:
    lake, sight = build(tmp_path_factory.mktemp("zoo"), 0)
    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), **CHANGES})
    return lake, settings, sight, [walk for _, walk in walks(settings, ZOO)]


@pytest.fixture(scope="module")
def found(small: tuple[Lake, Settings, Sight, list[Walk]]) -> Field:
    """After a part of it was trained by a run that got no further."""
    lake, settings, sight, ways = small
    train(lake, settings.model_copy(update={"training": settings.model_validate({**settings.model_dump(), **FEWER}).training}),
          sight, ways[:1])  # fmt: skip
    begun = stored_models(lake).set_index("model_id")["available_at"]
    result = field(lake, settings, train(lake, settings, sight, ways))
    ended = stored_models(lake).set_index("model_id")["available_at"]
    assert len(begun) == 6  # of two folds
    pd.testing.assert_series_equal(ended[begun.index], begun)  # what was there is not trained again
    return result


def test_every_model_meets_the_same_sessions_at_a_cost(small: tuple[Lake, Settings, Sight, list[Walk]], found: Field) -> None:
    folds, of_walk = folds_of(small[0], small[1], small[3])
    assert of_walk == [[0, 1], [1]]  # trained on the same sessions: one fold
    rows = found.scores.set_index(["protocol", "model"])
    assert set(rows.index) == {(protocol, name) for protocol in (PRIMARY, FIXED) for name in NAMES}
    assert (rows["trainings"] == [len(folds) * (2 if name in ("gru", "kdtcn") else 1) for _, name in rows.index]).all()
    assert (rows.drop(index=["always-up", "reversal"], level="model")[["seconds", "parameters"]] > 0).all(axis=None)
    assert rows.loc[(PRIMARY, "kdtcn"), "parameters"] == pytest.approx(2000, rel=0.1)
    n = rows["n"].dropna().unstack("protocol")
    assert (n.nunique() == 1).all()
    assert n.loc["kdtcn", PRIMARY] > n.loc["kdtcn", FIXED] == (DAYS >= "2015-01-01").sum()


def test_a_dry_run_tells_what_would_be_trained(small: tuple[Lake, Settings, Sight, list[Walk]], tmp_path: Path) -> None:
    from kdtcn.cli import app, zoo

    assert zoo.app is app  # importing it has registered the command
    config = tmp_path / "small.yaml"
    tree = small[1].model_copy(update={"lake": LakeSettings(url=small[0].url)}).model_dump(mode="json")
    config.write_text(yaml.safe_dump(tree))
    told = CliRunner().invoke(app, ["zoo", "--dry-run", "--json", "--config", str(config)])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == {"models and seeds a fold": 7, "lake": small[0].url, "folds": 2, "trainings": 14}


def test_every_score_lies_in_its_interval(found: Field) -> None:
    told = found.scores[found.scores["model"] != "har"]
    for name, low, high in [("accuracy", "low", "high"), *((one, f"{one}_low", f"{one}_high") for one in SCORES)]:
        assert ((told[low] <= told[name] + 1e-12) & (told[name] <= told[high] + 1e-12)).all(), name
    silent = found.scores[found.scores["model"] == "har"]
    columns = ["accuracy", "mcc", "auc", "auc_low", "log_loss", "log_loss_low"]
    assert silent[columns].isna().all(axis=None)  # of direction it says nothing
    assert (silent["abrupt_log_loss"] > 0).all()


def test_resamples_are_those_of_the_block_bootstrap() -> None:
    rng = np.random.default_rng(0)
    for n in (3, 37, 200):
        values = rng.normal(size=n)
        means = counts(n) @ values / counts(n)[0].sum()
        assert np.quantile(means, [0.025, 0.975]) == pytest.approx(block_bootstrap(values), abs=1e-12)


def test_scores_of_a_resample_are_those_of_the_sessions_drawn() -> None:
    rng = np.random.default_rng(0)
    p, up = np.round(rng.random((2, 60)), 1), rng.integers(0, 2, 60)  # with ties
    drawn = [np.repeat(np.arange(60), times.astype(int)) for times in counts(60)]
    for name, score in (("mcc", lambda p, y: metrics.mcc(p >= 0.5, y)), ("auc", metrics.auc), ("log_loss", metrics.log_loss)):
        each = [np.mean([score(one[rows], up[rows] == 1) for one in p]) for rows in drawn]
        assert score_intervals(p, up)[name] == pytest.approx(np.quantile(each, [0.025, 0.975]), abs=1e-9)


def test_the_files_hold_the_same_figures(small: tuple[Lake, Settings, Sight, list[Walk]], found: Field, tmp_path: Path) -> None:
    text = write(found, small[1], COMMAND, tmp_path).read_text()
    csv = pd.read_csv(tmp_path / "scores.csv")
    pd.testing.assert_frame_equal(csv[["accuracy", "auc_low", "seconds"]], found.scores[["accuracy", "auc_low", "seconds"]])
    row = found.scores.set_index(["protocol", "model"]).loc[(PRIMARY, "gru")]
    assert (
        f"| gru | {100 * row['accuracy']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f}) | {row['mcc']:+.3f} (" in text
    )
    assert text.count("| har | – | – | – | – | 0.") == len(ZOO)
    assert "nan" not in text


def test_costs_and_results_are_renewed_in_the_list_of_models(
    small: tuple[Lake, Settings, Sight, list[Walk]], found: Field, tmp_path: Path
) -> None:
    path = tmp_path / "MODELS.md"
    rows = "".join(f"| {name} | an idea | a paper | – | – |\n" for name in [*NAMES, "not-run"])
    path.write_text(
        f"# Models\n\n| model | idea | source | cost | result |\n|---|---|---|---|---|\n{rows}\n{BEGIN}\nold\n{END}\nrest\n"
    )
    for _ in range(2):
        put_columns(path, found)
        put_into(path, summary(found, small[1], COMMAND))
    text = path.read_text()
    assert "| gru | an idea | a paper | 1,138 parameters, 0.0" in text
    assert "| not-run | an idea | a paper | – | – |" in text
    assert "nats |" in next(line for line in text.splitlines() if line.startswith("| har |"))
    assert text.endswith("\nrest\n")
    assert "old" not in text.splitlines()
    path.write_text(text.replace("| gru |", "| grue |"))
    with pytest.raises(InputError, match="source \\| cost \\| result \\| for gru"):
        put_columns(path, found)


def test_the_settings_that_ship_name_every_model() -> None:
    assert load(Path("configs/zoo.yaml")).training.models == models.available()


@pytest.mark.parametrize(
    ("dm_holm", "said"),
    [
        (0.01, "gru is better than the share of rises (0.6900 nats); cnn is worse than the share of rises (0.6900 nats)."),
        (0.2, "no model is told apart from the share of rises (0.6900 nats)."),
    ],
)
def test_likelihood_is_judged_by_log_score(dm_holm: float, said: str) -> None:
    scores = pd.DataFrame({"model": ["always-up", "gru", "cnn"], "log_loss": [0.69, 0.68, 0.7]})
    tests = pd.DataFrame({"model": ["gru", "cnn"], "against": "always-up", "loss_gap": [-0.01, 0.01], "dm_holm": dm_holm})
    assert likelihood(scores, tests) == [f"By log score, {said} Of the others, gru has the lowest log loss, 0.6800 nats."]


@pytest.mark.parametrize(
    ("losses", "said"), [([0.69, 0.691, 0.692, 0.7, 0.71], "rises with"), ([0.7, 0.69, 0.7, 0.69, 0.7], "is not seen")]
)
def test_effort_is_judged_over_networks_alone(losses: list[float], said: str) -> None:
    names = ["mlp", "gru", "lstm", "tcn", "gpt"]
    nets = pd.DataFrame({"model": names, "log_loss": losses, "parameters": range(5), "seconds": range(5)})
    told = effort(pd.concat([nets, nets.iloc[:1].assign(model="reversal", parameters=99, seconds=99)]))
    assert told[0].startswith("One training of mlp takes 0.00 s, one of gpt 4.0 s")
    assert told[1].startswith(f"Over 5 networks the log loss {said}")
    assert effort(nets.iloc[:3]) == []


def test_conclusions_are_drawn_from_the_rolling_folds(found: Field) -> None:
    said = {section.title: " ".join(section.sentences) for section in conclusions(found)}
    assert "always-up" in said["Does any model forecast the direction?"]
    sessions = {name: f"{int(rows['n'].max())} sessions show" for name, rows in found.scores.groupby("protocol")}
    assert sessions[PRIMARY] in said["What could be seen at all?"]
    assert sessions[FIXED] in said["And trained once, on sessions before 2015?"]
    assert "har" in said["Is P(abrupt) more than volatility?"]
    assert "Does effort pay?" not in said  # two networks show no trend
