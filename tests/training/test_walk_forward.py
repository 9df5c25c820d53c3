"""Walk forward on a lake: every test session is forecast once, by a model that was trained before its test period."""

import pandas as pd
import pytest

from kdtcn.config import Settings
from kdtcn.evaluation.stored import stored_predictions
from kdtcn.lake import Lake, Run
from kdtcn.training.experiment import train_folds
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
