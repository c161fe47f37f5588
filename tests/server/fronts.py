"""The whole front in this process, and a client of it: what comes over HTTP, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from pools import RunningPool
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from loader.context import Context
from loader.release import Release
from server.app import create_app
from server.cache import Cache
from server.front import Front
from server.pages_in_threads import Pages
from server.settings import Settings
from server.shelf import Shelf
from server.site import Site
from server.succession import Succession


class FrontClient:
    """Asks the front, and follows nothing by itself. `site` is what it serves."""

    def __init__(self, running: RunningPool, release: Release, settings: Settings) -> None:
        self._running = running
        self.site: Site = running.do(_site(running, release, settings))
        self._front = Front(Succession(self.site, _never), Pages(create_app(), settings.max_body))

    def get(self, target: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Response:
        """What is answered to a request for a path, with its query."""
        return self.gather([target], headers, method)[0]

    def gather(
        self, targets: list[str], headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> list[Response]:
        """What is answered to many requests, eight at a time."""
        given = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        answers: list[Response] = self._running.do(self._gather(targets, given, method))
        return answers

    async def _gather(self, targets: list[str], headers: list[tuple[bytes, bytes]], method: str) -> list[Response]:
        places = asyncio.Semaphore(8)

        async def one(target: str) -> Response:
            async with places:
                return await self._ask(target, headers, method)

        return await asyncio.gather(*map(one, targets))

    async def _ask(self, target: str, headers: list[tuple[bytes, bytes]], method: str) -> Response:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }
        start: dict[str, Any] = {}
        body = bytearray()
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            start.update(message if "status" in message else {})
            body.extend(message.get("body", b""))

        await self._front(scope, receive, send)
        given = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
        response = Response(bytes(body), start["status"])
        response.headers = Headers(given)  # with the length that was sent, also that of a HEAD
        return response


async def _site(running: RunningPool, release: Release, settings: Settings) -> Site:
    shelf = Shelf(release.path.parents[1])
    site = Site(release, running.pool, settings, Cache(settings.cache), Context(), shelf, release)
    return replace(site, context=await site.read_context())


async def _never(release: Release) -> Site:
    raise AssertionError(f"no release is published here, but {release.version} is opened")
