"""The queries that take long: so many run, while nobody else wants the processors; the others are stopped and wait.

A query is known to be long when it has run for a moment (`reply.SHORT`). From then on it hinders nobody: its worker has
what processor time others leave, and another worker stands ready for short queries. That holds whatever is asked, and
however often; it needs no guess at what a query will cost.
"""

from __future__ import annotations

from collections import deque

from server.process import NurseryProcess, WorkerProcess
from server.reply import Reply


class LongQueries:
    """`most_running` of them run at a time, `most_waiting` wait their turn."""

    def __init__(self, most_running: int, most_waiting: int) -> None:
        self._most_running = most_running
        self._most_waiting = most_waiting
        self._running: set[WorkerProcess] = set()
        self._waiting: deque[Reply] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, reply: Reply, nursery: NurseryProcess, retry_after: int) -> None:
        """Take in a query: it runs on, or is stopped until its turn comes, or is turned away."""
        worker = reply.worker
        if worker is None:
            return
        nursery.lower(worker)
        if len(self._running) < self._most_running:
            self._running.add(worker)
        elif len(self._waiting) < self._most_waiting:
            nursery.halt(worker)
            self._waiting.append(reply)
            reply.wait(retry_after)
        else:
            reply.turn_away(retry_after)

    def leave(self, worker: WorkerProcess, nursery: NurseryProcess) -> None:
        """A worker's query has ended, or never was one of these; the next may go on."""
        self._running.discard(worker)
        for reply in self._waiting:
            if reply.worker is worker:
                self._waiting.remove(reply)
                break
        while self._waiting and len(self._running) < self._most_running:
            reply = self._waiting.popleft()
            if reply.worker:
                self._running.add(reply.worker)
                nursery.resume(reply.worker)
                reply.go_on()
