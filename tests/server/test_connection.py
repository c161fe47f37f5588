"""A connection: where one request ends and the next begins, what a client may hold, and when it is let go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pytest
import uvicorn
from running import ENDLESS, Server

sys.path.append(str(Path(__file__).resolve().parent.parent / "hostile"))

from processes import own_memory  # noqa: E402
from wire import Answer, read  # noqa: E402

from server import connection as connections  # noqa: E402

QUERY = b"ASK {}"
GET = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nContent-Length: 6\r\n"
OFFER = POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
LONG = b"GET /sparql?query=%s HTTP/1.1\r\nHost: a\r\n\r\n" % quote(ENDLESS).encode()
LARGE = bytes(40_000_000)  # several times what the system takes for a client that does not read
ROWS = b"GET /sparql?query=SELECT*%%7B?a%%20?b%%20?c.?d%%20?e%%20?f%%7DLIMIT%%20%d HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def connected(server: Server | Impatient, seconds: float = 5.0) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A connection to a server, and the stream of what comes back."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), seconds) as connection, connection.makefile("rb") as stream:
        yield connection, stream


def answers(server: Server | Impatient, *pieces: bytes, pause: float = 0.1, quiet: float = 0.5) -> list[Answer]:
    """What comes back of bytes that are sent in pieces, until nothing more comes for some seconds."""
    found: list[Answer] = []
    with connected(server, 5) as (connection, stream):
        for piece in pieces:
            with contextlib.suppress(ConnectionError):  # the server may have said its last
                connection.sendall(piece)
            time.sleep(pause)
        connection.settimeout(quiet)
        try:
            while answer := read(stream):
                found.append(answer)
        except (TimeoutError, ConnectionError):
            pass
    return found


def statuses(server: Server | Impatient, *pieces: bytes) -> list[int]:
    """The statuses of what comes back."""
    return [answer.status for answer in answers(server, *pieces)]


@pytest.mark.parametrize("cut", [5, len(POST) + 25, len(OFFER) - 2, len(OFFER), len(OFFER) + 3])
def test_an_offer_in_two_pieces_is_answered_once(server: Server, cut: int) -> None:
    sent = OFFER + QUERY
    assert statuses(server, sent[:cut], sent[cut:]) == [200]


def test_the_body_of_a_request_with_an_offer_is_never_a_request(server: Server) -> None:
    inner = b"GET /sparql?query=SELEC HTTP/1.1\r\nHost: a\r\n\r\n"
    head = b"POST /sparql?query=ASK%%7B%%7D HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: b\r\n"
    head = head.replace(b"%%", b"%") + b"Content-Length: %d\r\n\r\n" % len(inner)
    cut = head.index(b"grade: b")
    assert len(statuses(server, head[:cut], head[cut:], inner)) == 1


@pytest.mark.parametrize("before", [GET, POST + b"\r\n" + QUERY, OFFER + QUERY], ids=["get", "post", "offer"])
def test_an_offer_behind_another_request_keeps_its_body(server: Server, before: bytes) -> None:
    found = answers(server, before + OFFER + QUERY + GET)
    assert [answer.status for answer in found] == [200, 200, 200]
    assert all(b'"boolean":true' in answer.body for answer in found)


def test_an_offer_without_a_body_is_answered_and_the_connection_goes_on(server: Server) -> None:
    offer = GET.replace(b"Host", b"Connection: Upgrade\r\nUpgrade: websocket\r\nHost")
    assert statuses(server, offer + GET) == [200, 200]
    assert statuses(server, offer, GET) == [200, 200]


def test_an_offer_with_a_body_in_chunks_is_refused(server: Server) -> None:
    sent = OFFER.replace(b"Content-Length: 6", b"Transfer-Encoding: chunked") + b"6\r\nASK {}\r\n0\r\n\r\n"
    assert statuses(server, sent + GET) == [400]


def busy(server: Server) -> int:
    """How many workers are at work."""
    return int(server.ask("/health").json["workers"]["busy"])


@pytest.mark.parametrize("pause", [0, 0.3], ids=["at once", "later"])
def test_a_client_that_leaves_with_requests_waiting_is_noticed(server: Server, pause: float) -> None:
    with connected(server) as (connection, _):
        connection.sendall(LONG)
        time.sleep(pause)
        connection.sendall(GET + GET)
        time.sleep(0.5)
        assert busy(server) == 1
    time.sleep(0.5)
    assert busy(server) == 0


def test_requests_that_wait_take_no_memory(server: Server) -> None:
    before = own_memory(server.process.pid)
    with connected(server, 3) as (connection, _), contextlib.suppress(OSError):
        connection.sendall(b"OPTIONS /sparql HTTP/1.1\r\n\r\n" * 400_000)
        time.sleep(0.5)
        assert own_memory(server.process.pid) - before < 32 << 20


def test_requests_beyond_those_that_may_wait_are_refused_after_the_answers(server: Server) -> None:
    found = statuses(server, GET * 100)
    assert found[-1] == 503 and 17 <= len(found) - 1 < 100
    assert set(found[:-1]) == {200}


def test_a_refusal_waits_for_the_answers_before_it(server: Server) -> None:
    slow = LONG.replace(b"?query", b"?timeout=0.3&query")
    first, second, third = answers(server, slow + GET + b"NONSENSE\r\n\r\n" + GET, quiet=2)
    assert b"timeout" in first.body and second.status == 200 and third.status == 400


@pytest.mark.parametrize("before, wanted", [(b"", [400]), (GET, [200, 400])], ids=["alone", "behind another"])
def test_a_body_that_goes_wrong_is_refused_once(server: Server, before: bytes, wanted: list[int]) -> None:
    head = POST.replace(b"Content-Length: 6", b"Transfer-Encoding: chunked") + b"\r\n"
    assert statuses(server, before + head, b"zz\r\n", GET) == wanted
    assert statuses(server, before + head + b"zz\r\n" + GET) == wanted


def test_a_body_that_goes_wrong_after_the_answer_gets_no_second(server: Server) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(server, head, b"zz\r\n", GET) == [200]


def test_clients_that_leave_early_are_no_faults_of_the_server(start_server: Callable[..., Server]) -> None:
    server = start_server(SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")
    for number in range(3):
        with connected(server) as (connection, _):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(ROWS % (100_000 + number) + GET)
            time.sleep(0.4)
    time.sleep(0.5)
    server.stop()
    assert server.process.stderr and server.process.stderr.read() == ""


def test_a_url_that_is_too_long_is_refused_with_what_to_do(server: Server) -> None:
    def ask(size: int) -> Answer:
        rest = b" HTTP/1.1\r\nHost: a\r\n\r\n"
        (answer,) = answers(server, (b"GET /sparql?query=ASK%7B%7D%23").ljust(size + 4, b"a") + rest)
        return answer

    assert ask(65_535).status == 200
    for size in (65_536, 200_000, 500_000):
        refused = ask(size)
        assert refused.status == 414 and b"POST" in refused.body


def test_too_many_headers_are_refused(server: Server) -> None:
    def ask(count: int) -> list[int]:
        return statuses(server, GET[:-2] + b"a:b\r\n" * (count - 1) + b"\r\n")

    assert ask(200) == [200]
    assert ask(201) == ask(30_000) == [431]


def test_a_refusal_has_the_headers_of_all_answers(server: Server) -> None:
    ordinary = server.ask("/sparql", query="SELEC").headers
    (refused,) = answers(server, b"NONSENSE\r\n\r\n")
    assert set(refused.headers) <= {*ordinary, "connection"}
    differing = {"date", "content-length", "content-type", "connection"}
    for name in set(refused.headers) - differing:
        assert refused.headers[name] == ordinary[name], name
    assert refused.media_type == ordinary["content-type"].partition(";")[0]
    assert {"access-control-expose-headers", "sarcograph-release", "cache-control"} <= set(refused.headers)


def test_only_who_may_succeed_later_is_told_to_come_back() -> None:
    with Impatient(most=1) as server:
        (refused,) = answers(server, b"NONSENSE\r\n\r\n")
        assert refused.status == 400 and "retry-after" not in refused.headers
        with connected(server):
            (refused,) = answers(server, GET)
        assert refused.status == 503 and refused.headers["retry-after"] == "5"


@pytest.mark.parametrize("fault", [b"GET", b"HEAD"])
def test_a_refused_head_has_no_body(server: Server, fault: bytes) -> None:
    sent = fault + GET[3:-2] + b"a b: c\r\n\r\n"
    for before in (b"", GET):
        with connected(server) as (connection, stream):
            connection.sendall(before + sent)
            assert not before or read(stream)
            head, _, body = stream.read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ") and bool(body) == (fault == b"GET")


def test_each_connection_may_have_a_file_beside_its_socket(start_server: Callable[..., Server]) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    server = start_server(SARCOGRAPH_CONNECTIONS="1000", SARCOGRAPH_WORKERS="1", SARCOGRAPH_RESERVED_WORKERS="1")
    soft, _ = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert soft >= 2_500 or soft == allowed


@pytest.mark.parametrize("files, connections", [(100, 10), (1500, 500), (4500, 2000), (9000, 2000)])
def test_no_more_connections_are_taken_than_files_may_be_open_for(files: int, connections: int) -> None:
    code = "from server import listening; print(listening.allow_connections(2000))"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, files))

    command = [sys.executable, "-c", code]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=True)
    assert int(done.stdout) == connections


def test_what_comes_behind_the_chunks_of_a_body_is_no_header(server: Server) -> None:
    head = POST.replace(b"Content-Length: 6", b"Transfer-Encoding: chunked") + b"\r\n"
    found = answers(server, head + b"6\r\nASK {}\r\n0\r\nAccept: text/plain\r\nAccept: text/csv\r\n\r\n" + GET)
    assert [answer.status for answer in found] == [200, 200]
    assert found[0].media_type == found[1].media_type == "application/sparql-results+json"


class Impatient(uvicorn.Server):
    """A server in a thread whose clients have half a second for everything, and `most` of whom are taken at once.

    It answers with pieces of a body until one of them waits for its client to read.
    """

    def __init__(self, most: int = 10, release: str = "1") -> None:
        connection: Any = partial(connections.Connection, most=most, release=lambda: release)
        config = uvicorn.Config(
            self._answer, port=0, http=connection, interface="asgi3", lifespan="off", log_config=None
        )
        super().__init__(config)
        self._thread = threading.Thread(target=self.run)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        is_long = scope["path"] == "/long"
        is_large = scope["path"] == "/large"
        headers = [(b"connection", b"close")] if is_long else []
        headers += [(b"content-length", b"%d" % len(LARGE))] if is_large else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if is_large:
            await send({"type": "http.response.body", "body": LARGE, "more_body": True})
        while is_long and not any(each.transport.get_write_buffer_size() for each in self.held):
            await send({"type": "http.response.body", "body": b"a" * 30_000, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"

    @property
    def held(self) -> set[Any]:
        """The connections that it holds."""
        return self.server_state.connections

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.sweeping = asyncio.create_task(connections.sweep(self.held))

    def __enter__(self) -> Impatient:
        self._thread.start()
        while not self.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *raised: object) -> None:
        self.should_exit = True
        self._thread.join()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second for everything; what counts is that there is an end."""
    for name in ("_HEAD_SECONDS", "_BODY_SECONDS", "_STALL_SECONDS"):
        monkeypatch.setattr(connections, name, 0.5)
    monkeypatch.setattr(connections, "SWEEP", 0.1)


