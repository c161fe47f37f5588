"""The server's ends of its other processes: the nursery, which starts workers, and each worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import marshal
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from loader.errors import ReleaseError
from server.frames import HALT, HEAD, KILL, LOWER, ORDER, QUERY, RAISE, RESUME, SPAWN, frame

_START = 30.0  # seconds a worker gets to start: it takes less than a tenth of one
_LOAD = 600.0  # seconds the nursery gets to load a release
_REMEMBERED = 100  # endings of workers
_TOLD = 1.0  # seconds until the nursery has said how a worker ended
_MOST_FRAME = 16 << 20  # bytes of a frame; those of an answer are far shorter, what a query failed of may repeat it
_MOST_HELD = 1 << 20  # bytes of an answer held here before its worker has to wait

_SIGNALS: dict[int, str] = {
    signal.SIGABRT: "out of memory",
    signal.SIGSEGV: "nested too deeply",
    signal.SIGKILL: "killed",
}


class Channel(asyncio.Protocol):
    """Frames from another process, in the order in which they come."""

    def __init__(self) -> None:
        self.alive = True
        self.expecting = True  # whether there is anything to be said
        self.on_lost: Callable[[], None] = lambda: None
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._held = 0
        self._paused = False
        self._awaited: asyncio.Future[None] | None = None

    async def connect(self, end: socket.socket) -> None:
        """Read from a connected socket from now on."""
        end.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self, sock=end)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        held = self._data
        held += data
        start = 0
        while len(held) - start >= HEAD.size:
            kind, length = HEAD.unpack_from(held, start)
            if length > _MOST_FRAME or not self.expecting:
                self.close()  # that is no frame of ours: whoever waits for one finds the process ended
                return
            end = start + HEAD.size + length
            if len(held) < end:
                break
            self._frames.append((kind, bytes(held[start + HEAD.size : end])))
            self._held += length
            start = end
        del held[:start]
        if self._held > _MOST_HELD and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()
        if start:
            self._notify()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        lost, self.alive = self.alive, False
        self._notify()
        if lost:
            self.on_lost()

    def _notify(self) -> None:
        if self._awaited and not self._awaited.done():
            self._awaited.set_result(None)

    async def receive(self) -> tuple[bytes, bytes]:
        """The next frame: kind and payload. Raises EOFError where the process has ended."""
        while not self._frames:
            if not self.alive:
                raise EOFError
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
        kind, payload = self._frames.popleft()
        self._held -= len(payload)
        if self._paused and self._held < _MOST_HELD // 2 and self._transport and self.alive:
            self._paused = False
            self._transport.resume_reading()
        return kind, payload

    def send(self, data: bytes) -> None:
        """Send bytes; they are lost where the process has ended."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close the socket now, whatever is under way."""
        self.alive = False
        if self._transport:
            self._transport.abort()
        self._notify()


class WorkerProcess(Channel):
    """One worker. `until` is the time (of the loop's clock) at which its query is cut off, `lowered` whether it lets
    everybody else have the processors first."""

    def __init__(self, reserved: bool) -> None:
        super().__init__()
        self.reserved = reserved
        self.until: float | None = None
        self.lowered = False
        self.pid = 0

    def settle(self) -> bool:
        """Its answer has ended. Whether it has said nothing beyond that, so that it may be asked again."""
        self.expecting = False
        return not self._frames and not self._data

    def ask(self, request: dict[str, Any]) -> None:
        """Send it a query."""
        self.expecting = True
        self.send(frame(QUERY, marshal.dumps(request)))


