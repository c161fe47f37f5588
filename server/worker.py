"""A query worker: a fork of the nursery that answers one query at a time on its socket.

Whatever it is asked, it has no network and a memory limit, and the server has it killed at the query's deadline: the
engine cannot be interrupted. It ends when the server closes the socket.
"""

from __future__ import annotations

import marshal
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Store

from loader.context import Context
from loader.errors import (
    DamagedReleaseError,
    NotAcceptableError,
    QueryCrashError,
    QuerySyntaxError,
    ReleaseError,
    RequestError,
)
from loader.store import Answer, ask, holds_union, open_read_only, quads
from server import entity_writing, guard, sandbox
from server.compression import Compressor, compressor
from server.diagnosis import diagnose
from server.entity_statements import Entities, Wanted
from server.frames import BODY, BODY_SIZE, END, HEADER, READY, Reader, frame, said, send
from server.guard import Checked, Limits
from server.negotiation import form_of, formats
from server.ordering import Counts, reorder
from server.refusals import REFUSALS, as_json
from server.release_changes import Compared, compare
from server.serialization import write, write_quads

_END = frame(END, b"")
_QUICK = 0.05  # seconds
_LEAST = 1 << 10  # bytes of a short answer that are worth compressing
STACK = 256 << 20  # bytes: the engine parses and plans by recursion; only what is touched is taken
_MOST_OTHERS = 3  # releases beside the current one that a worker keeps open
_WORN = 512 << 20  # bytes of address space that queries may leave behind before their worker is replaced


@dataclass(frozen=True)
class Held:
    """A release as workers hold it: its store, whether that is to be asked for the union of its graphs (else it holds
    the union), how many triples the union has (None where that is not known at once), JSON-LD's context, counts, and
    its entities."""

    store: Store
    union: bool
    triples: int | None
    context: Context
    counts: Counts
    entities: Entities

    @classmethod
    def of(cls, store: Store) -> Held:
        """What is to be known of a store before it is asked; to find out warms it up."""
        union = holds_union(store)
        known = not union or next(store.named_graphs(), None) is None
        triples = len(store) if known else None
        return cls(store, not union, triples, Context.of(store), Counts(store, not union), Entities(store))


class Output:
    """The binary file that an answer is written to: frames on a socket, compressed where that is asked for.

    The first frame waits until it is full or the answer ends, so that what fails early fails before anything is said.
    """

    def __init__(self, socket: int, header: dict[str, Any], encoding: str) -> None:
        self._socket = socket
        self._header = header
        self._encoding = encoding
        self._compressor: Compressor | None = None
        self._waiting = bytearray()
        self._chosen = False
        self._begun = False

    def cap(self, most: int) -> None:
        """Say that the answer holds only its first `most` rows or triples."""
        self._header["cap"] = most

    def write(self, data: bytes) -> int:
        """Take bytes; send them once a frame is full."""
        self._waiting += data
        while len(self._waiting) >= BODY_SIZE:
            self._send(bytes(self._waiting[:BODY_SIZE]))
            del self._waiting[:BODY_SIZE]
        return len(data)

    def flush(self) -> None:
        """The engine calls it when it has written all; `end` does the work."""

    def end(self, worn: bool) -> None:
        """Send what is left, and whether this was the worker's last answer."""
        self._send(bytes(self._waiting), said(END, {"worn": True}) if worn else _END)

    def _send(self, data: bytes, end: bytes = b"") -> None:
        if not self._chosen:
            self._chosen = True
            if self._encoding != "identity" and not (end and len(data) < _LEAST):
                self._compressor = compressor(self._encoding)
                self._header["encoding"] = self._encoding
        if self._compressor:
            data = self._compressor.add(data) + (self._compressor.finish() if end else b"")
        if not data and not end:
            return
        header = b"" if self._begun else _header(**self._header, whole=bool(end))
        self._begun = True
        send(self._socket, header + (frame(BODY, data) if data else b"") + end)


@lru_cache(1000)
def _header(**facts: object) -> bytes:
    return said(HEADER, facts)


