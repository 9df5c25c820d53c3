"""What differs between two versions of a table."""

import pytest

from kdtcn.errors import LakeError
from kdtcn.lake import Lake
from kdtcn.lake.diff import diff
from kdtcn.lake.upkeep import compact
from tests.lake.made import facts, heads


def test_rows_that_came_went_and_changed_are_told_by_key(lake: Lake) -> None:
    lake.replace("facts", facts(a="1", b="2", c="3"))
    lake.replace("facts", facts(a="1", b="other", d="4"))
    found = diff(lake, "facts", 1, 2)
    assert found.added["fact_id"].tolist() == ["d"]
    assert found.removed["fact_id"].tolist() == ["c"]
    assert found.changed.to_dict("records") == [{"fact_id": "b", "column": "head", "before": "2", "after": "other"}]


def test_backwards_what_came_went(lake: Lake) -> None:
    lake.replace("facts", facts(a="1"))
    lake.replace("facts", facts(a="2", b="1"))
    found = diff(lake, "facts", 2, 1)
    assert (found.added.empty, found.removed["fact_id"].tolist()) == (True, ["b"])
    assert found.changed[["before", "after"]].to_dict("records") == [{"before": "2", "after": "1"}]


def test_an_appended_table_differs_by_what_was_appended(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    lake.upsert("headlines", heads("b", "c", month="2016-02"))
    found = diff(lake, "headlines", 1, 2)
    assert found.added["headline_id"].tolist() == ["b", "c"]
    assert found.removed.empty
    assert found.changed.empty
    assert diff(lake, "headlines", 0, 2).added["headline_id"].tolist() == ["a", "b", "c"]


def test_other_files_with_the_same_rows_are_no_difference(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    lake.upsert("headlines", heads("b"))
    before = lake.version("headlines")
    compact(lake)
    assert lake.version("headlines") > before
    found = diff(lake, "headlines", before, lake.version("headlines"))
    assert found.added.empty
    assert found.removed.empty
    assert found.changed.empty


def test_a_version_that_is_not_there_is_named(lake: Lake) -> None:
    lake.upsert("headlines", heads("a"))
    with pytest.raises(LakeError, match="no version 9; the newest is 1"):
        diff(lake, "headlines", 1, 9)
