"""Clients that take their time: connections that drip, hold their tongue, or do not read what they asked for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from itertools import cycle
from urllib.parse import quote

DRIP = 2.0  # seconds between two bytes of one client
_HEAD = b"GET /sparql?query=ASK{} HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000
_QUERY = b"Content-Type: application/sparql-query\r\nContent-Length: 9999\r\n\r\nASK"
_BODY = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\n" + _QUERY
LONG = "SELECT * { ?s ?p ?o . ?x ?y ?z } LIMIT 200000"  # well above 50 MB as JSON
_READING = f"GET /sparql?query={quote(LONG)}&timeout=30 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
_IDLE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Client:
    """One slow client: sends `first` at once, a byte of `rest` now and then; reads all that comes, or `reads` bytes."""

    def __init__(self, address: tuple[str, int], first: bytes, rest: bytes = b"", reads: int = 0) -> None:
        self._socket = socket.socket()
        if reads:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._socket.settimeout(10)
        self._socket.connect(address)
        self._socket.sendall(first)
        self._socket.setblocking(False)
        self._rest = cycle(rest)
        self._drips = bool(rest)
        self._reads = reads
        self.read = 0
        self.ended: float | None = None

    def live_on(self) -> None:
        """Send a byte, read a little; notice the end."""
        try:
            if self._drips:
                self._socket.send(bytes([next(self._rest)]))
            data = self._socket.recv(self._reads or 65536)
            self.read += len(data)
            if not data:
                self.ended = time.monotonic()
        except BlockingIOError:
            return
        except OSError:
            self.ended = time.monotonic()

    def read_on(self, seconds: float) -> int:
        """Read all there still is, until the connection ends or for so long; how much was read in all."""
        self._socket.settimeout(seconds)
        with contextlib.suppress(OSError):
            while data := self._socket.recv(1 << 20):
                self.read += len(data)
        return self.read

    def close(self) -> None:
        """Leave."""
        self._socket.close()


class Siege:
    """Many slow clients of one server, by kind, kept alive by a thread."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.clients: Mapping[str, list[Client]] = {
            "dripping heads": [Client(address, _HEAD[:20], _HEAD[20:]) for _ in range(200)],
            "dripping bodies": [Client(address, _BODY, b" ") for _ in range(20)],
            "silent": [Client(address, b"") for _ in range(20)],
            "idle": [Client(address, _IDLE) for _ in range(20)],
            "slow readers": [Client(address, _READING, reads=2048) for _ in range(5)],
        }
        self.begun = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        while not self._over.wait(DRIP):
            for client in self.open():
                client.live_on()

    def open(self, *kinds: str) -> list[Client]:
        """The clients, of some kinds or of all, whose connection has not ended."""
        chosen = kinds or tuple(self.clients)
        return [client for kind in chosen for client in self.clients[kind] if client.ended is None]

    def end(self) -> None:
        """All leave."""
        self._over.set()
        self._thread.join()
        for clients in self.clients.values():
            for client in clients:
                client.close()