@pytest.mark.parametrize("then", [b"\r\n", b"\r\n\r\n", b"G"])
def test_a_client_that_says_nothing_after_an_answer_is_let_go(hurry: None, then: bytes) -> None:
    with Impatient() as server, connected(server, 3) as (connection, stream):
        connection.sendall(GET)
        assert read(stream)
        connection.sendall(then)
        assert stream.read() == b"" and not server.held


def test_a_client_that_does_not_take_the_end_of_its_answer_is_let_go(hurry: None) -> None:
    with Impatient() as server, connected(server) as (connection, _):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        assert server.held
        time.sleep(1)
        assert not server.held


def test_a_client_that_takes_a_large_answer_slowly_but_steadily_gets_it(hurry: None) -> None:
    with Impatient() as server, connected(server) as (connection, _):
        connection.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        begun, received = time.monotonic(), 0
        while data := connection.recv(1_500_000, socket.MSG_WAITALL):
            received += len(data)
            time.sleep(0.05)
    assert received > len(LARGE) and time.monotonic() - begun > 1


def test_a_large_answer_is_kept_once_for_all_who_do_not_read_it() -> None:
    with Impatient() as server, contextlib.ExitStack() as clients:
        before = own_memory(os.getpid())
        for _ in range(8):
            connection, _stream = clients.enter_context(connected(server))
            connection.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        time.sleep(0.5)
        assert sum(each.transport.get_write_buffer_size() for each in server.held) > 5 * len(LARGE)
        assert own_memory(os.getpid()) - before < len(LARGE)


def test_two_servers_in_one_process_have_their_own_limits() -> None:
    with Impatient(most=1) as small, Impatient(most=2) as large, connected(small), connected(large):
        time.sleep(0.1)
        assert statuses(small, GET) == [503]
        assert statuses(large, GET) == [200]
