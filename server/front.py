"""The front: every request comes here. The endpoint, graphs and other documents for programs are answered in the event
loop; the pages by Flask, in threads.

It is an ASGI application. Nothing in it waits: queries run in workers; pages are made, and long texts read, in threads.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping

from loader.errors import ClientGoneError, MethodError, SarcographError
from server import (
    answers,
    comparisons,
    documents,
    dump_files,
    entity_documents,
    graph_store,
    problems,
    protocol,
    requests,
    robots,
    sparql,
    topics,
)
from server.exchange import Exchange, Receive, Response, Scope, Send
from server.negotiation import wants_html
from server.pages_in_threads import ENDPOINT, Pages
from server.site import Site
from server.succession import Succession

_HEALTH_SECONDS = 2.0
_READING = ("GET", "HEAD", "OPTIONS")

Handler = Callable[[Exchange, Site], Awaitable[Response | None]]

# What knows its own paths; the first that has one answers.
_PLACES = (topics, graph_store, robots, comparisons, dump_files, entity_documents)


class Front:
    """The ASGI application: every request is answered by the site that is the current one when it comes."""

    def __init__(self, succession: Succession, pages: Pages) -> None:
        self._succession = succession
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        with self._succession.visit() as site:
            await self._serve(exchange, site)

    async def _serve(self, exchange: Exchange, current: Site) -> None:
        site = current
        try:
            try:
                site = await _pinned(exchange, current)
                response = await self._answer(exchange, site)
            except ClientGoneError:
                raise
            except SarcographError as error:
                response = await self._told(exchange, site, error)
            await exchange.give(response, site.headers_of(response))
        except ClientGoneError:
            return
        except SarcographError as error:  # after the first byte: the answer is left unfinished, which clients notice
            print(f"sarcograph: an answer was broken off: {error}", file=sys.stderr)
        except asyncio.CancelledError:
            if not exchange.left:
                raise
        finally:
            exchange.end()

    async def _answer(self, exchange: Exchange, site: Site) -> Response:
        return await _asked(exchange, site) or await self._pages.answer(exchange, site)

    async def _told(self, exchange: Exchange, site: Site, error: SarcographError) -> Response:
        """An error as a page for a browser, as a problem document for a program or where no page can be made."""
        if wants_html(exchange.header(b"accept")):
            try:
                return await self._pages.answer(exchange, site, error)
            except ClientGoneError:
                raise
            except SarcographError:
                pass
        return Response(*problems.document(error))


async def _pinned(exchange: Exchange, current: Site) -> Site:
    """The site of the release that the URL names; the current one where it names none."""
    if b"release" not in exchange.query_string:
        return current
    version = protocol.release(exchange.query_string)
    return current if version is None else await current.at(version)


async def _asked(exchange: Exchange, site: Site) -> Response | None:
    """What is answered here, in the event loop; None where there is a page instead."""
    handler = _handler(exchange.path)
    if handler is None:
        return None
    methods = sparql.METHODS if handler is sparql.answer else _READING
    if exchange.method == "OPTIONS":
        return answers.preflight(methods)
    if exchange.method not in methods:
        raise MethodError(exchange.method, methods)
    return await handler(exchange, site)


def _handler(path: str) -> Handler | None:
    if path in ENDPOINT:
        return sparql.answer
    if path == "/health":
        return health
    if path in documents.PATHS:
        return documents.answer
    return next((each.answer for each in _PLACES if each.is_there(path)), None)


async def health(exchange: Exchange, site: Site) -> Response:
    """Whether queries are answered right now, found by asking one, and whether dead workers can be replaced.

    A worker that is just being replaced is no fault: it is missing for some milliseconds after each cut-off query.
    """
    try:
        request = requests.query(site.health_query, site.settings)
        reply = await site.run(request, deadline=_HEALTH_SECONDS, reserved=True)
        answered = b"true" in await reply.read()
    except SarcographError:
        answered = False
    status = site.pool.status()
    names = ("live", "expected", "busy", "waiting", "confinement", "shared", "failure")
    body: Mapping[str, object] = {
        "status": "ok" if answered and status["failure"] is None else "degraded",
        "release": site.release.version,
        "answered": answered,
        "workers": {name: status[name] for name in names},
    }
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(200 if answered else 503, headers, json.dumps(body, indent=1).encode() + b"\n")
