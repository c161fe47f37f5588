"""HTTP by hand: bytes go out as they are, and what comes back is read strictly."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [\x20-\x7e\x80-\xff]*\r\n")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*\r\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[^\r\n]*)?\r\n")
_LINE = 64 << 10  # bytes that a line of an answer's head may have
_MORE = 0.002  # seconds in which a second answer on the same connection would come


class MalformedError(Exception):
    """What came back is not HTTP."""


@dataclass(frozen=True)
class Answer:
    """One answer; header names are lower-case. `whole` is False where the connection ended before the answer did."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool = True

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


@contextmanager
def connect(address: tuple[str, int], seconds: float = 10.0) -> Iterator[socket.socket]:
    """A connection whose every send and receive may take some seconds."""
    with socket.create_connection(address, 10) as connection:
        connection.settimeout(seconds)
        yield connection


def exchange(address: tuple[str, int], request: bytes, seconds: float = 10.0) -> list[Answer]:
    """Send bytes, read the answers: none where the server hangs up without a word.

    Raises MalformedError, TimeoutError where nothing comes and the connection stays open.
    """
    head_only = request.lstrip(b"\r\n").startswith(b"HEAD ")
    answers: list[Answer] = []
    with connect(address, seconds) as connection, connection.makefile("rb") as stream:
        with suppress(ConnectionError):  # the server may answer and hang up before it has read all
            connection.sendall(request)
        try:
            while answer := read(stream, head_only):
                answers.append(answer)
                if not answer.whole:
                    break
                connection.settimeout(_MORE)
        except TimeoutError:
            if not answers:
                raise
        except ConnectionError:
            pass
    return answers


def read(stream: BinaryIO, head_only: bool = False) -> Answer | None:
    """One answer, or None where the stream ends instead. Raises MalformedError."""
    line = stream.readline(_LINE)
    if not line:
        return None
    if line.startswith(b"HTTP/1.1 100 "):
        _fields(stream)
        return read(stream, head_only)
    try:
        return _rest(stream, line, head_only)
    except TimeoutError as error:
        raise MalformedError(f"an answer began with {line!r} and stopped") from error


def _rest(stream: BinaryIO, line: bytes, head_only: bool) -> Answer:
    match = _STATUS.fullmatch(line)
    if not match:
        raise MalformedError(f"an answer begins with {line[:200]!r}")
    status, headers = int(match[1]), _fields(stream)
    # What cannot be read is refused with a body even where its first word is HEAD, if nothing is to follow.
    if status in (204, 304) or (head_only and (status != 400 or headers.get("connection") != "close")):
        return Answer(status, headers, b"")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        if "content-length" in headers:
            raise MalformedError(f"both a length and chunks: {headers}")
        return Answer(status, headers, *_chunks(stream))
    if "content-length" in headers:
        length = int(headers["content-length"])
        body = _exactly(stream, length)
        return Answer(status, headers, body, len(body) == length or (head_only and not body))
    try:
        return Answer(status, headers, stream.read())
    except ConnectionError:
        return Answer(status, headers, b"", False)


def _fields(stream: BinaryIO) -> dict[str, str]:
    fields: dict[str, str] = {}
    while (line := stream.readline(_LINE)) != b"\r\n":
        match = _FIELD.fullmatch(line)
        if not match:
            raise MalformedError(f"a header reads {line[:200]!r}")
        name, value = match[1].decode().lower(), match[2].decode("latin-1")
        if name in ("content-length", "transfer-encoding", "content-type") and name in fields:
            raise MalformedError(f"{name} is given twice")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _chunks(stream: BinaryIO) -> tuple[bytes, bool]:
    """The body, and whether its last chunk came."""
    body = bytearray()
    while True:
        try:
            line = stream.readline(_LINE)
        except ConnectionError:
            return bytes(body), False
        match = _CHUNK.fullmatch(line)
        if not match:
            if line.endswith(b"\n"):
                raise MalformedError(f"a chunk begins with {line[:100]!r}")
            return bytes(body), False
        size = int(match[1], 16)
        data = _exactly(stream, size + 2)
        body += data[:size]
        if len(data) < size + 2:
            return bytes(body), False
        if data[size:] != b"\r\n":
            raise MalformedError(f"a chunk ends with {data[size:]!r}")
        if size == 0:
            return bytes(body), True


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """So many bytes, or fewer where the connection ends."""
    data = bytearray()
    with suppress(ConnectionError):
        while len(data) < size:
            piece = stream.read1(size - len(data)) if hasattr(stream, "read1") else stream.read(size - len(data))
            if not piece:
                break
            data += piece
    return bytes(data)
