"""The endpoint, /sparql (SPARQL 1.1 Protocol): reads the request, finds a kept answer or has a worker make one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.errors import MethodError, QueryLimitError
from server import cache, compression, documents, protocol, requests
from server.cache import Stored
from server.exchange import Exchange, Response
from server.negotiation import GRAPH, HTML, SOLUTIONS, Format, choose_format, named, wants_html
from server.protocol import Asked
from server.relay import Relay
from server.reply import Reply
from server.site import Site

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_LONG = 32 << 10  # bytes of a request that are parsed in a thread
VARY = "Accept, Accept-Encoding"
FRESH = "public, no-cache"  # a copy may be kept, and is asked about each time: another release may be served by then


@dataclass(frozen=True)
class _Chosen:
    """What was asked, and how it is to be written: the key under which an answer is kept."""

    query: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    solutions: str | None
    graph: str | None
    encoding: str
    most: int | None


async def answer(exchange: Exchange, site: Site) -> Response | None:
    """The answer to one request, or None where a page is to answer it."""
    if exchange.method == "OPTIONS":
        return preflight(METHODS)
    if exchange.method not in METHODS:
        raise MethodError(exchange.method, METHODS)
    asked = await _read(exchange, site)
    accept = exchange.header(b"accept")
    if asked is None:
        return None if wants_html(accept) else documents.describe(exchange, site)
    if {"html", HTML} & set(asked.formats) or (not asked.formats and wants_html(accept)):
        return None
    return await _answer(exchange, site, asked, accept)


def preflight(methods: Sequence[str]) -> Response:
    """What a browser asks before a script of another site may send more than a plain request."""
    allowed = ", ".join(methods)
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(204, headers)


async def _read(exchange: Exchange, site: Site) -> Asked | None:
    body = await exchange.body(site.settings.max_body) if exchange.method == "POST" else None
    exchange.watch()
    content_type = exchange.header(b"content-type") or ""
    facts = exchange.query_string, content_type, body, site.settings.max_deadline
    if len(body or b"") + len(exchange.query_string) > _LONG:
        return await asyncio.to_thread(protocol.read, *facts)
    return protocol.read(*facts)


async def _answer(exchange: Exchange, site: Site, asked: Asked, accept: str | None) -> Response:
    if len(asked.query) > site.settings.max_query:
        raise QueryLimitError("length in characters", len(asked.query), site.settings.max_query)
    chosen = _Chosen(
        asked.query,
        asked.default_graphs,
        asked.named_graphs,
        _type(choose(asked.formats, accept, SOLUTIONS)),
        _type(choose(asked.formats, accept, GRAPH)),
        compression.choose(exchange.header(b"accept-encoding")),
        asked.most,
    )
    entity_tag = cache.tag(site.release, chosen)
    if cache.has(exchange.header(b"if-none-match"), entity_tag):
        return Response(304, {"ETag": entity_tag, "Vary": VARY, "Cache-Control": FRESH})
    stored = site.cache.find(chosen)
    if stored:
        headers = _headers(stored.media_type, stored.encoding, stored.cap, entity_tag)
        return Response(200, headers, stored.body)
    request = requests.query(
        asked.query,
        site.settings,
        solutions=chosen.solutions,
        graph=chosen.graph,
        asked=", ".join(asked.formats) or accept or "",
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        encoding=chosen.encoding,
        most=asked.most,
    )
    reply = await site.pool.run(request, deadline=asked.seconds)
    headers = _headers(reply.media_type, reply.encoding, reply.cap, entity_tag if reply.stable else None)
    return await respond(exchange, site, reply, headers, chosen if reply.stable else None)


def choose(names: Sequence[str], accept: str | None, form: str) -> Format | None:
    """The first known format that `format=` names (client libraries name it twice); without any, what Accept likes."""
    known = (named(name, form) for name in names)
    return next((each for each in known if each), None) if names else choose_format(accept, form)


def _type(chosen: Format | None) -> str | None:
    return chosen.media_type if chosen else None


def content_type(media_type: str) -> str:
    """A media type as it stands in a header: text without a charset would be read as ASCII."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _headers(media_type: str, encoding: str, cap: int | None, entity_tag: str | None) -> dict[str, str]:
    headers = {"Content-Type": content_type(media_type), "Vary": VARY, "Cache-Control": FRESH}
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    if cap is not None:
        headers["Sarcograph-Complete"] = f"?0; rows={cap}"
    if entity_tag:
        headers["ETag"] = entity_tag
    return headers


async def respond(
    exchange: Exchange, site: Site, reply: Reply, headers: dict[str, str], key: _Chosen | None = None
) -> Response:
    """The answer with its length, or in chunks where that is not known yet; kept under `key` if it is not too long.

    HTTP/1.0 and HEAD have no chunks: an answer that breaks off would look complete, so it is taken whole first.
    """
    if reply.length is not None:
        body = await reply.read()
        if keep := _keeping(site, reply, key):
            keep(body)
        return Response(200, headers, body)
    relay = Relay(reply, _keeping(site, reply, key), site.cache.largest)
    if exchange.method == "HEAD" or exchange.scope["http_version"] == "1.0":
        headers["Content-Length"] = str(await relay.whole())
    if exchange.method == "HEAD":
        relay.close()
        return Response(200, headers)
    return Response(200, headers, pieces=relay.pieces(), close=relay.close)


def _keeping(site: Site, reply: Reply, key: _Chosen | None) -> Callable[[bytes], None] | None:
    """What keeps the body of an answer under a key."""
    if key is None:
        return None
    return lambda body: site.cache.keep(key, Stored(reply.media_type, reply.encoding, reply.cap, body))
