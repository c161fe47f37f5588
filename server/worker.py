"""A query worker: a process with one release open read-only that answers one query at a time on its pipes.

It is started as `python -m server.worker STORE MEMORY PARENT NICENESS` and ends when its standard input does. Whatever
it is asked, it has no network and a memory limit, and the server kills it at the query's deadline: the engine cannot
be interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

from pyoxigraph import QueryBoolean, QueryTriples, Store

from loader.errors import NotAcceptableError, QueryCrashError, QuerySyntaxError, ReleaseError
from loader.store import Answer, ask, open_read_only
from server import sandbox
from server.diagnosis import diagnose
from server.frames import BODY, BODY_SIZE, END, HEAD, HEADER, QUERY, READY, frame
from server.guard import names_dataset
from server.serialization import write

_QUICK = 0.05  # seconds
HEALTH_QUERY = Path(__file__).with_name("queries") / "health.rq"
STACK = 256 << 20  # bytes: the engine parses and plans by recursion; only what is touched is taken
_WORN = 512 << 20  # bytes of address space that queries may leave behind before their worker is replaced


class Output:
    """The binary file that the engine writes an answer to: frames on a pipe.

    The first frame waits until it is full or the answer ends, so that what fails early fails before anything is said.
    """

    def __init__(self, pipe: int, form: str, media_type: str) -> None:
        self._pipe = pipe
        self._header = {"form": form, "media_type": media_type}
        self._waiting = bytearray()
        self._begun = False

    def write(self, data: bytes) -> int:
        """Take bytes; send them once a frame is full."""
        self._waiting += data
        while len(self._waiting) >= BODY_SIZE:
            self._send(bytes(self._waiting[:BODY_SIZE]))
            del self._waiting[:BODY_SIZE]
        return len(data)

    def flush(self) -> None:
        """The engine calls it when it has written all; `end` does the work."""

    def end(self, outcome: dict[str, Any]) -> None:
        """Send what is left, and how it ended."""
        self._send(bytes(self._waiting), frame(END, _json(outcome)))

    def _send(self, data: bytes, end: bytes = b"") -> None:
        header = b""
        if not self._begun:
            self._begun = True
            header = frame(HEADER, _json({**self._header, "length": len(data) if end else None}))
        _send(self._pipe, header + (frame(BODY, data) if data else b"") + end)


class Worker:
    """Answers queries on one store: `source` and `target` are the pipes from and to the server."""

    def __init__(self, store: Store, source: int, target: int) -> None:
        self._store = store
        self._source = source
        self._target = target
        self._at_start = sandbox.address_space()
        self._begun = 0.0

    def answer_all(self) -> None:
        """Answer one query after the other. Raises EOFError when the server is gone."""
        while True:
            failure = self._answer(_receive(self._source))
            if failure:
                _send(self._target, frame(END, _json(failure)))

    def _answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Answer one query; where that fails, return the facts that the server makes an error of."""
        self._begun = time.monotonic()
        query = request["query"]
        graphs = request["default_graphs"], request["named_graphs"]
        try:
            found = ask(self._store, query, *graphs, union=not names_dataset(query))
        except QuerySyntaxError as error:
            detail = diagnose(error.detail, query, error.line, error.column)
            return {"error": "syntax", "detail": detail, "line": error.line, "column": error.column}
        except ValueError as error:  # the name of a graph is no IRI
            return {"error": "request", "detail": str(error)}
        except QueryCrashError as error:
            return {"error": "crash", "detail": error.detail}
        return self._write(found, request)

    def _write(self, found: Answer, request: dict[str, Any]) -> dict[str, Any] | None:
        form = "graph" if isinstance(found, QueryTriples) else "ask" if isinstance(found, QueryBoolean) else "select"
        media_type = request["graph_media_type" if form == "graph" else "media_type"]
        output = Output(self._target, form, media_type)
        try:
            write(found, media_type, cast(BinaryIO, output))
        except NotAcceptableError as error:
            return {"error": "format", "form": error.form, "asked": error.asked, "offers": error.offers}
        except (RuntimeError, ValueError, OSError) as error:
            return {"error": "crash", "detail": str(error)}
        output.end({"worn": self._is_worn()})
        return None

    def _is_worn(self) -> bool:
        """Whether too much is left behind; not asked after a quick query, which cannot have taken much."""
        quick = time.monotonic() - self._begun < _QUICK
        return not quick and sandbox.address_space() - self._at_start > _WORN


def _send(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(pipe, view) :]
        except OSError as error:
            raise EOFError from error


def _receive(pipe: int) -> dict[str, Any]:
    kind, length = HEAD.unpack(_read(pipe, HEAD.size))
    assert kind == QUERY
    request: dict[str, Any] = json.loads(_read(pipe, length))
    return request


def _read(pipe: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = os.read(pipe, size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def work(store_path: Path, memory: int, confinement: str, source: int, target: int) -> None:
    """Open the store, warm up, say how it went, and answer until the server is gone or memory is at an end."""
    try:
        try:
            store = open_read_only(store_path)
            bool(ask(store, HEALTH_QUERY.read_text(encoding="utf-8")))
        except ReleaseError as error:
            _send(target, frame(READY, _json({"error": str(error)})))
            return
        worker = Worker(store, source, target)
        sandbox.limit_memory(memory)
        _send(target, frame(READY, _json({"confinement": confinement})))
        worker.answer_all()
    except (EOFError, MemoryError):
        return


def main() -> None:
    """Start a worker from the command line: STORE MEMORY PARENT NICENESS."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store_path, memory, parent, niceness = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    source, target = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # nothing but frames goes to the server
    sys.stderr = os.fdopen(os.dup(2), "w")  # a fault of ours is told; the engine's last words when memory ends are not
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.nice(niceness)
    confinement = sandbox.enter(parent)
    threading.stack_size(STACK)
    thread = threading.Thread(target=work, args=(store_path, memory, confinement, source, target))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
