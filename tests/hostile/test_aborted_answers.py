"""An answer that cannot be finished is a connection that breaks off, never a whole; a client that leaves is let go."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from conftest import Watched
from neighbours import point_query
from processes import family
from wire import Answer, connect, exchange, read

pytestmark = pytest.mark.hostile

ROWS = "SELECT * { ?s ?p ?o . ?x ?y ?z . ?a ?b ?c }"
TRIPLES = "CONSTRUCT { ?s ?y ?c } WHERE { ?s ?p ?o . ?x ?y ?z . ?a ?b ?c }"
NOTHING_YET = "ASK { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z FILTER(CONCAT(STR(?x), STR(?y), STR(?z)) = 'never') }"
FORMATS = [(ROWS, name) for name in ("json", "xml", "csv", "tsv")] + [(TRIPLES, name) for name in ("ttl", "nt", "rdf")]


@pytest.fixture(scope="module")
def server(watch: Callable[..., Watched]) -> Watched:
    """A server with two ordinary workers, which gives answers of 8 MiB at most."""
    return watch(SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1", SARCOGRAPH_MAX_ANSWER=str(8 << 20))


def request(query: str, *, version: str = "1.1", headers: str = "", **parameters: str) -> bytes:
    """A GET of a query."""
    target = "".join((f"/sparql?query={quote(query)}", *(f"&{name}={value}" for name, value in parameters.items())))
    return f"GET {target} HTTP/{version}\r\nHost: localhost\r\n{headers}\r\n".encode()


def only(server: Watched, data: bytes) -> Answer:
    """The one answer to a request."""
    (answer,) = exchange(server.address, data)
    return answer


def is_no_whole_answer(answer: Answer) -> bool:
    """Whether it is an error, or broke off for all to see."""
    return answer.status == 503 or not answer.whole


def busy(server: Watched) -> int:
    """How many workers have a query."""
    found = server.server.ask("/health").json["workers"]["busy"]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("query, name", FORMATS, ids=[name for _, name in FORMATS])
@pytest.mark.parametrize("coding", ["", "gzip", "br"], ids=["plain", "gzip", "brotli"])
def test_an_answer_cut_off_at_its_deadline_lacks_its_last_chunk(
    server: Watched, query: str, name: str, coding: str
) -> None:
    headers = f"Accept-Encoding: {coding}\r\n" if coding else ""
    answer = only(server, request(query, headers=headers, format=name, timeout="0.2"))
    assert is_no_whole_answer(answer), (answer.status, answer.headers, answer.body[-200:])
    assert answer.status == 503 or len(answer.body) > 0


@pytest.mark.parametrize("query, name", FORMATS, ids=[name for _, name in FORMATS])
def test_an_answer_beyond_the_limit_of_size_lacks_its_last_chunk(server: Watched, query: str, name: str) -> None:
    assert is_no_whole_answer(only(server, request(query, format=name, timeout="8")))


@pytest.mark.parametrize("query", [ROWS, TRIPLES], ids=["rows", "triples"])
def test_a_client_that_knows_no_chunks_gets_all_or_an_error(server: Watched, query: str) -> None:
    for headers in ("", "Connection: keep-alive\r\n"):
        assert only(server, request(query, version="1.0", headers=headers, timeout="0.3")).status in (400, 503)
    few = only(server, request(query + " LIMIT 2000", version="1.0"))
    assert (few.status, len(few.body)) == (200, int(few.headers["content-length"]))


def test_an_answer_whose_worker_is_killed_breaks_off(server: Watched) -> None:
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        connection.sendall(request(ROWS, timeout="8"))
        assert stream.peek(1)
        for pid in leaves(server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        answer = read(stream)
    assert answer and is_no_whole_answer(answer)
    end = time.monotonic() + 5
    while (health := server.server.ask("/health")).status != 200 or health.json["status"] != "ok":
        assert time.monotonic() < end, health.json
        time.sleep(0.1)


def leaves(pid: int) -> Iterator[int]:
    """Of all the processes that descend from a server those without children: the workers, not what starts them."""
    for child in family(pid):
        if child != pid and len(family(child)) == 1:
            yield child


@pytest.mark.parametrize("query", [ROWS, TRIPLES, NOTHING_YET], ids=["rows", "triples", "nothing yet"])
@pytest.mark.parametrize("accept", ["application/json, text/turtle", "text/html"], ids=["program", "browser"])
@pytest.mark.parametrize("seconds", [0, 0.02, 0.4], ids=["at once", "soon", "later"])
def test_a_client_that_leaves_frees_its_worker_within_a_second(
    server: Watched, query: str, accept: str, seconds: float
) -> None:
    with connect(server.address) as connection:
        connection.sendall(request(query, headers=f"Accept: {accept}\r\n", timeout="8"))
        time.sleep(seconds)
    time.sleep(0.5)
    end = time.monotonic() + 0.5
    while busy(server):
        assert time.monotonic() < end, "the worker was not free within a second"
        time.sleep(0.02)


def test_clients_that_leave_while_they_wait_for_a_worker_leave_the_queue(server: Watched) -> None:
    with contextlib.ExitStack() as staying:
        for number in range(12):
            connection = staying.enter_context(connect(server.address))
            connection.sendall(request(NOTHING_YET + f"#{number}", timeout="8"))
        time.sleep(0.3)
        assert server.server.ask("/health").json["workers"]["waiting"] >= 5
    time.sleep(1)
    workers = server.server.ask("/health").json["workers"]
    assert workers["waiting"] == workers["busy"] == 0, workers
    begun = time.monotonic()
    assert server.server.ask(point_query()).status == 200
    assert time.monotonic() - begun < 1


def test_after_an_answer_that_broke_off_the_connection_takes_no_more_requests(server: Watched) -> None:
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        connection.sendall(request(ROWS, timeout="0.2") + request("ASK {}"))
        first = read(stream)
        assert first and is_no_whole_answer(first)
        if not first.whole:
            with contextlib.suppress(ConnectionError):
                assert not stream.read()
