"""Walk forward on a lake: every test session is forecast once, by a model that was trained before its test period."""

import hashlib
import multiprocessing
import shutil
from pathlib import Path

import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.evaluation.stored import stored_predictions
from kdtcn.lake import Lake, Run
from kdtcn.training import experiment
from kdtcn.training.experiment import Walk, train, train_folds
from kdtcn.training.fold import Sight
from kdtcn.training.store import stored_models
from tests.test_no_future import DAYS, SETTINGS, build


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Sight]:
    return build(tmp_path_factory.mktemp("walk"), 0)


def walk(built: tuple[Lake, Sight], origin: str, epochs: int = 3) -> tuple[Settings, list[str], pd.DataFrame]:
    lake, sight = built
    evaluation = {"test_from": DAYS[200], "alignments": ["forecast"], "origin": origin, "months": 4, "longest": 120}
    changes = {
        "evaluation": evaluation,
        "training": {"models": ["always-up", "logistic"], "live": "logistic", "seeds": 1, "workers": 1, "epochs": epochs},
    }
    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), **changes})
    with Run(lake, "test", settings.fingerprint()) as run:
        trained = train_folds(lake, settings, "forecast", sight)
        run.note(model_ids=trained)
    return settings, trained, stored_predictions(lake, settings)


def test_each_session_has_the_model_of_its_own_fold(built: tuple[Lake, Sight]) -> None:
    _, once, fixed = walk(built, "fixed")
    _, trained, made = walk(built, "rolling")
    assert (len(once), len(trained)) == (2, 6)
    assert len(set(trained)) == 6
    assert not made.duplicated(["session", "model"]).any()
    assert set(made["session"]) == set(fixed["session"])
    # the first fold of a walk is that of the fixed origin: it is not trained again
    assert set(once) == set(trained[:2])
    cuts = stored_models(built[0]).set_index("model_id").loc[trained, "trained_until"].unique()
    assert len(cuts) == 3
    assert sorted(cuts) == list(cuts)


def test_a_window_trains_on_fewer_sessions(built: tuple[Lake, Sight]) -> None:
    _, rolling, _ = walk(built, "rolling")
    _, window, made = walk(built, "window")
    assert not set(rolling) & set(window)
    assert set(made["model"]) == {"always-up", "logistic"}


def test_forecasts_of_a_model_that_a_kill_left_unstored_are_not_made_twice(
    built: tuple[Lake, Sight], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forecasts are written before their models; a kill in between has the model trained again, to the same forecasts."""
    lake, _ = built
    written = Lake.upsert

    def killed(self: Lake, table: str, frame: pd.DataFrame) -> object:
        if table == "models" and not frame["model_id"].str.startswith("fold").any():
            raise KeyboardInterrupt
        return written(self, table, frame)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "upsert", killed)
        with pytest.raises(KeyboardInterrupt):
            walk(built, "fixed", epochs=4)
    walk(built, "fixed", epochs=4)
    made = lake.read("predictions", columns=["session", "model_id"])
    assert not made.duplicated().any()


def of_two_seeds(folder: Path, workers: int) -> tuple[Lake, Settings]:
    changes = {
        "home": str(folder),
        "evaluation": {"test_from": DAYS[200], "alignments": ["forecast"], "origin": "rolling", "months": 4, "longest": 120},
        "training": {
            "models": ["always-up", "logistic", "tcn"],
            "live": "tcn",
            "seeds": 2,
            "workers": workers,
            "epochs": 2,
            "options": {"parameters": 2000},
        },
    }
    return Lake(str(folder / "lake")), SETTINGS.model_validate({**SETTINGS.model_dump(), **changes})


def walks(settings: Settings) -> list[Walk]:
    """Three ways through the same test sessions, which share folds, and the literature's shares."""
    origins = ("rolling", "window", "fixed", "shares")
    return [Walk("forecast", settings.evaluation.model_copy(update={"origin": origin})) for origin in origins]


def rows_of(lake: Lake) -> dict[str, str]:
    """A hash of the ordered rows of what training writes, but for times, table versions and the hash that holds `workers`."""
    found = {}
    for table in ("models", "predictions", "vectors"):
        rows = lake.read(table).drop(
            columns=["available_at", "ingested_at", "made_at", "data_versions", "config_hash"], errors="ignore"
        )
        if table == "models":
            # an embedding's bytes name its parts in any order; its numbers are in `vectors`
            rows["weights"] = rows["weights"].where(rows["status"] == "trained")
            rows["config"] = rows["config"].str.replace(r'"seconds": [^,}]+', "", regex=True)
        rows = rows.sort_values([name for name in ("model_id", "session", "entity_id") if name in rows])
        text = rows.to_csv(index=False, float_format="%.17g")
        found[table] = f"{len(rows)} {hashlib.sha256(text.encode()).hexdigest()}"
    return found


def test_walks_that_share_folds_train_them_once(tmp_path: Path) -> None:
    _, sight = build(tmp_path, 0)
    lake, settings = of_two_seeds(tmp_path, 1)
    rolling, window, fixed, shares = train(lake, settings, sight, walks(settings))
    folds = lake.read("models", columns=["model_id", "status", "trained_until"])
    trained = folds[folds["status"] == "trained"]
    assert sorted(trained["model_id"]) == sorted({*rolling, *window, *fixed, *shares})
    assert fixed == rolling[:4]  # of the same training sessions, tested on more
    assert len(rolling) == 3 * 4
    made = lake.read("predictions", columns=["session", "model_id"])
    assert not made.duplicated().any()
    whole = set(made.loc[made["model_id"] == fixed[0], "session"])
    assert (
        whole
        == {day for ids in (rolling[0], rolling[4], rolling[8]) for day in made.loc[made["model_id"] == ids, "session"]} | whole
    )
    assert len(whole) > 120
    tested = made[made["model_id"] == shares[0]]["session"]
    usable = made["session"].nunique() + (DAYS[200] > DAYS).sum() - 30 - 5 + 1  # warm-up of 30 sessions and a window of 5
    assert len(tested) == pytest.approx(usable / 10, abs=2)


def _train(folder: Path, sight: Sight) -> None:
    experiment.BATCH = 1
    lake, settings = of_two_seeds(folder, 2)
    train(lake, settings, sight, walks(settings)[::2])


@pytest.mark.slow
def test_a_walk_that_is_killed_goes_on_with_nothing_twice_and_nothing_lost(tmp_path: Path) -> None:
    """SIGKILL to the parent alone while two processes train; run again, the rows are those of an undisturbed run in one."""
    once, again = tmp_path / "once", tmp_path / "again"
    _, sight = build(once, 0)
    shutil.copytree(once, again)
    lake, settings = of_two_seeds(once, 1)
    train(lake, settings, sight, walks(settings)[::2])

    killed, _ = of_two_seeds(again, 2)
    child = multiprocessing.get_context("spawn").Process(target=_train, args=(again, sight))
    child.start()
    while killed.version("predictions") < 3:
        child.join(0.02)
        assert child.exitcode is None, "it ended before it could be killed"
    child.kill()
    child.join()
    assert rows_of(killed) != rows_of(lake)
    _train(again, sight)
    assert rows_of(killed) == rows_of(lake)
