"""The queries that take long: so many run, and let others go first; the others are stopped and wait.

A query is known to be long when it has run for a moment (`reply.SHORT`). From then on it hinders nobody: its worker
yields the processors, and another worker stands ready for short queries. Among the long ones, those that have run a
tenth of a second go behind those that have not, and those that have run a second behind both. That holds whatever is
asked, and however often; it needs no guess at what a query will cost. One guess saves work: while all places are taken,
a query that looks like one that took long just now waits without a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict, deque
from collections.abc import Callable

from loader.errors import BusyError
from server.process import NurseryProcess, WorkerProcess
from server.reply import Reply

_SLICE = 0.05  # seconds between two looks at who should run
_LEVELS = (0.1, 1.0)  # seconds of running after which others go first
_SURELY = 0.1  # seconds after which a query is remembered as one that takes long
_FORGOTTEN = 60.0  # seconds after which it is not
_MOST_KNOWN = 1000
_LOOKED_AT = 4000  # characters of a query
_DATA = re.compile(r"<[^>]*>|'[^']*'|\"[^\"]*\"|[0-9]+|\s+|#.*")  # what differs between queries that look alike


class LongQueries:
    """`most_running` of them run at a time, `most_waiting` wait their turn."""

    def __init__(self, most_running: int, most_waiting: int) -> None:
        self._most_running = most_running
        self._most_waiting = most_waiting
        self._running: dict[WorkerProcess, Reply] = {}
        self._stopped: dict[WorkerProcess, Reply] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._turns: deque[asyncio.Future[None]] = deque()
        self._known: OrderedDict[str, float] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._stopped) + len(self._turns)

    async def wait_if_known(self, query: str, seconds: float, retry_after: Callable[[], int]) -> None:
        """Where all places are taken and the query is surely long, wait for one. Raises BusyError."""
        if not query or len(self._running) < self._most_running or self._known.get(_look(query), 0.0) < _now():
            return
        if self.waiting >= self._most_waiting:
            raise BusyError(retry_after())
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except TimeoutError as error:
            raise BusyError(retry_after()) from error
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn came as it left
                self.hand_on()
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._turns.remove(turn)

    def enter(self, reply: Reply, nursery: NurseryProcess, retry_after: int) -> None:
        """Take in a query: it runs on, or is stopped until its turn comes, or is turned away."""
        worker = reply.worker
        if worker is None:
            return
        nursery.lower(worker)
        if len(self._running) < self._most_running:
            self._running[worker] = reply
        elif self.waiting < self._most_waiting:
            self._stop(worker, reply, nursery, retry_after)
        else:
            reply.turn_away(retry_after)

    def leave(self, worker: WorkerProcess, nursery: NurseryProcess) -> None:
        """A worker's query has ended; the next may go on."""
        ended = self._running.pop(worker, None)
        if worker in self._stopped:
            ended = self._stopped.pop(worker)
            nursery.resume(worker)  # it had answered before it could be stopped
        if ended and ended.query and ended.used > _SURELY:
            self._remember(ended.query)
        while self._stopped and len(self._running) < self._most_running:
            self._resume(self._next(), nursery)
        self.hand_on()

    def hand_on(self) -> None:
        """A query has ended, be it one that had waited and was quick after all: another that waits may begin."""
        while self._turns and len(self._running) < self._most_running:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _stop(self, worker: WorkerProcess, reply: Reply, nursery: NurseryProcess, retry_after: int) -> None:
        nursery.halt(worker)
        self._stopped[worker] = reply
        reply.wait(retry_after)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SLICE, self._change, nursery, retry_after)

    def _resume(self, worker: WorkerProcess, nursery: NurseryProcess) -> None:
        reply = self._stopped.pop(worker)
        self._running[worker] = reply
        nursery.resume(worker)
        reply.go_on()

    def _next(self) -> WorkerProcess:
        """Of those that wait, the first of those that have run least."""
        return min(self._stopped, key=lambda worker: _level(self._stopped[worker]))

    def _change(self, nursery: NurseryProcess, retry_after: int) -> None:
        """Let those that have run least have the places of those that have run most."""
        self._timer = None
        for worker in sorted(self._running, key=lambda worker: -_level(self._running[worker])):
            if self._stopped and _level(self._stopped[self._next()]) < _level(self._running[worker]):
                follower = self._next()
                self._stop(worker, self._running.pop(worker), nursery, retry_after)
                self._resume(follower, nursery)
        if self._stopped and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SLICE, self._change, nursery, retry_after)

    def _remember(self, query: str) -> None:
        look = _look(query)
        self._known[look] = _now() + _FORGOTTEN
        self._known.move_to_end(look)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def _level(reply: Reply) -> int:
    return sum(reply.used >= seconds for seconds in _LEVELS)


def _look(query: str) -> str:
    return _DATA.sub(" ", query[:_LOOKED_AT])


def _now() -> float:
    return asyncio.get_running_loop().time()
