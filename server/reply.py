"""The answer to one query, as it comes from a worker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loader.errors import (
    ClientGoneError,
    NotAcceptableError,
    QueryCrashError,
    QueryError,
    QueryLimitError,
    QuerySyntaxError,
    QueryTimeoutError,
    RequestError,
    SarcographError,
)
from server.frames import END, HEADER

if TYPE_CHECKING:
    from server.process import WorkerProcess

_LOOK = 0.25  # seconds between two looks at whether the client is still there


class Reply:
    """An answer: `form` is "select", "ask" or "graph", `length` its size in bytes where it is known beforehand.

    Iterate it once, or read() it, and close() it. A short answer is whole when the Reply is made. Where a longer one
    fails on the way, the iteration raises; what has been given until then is not an answer.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        seconds: float,
        max_size: int,
        give_back: Callable[[WorkerProcess, bool], None],
    ) -> None:
        self.form = ""
        self.media_type = ""
        self.length: int | None = None
        self._worker: WorkerProcess | None = worker
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._max_size = max_size
        self._give_back = give_back
        self._first = b""
        self._gone: Callable[[], bool] = lambda: False

    def begin(self, gone: Callable[[], bool]) -> Reply:
        """Wait for the first bytes, or all of a short answer. Raises what the query failed of.

        `gone` is asked until the answer ends.
        """
        self._gone = gone
        try:
            kind, payload = self._receive()
            if kind == HEADER:
                header = json.loads(payload)
                self.form, self.media_type, self.length = header["form"], header["media_type"], header["length"]
                if self.length != 0:
                    _, self._first = self._receive()
                if self.length is None:
                    return self
                kind, payload = self._receive()
            self._end(json.loads(payload))
        except SarcographError:
            self.close()
            raise
        return self

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, piece by piece."""
        size = len(self._first)
        try:
            yield self._first
            while self._worker:
                kind, payload = self._receive()
                if kind == END:
                    self._end(json.loads(payload))
                    break
                if self._gone():
                    raise ClientGoneError
                size += len(payload)
                if size > self._max_size:
                    raise QueryLimitError("answer in bytes", size, self._max_size)
                yield payload
        finally:
            self.close()

    def read(self) -> bytes:
        """All the bytes."""
        return b"".join(self)

    def close(self) -> None:
        """Let go of the worker: one that has not finished is killed."""
        worker, self._worker = self._worker, None
        if worker:
            self._give_back(worker, False)

    def _end(self, outcome: dict[str, Any]) -> None:
        worker, self._worker = self._worker, None
        if worker:
            self._give_back(worker, not outcome.get("worn"))
        if "error" in outcome:
            raise _error(outcome)

    def _receive(self) -> tuple[bytes, bytes]:
        if not self._worker:
            raise QueryCrashError("its worker is gone")
        while True:
            now = time.monotonic()
            try:
                return self._worker.receive(min(self._until, now + _LOOK))
            except TimeoutError as error:
                if time.monotonic() >= self._until:
                    raise QueryTimeoutError(self._seconds) from error
                if self._gone():
                    raise ClientGoneError from error
            except EOFError as error:
                raise self._death() from error

    def _death(self) -> QueryError:
        if time.monotonic() >= self._until or not self._worker:
            return QueryTimeoutError(self._seconds)
        return QueryCrashError(self._worker.ending())


def _error(outcome: dict[str, Any]) -> SarcographError:
    """The error that a worker's facts describe."""
    if outcome["error"] == "syntax":
        return QuerySyntaxError(outcome["detail"], outcome["line"], outcome["column"])
    if outcome["error"] == "request":
        detail = f"default-graph-uri or named-graph-uri is no IRI: {outcome['detail']}. Give the whole IRI of a graph."
        return RequestError(detail)
    if outcome["error"] == "format":
        return NotAcceptableError(outcome["form"], outcome["asked"], outcome["offers"])
    return QueryCrashError(outcome["detail"])
