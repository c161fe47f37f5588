"""What server, nursery and workers write to each other: frames of one letter, a length and that many bytes; orders."""

from __future__ import annotations

import json
import os
import struct

HEAD = struct.Struct("!cI")

QUERY = b"Q"  # to a worker, which trusts its server: what to ask, by marshal
READY = b"R"  # from a worker or the nursery, once: JSON of what it is
HEADER = b"H"  # from a worker: JSON of the answer's form and format, and whether all of it follows at once
BODY = b"B"  # from a worker: bytes of the answer
END = b"E"  # from a worker: JSON, how it ended; empty where all is well
ENDED = b"X"  # from the nursery: JSON of a worker's process id and exit status

# To the nursery: orders of one letter and a number, a process id, or 0 with the end of a new worker's socket.
ORDER = struct.Struct("!ci")
SPAWN = b"S"
KILL = b"K"
HALT = b"H"
RESUME = b"C"
LOWER = b"L"  # let everybody else have the processors first
RAISE = b"R"

BODY_SIZE = 64 << 10  # bytes at most in one BODY frame


def frame(kind: bytes, payload: bytes) -> bytes:
    """The bytes of one frame."""
    return HEAD.pack(kind, len(payload)) + payload


def said(kind: bytes, value: object) -> bytes:
    """The bytes of a frame that holds JSON."""
    return frame(kind, json.dumps(value).encode())


def send(pipe: int, data: bytes) -> None:
    """Write all of `data`. Raises EOFError where nobody reads any more."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(pipe, view) :]
        except OSError as error:
            raise EOFError from error


class Reader:
    """The frames that come on a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._held = b""

    def receive(self) -> tuple[bytes, bytes]:
        """The next frame: kind and payload. Raises EOFError where there is none."""
        self._fill(HEAD.size)
        kind, length = HEAD.unpack_from(self._held)
        end = HEAD.size + length
        self._fill(end)
        payload, self._held = self._held[HEAD.size : end], self._held[end:]
        return kind, payload

    def _fill(self, size: int) -> None:
        pieces = [self._held]
        missing = size - len(self._held)
        while missing > 0:
            piece = os.read(self._pipe, max(missing, BODY_SIZE))
            if not piece:
                raise EOFError
            pieces.append(piece)
            missing -= len(piece)
        if len(pieces) > 1:
            self._held = b"".join(pieces)