class Worker:
    """Answers queries on a release, whose store is at `path`. `socket` is the descriptor of its connection with the
    server."""

    def __init__(self, held: Held, socket: int, path: Path | None = None) -> None:
        self._current = held
        self._path = str(path) if path else None
        self._others: OrderedDict[str, Held] = OrderedDict()
        self._socket = socket
        self._at_start = sandbox.address_space()
        self._begun = 0.0

    def answer_all(self) -> None:
        """Answer one query after the other. Raises EOFError when the server is gone."""
        reader = Reader(self._socket)
        while True:
            _, payload = reader.receive()
            self._begun = time.monotonic()
            request: dict[str, Any] = marshal.loads(payload)
            try:
                self._one(request)
            except REFUSALS as error:
                send(self._socket, said(END, as_json(error)))

    def _held(self, request: dict[str, Any]) -> Held:
        """The release that a request is about: the current one, or another, which is opened and kept for a while.

        Raises DamagedReleaseError.
        """
        path = request.get("store")
        if path in (None, self._path):
            return self._current
        if path not in self._others:
            if len(self._others) == _MOST_OTHERS:
                self._others.popitem(last=False)
            self._others[path] = _open(Path(path))
        self._others.move_to_end(path)
        return self._others[path]

    def _one(self, request: dict[str, Any]) -> None:
        """Answer one request. Raises one of REFUSALS."""
        if "quads" in request:
            self._dump(request)
        elif "entity" in request:
            self._describe(request)
        elif "comparison" in request:
            self._compare(request)
        elif "batch" in request:
            self._answer_several(request)
        else:
            self._answer(request)

    def _answer(self, request: dict[str, Any]) -> None:
        """Answer one query. Raises one of REFUSALS."""
        held = self._held(request)
        checked, media_type = _checked(held, request)
        found = _ask(held, checked, request)
        kind = "graph" if isinstance(found, QueryTriples) else "ask" if isinstance(found, QueryBoolean) else "select"
        header = {"form": kind, "media_type": media_type, "stable": checked.is_stable}
        output = Output(self._socket, header, request["encoding"])
        _write(found, media_type, output, request, held.context)
        output.end(self._is_worn())

    def _answer_several(self, request: dict[str, Any]) -> None:
        """Write the answers to several queries as one JSON array. Raises one of REFUSALS."""
        held = self._held(request)
        if request["about"]:
            held.entities.own(request["about"])
        asked = [{**request, "query": text} for text in request["batch"]]
        checked = [_checked(held, each) for each in asked]
        stable = all(each.is_stable for each, _ in checked)
        header = {"form": "batch", "media_type": "application/json", "stable": stable}
        output = Output(self._socket, header, request["encoding"])
        before = b"["
        for each, (query, media_type) in zip(asked, checked, strict=True):
            found = _ask(held, query, each)
            output.write(before)
            _write(found, media_type, output, each, held.context)
            before = b","
        output.write(b"]" if asked else b"[]")
        output.end(self._is_worn())

    def _dump(self, request: dict[str, Any]) -> None:
        """Write one named graph, or all of them, as quads."""
        header = {"form": "quads", "media_type": request["media_type"], "stable": True}
        output = Output(self._socket, header, request["encoding"])
        write_quads(quads(self._held(request).store, request["quads"]), request["media_type"], output)
        output.end(self._is_worn())

    def _describe(self, request: dict[str, Any]) -> None:
        """Write a document about an entity, or nothing where only its being there is asked."""
        held = self._held(request)
        wanted, media_type = Wanted(*request["entity"]), request["media_type"]
        header = {"form": "entity", "media_type": media_type or "", "stable": True}
        if media_type is None:
            held.entities.own(wanted.iri)
            output = Output(self._socket, header, request["encoding"])
        else:
            found = held.entities.find(wanted)
            body = entity_writing.write(found, wanted, media_type, held.context)
            output = Output(self._socket, {**header, "pages": found.pages}, request["encoding"])
            output.write(body)
        output.end(self._is_worn())

    def _compare(self, request: dict[str, Any]) -> None:
        """Write a page of what changed between two releases."""
        wanted = Compared(*request["comparison"])
        before, after = (self._held({"store": path}) for path in request["stores"])
        body, pages = compare(wanted, before.store, after.store, after.context)
        header = {"form": "comparison", "media_type": wanted.media_type, "stable": True, "pages": pages}
        output = Output(self._socket, header, request["encoding"])
        output.write(body)
        output.end(self._is_worn())

    def _is_worn(self) -> bool:
        """Whether too much is left behind; not asked after a quick query, which cannot have taken much."""
        quick = time.monotonic() - self._begun < _QUICK
        return not quick and sandbox.address_space() - self._at_start > _WORN


