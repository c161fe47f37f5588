"""Pages that are kept once they are made, with all their headers, so that who comes next costs nothing.

What is kept is the same for all who ask for the same address of the same release on the same day: panels say what is in
force "today". The page of the endpoint and the lists of releases are made anew each time.
"""

from __future__ import annotations

from datetime import UTC, datetime

from loader.kinds import KINDS
from server import cache, compression
from server.cache import Stored
from server.exchange import Exchange, Response
from server.site import Site

_LONGEST = 300  # bytes of a query string, characters of Accept: with longer ones, a page is made anew
_TOPICS = ("ontology.html", "shapes.html", "prefixes.html", "graph", ".well-known")
_OF_A_COPY = ("ETag", "Vary", "Cache-Control", "Last-Modified")


def key_of(exchange: Exchange, site: Site) -> object | None:
    """What names the page that is asked for; None where it is not to be kept."""
    first, slash, _ = exchange.path[1:].partition("/")
    of_kind, of_topic = bool(slash) and first in KINDS, first in _TOPICS and exchange.path.endswith(".html")
    if exchange.method not in ("GET", "HEAD") or not (exchange.path == "/" or first == "static" or of_kind or of_topic):
        return None
    query, accept = exchange.query_string, exchange.header(b"accept") or ""
    if first == "static" or (of_kind and exchange.path.endswith(".html")):
        query, accept = b"", ""  # a page of an entity is one and the same whatever else is asked
    if len(query) > _LONGEST or len(accept) > _LONGEST or exchange.header(b"range"):
        return None
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    today = datetime.now(UTC).date().isoformat()
    return "page", written(exchange), query, accept, encoding, today, site.pinned


def written(exchange: Exchange) -> str:
    """The path as the client wrote it."""
    raw: bytes = exchange.scope.get("raw_path") or exchange.path.encode("utf-8", "replace")
    return raw.partition(b"?")[0].decode("latin-1")


def find(site: Site, key: object | None) -> Response | None:
    """The page kept under a key."""
    kept = site.cache.find((site.release.version, key)) if key else None
    return Response(200, dict(kept.headers), kept.body) if kept else None


def keep(site: Site, key: object | None, page: Response) -> None:
    """Keep a page that is whole and has a tag."""
    if key is None or page.status != 200 or "ETag" not in page.headers:
        return
    encoding = page.headers.get("Content-Encoding", "identity")
    stored = Stored(page.headers.get("Content-Type", ""), encoding, None, page.body, headers=dict(page.headers))
    site.cache.keep((site.release.version, key), stored)


def unless_had(exchange: Exchange, page: Response) -> Response:
    """The page, or that the client has it: its If-None-Match, or else its If-Modified-Since, names it."""
    tags, date = exchange.header(b"if-none-match"), exchange.header(b"if-modified-since")
    if page.status != 200 or "ETag" not in page.headers:
        return page
    same = page.headers.get("Last-Modified") == date if date else False
    if not (cache.has(tags, page.headers["ETag"]) if tags else same):
        return page
    return Response(304, {name: page.headers[name] for name in _OF_A_COPY if name in page.headers})
