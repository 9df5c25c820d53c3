"""The search: inside the training period, kept through a kill, counted, and never applied by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from kdtcn.errors import ConfigError, InputError
from kdtcn.features.dataset import Dataset, Items
from kdtcn.lake import Lake, Run
from kdtcn.models.options import Options
from kdtcn.training.search import Search, Tried, space, stretches
from kdtcn.training.splits import Split
from kdtcn.training.tried import COMMAND, tried
from tests.models.worlds import world

DATA, _ = world(sessions=240, mean_items=3, seed=8)
SPLIT = Split(np.arange(10, 170), np.arange(176, 195), np.arange(201, 240))
QUICK = {"epochs": 2, "patience": 1}


def search(home: Path, data: Dataset = DATA, model: str = "kdtcn", inputs: str = "a") -> Search:
    return Search(home, model, data, SPLIT, inputs, options=QUICK)


def rewritten(data: Dataset, row: int) -> Dataset:
    """Other inputs and labels from `row` on."""
    rng = np.random.default_rng(0)

    def after(values: np.ndarray, first: int) -> np.ndarray:
        values = values.copy()
        values[first:] = rng.normal(size=values[first:].shape) if values.dtype.kind == "f" else 1 - np.abs(values[first:])
        return values

    items = {kind: Items(p.ids, after(p.vectors, int(p.offsets[row])), p.offsets) for kind, p in data.items.items()}
    arrays = {name: after(getattr(data, name), row) for name in ("prices", "d", "c", "up", "abrupt")}
    return replace(data, sigma=np.abs(after(data.sigma, row)), items=items, **arrays)


def test_the_test_period_is_never_read(tmp_path: Path) -> None:
    plain = list(search(tmp_path / "a").run(2))
    assert list(search(tmp_path / "b", rewritten(DATA, int(SPLIT.test[0]))).run(2)) == plain
    assert list(search(tmp_path / "c", rewritten(DATA, int(SPLIT.valid[5]))).run(2)) != plain


def test_stretches_lie_in_the_training_period_an_embargo_apart() -> None:
    parts = stretches(DATA.sessions, SPLIT, DATA.window)
    scored = np.concatenate([part.test for part in parts])
    rows = np.concatenate([SPLIT.train, SPLIT.valid])
    np.testing.assert_array_equal(scored, rows[len(rows) // 2 :])
    for part in parts:
        assert part.train[-1] + DATA.window < part.valid[0]
        assert part.valid[-1] + DATA.window < part.test[0]
        assert set(part.train) | set(part.valid) <= set(rows)
    with pytest.raises(InputError, match="sessions are left to train on"):
        stretches(DATA.sessions, Split(np.arange(10, 40), np.arange(50, 55), SPLIT.test), DATA.window)


def test_the_first_configuration_is_what_is_set_now(tmp_path: Path) -> None:
    first = next(search(tmp_path).run(1))
    now = Options.of(QUICK).as_dict()
    assert first.options == {name: now[name] for name in space("kdtcn")}


def test_a_search_that_was_killed_goes_on(tmp_path: Path) -> None:
    def die() -> Iterator[Tried]:
        study = search(tmp_path)
        study._loss = lambda options: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign, assignment]
        yield from study.run(3)

    done = [next(search(tmp_path).run(1))]
    with pytest.raises(KeyboardInterrupt):
        next(die())
    study = search(tmp_path)
    assert study.tried == done
    done += list(study.run(3))
    assert len(done) == 3
    assert search(tmp_path).tried == done
    assert list(search(tmp_path).run(3)) == []  # all have been tried
    assert search(tmp_path, inputs="b").tried == []  # other data, another study
    assert [path.name for path in (tmp_path / "search").iterdir()] == ["trials.db"]


def test_configurations_differ_and_can_be_used(tmp_path: Path) -> None:
    study = search(tmp_path, model="lstm")
    done = list(study.run(4))
    assert len({str(one.options) for one in done}) == 4
    assert all(np.isfinite(one.loss) for one in done)
    best = min(done, key=lambda one: one.loss)
    found = yaml.safe_load(study.yaml(best))["training"]["options"]
    assert Options.of(found).as_dict()["learning_rate"] == pytest.approx(best.options["learning_rate"], rel=1e-2)
    assert found["patience"] == 1  # what was set and not searched
    assert "epochs" not in found  # that is training.epochs


def test_what_is_searched_depends_on_the_model() -> None:
    assert "drop_items" in space("kdtcn")
    assert "drop_items" not in space("tcn")
    assert "channels" in space("lstm")
    for name in ("kdtcn", "tcn", "lstm"):
        Options.of(
            {option: choice.low if hasattr(choice, "low") else choice.choices[0] for option, choice in space(name).items()}
        )
    with pytest.raises(ConfigError, match="'reversal' has no options to search"):
        space("reversal")


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "trials.db").write_text(99 * "not a database\n")
    with pytest.raises(InputError, match=r"trials\.db: is no database of trials"):
        search(tmp_path)


def test_every_study_is_counted_once(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    assert tried(lake) == 0
    for study, counts in (("one", [3, 5]), ("two", [4])):
        for count in counts:
            with Run(lake, COMMAND, "") as run:
                run.note(study=study, tried=count)
    with Run(lake, "train", "") as run:
        run.note(tried=99)
    assert tried(lake) == 9
