"""The answer to one query, as it comes from a worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

from loader.errors import QueryCrashError, QueryError, QueryLimitError, QueryTimeoutError, SarcographError
from server.frames import END, HEADER
from server.process import NurseryProcess, WorkerProcess
from server.refusals import from_json


class Reply:
    """An answer: `form` is "select", "ask", "graph" or "quads", `length` its size in bytes where it is known
    beforehand, `encoding` its content coding, `cap` how many of its rows it holds where that is not all, `stable`
    whether the same query always has this answer.

    Iterate over pieces() once, or read() it, and close() it. A short answer is whole when begin() returns. Where a
    longer one fails on the way, the iteration raises; what has been given until then is not an answer.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        nursery: NurseryProcess,
        seconds: float,
        max_size: int,
        give_back: Callable[[WorkerProcess, bool], None],
    ) -> None:
        self.form = ""
        self.media_type = ""
        self.encoding = "identity"
        self.length: int | None = None
        self.cap: int | None = None
        self.stable = False
        self._worker: WorkerProcess | None = worker
        self._nursery = nursery
        self._seconds = seconds
        self._max_size = max_size
        self._give_back = give_back
        self._first = b""
        self._late = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._cut)

    def _cut(self) -> None:
        """The deadline: end the worker, which wakes whoever reads."""
        self._late = True
        if self._worker:
            self._give_back(self._worker, False)

    async def begin(self) -> Reply:
        """Wait for the first bytes, or all of a short answer. Raises what the query failed of."""
        try:
            kind, payload = await self._receive()
            if kind == HEADER:
                header = json.loads(payload)
                self.form, self.media_type, self.length = header["form"], header["media_type"], header["length"]
                self.stable, self.cap = header["stable"], header.get("cap")
                self.encoding = header.get("encoding", "identity")
                if self.length != 0:
                    _, self._first = await self._receive()
                if self.length is None:
                    return self
                kind, payload = await self._receive()
            self._end(json.loads(payload))
        except (SarcographError, asyncio.CancelledError):
            self.close()
            raise
        return self

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes, piece by piece."""
        size = len(self._first)
        try:
            yield self._first
            while self._worker:
                kind, payload = await self._receive()
                if kind == END:
                    self._end(json.loads(payload))
                    break
                size += len(payload)
                if size > self._max_size:
                    raise QueryLimitError("answer in bytes", size, self._max_size)
                yield payload
        finally:
            self.close()

    async def read(self) -> bytes:
        """All the bytes."""
        if not self._worker:
            return self._first
        return b"".join([piece async for piece in self.pieces()])

    def close(self) -> None:
        """Let go of the worker: one that has not finished is killed."""
        self._timer.cancel()
        worker, self._worker = self._worker, None
        if worker:
            self._give_back(worker, False)

    def _end(self, outcome: dict[str, Any]) -> None:
        self._timer.cancel()
        worker, self._worker = self._worker, None
        if worker:
            self._give_back(worker, not outcome.get("worn"))
        if "error" in outcome:
            raise from_json(outcome)

    async def _receive(self) -> tuple[bytes, bytes]:
        if not self._worker:
            raise QueryCrashError("its worker is gone")
        try:
            return await self._worker.receive()
        except EOFError as error:
            raise await self._death() from error

    async def _death(self) -> QueryError:
        if self._late or not self._worker:
            return QueryTimeoutError(self._seconds)
        return QueryCrashError(await self._nursery.ending(self._worker))