def _open(path: Path) -> Held:
    """A release that a client named: where it cannot be opened, the client is not told of our folders."""
    try:
        return Held.of(open_read_only(path))
    except DamagedReleaseError as error:
        raise DamagedReleaseError(path.parent.name, "its files cannot be read") from error


def _checked(held: Held, request: dict[str, Any]) -> tuple[Checked, str]:
    """The query of a request as it is to be run, and the media type of its answer. Raises one of REFUSALS."""
    named = request["default_graphs"] is not None or request["named_graphs"] is not None
    checked = guard.read(request["query"], Limits(*request["limits"]), None if named else held.triples)
    form = form_of(checked.form)
    media_type = request[form]
    if media_type is None:
        raise NotAcceptableError(checked.form, request["asked"], [each.media_type for each in formats(form)])
    if not named and not checked.names_dataset:
        checked = checked._replace(text_to_run=reorder(checked.text_to_run, held.counts))
    return checked, media_type


def _write(found: Answer, media_type: str, output: Output, request: dict[str, Any], context: Context) -> None:
    """Write the engine's answer. Raises QueryCrashError where the engine fails while it looks for more."""
    try:
        write(found, media_type, output, _most(found, request), context)
    except (RuntimeError, ValueError, OSError) as error:
        raise QueryCrashError(str(error)) from error


def _ask(held: Held, checked: Checked, request: dict[str, Any]) -> Answer:
    """The engine's answer; what is wrong is told of the query as it was sent, not as it was rewritten."""
    graphs = request["default_graphs"], request["named_graphs"]
    union = held.union and not checked.names_dataset
    try:
        try:
            return ask(held.store, checked.text_to_run, *graphs, union=union)
        except QuerySyntaxError:
            if checked.text_to_run == request["query"]:
                raise
            return ask(held.store, request["query"], *graphs, union=union)
    except QuerySyntaxError as error:
        detail = diagnose(error.detail, request["query"], error.line, error.column)
        raise QuerySyntaxError(detail, error.line, error.column) from error
    except ValueError as error:
        raise RequestError(
            f"default-graph-uri or named-graph-uri is no IRI: {error}. Give the whole IRI of a graph."
        ) from error


def _most(found: Answer, request: dict[str, Any]) -> int | None:
    """How many rows are wanted at most: so many, or as many as hold so many cells."""
    most: int | None = request["most"]
    if not isinstance(found, QuerySolutions) or not request["cells"]:
        return most
    fitting = max(1, int(request["cells"]) // max(1, len(found.variables)))
    return fitting if most is None else min(most, fitting)


def _live(socket: int, store_path: Path, memory: int, shared: Held | None) -> None:
    """Open the store, warm up, say how it went, and answer until the server is gone or memory is at an end."""
    try:
        try:
            held = Held.of(open_read_only(store_path)) if shared is None else shared
            worker = Worker(held, socket, store_path)
        except ReleaseError as error:
            send(socket, said(READY, {"error": str(error)}))
            return
        sandbox.limit_memory(memory)
        send(socket, said(READY, {"pid": os.getpid()}))
        worker.answer_all()
    except (EOFError, MemoryError):
        return


def work(socket: int, store_path: Path, memory: int, shared: Held | None) -> None:
    """Be a worker, in a thread with a stack that is deep enough; returns when the server is gone."""
    threading.stack_size(STACK)
    thread = threading.Thread(target=_live, args=(socket, store_path, memory, shared))
    thread.start()
    thread.join()
