"""The server's end of one query worker: starts it, talks to it, kills it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from server.frames import HEAD, QUERY, READY, frame

_READ = 256 << 10  # bytes asked of a pipe at once
_START = 30.0  # seconds a worker gets to start: it takes less than a tenth of one

_NICENESS = 5  # of ordinary workers, so that their long queries leave the cores to the server and the pages
_SIGNALS: dict[int, str] = {
    signal.SIGABRT: "out of memory",
    signal.SIGSEGV: "nested too deeply",
    signal.SIGKILL: "killed",
}


class WorkerProcess:
    """One worker. `until` is the deadline of its query (time.monotonic), `confinement` what its sandbox said.

    Start it from a thread that lives as long as it should: Linux kills it when that thread ends.
    """

    def __init__(self, store_path: Path, memory: int, reserved: bool) -> None:
        self.reserved = reserved
        self.until: float | None = None
        self.confinement = ""
        niceness = 0 if reserved else _NICENESS
        facts = (store_path, memory, os.getpid(), niceness)
        command = [sys.executable, "-P", "-m", "server.worker", *map(str, facts)]
        # A process group of its own: Ctrl-C in the server's terminal is the server's to handle.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, process_group=0
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self._buffer = bytearray()
        self._poll = select.poll()
        self._poll.register(self._from.fileno(), select.POLLIN)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_ready(self) -> str | None:
        """Wait until it is ready; return None, or a sentence that says why it will not be."""
        try:
            kind, payload = self.receive(time.monotonic() + _START)
        except EOFError:
            return f"a query worker ended at its start: {self.ending()}"
        except TimeoutError:
            return f"a query worker was not ready after {_START:g} seconds"
        assert kind == READY
        said: dict[str, str] = json.loads(payload)
        self.confinement = said.get("confinement", "")
        return said.get("error")

    def ask(self, request: dict[str, Any]) -> None:
        """Send it a query. Raises EOFError where it has ended."""
        data = memoryview(frame(QUERY, json.dumps(request).encode()))
        try:
            while data:
                data = data[self._to.write(data) :]
        except OSError as error:
            raise EOFError from error

    def receive(self, until: float) -> tuple[bytes, bytes]:
        """Its next frame: kind and payload. Raises TimeoutError at `until`, EOFError where it has ended."""
        self._fill(HEAD.size, until)
        kind, length = HEAD.unpack_from(self._buffer)
        end = HEAD.size + length
        self._fill(end, until)
        payload = bytes(self._buffer[HEAD.size : end])
        del self._buffer[:end]
        return kind, payload

    def _fill(self, size: int, until: float) -> None:
        while len(self._buffer) < size:
            left = until - time.monotonic()
            if left <= 0 or not self._poll.poll(left * 1000):
                raise TimeoutError
            data = os.read(self._from.fileno(), _READ)
            if not data:
                raise EOFError
            self._buffer += data

    def ending(self) -> str:
        """How it ended, in words; it has closed its pipe, so that the wait is short."""
        status = self._process.wait()
        if status >= 0:
            return f"exit status {status}"
        return _SIGNALS.get(-status, f"signal {-status}")

    def kill(self) -> None:
        """End it now, whatever it does. Any thread may call this; the pipes stay open for the one that reads them."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it and close the pipes. Only the thread that holds the worker may call this."""
        self.kill()
        self._to.close()
        self._from.close()
