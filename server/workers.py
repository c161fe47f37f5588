"""The pool of query workers: who gets one, for how long, and what becomes of a worker that dies."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loader.errors import BusyError, ReleaseError
from server.long_queries import LongQueries
from server.process import NurseryProcess, WorkerProcess
from server.reply import Reply
from server.settings import Settings

TRIPLE = 700  # bytes that a triple takes in memory at most; 400 were measured at a million in one graph
_SPARE = 2  # idle workers at least, while long queries run
_MOST_VISITS = 500  # pages and documents that may wait for a worker: each is short, and programs ask for many at once
_PAUSE = 1.0  # seconds before a worker that would not start is tried again


class _Ticket:
    """A query that waits for a worker."""

    def __init__(self, reserved: bool) -> None:
        self.reserved = reserved
        self.worker: asyncio.Future[WorkerProcess] = asyncio.get_running_loop().create_future()


class Pool:
    """Workers on one release. It belongs to the event loop that started it; `server.asking` is its door for threads.

    Ordinary workers answer anything; the reserved ones only what is asked with `reserved=True`, so that the site's
    pages are never behind a visitor's query. One whose query takes long leaves the ordinary workers for LongQueries,
    and others are started. A query waits for a worker at most as long as its own deadline.
    """

    def __init__(self, store_path: Path, settings: Settings, triples: int = 0) -> None:
        self._store_path = store_path
        self._settings = settings
        self._shared = triples * TRIPLE <= settings.store_memory
        self._expected = {False: settings.workers, True: settings.reserved}
        self._nursery = NurseryProcess()
        self._opening = asyncio.Lock()
        self._live: set[WorkerProcess] = set()
        self._idle: dict[bool, list[WorkerProcess]] = {False: [], True: []}
        self._waiting: deque[_Ticket] = deque()
        self._long = LongQueries(max(1, settings.workers // 2), settings.queue)
        self._starting: dict[asyncio.Task[None], bool] = {}
        self._closed = False
        self._failure: str | None = None

    async def start(self) -> None:
        """Load the release and start every worker. Raises ReleaseError where that cannot be done."""
        try:
            await self._nursery.start(self._store_path, self._settings.memory, self._shared)
            kinds = [kind for kind, number in self._expected.items() for _ in range(number)]
            started = await asyncio.gather(*map(self._nursery.spawn, kinds), return_exceptions=True)
            for worker in started:
                if isinstance(worker, WorkerProcess):
                    self._welcome(worker)
            for worker in started:
                if isinstance(worker, BaseException):
                    raise worker
        except ReleaseError as error:
            await self.close()
            raise ReleaseError(f"the release cannot be served: {str(error).rstrip('.')}.") from error

    async def run(self, request: Mapping[str, Any], *, deadline: float | None = None, reserved: bool = False) -> Reply:
        """Begin the answer to a request (`server.requests` makes them).

        `deadline` is in seconds and covers the whole answer. Cancel it where the client has left. Raises before the
        first byte what the query failed of: QueryTimeoutError, QueryCrashError, BusyError, or one of the refusals.
        """
        seconds = self._settings.deadline if deadline is None else deadline
        query = request.get("query", "")
        if not reserved:
            await self._long.wait_if_known(query, seconds, self._retry_after)
        try:
            worker = await self._take(seconds, reserved)
        except (BusyError, asyncio.CancelledError):
            self._long.hand_on()
            raise
        reply = Reply(worker, self, seconds, self._settings.max_answer, query)
        worker.ask(dict(request))
        return await reply.begin()

    async def _take(self, seconds: float, reserved: bool) -> WorkerProcess:
        for kind in (True, False) if reserved else (False,):
            while self._idle[kind]:
                worker = self._idle[kind].pop()
                if worker.alive:
                    return worker
                self._lose(worker)
        most = _MOST_VISITS if reserved else self._settings.queue
        if self._closed or sum(each.reserved == reserved for each in self._waiting) >= most:
            raise BusyError(self._retry_after())
        return await self._wait(_Ticket(reserved), seconds)

    async def _wait(self, ticket: _Ticket, seconds: float) -> WorkerProcess:
        self._waiting.append(ticket)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(ticket.worker)
        except (TimeoutError, asyncio.CancelledError) as error:
            if ticket.worker.done() and not ticket.worker.exception():  # its turn came as it left
                self.give_back(ticket.worker.result(), True)
            if isinstance(error, TimeoutError):
                raise BusyError(self._retry_after()) from error
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(ticket)

    def _retry_after(self) -> int:
        """Whole seconds until the first of the running queries must have ended."""
        now = asyncio.get_running_loop().time()
        running = [worker.until for worker in self._live if worker.until is not None and not worker.reserved]
        return max(1, math.ceil(min(running, default=now) - now))

    def note_long(self, reply: Reply) -> None:
        """A query takes long: it makes way for others."""
        self._long.enter(reply, self._nursery, self._retry_after())
        self._refill(_SPARE)

    async def ending(self, worker: WorkerProcess) -> str:
        """How a worker ended, in words."""
        return await self._nursery.ending(worker)

    def give_back(self, worker: WorkerProcess, usable: bool) -> None:
        """Hand a worker to whoever waits, or end it and have it replaced."""
        worker.until = None
        if worker not in self._live:
            return
        usable = usable and worker.alive and worker.settle() and not self._closed
        if worker.lowered:
            self._long.leave(worker, self._nursery)
            usable = usable and self._make_room()
        else:
            self._long.hand_on()
        if usable:
            self._nursery.raise_again(worker)
            self._offer(worker)
        else:
            self._lose(worker)

    def _make_room(self) -> bool:
        """Whether one more worker may stand ready, if need be in place of one that has been asked less: a fork copies
        what it reads, and is slow until it has."""
        if self._ready(False) < self._expected[False]:
            return True
        if not self._idle[False]:
            return False
        self._lose(self._idle[False].pop(0), refill=False)
        return True

    def _offer(self, worker: WorkerProcess) -> None:
        for ticket in self._waiting:
            if ticket.reserved or not worker.reserved:
                self._waiting.remove(ticket)
                ticket.worker.set_result(worker)
                return
        self._idle[worker.reserved].append(worker)

    def _lose(self, worker: WorkerProcess, refill: bool = True) -> None:
        """End a worker, and start another where one is missing."""
        self._live.discard(worker)
        self._nursery.kill(worker)
        if refill:
            self._refill()

    def _ready(self, reserved: bool) -> int:
        """How many workers of a kind there are, or will be in a moment, without those on long queries."""
        live = sum(worker.reserved == reserved and not worker.lowered for worker in self._live)
        return live + sum(kind == reserved for kind in self._starting.values())

    def _refill(self, spare: int | None = None) -> None:
        """Start the workers that are missing; with `spare`, ordinary ones only until so many are idle."""
        for kind, expected in self._expected.items():
            missing = expected - self._ready(kind)
            if spare is not None and not kind:
                starting = sum(not each for each in self._starting.values())
                missing = min(missing, spare - len(self._idle[kind]) - starting)
            for _ in range(0 if self._closed else missing):
                task = asyncio.get_running_loop().create_task(self._start(kind))
                self._starting[task] = kind
                task.add_done_callback(self._starting.pop)

    async def _start(self, reserved: bool) -> None:
        while not self._closed:
            try:
                if not self._nursery.alive:
                    await self._reopen()
                worker = await self._nursery.spawn(reserved)
            except ReleaseError as error:
                self._failure = str(error)
                print(f"sarcograph: {error}", file=sys.stderr)
                await asyncio.sleep(_PAUSE)
                continue
            self._failure = None
            self._welcome(worker)
            return

    async def _reopen(self) -> None:
        """Load the release anew, once, where the nursery has ended, and every worker with it."""
        async with self._opening:
            if not self._nursery.alive:
                self._nursery.stop()
                self._nursery = NurseryProcess()
                await self._nursery.start(self._store_path, self._settings.memory, self._shared)

    def _welcome(self, worker: WorkerProcess) -> None:
        worker.settle()
        self._live.add(worker)
        worker.on_lost = lambda: self._find_dead(worker)
        self._offer(worker)

    def _find_dead(self, worker: WorkerProcess) -> None:
        """A worker has ended. Where it was idle, replace it; where it was not, its reply tells."""
        if worker in self._idle[worker.reserved]:
            self._idle[worker.reserved].remove(worker)
            self._lose(worker)

    def status(self) -> dict[str, Any]:
        """How many workers live, how many there should be beside those on long queries, how many queries run and wait,
        what confines workers, whether they share the release in memory, why new ones do not start, process ids."""
        idle = sum(map(len, self._idle.values()))
        return {
            "live": len(self._live),
            "expected": sum(self._expected.values()),
            "busy": len(self._live) - idle,
            "waiting": len(self._waiting) + self._long.waiting,
            "confinement": self._nursery.confinement,
            "shared": self._nursery.shared,
            "failure": self._failure,
            "processes": sorted(worker.pid for worker in self._live),
        }

    async def close(self) -> None:
        """End every worker; queries that run or wait fail. Safe to call twice."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        self._nursery.stop()
        for worker in list(self._live):
            worker.close()
        for ticket in self._waiting:
            ticket.worker.set_exception(BusyError(1))
        self._waiting.clear()
        self._live.clear()
