"""A request and its answer on the wire: bodies that nobody reads, who waits to be asked, answers that break off."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import uvicorn
from running import Server

from server.connection import Connection

GET = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = GET.replace(b"Host", b"Connection: close\r\nHost")
INNER = b"GET /sparql?query=SELEC HTTP/1.1\r\nHost: a\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EXPECT = b"Expect: 100-continue\r\n"


def said(address: tuple[str, int], *pieces: bytes, quiet: float = 0.4) -> tuple[bytes, bool]:
    """All that comes back of bytes sent in pieces, and whether the server has closed by itself."""
    came = bytearray()
    with socket.create_connection(address, 5) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.1)
        connection.settimeout(quiet)
        try:
            while data := connection.recv(1 << 20):
                came += data
        except TimeoutError:
            return bytes(came), False
        except ConnectionError:
            pass
    return bytes(came), True


def where(server: Server) -> tuple[str, int]:
    """The address of a server."""
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


def with_body(method: bytes, body: bytes, *, chunked: bool, fields: bytes = b"", path: bytes = b"/health") -> bytes:
    """A request with a body."""
    size = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + fields + size + b"\r\n\r\n" + sent


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"])
@pytest.mark.parametrize("path", [b"/sparql?query=ASK%7B%7D", b"/no/such/page"])
def test_a_body_that_nobody_asks_for_is_never_a_request(
    server: Server, method: bytes, path: bytes, chunked: bool
) -> None:
    sent = with_body(method, INNER * 3, chunked=chunked, path=path)
    for pieces in ([sent + LAST], [sent[:60], sent[60:-50], sent[-50:], LAST]):
        came, closed = said(where(server), *pieces, quiet=5)
        assert closed and came.count(b"HTTP/1.1 ") == 2, came
        assert came.endswith(b"}") and b'"boolean":true' in came.rpartition(b"HTTP/1.1 200 OK")[2]


def test_a_long_body_of_a_get_is_read_past(server: Server) -> None:
    came, closed = said(where(server), with_body(b"GET", INNER * 20_000, chunked=False), LAST, quiet=5)
    assert came.count(b"HTTP/1.1 200 ") == 2 and closed


def test_who_waits_to_be_asked_for_a_query_is_asked(server: Server) -> None:
    fields = EXPECT + b"Content-Type: application/sparql-query\r\n"
    sent = with_body(b"POST", b"ASK {}", chunked=False, fields=fields, path=b"/sparql")
    came, closed = said(where(server), sent[:-6], sent[-6:] + GET)
    assert came.startswith(CONTINUE) and came.count(b"HTTP/1.1 200 ") == 2 and not closed


@pytest.mark.parametrize("method, path", [(b"GET", b"/health"), (b"PUT", b"/sparql"), (b"GET", b"/")])
def test_who_waits_to_be_asked_for_a_body_that_nobody_wants_has_the_connection_closed(
    server: Server, method: bytes, path: bytes
) -> None:
    head = with_body(method, INNER, chunked=False, fields=EXPECT, path=path)[: -len(INNER)]
    came, closed = said(where(server), head, quiet=3)
    assert closed and came.count(b"HTTP/1.1 ") == 1 and b"100" not in came[:13] and b"connection: close" in came


def test_who_expects_to_be_asked_and_has_no_body_keeps_the_connection(server: Server) -> None:
    came, closed = said(where(server), GET[:-2] + EXPECT + b"\r\n" + GET)
    assert came.count(b"HTTP/1.1 200 ") == 2 and not closed


def test_an_old_client_is_not_asked_for_its_body(server: Server) -> None:
    fields = EXPECT + b"Content-Type: application/sparql-query\r\n"
    sent = with_body(b"POST", b"ASK {}", chunked=False, fields=fields, path=b"/sparql").replace(b"P/1.1", b"P/1.0", 1)
    came, closed = said(where(server), sent)
    assert came.startswith(b"HTTP/1.1 200 ") and closed


class Failing(uvicorn.Server):
    """A server in a thread, whose application gives what the path names, and then fails."""

    def __init__(self) -> None:
        connection: Any = partial(Connection, most=10, release=lambda: "1")
        config = uvicorn.Config(
            self._answer, port=0, http=connection, interface="asgi3", lifespan="off", log_config=None
        )
        super().__init__(config)
        self._thread = threading.Thread(target=self.run)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        length, _, then = scope["path"].strip("/").partition("/")
        headers = [] if length == "chunks" else [(b"Content-Length", length.encode())]
        headers += [(b"x-a", b"b\r\nx-c: d")] if then == "split" else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if then.isdigit():
            await send({"type": "http.response.body", "body": b"a" * int(then), "more_body": False})
            await send({"type": "http.response.body", "body": b"more", "more_body": False})
        elif then == "piece":
            await send({"type": "http.response.body", "body": b"aaa", "more_body": True})
        elif then == "error":
            raise LookupError

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        found: tuple[str, int] = self.servers[0].sockets[0].getsockname()[:2]
        return found


@pytest.fixture(scope="module")
def failing() -> Iterator[Failing]:
    """A server whose application fails."""
    server = Failing()
    server._thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    server._thread.join()


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("then", ["error", "nothing", "piece", "2", "9"])
@pytest.mark.parametrize("length", ["chunks", "5", "0"])
def test_an_answer_that_breaks_off_is_never_whole(failing: Failing, method: bytes, length: str, then: str) -> None:
    came, closed = said(failing.address, method + b" /%b/%b HTTP/1.1\r\n\r\n" % (length.encode(), then.encode()) + GET)
    head, _, body = came.partition(b"\r\n\r\n")
    if then.isdigit() and (method == b"HEAD" or length == "chunks"):
        assert came.count(b"HTTP/1.1 ") == 1 and b"more" not in came  # the answer itself was whole
    elif method == b"HEAD":
        assert not came or then == "piece"
    elif length == "chunks":
        assert b"chunked" in head and not body.endswith(b"0\r\n\r\n")
    else:
        assert not came or (b"content-length: 5" in head and len(body) < 5)
    assert closed


def test_a_value_of_a_header_that_would_be_two_is_not_sent(failing: Failing) -> None:
    came, closed = said(failing.address, b"GET /0/split HTTP/1.1\r\n\r\n")
    assert came.startswith(b"HTTP/1.1 500 ") and b"x-c" not in came and closed
