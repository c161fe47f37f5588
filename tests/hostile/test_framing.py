"""Where one request ends and the next begins is never in doubt, and no client is answered twice."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest
from conftest import Watched
from processes import own_memory
from wire import Answer, connect, exchange, read

pytestmark = pytest.mark.hostile

QUERY = b"ASK {}"
POST = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
GET = b"GET /sparql?query=ASK{} HTTP/1.1\r\nHost: localhost\r\n\r\n"
WRONG = b"GET /sparql?query=SELEC HTTP/1.1\r\nHost: localhost\r\n\r\n"
OFFER = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
CHUNKS = b"6\r\nASK {}\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def server(watch: Callable[..., Watched]) -> Watched:
    """A server that only has to read."""
    return watch(SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")


def yes(answer: Answer | None) -> bool:
    """Whether the answer is the one to QUERY."""
    return answer is not None and answer.status == 200 and b'"boolean":true' in answer.body and answer.whole


def with_length(*headers: bytes, body: bytes = QUERY) -> bytes:
    return POST + b"".join(each + b"\r\n" for each in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_requests_in_one_packet_are_answered_in_their_order(server: Watched) -> None:
    statuses = [200, 400, 200, 200, 400]
    sent = GET + WRONG + with_length() + POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + WRONG
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        connection.sendall(sent)
        answers = [read(stream) for _ in statuses]
    assert [answer and answer.status for answer in answers] == statuses
    assert yes(answers[2]) and yes(answers[3])


@pytest.mark.parametrize("size", [1, 2, 7, 61])
def test_a_request_in_pieces_is_read_as_one(server: Watched, size: int) -> None:
    sent = with_length(b"X-Long: " + b"a" * 50)
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
            time.sleep(0.001)
        assert yes(read(stream))


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"HTTP/3.0, IRC/6.9"])
@pytest.mark.parametrize("pause", [0, 0.1], ids=["one packet", "two packets"])
def test_an_offer_of_another_protocol_is_passed_over(server: Watched, protocol: bytes, pause: float) -> None:
    """Java's HTTP client offers h2c with each first request."""
    sent = with_length(b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQ", b"Upgrade: " + protocol)
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        connection.sendall(sent[: -len(QUERY)])
        time.sleep(pause)
        connection.sendall(QUERY)
        assert yes(read(stream))
        connection.sendall(GET)
        assert yes(read(stream))


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(server: Watched) -> None:
    with connect(server.address) as connection, connection.makefile("rb") as stream:
        connection.sendall(with_length(b"Expect: 100-continue")[: -len(QUERY)])
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.readline() == b"\r\n"
        connection.sendall(QUERY)
        assert yes(read(stream))


AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n" + CHUNKS,
    "two lengths": POST + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\n" + QUERY,
    "lengths in one": POST + b"Content-Length: 6, 7\r\n\r\n" + QUERY,
    "length with a plus": POST + b"Content-Length: +6\r\n\r\n" + QUERY,
    "length in hexadecimal": POST + b"Content-Length: 0x6\r\n\r\n" + QUERY,
    "negative length": POST + b"Content-Length: -6\r\n\r\n" + QUERY,
    "blank before the colon": POST + b"Content-Length : 6\r\n\r\n" + QUERY,
    "folded length": POST + b"Content-Length:\r\n 6\r\n\r\n" + QUERY,
    "folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS,
    "coding with a tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunked, then not": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "coding under http 1.0": POST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"+" + CHUNKS,
    "chunk size with an x": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"0x" + CHUNKS,
    "chunk size beyond 64 bits": POST + b"Transfer-Encoding: chunked\r\n\r\n1000000000000000" + CHUNKS,
    "chunk without its end": POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS.replace(b"}\r\n", b"}"),
    "bare carriage return": POST + b"X: a\rContent-Length: 6\r\n\r\n" + QUERY,
    "nul in a value": POST + b"X: a\x00b\r\nContent-Length: 6\r\n\r\n" + QUERY,
    "offer and chunks": POST + OFFER + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "offer, length and chunks": POST + OFFER + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "offer and two lengths": POST + OFFER + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\n" + QUERY,
    "no host": POST.replace(b"Host: localhost\r\n", b"") + b"Content-Length: 6\r\n\r\n" + QUERY,
    "two hosts": POST + b"Host: example.org\r\nContent-Length: 6\r\n\r\n" + QUERY,
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_that_may_be_read_in_two_ways_is_not_followed_by_another(server: Watched, name: str) -> None:
    """It is refused, or answered once; what comes after it on the connection is answered only if all agree where."""
    answers = exchange(server.address, AMBIGUOUS[name] + WRONG, 0.5)
    assert len(answers) >= 1 and answers[0].status in (200, 400)
    if answers[0].status == 400:
        assert len(answers) == 1 or "SELEC" in answers[1].body.decode()
    if name.startswith(("length and", "chunks and", "two lengths", "lengths in", "negative", "nul", "offer")):
        assert len(answers) == 1, "two readings, and the connection went on"


@pytest.mark.parametrize("accept", [b"*/*", b"text/html"], ids=["program", "browser"])
@pytest.mark.parametrize(
    "size, coding, status",
    [(6, b"gzip", 400), (9 << 20, b"identity", 413), (33 << 20, b"identity", 413)],
    ids=["packed", "large", "very large"],
)
def test_a_body_that_is_not_read_is_told_to_whoever_asks(
    server: Watched, accept: bytes, size: int, coding: bytes, status: int
) -> None:
    sent = with_length(b"Accept: " + accept, b"Content-Encoding: " + coding, body=b" " * size)
    (answer,) = exchange(server.address, sent, 5)
    assert answer.status == status


def test_heads_without_end_are_refused(server: Watched) -> None:
    for line in (b"X: " + b"a" * 1000 + b"\r\n", b"X" * 1000, b"X: \r\n"):
        (answer,) = exchange(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n" + line * (4_000_000 // len(line)), 5) or [
            None
        ]
        assert answer is None or answer.status in (400, 431)
    assert server.server.ask("/health").status == 200


def test_requests_that_nobody_waits_for_take_no_memory(server: Watched) -> None:
    before = own_memory(server.pid)
    many = b"GET /sparql?query=SELECT*%7B%3Fs+%3Fp+%3Fo%7DLIMIT+2000 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000
    with connect(server.address, 2) as connection:
        with contextlib.suppress(OSError):  # the server reads no further than it answers
            connection.sendall(many)
        assert server.server.ask("/health").status == 200
        assert own_memory(server.pid) - before < 96 << 20
