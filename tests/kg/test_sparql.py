"""The reader of a query service, against a loopback one that pages, stalls, cuts off and refuses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from kdtcn.errors import InputError, SourceError
from kg.importers import sparql
from tests.kg.rows import split

W = "wikidata"
ITEMS = [(f"Q90{n}", f"Land {n}") for n in range(25)]


def bindings(rows: list[dict[str, str]]) -> bytes:
    cells = [{name: {"type": "literal", "value": value} for name, value in row.items()} for row in rows]
    return json.dumps({"head": {"vars": []}, "results": {"bindings": cells}}).encode()


class Wdqs(BaseHTTPRequestHandler):
    """Answers like query.wikidata.org; `troubles` come first, one a request, and pages above `most` items never come whole."""

    troubles: list[str]
    most = 10_000
    asked: list[str]
    over: threading.Event

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        query = form["query"][0]
        type(self).asked.append(query)
        assert form["format"] == ["json"]
        trouble = self.troubles.pop(0) if self.troubles else ""
        size = int(query.split("LIMIT ")[1].split()[0]) if "LIMIT" in query else query.count("wd:Q")
        body = self.page(query)
        if trouble == "stall":
            self.over.wait(10)
            return None
        if trouble == "429":
            return self.answer(429, b"slow down", {"Retry-After": "0"})
        if trouble == "500" or size > self.most:
            return self.answer(500, b"java.util.concurrent.TimeoutException", {})
        if trouble == "html":
            return self.answer(200, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
        if trouble == "cut":
            return self.answer(200, body[: len(body) // 2], {})
        return self.answer(200, body, {})

    def page(self, query: str) -> bytes:
        if "LIMIT" in query:
            limit, offset = (int(query.split(word)[1].split()[0]) for word in ("LIMIT ", "OFFSET "))
            rows = [
                {"item": sparql.ENTITY + q, "label": label, "about": "country in Europe"}
                for q, label in ITEMS[offset : offset + limit]
            ]
            return bindings(rows)
        facts = []
        for q, _ in ITEMS:
            if f"wd:{q} " in query.split("}")[0] + " ":
                facts.append(
                    {
                        "item": sparql.ENTITY + q,
                        "prop": f"{sparql.ENTITY}P463",
                        "value": f"{sparql.ENTITY}Q458",
                        "label": "European Union",
                        "from": "1995-01-01T00:00:00Z",
                        "fromPrecision": "9",
                    }
                )
        facts.append({"item": sparql.ENTITY + ITEMS[0][0], "prop": f"{sparql.ENTITY}P17", "value": "http://example.org/unknown"})
        return bindings(facts)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/sparql-results+json",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch) -> Iterator[tuple[type[Wdqs], str]]:
    handler = type("Handler", (Wdqs,), {"troubles": [], "asked": [], "over": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}/sparql"
    handler.over.set()
    server.shutdown()
    server.server_close()


def request(tmp_path, url: str, **more: object):
    path = tmp_path / "lands.yaml"
    path.write_text(
        json.dumps({"where": "?item wdt:P31 wd:Q6256 .", "endpoint": url, "interval": 0, "page": 10, "attempts": 2, **more})
    )
    return path


def test_pages_of_items_and_their_facts(service, tmp_path):
    handler, url = service
    things, facts, refused = split(sparql.read(request(tmp_path, url)))
    assert [t.label for t in things if t.label.startswith("Land")] == [label for _, label in ITEMS]
    assert {(f.head, f.relation, f.tail, f.valid_from) for f in facts} == {
        ((W, q), "member_of", (W, "Q458"), "1995-12-31") for q, _ in ITEMS
    }
    assert {r.reason for r in refused} == {"no fact between two items"}
    assert sum("LIMIT" in q for q in handler.asked) == 3
    assert "OFFSET 20" in handler.asked[-2]


@pytest.mark.parametrize("trouble", ["429", "500", "cut", "html"])
def test_trouble_that_passes(trouble, service, tmp_path, monkeypatch):
    handler, url = service
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    handler.troubles = [trouble]
    things, _, _ = split(sparql.read(request(tmp_path, url, page=20)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)


def test_a_service_that_stalls_is_dropped_and_asked_again(service, tmp_path, monkeypatch):
    handler, url = service
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    handler.troubles = ["stall"]
    things, facts, _ = split(sparql.read(request(tmp_path, url, page=40, timeout=0.3)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert len(facts) == len(ITEMS)
    assert handler.asked[0] == handler.asked[1]  # the page that stalled, once more


def test_pages_shrink_where_the_service_stalls(service, tmp_path):
    handler, url = service
    handler.troubles = ["stall"]
    things, _, _ = split(sparql.read(request(tmp_path, url, page=40, attempts=1, timeout=0.3)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert ["LIMIT 40" in handler.asked[0], "LIMIT 20" in handler.asked[1]] == [True, True]


def test_a_service_that_stalls_for_good_is_given_up(service, tmp_path):
    handler, url = service
    handler.troubles = ["stall"] * 9
    with pytest.raises(SourceError, match=r"127\.0\.0\.1.*timed out"):
        list(sparql.read(request(tmp_path, url, page=40, attempts=1, timeout=0.2)))
    assert [int(query.split("LIMIT ")[1].split()[0]) for query in handler.asked] == [40, 20, 10]


def test_pages_shrink_where_the_service_gives_up(service, tmp_path):
    handler, url = service
    handler.most = 12
    things, facts, _ = split(sparql.read(request(tmp_path, url, page=40, attempts=1)))
    assert len([t for t in things if t.label.startswith("Land")]) == len(ITEMS)
    assert len(facts) == len(ITEMS)
    handler.most = 3
    with pytest.raises(SourceError, match="answered 500"):
        list(sparql.read(request(tmp_path, url, page=40, attempts=1)))


def test_a_page_without_rows_is_the_end(service, tmp_path, monkeypatch):
    _, url = service
    monkeypatch.setattr(Wdqs, "page", lambda *_: bindings([]))
    assert list(sparql.read(request(tmp_path, url))) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("endpoint: http://127.0.0.1/\n", "where: Field required"),
        ("{", "not YAML"),
        ("where: x\npages: 3\n", "pages: Extra inputs"),
    ],
)
def test_a_request_that_is_none(text, message, tmp_path):
    (tmp_path / "q.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        list(sparql.read(tmp_path / "q.yaml"))
