"""A request and its answer on a connection: uvicorn's, without what costs each request time and serves none here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_NO_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # what a header's value does not hold
_BODILESS = (204, 304)  # statuses


class Cycle(RequestResponseCycle):
    """One request. `tasks` are those of the server, which waits for them when it is told to stop.

    Beside what ASGI knows, the scope tells of a client that leaves: it has `left` from then on, and what is there as
    `on_leave` is called.
    """

    def __init__(self, tasks: set[asyncio.Task[None]], **named: Any) -> None:
        super().__init__(**named)
        self._tasks = tasks
        self._head = b""  # waits for the first of the body: both go with one system call

    async def run_asgi(self, app: Any) -> None:
        """Answer it. The task takes itself off: a callback for that would cost the loop one more turn."""
        try:
            await super().run_asgi(partial(self._run, app))
        finally:
            if task := asyncio.current_task():
                self._tasks.discard(task)

    async def _run(self, app: Any, scope: Any, receive: Any, send: Any) -> None:
        """An answer without the body that its head promises is one that broke off; uvicorn closes behind it.

        A head that would be a whole answer is not sent: nothing then tells that there was a failure.
        """
        try:
            await app(scope, receive, send)
        finally:
            if self._head and not self.disconnected and (self.chunked_encoding or self.expected_content_length):
                self.transport.write(self._head)

    def leave(self) -> None:
        """Nobody is there any more whom an answer could reach: what makes it is told, if it has asked for that."""
        self.disconnected = True
        self.message_event.set()
        scope: Any = self.scope
        scope["left"] = True
        on_leave: Callable[[], None] | None = scope.get("on_leave")
        if on_leave:
            on_leave()

    async def send(self, message: Any) -> None:
        """Write a part of the answer as soon as the client keeps up."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._begin(message["status"], message.get("headers", []))
        elif not self.response_complete:
            self._write(message["body"], message.get("more_body", False))
        else:
            raise RuntimeError("The answer is complete, and more of it was given.")

    def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Make the head. Names of headers are our own; no value may hold the end of a line."""
        if _NO_VALUE.search(b"".join([value for _, value in headers])):
            raise RuntimeError("A header's value holds what no header can.")
        self.response_started = True
        headers = [(name.lower(), value) for name, value in headers]
        lines = [b"%b: %b\r\n" % each for each in (*self.default_headers, *headers)]
        fields = dict(headers)
        length, is_head = fields.get(b"content-length"), self.scope["method"] == "HEAD"
        self.chunked_encoding = length is None and not is_head and status not in _BODILESS
        if self.chunked_encoding:
            lines.append(b"transfer-encoding: chunked\r\n")
        elif length is not None and not is_head:
            self.expected_content_length = int(length)
        self._decide_to_close(fields, lines)
        self._head = b"".join([STATUS_LINE[status], *lines, b"\r\n"])

    def _decide_to_close(self, fields: dict[bytes, bytes], lines: list[bytes]) -> None:
        """A body for which the client waits to be asked may never come, or may come: only who closes is sure of what
        the next byte belongs to."""
        if self.waiting_for_100_continue and self.more_body:
            self.keep_alive = False
        self.waiting_for_100_continue = False
        if b"connection" in fields:  # which says close and nothing else
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")

    def _write(self, body: bytes, more: bool) -> None:
        pieces = [self._head] if self._head else []
        if self.chunked_encoding:
            pieces += [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            pieces += [] if more else [b"0\r\n\r\n"]
        elif self.scope["method"] != "HEAD":
            left = self.expected_content_length - len(body)
            if left < 0 or (left and not more):
                raise RuntimeError("The answer has not the length that its head tells.")
            self.expected_content_length = left
            pieces.append(body)
        self._head = b""
        self.transport.writelines(pieces)  # which copies nothing: a large answer is kept once for all its readers
        if not more:
            self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
