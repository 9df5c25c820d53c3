"""What differs between two trees of figures, and which files are no page; the whole of verify runs in test_chain."""

from pathlib import Path

import pytest

from kdtcn.errors import InputError
from kdtcn.report.verify import differences, read_page


@pytest.mark.parametrize(
    ("page", "made", "told"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-9}, []),
        ({"a": 1.0}, {"a": 1.1}, [("a", "1.0", "1.1")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a, how many", "2", "1")]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, [("a[1].b", "x", "y")]),
        ({"a": None}, {}, []),
        ({}, {"a": 3}, [("a", "null", "3")]),
        ({"a": True}, {"a": 1.0}, []),
        ({"a": True}, {"a": False}, [("a", "true", "false")]),
        ({"a": 0.0}, {"a": None}, [("a", "0.0", "null")]),
        ({"a": "x" * 400}, {"a": ""}, [("a", "x" * 159 + "…", "")]),
    ],
)
def test_differences_are_named_by_their_place(page: dict, made: dict, told: list[tuple[str, str, str]]) -> None:
    assert [(d.what, d.page, d.made) for d in differences(page, made)] == told


def test_what_is_no_page_is_named_with_the_remedy(site: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no page"):
        read_page(tmp_path / "2016-06-24.html")
    (tmp_path / "2016-06-24.html").write_text("<p>a page</p>")
    with pytest.raises(InputError, match="report build"):
        read_page(tmp_path / "2016-06-24.html")
    (tmp_path / "2016-06-24.json").write_text('{"format": 1}')
    with pytest.raises(InputError, match="another format"):
        read_page(tmp_path / "2016-06-24.html")
    html, told = read_page(site / "sessions" / "2016-06-24.json")
    assert html.suffix == ".html"
    assert told["row"]["session"] == "2016-06-24"
