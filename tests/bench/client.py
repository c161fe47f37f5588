"""A light HTTP client: prebuilt bytes over sockets that are kept open, one process, no threads.

What it costs itself is measured against `responder`, which answers the same bytes whatever it is asked.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

SELECT_TYPE, GRAPH_TYPE = "application/sparql-results+json", "application/n-triples"
Address = tuple[str, int]

_READ = 256 << 10  # bytes


def request(address: Address, text: str, media_type: str, parameters: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a GET of /sparql with a query, whose answer is wanted in a media type."""
    target = f"/sparql?{urlencode({'query': text, **(parameters or {})})}"
    lines = (
        f"GET {target} HTTP/1.1",
        f"Host: {address[0]}:{address[1]}",
        f"Accept: {media_type}",
        "Connection: keep-alive",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Response:
    """An answer as it comes in: `feed` it until it is whole."""

    status: int = 0
    data: bytearray = field(default_factory=bytearray)
    _start: int = 0
    _length: int | None = None
    _at: int = 0

    def feed(self, data: bytes) -> bool:
        """Take bytes; tell whether the answer is whole now. Without a length and without chunks it never is."""
        self.data += data
        if not self._start and not self._read_head():
            return False
        if self._length is not None:
            return len(self.data) >= self._start + self._length
        while (end := self.data.find(b"\r\n", self._at)) >= 0:
            size = int(self.data[self._at : end].partition(b";")[0], 16)
            if not size:
                return self.data.find(b"\r\n\r\n", end) >= 0
            if len(self.data) < end + size + 4:
                return False
            self._at = end + size + 4
        return False

    def _read_head(self) -> bool:
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return False
        self._start = self._at = end + 4
        head = self.data[:end].lower()
        self.status = int(head[9:12])
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            self._length = int(head[at + 17 :].partition(b"\r\n")[0])
        elif b"\r\ntransfer-encoding: chunked" not in head:
            raise ConnectionError("the answer has neither a length nor chunks")
        return True

    @property
    def body(self) -> bytes:
        """The body of a whole answer."""
        if self._length is not None:
            return bytes(self.data[self._start :])
        parts, at = [], self._start
        while size := int(self.data[at : (end := self.data.index(b"\r\n", at))].partition(b";")[0], 16):
            parts.append(self.data[end + 2 : end + 2 + size])
            at = end + size + 4
        return b"".join(parts)


class Connection:
    """One connection, opened anew where the server has closed it."""

    def __init__(self, address: Address, deadline: float) -> None:
        self._address, self._deadline = address, deadline
        self._socket: socket.socket | None = None

    def ask(self, data: bytes) -> tuple[float, Response]:
        """Send a request; return the seconds to the last byte of the answer, and the answer.

        Raises TimeoutError at the deadline, OSError where the server does not answer.
        """
        if self._socket is None:
            self._socket = connect(self._address, self._deadline)
        response = Response()
        begin = time.perf_counter()
        self._socket.sendall(data)
        until = begin + self._deadline
        while True:
            # Some servers wait for the client's acknowledgement between two packets, and clients put it off for 40 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            received = self._socket.recv(_READ)
            if not received:
                self.close()
                if response.data or time.perf_counter() > until:
                    raise ConnectionError("the answer was cut off")
                return self.ask(data)
            if response.feed(received):
                return time.perf_counter() - begin, response
            if time.perf_counter() > until:
                raise TimeoutError

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._socket:
            self._socket.close()
            self._socket = None


def connect(address: Address, timeout: float) -> socket.socket:
    """A socket without delays."""
    made = socket.create_connection(address, timeout)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def rate(address: Address, requests: Sequence[bytes], clients: int, seconds: float) -> float:
    """Answers a second to so many clients, each of which asks again as soon as it is answered.

    Raises ConnectionError where an answer's status is not 200 or no answer comes for a while.
    """
    with selectors.DefaultSelector() as selector:
        sockets = [connect(address, 10) for _ in range(clients)]
        asked = answered = 0
        begin = time.perf_counter()
        for each in sockets:
            each.setblocking(False)
            selector.register(each, selectors.EVENT_READ, Response())
            each.send(requests[asked % len(requests)])
            asked += 1
        waiting = clients
        while waiting:
            events = selector.select(10)
            if not events:
                raise ConnectionError("no answer within 10 seconds")
            now = time.perf_counter()
            for key, _ in events:
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if not key.data.feed(received := one.recv(_READ)):
                    if not received:
                        raise ConnectionError("the server closed the connection")
                    continue
                if key.data.status != 200:
                    raise ConnectionError(f"status {key.data.status}")
                answered += 1
                if now > begin + seconds:
                    waiting -= 1
                    continue
                selector.modify(one, selectors.EVENT_READ, Response())
                one.send(requests[asked % len(requests)])
                asked += 1
        for each in sockets:
            each.close()
    return answered / (time.perf_counter() - begin)
