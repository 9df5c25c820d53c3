"""The web client against a service that misbehaves in every way it knows."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from kdtcn.errors import SourceError
from kdtcn.sources import Context
from kdtcn.sources.http import AGENT, PATIENCE, Client, retry_after

from .conftest import NOW, Reply, Service


def test_a_plain_answer_and_an_honest_name(service: Service, context: Context) -> None:
    answer = context.http.get(service.on("/a", Reply("{}", headers={"Content-Type": "application/json"})), params={"q": "1"})
    assert (answer.status, answer.json(), answer.at) == (200, {}, NOW)
    assert service.asked[0].headers["user-agent"] == AGENT
    assert AGENT.startswith("kdtcn/")
    assert service.asked[0].query == {"q": "1"}


@pytest.mark.parametrize(
    "trouble",
    [
        Reply("busy", 429),
        Reply("busy", 429, {"Retry-After": "3"}),
        Reply("oops", 500),
        Reply("oops", 503),
        Reply('{"cut', cut=True),
    ],
    ids=["429", "429 with Retry-After", "500", "503", "cut off"],
)
def test_passing_trouble_is_tried_again(service: Service, context: Context, pauses: list[float], trouble: Reply) -> None:
    assert context.http.get(service.on("/a", trouble, trouble, Reply("[1]"))).json() == [1]
    assert service.count("/a") == 3
    assert len(pauses) == 2
    if "Retry-After" in trouble.headers:
        assert all(3 <= pause <= 4 for pause in pauses)
    else:
        assert 0 < pauses[0] <= 2.0
        assert pauses[1] <= 3.0


def test_jitter_keeps_two_clients_apart(service: Service, context: Context, pauses: list[float]) -> None:
    for path in ("/a", "/b"):
        context.http.get(service.on(path, Reply(status=429, headers={"Retry-After": "3"}), Reply("x")))
    assert len(set(pauses)) == 2


@pytest.mark.parametrize(("status", "words"), [(429, "answered 429 5 times"), (500, "answered 500 5 times")])
def test_lasting_trouble_is_given_up(service: Service, context: Context, status: int, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        context.http.get(service.on("/a", Reply("no", status)))
    assert service.count("/a") == 5


@pytest.mark.parametrize(("status", "words"), [(401, "credentials"), (403, "refused"), (404, "address"), (418, "request")])
def test_a_refusal_is_not_tried_again(service: Service, context: Context, status: int, words: str) -> None:
    with pytest.raises(SourceError, match=f"answered {status}; .*{words}"):
        context.http.get(service.on("/a", Reply("no", status)))
    assert service.count("/a") == 1


def test_a_pause_too_long_to_sit_out_ends_the_run(service: Service, context: Context, pauses: list[float]) -> None:
    with pytest.raises(SourceError, match="asks to wait 3600 s"):
        context.http.get(service.on("/a", Reply(status=429, headers={"Retry-After": "3600"})))
    assert service.count("/a") == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (format_datetime(NOW + timedelta(seconds=9), usegmt=True), 9.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("soon", None),
        ("", None),
        ("-3", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == seconds
    assert PATIENCE >= 60


def test_an_answer_too_large_is_not_read_to_its_end(service: Service) -> None:
    client = Client(max_bytes=1000, interval=0.0)
    with pytest.raises(SourceError, match="larger than 1,000 bytes"):
        client.get(service.on("/a", Reply(b"x" * 5000)))
    assert service.count("/a") == 1


def test_an_answer_that_trickles_is_given_up(service: Service) -> None:
    with pytest.raises(SourceError, match="took longer than"):
        Client(total=0.0, interval=0.0, attempts=1).get(service.on("/a", Reply(b"x" * 100)))


def test_a_connection_that_stalls_is_dropped_and_tried_again(service: Service, pauses: list[float]) -> None:
    client = Client(timeout=0.2, interval=0.0)
    assert client.get(service.on("/a", Reply(stall=True), Reply("x"))).content == b"x"
    assert (service.count("/a"), len(pauses)) == (2, 1)


def test_nobody_there(service: Service, context: Context) -> None:
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(SourceError, match="no usable answer"):
        context.http.get(f"{service.url}/a")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://me:hush@example.org/a?key=hush", "nonsense", "", "http://example.org:x/", "http://[::1/"]
)
def test_only_the_web(context: Context, url: str) -> None:
    with pytest.raises(SourceError, match="not an http or https address") as caught:
        context.http.get(url)
    assert "hush" not in str(caught.value)


def test_errors_do_not_repeat_secrets(service: Service, context: Context) -> None:
    with pytest.raises(SourceError) as caught:
        context.http.get(service.on("/a", Reply(status=403)), params={"key": "hush"})
    assert "hush" not in str(caught.value)


def test_the_budget_of_a_run(service: Service) -> None:
    client = Client(budget=2, interval=0.0)
    url = service.on("/a", Reply("x"))
    client.get(url), client.get(url)
    with pytest.raises(SourceError, match="budget"):
        client.get(url)
    assert service.count("/a") == 2


def test_two_requests_to_one_host_keep_their_distance(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0, waited=[])

    def sleep(seconds: float) -> None:
        clock.waited.append(seconds)
        clock.now += seconds

    monkeypatch.setattr("kdtcn.sources.http.time", SimpleNamespace(monotonic=lambda: clock.now))
    client = Client(interval=2.0, sleep=sleep)
    for path in ("/a", "/b", "/c"):
        client.get(service.on(path, Reply("x")))
        clock.now += 0.5
    assert clock.waited == [1.5, 1.5]


def test_html_instead_of_json(service: Service, context: Context) -> None:
    answer = context.http.get(
        service.on("/a", Reply("<html>We will be right back</html>", headers={"Content-Type": "text/html; charset=utf-8"}))
    )
    with pytest.raises(SourceError, match="answered with text/html instead of JSON"):
        answer.json()


def test_what_is_no_utf8_becomes_the_replacement_character(service: Service, context: Context) -> None:
    assert context.http.get(service.on("/a", Reply(b'["caf\xe9"]'))).json() == ["caf\ufffd"]


def test_the_clock_of_an_answer_is_read_when_all_of_it_is_here(service: Service) -> None:
    before = datetime.now(UTC)
    assert Client(interval=0.0).get(service.on("/a", Reply("x"))).at >= before
