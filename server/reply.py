"""The answer to one query, as it comes from a worker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from loader.errors import BusyError, QueryCrashError, QueryError, QueryLimitError, QueryTimeoutError, SarcographError
from server.frames import END, HEADER
from server.process import WorkerProcess
from server.refusals import from_json

_NONSENSE = "its worker did not keep to the form of an answer"
_OFTEN = 300  # bytes of what workers say again and again
SHORT = 0.01  # seconds: what takes longer is a long query


class Keeper(Protocol):
    """Who lends workers."""

    def give_back(self, worker: WorkerProcess, usable: bool) -> None:
        """Take a worker back; one that is not usable is ended."""

    def note_long(self, reply: Reply) -> None:
        """Decide what becomes of a query that takes long."""

    async def ending(self, worker: WorkerProcess) -> str:
        """How a worker ended, in words."""


class Reply:
    """An answer: `form` is "select", "ask", "graph", "quads", "batch" or "entity", `length` its size in bytes where it
    is known beforehand, `encoding` its content coding, `cap` how many of its rows it holds where that is not all,
    `stable` whether the same query always has this answer, `pages` how many pages there are of what it is one page of.

    Iterate over pieces() once, or read() it, and close() it. A short answer is whole when begin() returns. Where a
    longer one fails on the way, the iteration raises; what has been given until then is not an answer.
    """

    def __init__(self, worker: WorkerProcess, keeper: Keeper, seconds: float, max_size: int, query: str) -> None:
        self.form = ""
        self.media_type = ""
        self.encoding = "identity"
        self.length: int | None = None
        self.cap: int | None = None
        self.stable = False
        self.pages = 1
        self._worker: WorkerProcess | None = worker
        self.query = query
        self._keeper = keeper
        self._seconds = seconds
        self._max_size = max_size
        self._first = b""
        self._fault: QueryError | None = None
        self._loop = asyncio.get_running_loop()
        self._used = 0.0
        self._since = self._loop.time()
        self._patience = self._since + 2 * seconds
        worker.until = self._since + seconds
        self._timer = self._loop.call_later(min(seconds, SHORT), self._find_long)

    @property
    def worker(self) -> WorkerProcess | None:
        """Who answers, until the end of the answer has come."""
        return self._worker

    @property
    def used(self) -> float:
        """For how many seconds it has run; those in which it was stopped do not count."""
        return self._used + (self._loop.time() - self._since if self._since else 0.0)

    def _find_long(self) -> None:
        """It has not been answered in a moment."""
        self.go_on()
        if self.used < self._seconds and self._worker and not self._worker.reserved:
            self._keeper.note_long(self)

    def go_on(self) -> None:
        """It runs, for what is left of its time."""
        self._used, self._since = self.used, self._loop.time()
        self._timer.cancel()
        left = max(0.0, self._seconds - self._used)
        if self._worker:
            self._worker.until = self._since + left
        self._timer = self._loop.call_later(left, self._fail, QueryTimeoutError(self._seconds))

    def wait(self, retry_after: int) -> None:
        """It has been stopped, and waits to go on: with what it has run, at most for twice its time."""
        self._used, self._since = self.used, 0.0
        self._timer.cancel()
        self._timer = self._loop.call_at(self._patience, self.turn_away, retry_after)

    def turn_away(self, retry_after: int) -> None:
        """There is no room for it."""
        self._fail(BusyError(retry_after))

    def _fail(self, fault: QueryError) -> None:
        """End the worker, which wakes whoever reads."""
        self._fault = self._fault or fault
        if self._worker:
            self._keeper.give_back(self._worker, False)

    async def begin(self) -> Reply:
        """Wait for the first bytes, or all of a short answer. Raises what the query failed of."""
        try:
            kind, payload = await self._receive()
            if kind == HEADER:
                whole = self._read_header(payload)
                kind, payload = await self._receive()
                if kind != END:
                    self._first = payload
                    if not whole:
                        return self
                    _, payload = await self._receive()
                self.length = len(self._first)
            self._end(payload)
            if not self.form:
                raise QueryCrashError(_NONSENSE)
        except (SarcographError, asyncio.CancelledError):
            self.close()
            raise
        return self

    def _read_header(self, payload: bytes) -> bool:
        """Take in what an answer says of itself; returns whether all of it follows at once."""
        header = _facts(payload)
        try:
            self.form, self.media_type, self.stable = header["form"], header["media_type"], header["stable"]
            self.cap, self.encoding = header.get("cap"), header.get("encoding", "identity")
            self.pages = header.get("pages", 1)
            return bool(header["whole"])
        except KeyError as error:
            raise QueryCrashError(_NONSENSE) from error

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes, piece by piece."""
        size = len(self._first)
        try:
            yield self._first
            while self._worker:
                kind, payload = await self._receive()
                if kind == END:
                    self._end(payload)
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
            self._keeper.give_back(worker, False)

    def _end(self, payload: bytes) -> None:
        outcome = _facts(payload) if payload else {}
        self._timer.cancel()
        worker, self._worker = self._worker, None
        if worker:
            self._keeper.give_back(worker, not outcome.get("worn"))
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
        if self._fault or not self._worker:
            return self._fault or QueryCrashError("its worker is gone")
        return QueryCrashError(await self._keeper.ending(self._worker))


def _facts(payload: bytes) -> Mapping[str, Any]:
    """JSON of a worker, which is not trusted to be one of ours any more."""
    return _often(payload) if len(payload) < _OFTEN else _read(payload)


def _read(payload: bytes) -> Mapping[str, Any]:
    try:
        facts = json.loads(payload)
    except ValueError as error:
        raise QueryCrashError(_NONSENSE) from error
    if not isinstance(facts, dict):
        raise QueryCrashError(_NONSENSE)
    return facts


_often = lru_cache(1000)(_read)
