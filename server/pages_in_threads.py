"""The pages, which Flask makes: each request in a thread of its own, its query cancelled when the visitor leaves.

Threads of Python take turns, so that more of them make pages no sooner, and keep the event loop waiting while it should
answer queries: one makes them all, in short turns (`listening` sets how short), and made pages are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from a2wsgi.wsgi import build_environ

from loader.errors import BusyError, SarcographError
from server import compression, kept_pages, links
from server.asking import VISIT, Asker, Visit
from server.exchange import Exchange, Response
from server.serving import SERVING, Serving
from server.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ENDPOINT = ("/sparql", "/sparql/")
_COMPARISONS = "/releases/"  # these ask for long as well
ERROR = "sarcograph.error"  # in the environment: what a request to the endpoint failed of, to be told as a page
_MAKING = 1  # threads that make pages: another would only take turns with it
_ANSWERING = 16  # threads that make the pages of visitors' queries: they mostly wait
_MOST_VISITS = 500  # visitors whose page is being made or waits to be
_MOST_ASKING = 56  # visitors whose own query is being answered or waits to be
_LEAST = 1 << 10  # bytes that are worth compressing
_NOT_ASCII = re.compile(rb"[^\x21-\x7e]")
# A page is made whole, to be kept, and compared with what the client has afterwards.
_ANSWERED_HERE = ("HTTP_TRANSFER_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
_PACKED = ("image/", "font/")  # compressed already


def serving_of(site: Site, loop: asyncio.AbstractEventLoop) -> Serving:
    """What threads make pages from; `loop` is that in which the site's workers are asked."""
    return Serving(site.release, Asker(site, site.settings, loop), site.settings, site.shelf, site.pinned)


def _named(site: Site) -> str | None:
    """The release that links are to name."""
    return site.release.version if site.pinned else None


class _Threads:
    """Threads that make pages for so many visitors at most, those who wait among them."""

    def __init__(self, name: str, number: int, most: int) -> None:
        self.executor = ThreadPoolExecutor(number, name)
        self._most = most
        self._taken = 0

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Take one visitor's place. Raises BusyError where there is none."""
        if self._taken >= self._most:
            raise BusyError(1)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


class Pages:
    """Gives requests to a WSGI application. `max_body` is in bytes.

    Queries of visitors take as long as they take, so they have threads of their own: the other pages do not wait.
    """

    def __init__(self, app: WSGIApplication, max_body: int) -> None:
        self._app = app
        self._max_body = max_body
        self._showing = _Threads("page", _MAKING, _MOST_VISITS)
        self._asking = _Threads("answer", _ANSWERING, _MOST_ASKING)

    async def answer(self, exchange: Exchange, site: Site, error: SarcographError | None = None) -> Response:
        """The page that answers a request about a site's release, or tells of an error that it led to."""
        key = kept_pages.key_of(exchange, site) if error is None else None
        page = kept_pages.find(site, key)
        if page is None:
            page = await self._made(exchange, site, error)
            kept_pages.keep(site, key, page)
        return kept_pages.unless_had(exchange, page)

    async def _made(self, exchange: Exchange, site: Site, error: SarcographError | None) -> Response:
        """A page as it is made now."""
        is_query = exchange.path in ENDPOINT and (exchange.query_string or exchange.method == "POST")
        asks = error is None and (is_query or exchange.path.startswith(_COMPARISONS))
        threads = self._asking if asks else self._showing
        with threads.place():
            environ = await self._environ(exchange, error)
            environ[SERVING] = serving_of(site, asyncio.get_running_loop())
            exchange.watch()
            visit = Visit()
            adapt = partial(links.adapt, path=kept_pages.written(exchange), release=_named(site))
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    threads.executor, contextvars.copy_context().run, self._make, environ, visit, adapt
                )
            except asyncio.CancelledError:
                visit.leave()
                raise

    async def _environ(self, exchange: Exchange, error: SarcographError | None) -> dict[str, Any]:
        # The page of the endpoint shows what was posted even where it tells of an error; no other needs the body then.
        posted = exchange.method == "POST" and (error is None or exchange.path in ENDPOINT)
        body = await exchange.body(self._max_body) if posted else b""
        query = _NOT_ASCII.sub(lambda match: b"%%%02X" % match[0][0], exchange.query_string)
        scope: Any = {**exchange.scope, "query_string": query}
        sent: Any = io.BytesIO(body)
        environ: dict[str, Any] = dict(build_environ(scope, sent))
        if exchange.method == "HEAD":
            environ["REQUEST_METHOD"] = "GET"  # its headers are to be those of the GET; the body is left out at the end
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.multiprocess": False, ERROR: error}
        for name in _ANSWERED_HERE:
            environ.pop(name, None)
        return environ

    def _make(self, environ: dict[str, Any], visit: Visit, adapt: Callable[[str], str]) -> Response:
        """In a thread: run the application."""
        VISIT.set(visit)
        response = Response(500)

        def start(status: str, headers: Iterable[tuple[str, str]], exc_info: object = None) -> Any:
            response.status = int(status.split(" ", 1)[0])
            for name, value in headers:
                before = response.headers.get(name)
                response.headers[name] = f"{before}, {value}" if before else value

        pieces = self._app(environ, start)
        try:
            response.body = b"".join(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.body = adapt(response.body.decode()).encode()
            response.headers["Content-Length"] = str(len(response.body))
        _compress(response, environ.get("HTTP_ACCEPT_ENCODING"))
        return response


def _compress(response: Response, accepted: str | None) -> None:
    if (
        response.status != 200
        or len(response.body) < _LEAST
        or response.headers.get("Content-Type", "").startswith(_PACKED)
    ):
        return
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    encoding = compression.choose(accepted)
    if encoding == "identity":
        return
    response.body = compression.compress(response.body, encoding)
    response.headers["Content-Encoding"] = encoding
    response.headers["Content-Length"] = str(len(response.body))
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        response.headers["ETag"] = f"W/{tag}"
