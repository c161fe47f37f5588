"""What server and worker write to each other's pipes: frames of one letter, a length and that many bytes."""

from __future__ import annotations

import struct

HEAD = struct.Struct("!cI")

QUERY = b"Q"  # to the worker: JSON of what to ask
READY = b"R"  # from the worker, once: JSON of what it is
HEADER = b"H"  # from the worker: JSON of the answer's form and media type
BODY = b"B"  # from the worker: bytes of the answer
END = b"E"  # from the worker: JSON, how it ended

BODY_SIZE = 64 << 10  # bytes at most in one BODY frame


def frame(kind: bytes, payload: bytes) -> bytes:
    """The bytes of one frame."""
    return HEAD.pack(kind, len(payload)) + payload
