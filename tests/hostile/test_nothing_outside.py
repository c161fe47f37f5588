"""Whatever is asked, the server calls nobody and reads no file that is not its own."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import Watched
from test_guard import CALLS
from wire import exchange

pytestmark = pytest.mark.hostile

_IN_OPEN = 0x20  # inotify(7)
CANARY = "canary in the mine"
UPDATES = (
    "LOAD <{}>",
    "LOAD SILENT <{}> INTO GRAPH <http://a/>",
    "PREFIX a: <{}> LOAD a:",
    "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
    "INSERT DATA {{ <{0}> <{0}> <{0}> }} ; LOAD <{0}>",
    "ASK {{}} ; LOAD <{}>",
    "ASK {{}}\nLOAD <{}>",
)
MENTIONS = (
    "SELECT * FROM <{}> {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <{}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "SELECT * {{ GRAPH <{}> {{ ?s ?p ?o }} }}",
    "DESCRIBE <{}>",
    "DESCRIBE <{0}> FROM <{0}>",
    "BASE <{}> SELECT * FROM <> {{ ?s ?p ?o }}",
    "SELECT * {{ BIND(<{}>(1) AS ?x) }}",
    "SELECT (IRI('{}') AS ?x) {{ }}",
)
PATHS = (
    "/graph/{}",
    "/graph/../../../../../..{}",
    "/graph/..%2f..%2f..%2f..%2f..%2f..{}",
    "/graph/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e{}",
    "/static/../../../../../..{}",
    "/static/..%2f..%2f..%2f..%2f..%2f..%2f..{}",
    "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f..{}",
    "/static/{}",
    "/static//{}",
    "/{}",
    "//{}",
    "/drug/..%2f..%2f..%2f..%2f..%2f..{}",
    "/.well-known/../../../../../..{}",
    "{}%00.html",
    "/graphs?graph=file://{}",
    "/sparql?query=ASK%7B%7D&default-graph-uri=file://{}",
    "/sparql?query=SELECT*%7B%3Fs%20%3Fp%20%3Fo%7D&named-graph-uri=file://{}",
    "/sparql?query=ASK%7B%7D&format=../../../../../..{}",
    "file://{}",
)
DOCUMENT = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{}">]><a>&b;</a>'


@pytest.fixture(scope="module")
def server(watch: Callable[..., Watched]) -> Watched:
    """A server to be sent astray."""
    return watch(SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1", SARCOGRAPH_DEADLINE="2")


class Ear:
    """A port on which somebody might call."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def calls(self) -> int:
        """How many have called since this was last asked."""
        number = 0
        while True:
            try:
                self._listener.accept()[0].close()
            except BlockingIOError:
                return number
            number += 1

    def call(self) -> None:
        """Call it ourselves, to prove that it hears."""
        socket.create_connection(self._listener.getsockname(), 5).close()

    def close(self) -> None:
        """Listen no longer."""
        self._listener.close()


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.close()


class Canary:
    """A file with a triple in it, and the news of every time that somebody opens it (inotify)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "canary.nt"
        self.path.write_text(f'<http://a/s> <http://a/p> "{CANARY}" .\n', encoding="utf-8")
        library = ctypes.CDLL(None, use_errno=True)
        self._notices = library.inotify_init1(os.O_NONBLOCK)
        assert library.inotify_add_watch(self._notices, bytes(self.path), _IN_OPEN) >= 0

    def opened(self) -> int:
        """How often the file has been opened since this was last asked."""
        number = 0
        while True:
            try:
                data = os.read(self._notices, 4096)
            except BlockingIOError:
                return number
            while data:
                length = struct.unpack_from("iIII", data)[3]
                data = data[struct.calcsize("iIII") + length :]
                number += 1

    def close(self) -> None:
        """Watch no longer."""
        os.close(self._notices)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    made = Canary(tmp_path_factory.mktemp("mine"))
    yield made
    made.close()


def ways(query: str) -> Iterator[tuple[dict[str, bytes | str], dict[str, str]]]:
    """The ways to send a query or an update to /sparql."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    yield {}, {"query": query}
    yield {}, {"update": query}
    for name in ("query", "update"):
        yield {"body": f"{name}={quote(query)}".encode(), **form}, {}
        yield {"body": query.encode(), "Content-Type": f"application/sparql-{name}"}, {}


def statuses(server: Watched, query: str) -> set[int]:
    """The statuses of the answers to a query or update sent in every way there is; none may tell of the canary."""
    found = set()
    for sent, parameters in ways(query):
        body, content_type = sent.get("body"), sent.get("Content-Type")
        headers = {"Content-Type": str(content_type)} if content_type else {}
        answer = server.server.ask(body=body if isinstance(body, bytes) else None, headers=headers, **parameters)
        assert CANARY.encode() not in answer.body
        found.add(answer.status)
    return found


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_a_call_to_another_endpoint_is_refused_and_not_made(server: Watched, ear: Ear, number: int) -> None:
    assert statuses(server, CALLS[number].replace("http://a/", ear.url)) == {403}
    assert ear.calls() == 0


@pytest.mark.parametrize("number", range(len(UPDATES)))
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_an_update_is_refused_and_fetches_nothing(
    server: Watched, ear: Ear, canary: Canary, number: int, scheme: str
) -> None:
    where = ear.url if scheme == "http" else canary.path.as_uri()
    refused = statuses(server, UPDATES[number].format(where))
    assert refused <= {400, 403} and 403 in refused
    assert ear.calls() == canary.opened() == 0


@pytest.mark.parametrize("number", range(len(MENTIONS)))
def test_a_graph_that_is_elsewhere_is_not_fetched(server: Watched, ear: Ear, canary: Canary, number: int) -> None:
    for where in (
        ear.url,
        canary.path.as_uri(),
        f"file:{canary.path}",
        canary.path.as_uri().replace("///", "//localhost/"),
    ):
        for parameters in ({}, {"default-graph-uri": where}, {"named-graph-uri": where}):
            answer = server.server.ask(query=MENTIONS[number].format(where), **parameters)
            assert answer.status in (200, 400) and CANARY.encode() not in answer.body
    assert ear.calls() == canary.opened() == 0


@pytest.mark.parametrize("number", range(len(PATHS)))
def test_no_path_leads_out_of_the_server(server: Watched, canary: Canary, number: int) -> None:
    for accept in ("*/*", "text/html", "text/turtle"):
        target = PATHS[number].format(canary.path)
        sent = f"GET {target} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        for answer in exchange(server.address, sent.encode()):
            assert answer.status < 500 and CANARY.encode() not in answer.body
    assert canary.opened() == 0


@pytest.mark.parametrize("media_type", ["application/sparql-query", "application/rdf+xml", "text/turtle", "text/xml"])
@pytest.mark.parametrize("path", ["/sparql", "/graphs?default", "/graph/x"])
def test_an_entity_in_a_body_is_not_looked_up(server: Watched, canary: Canary, media_type: str, path: str) -> None:
    body = DOCUMENT.format(canary.path).encode()
    for method in ("POST", "PUT", "PATCH"):
        answer = server.server.ask(path, body, method, {"Content-Type": media_type})
        assert 400 <= answer.status < 500 and CANARY.encode() not in answer.body
    assert canary.opened() == 0


def test_the_ear_hears_and_the_canary_sings(ear: Ear, canary: Canary) -> None:
    ear.call()
    assert ear.calls() == 1
    assert CANARY in canary.path.read_text(encoding="utf-8")
    assert canary.opened() == 1
