"""The memory of raw answers: what it keeps, for how long, and what never gets into it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from kdtcn.sources.cache import Cache, key_of
from kdtcn.sources.http import Client

from .conftest import NOW, Reply, Service

HOUR = timedelta(hours=1)


def client(folder: Path, later: timedelta = timedelta()) -> Client:
    return Client(interval=0.0, cache=Cache(folder), clock=lambda: NOW + later)


def test_what_is_kept_is_not_asked_again_until_its_time_is_over(service: Service, tmp_path: Path) -> None:
    url = service.on("/a", Reply("one", headers={"Content-Type": "text/plain", "Set-Cookie": "id=hush"}), Reply("two"))
    first = client(tmp_path)
    answer = first.get(url, params={"q": 1})
    first.keep(answer, HOUR)
    again = client(tmp_path, HOUR / 2).get(url, params={"q": 1})
    assert (again.content, again.at, again.headers["content-type"]) == (b"one", NOW, "text/plain")  # known when it was fetched
    assert service.count("/a") == 1
    assert client(tmp_path, HOUR).get(url, params={"q": 1}).content == b"two"
    assert client(tmp_path, -HOUR).get(url, params={"q": 1}).content == b"two"  # a clock that was set back
    assert b"hush" not in next(tmp_path.iterdir()).read_bytes()


def test_what_nobody_kept_is_asked_again(service: Service, tmp_path: Path) -> None:
    url = service.on("/a", Reply("one"))
    for _ in range(2):
        client(tmp_path).get(url)
    assert service.count("/a") == 2


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (("https://x.org/a?b=1&c=2", {}), ("https://x.org/a", {"c": 2, "b": "1"}), True),
        (("https://x.org/a?b=1", {}), ("https://x.org/a?b=2", {}), False),
        (("https://x.org/a", {}), ("https://x.org/b", {}), False),
        (("https://x.org/a", {}), ("https://y.org/a", {}), False),
        (("https://me:hush@x.org/a", {}), ("https://x.org/a", {}), True),
        (("https://x.org/a?api_key=hush", {"Token": "t0k"}), ("https://x.org/a?api_key=other", {}), True),
    ],
)
def test_a_key_is_the_question_without_its_secrets(left: tuple[str, dict], right: tuple[str, dict], same: bool) -> None:
    assert (key_of(*left) == key_of(*right)) is same


@pytest.mark.parametrize("damage", [b"", b"{", b"[]\nx", b'{"at": 1}\n', None])
def test_damage_costs_one_question(service: Service, tmp_path: Path, damage: bytes | None) -> None:
    url = service.on("/a", Reply("one"))
    first = client(tmp_path)
    first.keep(first.get(url), HOUR)
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-1] if damage is None else damage)
    assert client(tmp_path).get(url).content == b"one"
    assert service.count("/a") == 2


def test_the_folder_is_kept_small(tmp_path: Path) -> None:
    cache = Cache(tmp_path, size=2500)
    for name, life in (("a", HOUR), ("b", HOUR), ("c", HOUR), ("over", -HOUR)):
        cache.put(name, "https://x.org", 200, {}, b"x" * 1000, NOW - 2 * HOUR, NOW + life)
    for age, name in enumerate(("c", "b", "a")):
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    cache.prune(NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]


def test_a_disk_that_takes_nothing_is_no_reason_to_stop(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = client(tmp_path / "file")
    answer = blocked.get(service.on("/a", Reply("one")))
    blocked.keep(answer, HOUR)
    blocked.close()
    assert answer.content == b"one"
