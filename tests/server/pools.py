"""A pool in an event loop of its own thread, asked from the thread of a test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import uvloop

from loader.errors import ReleaseError
from server import requests
from server.asking import Asker
from server.guard import Limits
from server.reply import Reply
from server.settings import Settings
from server.workers import Pool


class Answer:
    """A reply, read from the test's thread."""

    def __init__(self, running: RunningPool, reply: Reply) -> None:
        self._running = running
        self.reply = reply

    def read(self) -> bytes:
        return self._running.do(self.reply.read())

    def __iter__(self) -> Generator[bytes, None, None]:
        pieces = self.reply.pieces()
        try:
            while True:
                try:
                    yield self._running.do(anext(pieces))  # type: ignore[arg-type]
                except StopAsyncIteration:
                    return
        finally:
            self._running.do(pieces.aclose())

    def close(self) -> None:
        self._running.loop.call_soon_threadsafe(self.reply.close)


class RunningPool:
    """A pool that runs. Raises what the pool raises at its start."""

    def __init__(self, store_path: Path, settings: Settings, triples: int = 0) -> None:
        self.settings = settings
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.pool = self.do(self._make(store_path, settings, triples))
        self.asker = Asker(self.pool, settings, self.loop)
        try:
            self.do(self.pool.start())
        except ReleaseError:
            self._end()
            raise

    async def _make(self, store_path: Path, settings: Settings, triples: int) -> Pool:
        return Pool(store_path, settings, triples)

    def do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def begin(
        self,
        query: str,
        media_type: str | None = requests.SRJ,
        *,
        graph_media_type: str | None = requests.TURTLE,
        deadline: float | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        encoding: str = "identity",
        most: int | None = None,
        reserved: bool = False,
        limits: Limits | None = None,
    ) -> Future[Reply]:
        """A query that runs; cancel it, as a client that leaves does."""
        request = requests.query(
            query,
            self.settings,
            solutions=media_type,
            graph=graph_media_type,
            asked="what was asked",
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            encoding=encoding,
            most=most,
        )
        if limits:
            request["limits"] = tuple(limits)
        running = self.pool.run(request, deadline=deadline, reserved=reserved)
        return asyncio.run_coroutine_threadsafe(running, self.loop)

    def run(self, query: str, media_type: str | None = requests.SRJ, **given: Any) -> Answer:
        """The answer to a query, begun."""
        return Answer(self, self.begin(query, media_type, **given).result(60))

    def dump(self, graph: str | None, media_type: str) -> bytes:
        """The quads of one graph, or of all."""

        async def read() -> bytes:
            return await (await self.pool.run(requests.quads(graph, media_type))).read()

        written: bytes = self.do(read())
        return written

    def status(self) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            return self.pool.status()

        status: dict[str, Any] = self.do(ask())
        return status

    def close(self) -> None:
        """End the workers, and the loop."""
        if self._thread.is_alive():
            self.do(self.pool.close())
            self._end()

    def end_workers(self) -> None:
        """End the workers only."""
        self.do(self.pool.close())

    def _end(self) -> None:
        self.do(asyncio.sleep(0.02))  # what was closed is told of its end
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
