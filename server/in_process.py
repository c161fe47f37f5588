"""Asks the front as a client does, but in the same process: no socket, no port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from loader.errors import ExportError
from loader.namespaces import BASE
from server.front import Front

_PATIENCE = 20  # times that a busy server is asked again
_PAUSE = 0.5  # seconds before it is


@dataclass(frozen=True)
class Answer:
    """What the front answered; the names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Its media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


async def ask(front: Front, target: str, accept: str) -> Answer:
    """What the front answers to a GET for a path with or without a query; it is asked again where it is busy.

    Raises ExportError where it breaks off.
    """
    for _ in range(_PATIENCE):
        answer = await _ask(front, target, accept)
        if answer.status != 503 or "retry-after" not in answer.headers:
            break
        await asyncio.sleep(_PAUSE)
    return answer


async def _ask(front: Front, target: str, accept: str) -> Answer:
    pieces = bytearray()
    start: dict[str, Any] = {}
    ended = False
    sent = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()  # the client never leaves
        sent = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            pieces.extend(message.get("body", b""))
            ended = not message.get("more_body", False)

    await front(_scope(target, accept), receive, send)
    if not ended:
        raise ExportError(f"the answer to {target[:200]} broke off. Nothing was written; export again.")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, bytes(pieces))


def _scope(target: str, accept: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    base = urlsplit(BASE)
    host, port = base.hostname or "localhost", base.port or (443 if base.scheme == "https" else 80)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": base.scheme,
        "path": unquote(path),
        "raw_path": quote(path, safe="/%:@!$&'()*+,;=~").encode("ascii"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [(b"host", base.netloc.encode()), (b"accept", accept.encode())],
        "client": ("127.0.0.1", 0),
        "server": (host, port),
    }
