"""How the tests share the processes: a file stays on one, since its fixtures are made once, and the long ones begin first."""

import pytest

LONG = ("chain", "nights", "known answer", "backfill", "plant")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def group(item: pytest.Item) -> str:
        mark = item.get_closest_marker("xdist_group")
        return mark.args[0] if mark else ""

    for item in items:
        if not group(item):
            item.add_marker(pytest.mark.xdist_group("/".join(item.path.with_suffix("").parts[-2:])))
    items.sort(key=lambda item: LONG.index(group(item)) if group(item) in LONG else len(LONG))