class NurseryProcess(Channel):
    """The nursery of one release. `confinement` is what its sandbox said, `shared` whether the release is in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.confinement = ""
        self.shared = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._unsent: deque[tuple[bytes, socket.socket | None]] = deque()
        self._endings: dict[int, asyncio.Future[int]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def start(self, store_path: Path, memory: int, shared: bool) -> None:
        """Start it and wait until the release is loaded. Raises ReleaseError where it cannot be.

        Call it in the main thread: Linux ends the nursery with the thread that started it.
        """
        facts = (store_path, os.getpid(), memory, int(shared))
        command = [sys.executable, "-P", "-m", "server.nursery", *map(str, facts)]
        try:
            own, other = socket.socketpair()
            with other:
                # A process group of its own: Ctrl-C in the server's terminal is the server's to handle.
                self._process = subprocess.Popen(command, stdin=other.fileno(), process_group=0)
            self._control = own.dup()
            await self.connect(own)
        except OSError as error:
            raise ReleaseError(f"the process that holds the release cannot be started ({error.strerror})") from error
        try:
            async with asyncio.timeout(_LOAD):
                _, payload = await self.receive()
        except EOFError as error:
            raise ReleaseError("the process that holds the release ended at its start") from error
        except TimeoutError as error:
            raise ReleaseError(f"the release was not loaded after {_LOAD:g} seconds") from error
        told = json.loads(payload)
        if "error" in told:
            raise ReleaseError(told["error"])
        self.confinement, self.shared = told["confinement"], told["shared"]
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def spawn(self, reserved: bool) -> WorkerProcess:
        """Start a worker and wait until it is ready. Raises ReleaseError where it does not become so."""
        worker = WorkerProcess(reserved)
        try:
            own, other = socket.socketpair()
            self._send_order(ORDER.pack(SPAWN, 0), other)
            await worker.connect(own)
        except OSError as error:
            raise ReleaseError(f"a query worker cannot be started ({error.strerror})") from error
        try:
            async with asyncio.timeout(_START):
                _, payload = await worker.receive()
            told = json.loads(payload)
            if "error" in told:
                worker.close()
                raise ReleaseError(told["error"])
        except EOFError as error:
            raise ReleaseError("a query worker ended at its start") from error
        except TimeoutError as error:
            worker.close()
            raise ReleaseError(f"a query worker was not ready after {_START:g} seconds") from error
        worker.pid = told["pid"]
        self._endings[worker.pid] = asyncio.get_running_loop().create_future()
        return worker

    def kill(self, worker: WorkerProcess) -> None:
        """End a worker now, whatever it does."""
        worker.close()
        self._order(KILL, worker)

    def halt(self, worker: WorkerProcess) -> None:
        """Stop a worker in the midst of its query."""
        self._order(HALT, worker)

    def resume(self, worker: WorkerProcess) -> None:
        """Let a worker go on that was stopped."""
        self._order(RESUME, worker)

    def lower(self, worker: WorkerProcess) -> None:
        """Have a worker let everybody else have the processors first."""
        worker.lowered = True
        self._order(LOWER, worker)

    def raise_again(self, worker: WorkerProcess) -> None:
        """Undo that; where it may not be done, the worker stays a little lower."""
        if worker.lowered:
            worker.lowered = False
            self._order(RAISE, worker)

    def _order(self, kind: bytes, worker: WorkerProcess) -> None:
        self._send_order(ORDER.pack(kind, worker.pid))

    def _send_order(self, order: bytes, end: socket.socket | None = None) -> None:
        """Give an order to the nursery, as soon as it takes one, and with it the end of a socket, which is closed."""
        self._unsent.append((order, end))
        self._send_unsent()

    def _send_unsent(self) -> None:
        while self._unsent:
            order, end = self._unsent[0]
            try:
                if self._control and end:
                    socket.send_fds(self._control, [order], [end.fileno()])
                elif self._control:
                    self._control.send(order)
            except BlockingIOError:
                if self._control:
                    asyncio.get_running_loop().add_writer(self._control, self._send_unsent)
                return
            except OSError:
                pass  # it has ended: who waits for a worker finds the socket closed
            self._unsent.popleft()
            if end:
                end.close()
        if self._control:
            asyncio.get_running_loop().remove_writer(self._control)

    async def ending(self, worker: WorkerProcess) -> str:
        """How a worker ended, in words, after it has closed its socket."""
        ending = self._endings.get(worker.pid)
        if ending is None:
            return "it has ended"
        done, _ = await asyncio.wait([ending], timeout=_TOLD)
        if not done:
            return "it has ended"
        status = ending.result()
        return f"exit status {status}" if status >= 0 else _SIGNALS.get(-status, f"signal {-status}")

    async def _read(self) -> None:
        """Take down how workers end; the last of them are remembered."""
        with contextlib.suppress(EOFError):
            while True:
                _, payload = await self.receive()
                told = json.loads(payload)
                ending = self._endings.get(told["pid"])
                if ending and not ending.done():
                    ending.set_result(told["status"])
                done = [pid for pid, each in self._endings.items() if each.done()]
                for pid in done[:-_REMEMBERED]:
                    del self._endings[pid]

    def stop(self) -> None:
        """End it, and with it every worker."""
        self.close()
        if self._reader:
            self._reader.cancel()
        if self._control:
            asyncio.get_running_loop().remove_writer(self._control)
            self._control.close()
            self._control = None
        if self._process:
            self._process.kill()
            self._process.wait()
