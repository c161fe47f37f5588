"""One client's connection: uvicorn's, with limits on what a client may hold without asking anything.

Between requests and in each, a client gets so many bytes of head and so many seconds for it, for the body, and for
taking a piece of the answer. One sweep every few seconds looks at all connections, so that a request costs no timers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NoReturn, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.cycle import Cycle
from server.site import HEADERS

_HEAD = 256 << 10  # bytes of a request's line and headers: long queries belong in a POST
_URL = (64 << 10) - 1  # bytes: httptools reads no longer one
_HEADERS = 200  # of a request
_AHEAD = 64 << 10  # bytes that are read of what is asked before the request at hand is answered
_WAITING = 16  # requests that may wait for the one at hand
_HEAD_SECONDS = 30.0
_BODY_SECONDS = 120.0
_STALL_SECONDS = 30.0  # in which a client takes hardly anything of what is ready for it
_HARDLY = 1 << 20  # bytes
SWEEP = 2.0  # seconds between two looks at all connections


class Connection(HttpToolsProtocol):
    """A connection to a server; `release` tells which release it serves. `most` are taken at once, no more."""

    def __init__(self, *given: Any, most: int, release: Callable[[], str], **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = most
        self._release = release
        self._unread = 0
        self._ahead = 0  # bytes that came while requests wait
        self._open: list[Cycle] = []  # requests whose answers are not complete, the oldest first
        self._in_request = False
        self._in_body = False
        self._is_head = False  # whether what is refused is known to be a HEAD
        self._refusal: tuple[int, str] | None = None  # the last that is to be said
        self._offered_body = 0  # bytes to come of the body of a request that offers another protocol
        self._due: float | None = None
        self._stalled: float | None = None  # since when the client does not keep up
        self._unsent = 0  # bytes that waited for it then

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(transport)
        self._due = self.loop.time() + _HEAD_SECONDS
        if len(self.connections) > self._most:
            self._refuse(503, "The server has as many connections as it takes. Try again in a few seconds.")

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left: whatever it asked for ends. (uvicorn tells only the newest request.)"""
        for cycle in self._open:
            cycle.leave()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have come: no more than a head's length without a head, or a body, being whole."""
        self._unread += len(data)
        self._ahead = self._ahead + len(data) if self.pipeline else 0
        self._unset_keepalive_if_required()
        if self._due is None and not self._open:
            self._due = self.loop.time() + _HEAD_SECONDS
        try:
            while data and not self._ends:
                data = self._take_offered_body(data) if self._offered_body else self._parse(data)
        except httptools.HttpParserError:
            if not self._ends:
                self.send_400_response("")
        if self._unread > _HEAD and not self._ends:
            self._refuse(431, "The request's line and headers are too long. Send a long query with POST.")

    @property
    def _ends(self) -> bool:
        """Whether nothing more is read: what still comes is thrown away."""
        return self._refusal is not None or self.transport.is_closing()

    def _parse(self, data: bytes) -> bytes:
        """Have the parser read; return what it leaves.

        It stops behind the head of a request that offers another protocol. No such offer is taken up here, so that
        HTTP goes on, with that request's body.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            return data[stopped.args[0] :]
        return b""

    def _take_offered_body(self, data: bytes) -> bytes:
        piece, rest = data[: self._offered_body], data[self._offered_body :]
        self._offered_body -= len(piece)
        self.on_body(piece)
        if not self._offered_body:
            self.on_message_complete()
        return rest

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._in_request = True
        if self._due is None:
            self._due = self.loop.time() + _HEAD_SECONDS

    def on_url(self, url: bytes) -> None:
        """A piece of the URL has come."""
        super().on_url(url)
        if len(self.url) > _URL:
            self._turn_away(414, f"The URL is longer than {_URL} bytes. Send a long query with POST.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come. What comes behind the chunks of a body is none."""
        if self._in_body:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        if len(self.headers) > _HEADERS:
            self._turn_away(431, f"The request has more than {_HEADERS} headers. Send fewer.")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._unread = 0
        self._due = self.loop.time() + _BODY_SECONDS
        if self.parser.should_upgrade():
            self._expect_offered_body()
        if len(self.pipeline) >= _WAITING:
            self._turn_away(503, "Too many requests wait on this connection. Read answers before you ask on.")
        cycle = self._cycle()
        self._in_body = True
        if self._open:
            self.pipeline.appendleft((cycle, self.app))
            if self._ahead >= _AHEAD:  # else it is read on: only who does that notices that a client leaves
                self.flow.pause_reading()
        else:
            self._start_asgi_task(cycle, self.app)
        self._open.append(cycle)

    def _cycle(self) -> Cycle:
        """What begins with this head. (That uvicorn looks for other protocols and limits costs each request time.)"""
        version, target = self.parser.get_http_version(), httptools.parse_url(self.url)
        path = target.path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = version
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = target.path
        self.scope["query_string"] = target.query or b""
        self.cycle = cycle = Cycle(
            self.tasks,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue and version != "1.0",
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        return cycle

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Have a request answered."""
        self.tasks.add(self.loop.create_task(cycle.run_asgi(app)))

    def _expect_offered_body(self) -> None:
        fields = dict(self.headers)  # the parser has seen to it that there is one length at most
        if b"transfer-encoding" in fields:
            self._turn_away(400, "A request that offers another protocol cannot have a body in chunks.")
        self._offered_body = int(fields.get(b"content-length", b"0"))

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come. What is no POST has one that is read past: nobody asks for it."""
        self._unread = 0
        if self.scope["method"] == "POST":
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._offered_body:
            return  # the parser does not know of this body
        self._unread = 0
        self._due = None
        self._in_request = self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is complete; the next request has its turn."""
        self._open = [cycle for cycle in self._open if not cycle.response_complete]
        super().on_response_complete()
        self._say_refusal()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._wait_for_client(self.loop.time())
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client takes bytes again."""
        self._stalled = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP is told as a problem document."""
        self._refuse(400, "This is not an HTTP/1.1 request that can be read. Check its line, headers and lengths.")

    def is_late(self, now: float) -> bool:
        """Whether the client has had its time."""
        if self._stalled is None:
            if self.transport.is_closing():  # which waits until all has been taken
                self._wait_for_client(now)
        elif self.transport.get_write_buffer_size() + _HARDLY <= self._unsent:
            self._wait_for_client(now)
        stalled = self._stalled is not None and self._stalled + _STALL_SECONDS < now
        return stalled or (self._due is not None and self._due < now)

    def _wait_for_client(self, now: float) -> None:
        self._stalled = now
        self._unsent = self.transport.get_write_buffer_size()

    def _turn_away(self, status: int, detail: str) -> NoReturn:
        """Refuse from within the parser, which the error stops."""
        self._refuse(status, detail)
        raise httptools.HttpParserError(detail)

    def _refuse(self, status: int, detail: str) -> None:
        """Read no further. Say why, after the answers to what was asked before, and close."""
        self._refusal = (status, detail)
        self._is_head = bool(self._in_request and self.url) and self.parser.get_method() == b"HEAD"
        self._due = None
        if self._in_body:
            self._drop_half_read()
        self._say_refusal()

    def _drop_half_read(self) -> None:
        """The refusal is the answer to the request that cannot be read to its end, unless another has begun."""
        cycle = cast(Cycle, self.cycle)
        if cycle.response_started:
            self.transport.close()
        elif self.pipeline:
            self.pipeline.popleft()
        cycle.leave()
        self._open = [each for each in self._open if each is not cycle]

    def _say_refusal(self) -> None:
        if self._refusal and not self._open and not self.transport.is_closing():
            self._write_refusal(*self._refusal)
            self.transport.close()

    def _write_refusal(self, status: int, detail: str) -> None:
        title = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body = json.dumps(problem, indent=1).encode() + b"\n"
        headers = {
            **HEADERS,
            "Sarcograph-Release": self._release(),
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
        }
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "5"
        lines = [f"HTTP/1.1 {status} {title}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1") + (b"" if self._is_head else body))


async def sweep(connections: Iterable[Any]) -> None:
    """Close, again and again, the connections of clients that have had their time."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP)
        now = loop.time()
        for connection in list(connections):
            if connection.is_late(now):
                connection.transport.abort()
