"""The pool of query workers: who gets one, for how long, and what becomes of a worker that dies."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loader.errors import BusyError, ClientGoneError, QueryCrashError, ReleaseError
from server.process import WorkerProcess
from server.reply import Reply
from server.settings import Settings

_LOOK = 0.25  # seconds between two looks at a waiting client, at deadlines, at idle workers
_GRACE = 0.25  # seconds after a deadline at which the pool ends a query that nobody reads any more
_PAUSE = 1.0  # seconds before a worker that would not start is tried again


class _Ticket:
    """A query that waits for a worker."""

    def __init__(self, reserved: bool) -> None:
        self.reserved = reserved
        self.worker: WorkerProcess | None = None
        self.called = threading.Event()


class Pool:
    """Workers on one release. Safe to use from many threads.

    Ordinary workers answer anything; the reserved ones only what is asked with `reserved=True`, so that the site's
    pages are never behind a visitor's long query. A query waits for a worker at most as long as its own deadline.
    """

    def __init__(self, store_path: Path, settings: Settings) -> None:
        self._store_path = store_path
        self._settings = settings
        self._expected = {False: settings.workers, True: settings.reserved}
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)  # the keeper waits on it
        self._live: set[WorkerProcess] = set()
        self._idle: dict[bool, list[WorkerProcess]] = {False: [], True: []}
        self._waiting: deque[_Ticket] = deque()
        self._closed = False
        self._started = threading.Event()
        self._failure: str | None = None
        # All workers are started by this one thread: Linux ends them with the thread that started them.
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def wait_started(self) -> None:
        """Wait until every worker is ready. Raises ReleaseError where one cannot start."""
        self._started.wait()
        if self._failure:
            self.close()
            raise ReleaseError(f"the release cannot be served: {self._failure.rstrip('.')}.")

    def run(
        self,
        query: str,
        media_type: str = "application/sparql-results+json",
        *,
        graph_media_type: str = "text/turtle",
        deadline: float | None = None,
        default_graphs: list[str] | None = None,
        named_graphs: list[str] | None = None,
        reserved: bool = False,
        gone: Callable[[], bool] = lambda: False,
    ) -> Reply:
        """Answer a query: SELECT and ASK as `media_type`, CONSTRUCT and DESCRIBE as `graph_media_type`.

        `deadline` is in seconds and covers the whole answer; `gone` says whether the client has left. Raises
        QuerySyntaxError, QueryTimeoutError, QueryCrashError, BusyError, ClientGoneError before the first byte.
        """
        seconds = self._settings.deadline if deadline is None else deadline
        request: dict[str, Any] = {
            "query": query,
            "media_type": media_type,
            "graph_media_type": graph_media_type,
            "default_graphs": default_graphs,
            "named_graphs": named_graphs,
        }
        worker = self._ask(request, seconds, reserved, gone)
        return Reply(worker, seconds, self._settings.max_answer, self._give_back).begin(gone)

    def _ask(self, request: dict[str, Any], seconds: float, reserved: bool, gone: Callable[[], bool]) -> WorkerProcess:
        """A worker that has been asked; one that died while it was idle is passed over."""
        for _ in range(sum(self._expected.values()) + 1):
            worker = self._take(seconds, reserved, gone)
            worker.until = time.monotonic() + seconds
            try:
                worker.ask(request)
            except EOFError:
                self._give_back(worker, False)
            else:
                return worker
        raise QueryCrashError("no worker stays alive")

    def _take(self, seconds: float, reserved: bool, gone: Callable[[], bool]) -> WorkerProcess:
        with self._lock:
            for kind in (True, False) if reserved else (False,):
                while self._idle[kind]:
                    worker = self._idle[kind].pop()
                    if worker.alive:
                        return worker
                    self._bury(worker)
            if self._closed or sum(each.reserved == reserved for each in self._waiting) >= self._settings.queue:
                raise BusyError(self._retry_after())
            ticket = _Ticket(reserved)
            self._waiting.append(ticket)
        return self._wait(ticket, time.monotonic() + seconds, gone)

    def _wait(self, ticket: _Ticket, until: float, gone: Callable[[], bool]) -> WorkerProcess:
        left = gone()
        while not left and not self._closed and time.monotonic() < until:
            if ticket.called.wait(min(_LOOK, max(0.0, until - time.monotonic()))):
                break
            left = gone()
        with self._lock:
            if ticket.worker:
                return ticket.worker
            self._waiting.remove(ticket)
            raise ClientGoneError if left else BusyError(self._retry_after())

    def _retry_after(self) -> int:
        """Whole seconds until the first of the running queries must have ended."""
        running = [worker.until for worker in self._live if worker.until is not None and not worker.reserved]
        return max(1, math.ceil(min(running, default=time.monotonic()) - time.monotonic()))

    def _give_back(self, worker: WorkerProcess, usable: bool) -> None:
        """Hand a worker to whoever waits, or end it and have it replaced."""
        worker.until = None
        if not usable or self._closed:
            worker.close()
        with self._lock:
            if worker not in self._live:
                return
            if not usable or self._closed:
                self._forget(worker)
            else:
                self._offer(worker)

    def _offer(self, worker: WorkerProcess) -> None:
        for ticket in self._waiting:
            if ticket.reserved or not worker.reserved:
                self._waiting.remove(ticket)
                ticket.worker = worker
                ticket.called.set()
                return
        self._idle[worker.reserved].append(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        self._live.discard(worker)
        self._wanted.notify_all()

    def _bury(self, worker: WorkerProcess) -> None:
        worker.close()
        self._forget(worker)

    def status(self) -> dict[str, Any]:
        """How many workers live, how many there should be, how many queries run and wait, what confines workers,
        why new ones do not start (None where they do), and the process ids."""
        with self._lock:
            idle = sum(worker.alive for workers in self._idle.values() for worker in workers)
            live = [worker for worker in self._live if worker.alive]
            return {
                "live": len(live),
                "expected": sum(self._expected.values()),
                "busy": len(live) - idle,
                "waiting": len(self._waiting),
                "confinement": next((worker.confinement for worker in live), ""),
                "failure": self._failure,
                "processes": sorted(worker.pid for worker in live),
            }

    def close(self) -> None:
        """End every worker; queries that run or wait fail. Safe to call twice."""
        with self._lock:
            self._closed = True
            for ticket in self._waiting:
                ticket.called.set()
            self._wanted.notify_all()
        self._keeper.join()

    def _keep(self) -> None:
        """The keeper's life: start workers, replace the dead, end what has outlived its deadline."""
        while not self._closed:
            self._failure = self._fill()
            self._started.set()
            with self._lock:
                pause = _PAUSE if self._failure else _LOOK
                if not self._closed and (self._failure or not self._lacking()):
                    self._wanted.wait(pause)
                self._sweep()
        with self._lock:
            for worker in self._live:
                worker.kill()
            for workers in self._idle.values():
                for worker in workers:
                    worker.close()
            self._live.clear()

    def _lacking(self) -> list[bool]:
        """The kinds of worker that are missing, reserved ones first."""
        lacking = []
        for kind in (True, False):
            lacking += [kind] * (self._expected[kind] - sum(worker.reserved == kind for worker in self._live))
        return lacking

    def _sweep(self) -> None:
        """End queries that outlived their deadline because nobody reads on; find workers that died idle."""
        for worker in list(self._live):
            if worker.until is not None and worker.until + _GRACE < time.monotonic():
                worker.kill()
                self._forget(worker)
        for workers in self._idle.values():
            for worker in [each for each in workers if not each.alive]:
                workers.remove(worker)
                self._bury(worker)

    def _fill(self) -> str | None:
        """Start what is missing, all at once; return why one did not start, or None."""
        with self._lock:
            lacking = self._lacking()
        failure = None
        try:
            started = [WorkerProcess(self._store_path, self._settings.memory, kind) for kind in lacking]
        except OSError as error:
            return f"a query worker cannot be started ({error.strerror})"
        for worker in started:
            reason = worker.wait_ready()
            if reason:
                failure = reason
                worker.close()
                continue
            with self._lock:
                self._live.add(worker)
                self._offer(worker)
        if failure and self._started.is_set():
            print(f"sarcograph: {failure}", file=sys.stderr)
        return failure
