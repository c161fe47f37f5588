"""The process that query workers are forked from: it holds a release in memory, and no query ever runs in it.

It is started as `python -m server.nursery STORE PARENT MEMORY SHARED` with a socket as its standard input, and ends
when that does. STORE is the release's store, PARENT the server's process id, MEMORY what a query may use in bytes.
SHARED is 1 where the store is to be loaded into memory, for all workers to share; otherwise each worker opens it on
disk. This process has one thread and no network, so that a fork of it is whole, and confined from its first moment.

What the server tells it stands in `frames`: start a worker, kill, halt or resume one, or let others go before it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path

from pyoxigraph import Store

from loader import store as door
from loader.errors import DamagedReleaseError, ReleaseError
from server import sandbox
from server.frames import ENDED, HALT, KILL, LOWER, ORDER, RAISE, READY, RESUME, SPAWN, said, send
from server.worker import Held, work

_SIGNALS = {KILL: signal.SIGKILL, HALT: signal.SIGSTOP, RESUME: signal.SIGCONT}


class Nursery:
    """Starts workers and tells how they ended. `control` is the socket from and to the server."""

    def __init__(self, control: socket.socket, store_path: Path, memory: int, shared: Held | None) -> None:
        self._control = control
        self._store_path = store_path
        self._memory = memory
        self._shared = shared
        self._children: set[int] = set()
        self._ended, self._wake = os.pipe()
        os.set_blocking(self._wake, False)

    def serve(self) -> None:
        """Do what the server says. Raises EOFError when it is gone."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._ended:
                    os.read(self._ended, 512)
                    self._bury()
                else:
                    self._obey()

    def _obey(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        if len(message) < ORDER.size:
            raise EOFError
        kind, number = ORDER.unpack(message)
        if kind == SPAWN:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):  # no process to be had: the server finds its socket closed
                    self._spawn(descriptor)
                os.close(descriptor)
        elif number in self._children:
            if kind in (LOWER, RAISE, KILL):
                sandbox.yield_processors(number, kind == LOWER)  # to end takes a process some time as well
            if kind in _SIGNALS:
                os.kill(number, _SIGNALS[kind])

    def _spawn(self, descriptor: int) -> None:
        this = os.getpid()
        child = os.fork()
        if child:
            self._children.add(child)
            return
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for kept in (self._control.fileno(), self._ended, self._wake):
                os.close(kept)
            sandbox.die_with(this)
            sandbox.be_killed_first()
            sandbox.stay_alone()
            work(descriptor, self._store_path, self._memory, self._shared)
        finally:
            os._exit(0)

    def _bury(self) -> None:
        """Tell of the workers that have ended."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._children.discard(pid)
            send(self._control.fileno(), said(ENDED, {"pid": pid, "status": os.waitstatus_to_exitcode(status)}))


def load(store_path: Path) -> Store:
    """The store in memory. A process of its own reads it from disk, because that starts threads."""
    if not store_path.is_dir():
        raise DamagedReleaseError(store_path.parent, f"its store {store_path.name}/ is missing")
    source, target = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(source)
            with os.fdopen(target, "wb") as output:
                door.dump(store_path, output)
            status = 0
        finally:
            os._exit(status)
    os.close(target)
    with os.fdopen(source, "rb", buffering=1 << 20) as lines:
        loaded = door.load(lines)
    if os.waitpid(child, 0)[1]:
        raise DamagedReleaseError(store_path.parent, f"its store {store_path.name}/ cannot be read")
    return loaded


def main() -> None:
    """Start the nursery from the command line: STORE PARENT MEMORY SHARED."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store_path, parent, memory, shared = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    sandbox.die_with(parent)
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # workers inherit it
    sys.stderr = os.fdopen(os.dup(2), "w")  # a fault of ours is told; the engine's last words when memory ends are not
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    confinement = sandbox.enter()
    try:
        held = Held.of(load(store_path)) if shared else None
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 50, 50)  # a query leaves little behind
        told = {"confinement": confinement, "shared": held is not None}
        send(control.fileno(), said(READY, told))
        Nursery(control, store_path, memory, held).serve()
    except ReleaseError as error:
        send(control.fileno(), said(READY, {"error": str(error)}))
    except EOFError:
        return


if __name__ == "__main__":
    main()
