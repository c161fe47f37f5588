"""One client's connection: uvicorn's, with limits on what a client may hold without asking anything.

Between requests and in each, a client gets so many bytes of head and so many seconds for it, for the body, and for
taking a piece of the answer. One sweep every few seconds looks at all connections, so that a request costs no timers.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD = 256 << 10  # bytes of a request's line and headers: long queries belong in a POST
_CORK = 64 << 10  # bytes that wait for the end of a turn at most
_HEAD_SECONDS = 30.0
_BODY_SECONDS = 120.0
_STALL_SECONDS = 30.0  # in which a client takes nothing of what is ready for it
SWEEP = 2.0  # seconds between two looks at all connections


class Corked:
    """A transport that writes what is given to it in one turn of the loop with one system call: head and body."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Write soon."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _CORK:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._transport.write(data)

    def close(self) -> None:
        """Write what waits, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


# An offer to change to another protocol, which the parser would take up by reading no body. It is passed over instead.
_OFFER = re.compile(rb"\nupgrade(?=[ \t]*:)", re.IGNORECASE)


class Connection(HttpToolsProtocol):
    """A connection. `most` connections are taken at once; what comes beyond is turned away."""

    most = 2000

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        self._in_head = True
        super().connection_made(cast(asyncio.Transport, Corked(transport, self.loop)))
        now = self.loop.time()
        self._unread = 0
        self._due: float | None = now + _HEAD_SECONDS
        self._stalled: float | None = None
        if len(self.connections) > self.most:
            self._refuse(503, "The server has as many connections as it takes. Try again in a few seconds.")

    def data_received(self, data: bytes) -> None:
        """Bytes have come: no more than a head's length without a head, or a body, being whole."""
        self._unread += len(data)
        if self._in_head:
            head, blank, body = data.partition(b"\r\n\r\n")
            data = _OFFER.sub(b"\nIgnored", head) + blank + body
        super().data_received(data)
        if self._unread > _HEAD and not self.transport.is_closing():
            self._refuse(431, "The request's line and headers are too long. Send a long query with POST.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        if self._due is None:
            self._due = self.loop.time() + _HEAD_SECONDS

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._unread = 0
        self._in_head = False
        self._due = self.loop.time() + _BODY_SECONDS
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body has come."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._unread = 0
        self._in_head = True
        self._due = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._stalled = self.loop.time()
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
        stalled = self._stalled is not None and self._stalled + _STALL_SECONDS < now
        return stalled or (self._due is not None and self._due < now)

    def _refuse(self, status: int, detail: str) -> None:
        title = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body = json.dumps(problem, indent=1).encode() + b"\n"
        head = (
            f"HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
            "Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nRetry-After: 5\r\n"
            "Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("latin-1") + body)
        self.transport.close()


async def sweep(connections: Iterable[Any]) -> None:
    """Close, again and again, the connections of clients that have had their time."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP)
        now = loop.time()
        for connection in list(connections):
            if connection.is_late(now):
                connection.transport.abort()
