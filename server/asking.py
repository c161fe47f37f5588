"""The door through which threads ask the pool: the pages, which Flask renders in threads, and tests."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loader.errors import ClientGoneError, QueryLimitError
from server import requests
from server.entity_statements import STATEMENTS, Wanted
from server.requests import SRJ, TURTLE
from server.settings import Settings

if TYPE_CHECKING:
    from server.site import Site
    from server.workers import Pool


_MOST_FOUND = 32 << 20  # bytes of all that a page is made from


@dataclass(frozen=True)
class Whole:
    """All of an answer. `cap` is the number of rows that it was cut to, None where it is complete."""

    form: str
    media_type: str
    cap: int | None
    body: bytes


class Visit:
    """A page that is being made for somebody who may leave: then its query is cancelled, and it asks no more."""

    def __init__(self) -> None:
        self._left = False
        self._asked: Future[Any] | None = None
        self._lock = threading.Lock()

    def hold(self, future: Future[Any]) -> None:
        """Note what is being asked."""
        with self._lock:
            self._asked = future
            if self._left:
                future.cancel()

    def leave(self) -> None:
        """The visitor has closed the connection."""
        with self._lock:
            self._left = True
            if self._asked:
                self._asked.cancel()


VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


class Asker:
    """Asks a pool that lives in the event loop of another thread, and waits for the answer."""

    def __init__(self, pool: Pool | Site, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._pool = pool
        self._settings = settings
        self._loop = loop

    def run(
        self,
        query: str,
        media_type: str = SRJ,
        *,
        graph_media_type: str = TURTLE,
        deadline: float | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        reserved: bool = False,
        most: int | None = None,
        cells: int | None = None,
        most_bytes: int | None = None,
    ) -> Whole:
        """The whole answer to a query: SELECT and ASK as `media_type`, CONSTRUCT and DESCRIBE as `graph_media_type`.

        Raises what Pool.run and Reply raise, QueryLimitError beyond `most_bytes`, ClientGoneError where the visitor
        that it is asked for has left.
        """
        request = requests.query(
            query,
            self._settings,
            solutions=media_type,
            graph=graph_media_type,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            most=most,
            cells=cells,
        )
        return self._wait_for(request, deadline, reserved, most_bytes)

    def batch(self, texts: Sequence[str], about: str | None = None) -> list[Any]:
        """What several SELECT queries of ours find, each as a SPARQL JSON result: one worker answers them all.

        Raises what `run` raises; UnknownEntityError, WithdrawnError where there is no entity `about` (its IRI).
        """
        request = requests.batch(texts, self._settings, about)
        found: list[Any] = json.loads(self._wait_for(request, None, True, _MOST_FOUND).body)
        return found

    def statements(self, wanted: Wanted) -> bytes:
        """The statements of an entity and its parts as compact JSON-LD. Raises UnknownEntityError, WithdrawnError."""
        return self._wait_for(requests.entity(wanted, STATEMENTS), None, True, None).body

    def ask(self, request: dict[str, Any]) -> bytes:
        """The whole answer to any request (`server.requests` makes them), by an ordinary worker.

        Raises what Pool.run and Reply raise.
        """
        return self._wait_for(request, None, False, None).body

    def _wait_for(
        self, request: dict[str, Any], deadline: float | None, reserved: bool, most_bytes: int | None
    ) -> Whole:
        asked = asyncio.run_coroutine_threadsafe(self._whole(request, deadline, reserved, most_bytes), self._loop)
        visit = VISIT.get()
        if visit:
            visit.hold(asked)
        try:
            return asked.result()
        except CancelledError as error:
            raise ClientGoneError from error

    async def _whole(
        self, request: dict[str, Any], deadline: float | None, reserved: bool, most_bytes: int | None
    ) -> Whole:
        reply = await self._pool.run(request, deadline=deadline, reserved=reserved)
        try:
            body = bytearray()
            async for piece in reply.pieces():
                body += piece
                if most_bytes is not None and len(body) > most_bytes:
                    raise QueryLimitError("answer in bytes", len(body), most_bytes)
        finally:
            reply.close()
        return Whole(reply.form, reply.media_type, reply.cap, bytes(body))
