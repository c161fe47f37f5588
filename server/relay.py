"""Carries an answer from a worker to a client that may read more slowly than the worker writes.

The worker is drained at its own speed, so that it is free for the next query; what the client has not yet taken waits
here, in memory at first, then in a file.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from tempfile import TemporaryFile
from typing import IO

from loader.errors import QueryCrashError, SarcographError
from server.reply import Reply

_IN_MEMORY = 1 << 20  # bytes that wait in memory at most
_MOST_WAITING = 4 << 30  # bytes of all answers that wait in files
_PIECE = 64 << 10  # bytes read from the file at once


class Relay:
    """The pieces of one answer. Iterate over them once, and close() it. `keep` gets the whole of an answer of at most
    `most_kept` bytes, when the worker has written it, however long the client takes."""

    waiting = 0  # bytes of all answers that wait in files

    def __init__(self, reply: Reply, keep: Callable[[bytes], None] | None = None, most_kept: int = 0) -> None:
        self._reply = reply
        self._keep = keep
        self._most_kept = most_kept
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._file: IO[bytes] | None = None
        self._unread = 0
        self._in_file = 0
        self._more = asyncio.Event()
        self._filling = asyncio.get_running_loop().create_task(self._fill())
        self._filling.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _fill(self) -> None:
        kept: list[bytes] = []
        size = 0
        try:
            async for piece in self._reply.pieces():
                self._put(piece)
                size += len(piece)
                if self._keep and size <= self._most_kept:
                    kept.append(piece)
                else:
                    kept.clear()
            if self._keep and size <= self._most_kept:
                self._keep(b"".join(kept))
        finally:
            self._more.set()

    def _put(self, piece: bytes) -> None:
        if self._unread or self._size > _IN_MEMORY:
            self._write(piece)
        else:
            self._waiting.append(piece)
            self._size += len(piece)
        self._more.set()

    def _write(self, piece: bytes) -> None:
        if Relay.waiting + len(piece) > _MOST_WAITING:
            raise QueryCrashError("too many clients read long answers slowly")
        try:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - close() closes it
            self._file.seek(0, 2)
            self._file.write(piece)
        except OSError as error:
            raise QueryCrashError(f"its answer has no room to wait ({error.strerror})") from error
        self._unread += len(piece)
        self._in_file += len(piece)
        Relay.waiting += len(piece)

    def _take(self) -> bytes:
        """The next piece, empty where there is none yet."""
        if self._waiting:
            piece = self._waiting.popleft()
            self._size -= len(piece)
            return piece
        if not self._unread or self._file is None:
            return b""
        self._file.seek(-self._unread, 2)
        piece = self._file.read(_PIECE)
        self._unread -= len(piece)
        if not self._unread:
            self._file.seek(0)
            self._file.truncate()
            self._forget()
        return piece

    def _forget(self) -> None:
        Relay.waiting -= self._in_file
        self._in_file = 0

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes in their order. Raises what the query failed of, when all that it gave before has been taken."""
        try:
            while True:
                piece = self._take()
                if piece:
                    yield piece
                elif self._filling.done():
                    break
                else:
                    self._more.clear()
                    await self._more.wait()
            self._filling.result()
        finally:
            self.close()

    async def whole(self) -> int:
        """Wait until all of the answer is here; return its size in bytes. Raises what the query failed of."""
        try:
            await asyncio.shield(self._filling)
        except (SarcographError, asyncio.CancelledError):
            self.close()
            raise
        return self._size + self._unread

    def close(self) -> None:
        """Let go of the worker and of what waits."""
        self._filling.cancel()
        self._reply.close()
        if self._file:
            self._file.close()
            self._file = None
            self._forget()
