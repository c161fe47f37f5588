"""One request and its answer, over ASGI: reads the body within a limit, gives the answer, notices who has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from loader.errors import BodySizeError, BusyError, ClientGoneError, RequestError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LINGER = 4  # times the limit of a body that is read on and thrown away, so that the client hears why
_FREE = 64 << 10  # bytes of each body that are not counted, so that whoever holds long ones does not bar short ones
_MOST_HELD = 256 << 20  # bytes of the bodies of all requests that are being read or answered
_SLICE = 64 << 10  # bytes sent at once


@dataclass
class Response:
    """An answer: its body, or the pieces of it where its length is not known; `close` lets go of their source."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: AsyncGenerator[bytes, None] | None = None
    close: Callable[[], None] = lambda: None


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they are sent."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


class Exchange:
    """A request. `left` is true when the client has closed the connection; whatever answers it is cancelled then."""

    held = 0  # bytes of the bodies of all requests

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.left = False
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] | None = None
        self._body: bytes | None = None
        self._holds = 0

    def header(self, name: bytes) -> str | None:
        """The value of a header (its name in lower case), the values of several joined by commas."""
        if self._headers is None:
            self._headers = {}
            for each, value in self.scope["headers"]:
                before = self._headers.get(each)
                self._headers[each] = value if before is None else before + b"," + value
        found = self._headers.get(name)
        return None if found is None else found.decode("latin-1")

    async def body(self, limit: int) -> bytes:
        """The body. Raises BodySizeError beyond `limit` bytes, ClientGoneError where it breaks off."""
        if self._body is None:
            self._body = b""  # where it cannot be read, it is not tried again for the page that tells of that
            self._body = await self._read(limit)
        return self._body

    async def _read(self, limit: int) -> bytes:
        length = self.header(b"content-length")
        data, size, more = bytearray(), 0, True
        if length and length.isdigit() and int(length) > _LINGER * limit:
            raise BodySizeError(limit)
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            size += len(message["body"])
            more = message["more_body"]
            if size <= limit:
                data += message["body"]
                self._hold(len(data) - _FREE)
            elif size > _LINGER * limit:
                break
        if size > limit:
            raise BodySizeError(limit)
        if self.header(b"content-encoding") not in (None, "", "identity"):
            raise RequestError("the body is sent with a content coding; send it as it is, without one.")
        return bytes(data)

    def _hold(self, size: int) -> None:
        """Count what is held of the body beyond what anybody may have held."""
        more = max(0, size) - self._holds
        if Exchange.held + more > _MOST_HELD:
            raise BusyError(1)
        Exchange.held += more
        self._holds += more

    def watch(self) -> None:
        """From now on, have the task that answers cancelled where the client leaves. Call it when the body is read.

        The connection tells of that (`cycle`). Raises ClientGoneError where the client has left already.
        """
        if "left" in self.scope:
            raise ClientGoneError
        self.scope["on_leave"] = partial(self._leave, asyncio.current_task())

    def _leave(self, task: asyncio.Task[Any] | None) -> None:
        self.left = True
        if task:
            task.cancel()

    def end(self) -> None:
        """The request has been answered."""
        self.scope.pop("on_leave", None)
        Exchange.held -= self._holds
        self._holds = 0

    async def give(self, response: Response, common: Sequence[tuple[bytes, bytes]]) -> None:
        """Send an answer, with the headers that all have. Where a piece fails, the answer is left unfinished."""
        headers = response.headers
        if response.pieces is None and response.status not in (204, 304) and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(response.body))
        start = {"type": "http.response.start", "status": response.status, "headers": [*common, *encoded(headers)]}
        try:
            if response.pieces is None:
                await self._give_body(start, b"" if self.method == "HEAD" else response.body)
            else:
                await self._give_pieces(start, response.pieces)
        finally:
            response.close()

    async def _give_body(self, start: MutableMapping[str, Any], body: bytes) -> None:
        await self._send(start)
        last = max(0, len(body) - 1) // _SLICE * _SLICE
        for begin in range(0, last, _SLICE):  # not more than the client takes
            await self._send(_piece(body[begin : begin + _SLICE], True))
        await self._send(_piece(body[last:], False))

    async def _give_pieces(self, start: MutableMapping[str, Any], pieces: AsyncGenerator[bytes, None]) -> None:
        await self._send(start)
        async with aclosing(pieces):
            async for piece in pieces:
                await self._send(_piece(piece, True))
        await self._send(_piece(b"", False))


def _piece(data: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}
