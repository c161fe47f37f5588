"""The endpoint, /sparql (SPARQL 1.1 Protocol): reads the request, finds a kept answer or has a worker make one."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from loader.errors import NotAcceptableError, QueryLimitError
from server import answers, compression, documents, protocol, requests
from server.exchange import Exchange, Response
from server.negotiation import GRAPH, HTML, SOLUTIONS, Format, choose_named, takes_html, wants_html
from server.protocol import Asked
from server.site import Site

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_LONG = 32 << 10  # bytes of a request that are parsed in a thread


class _Chosen(NamedTuple):
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
    asked = await _read(exchange, site)
    accept = exchange.header(b"accept")
    names = protocol.format_names(exchange.query_string) if asked is None else asked.formats
    if {"html", HTML} & set(names) or (not names and wants_html(accept)):
        return None
    try:
        if asked is None:
            return documents.describe(exchange, site, names)
        return await _answer(exchange, site, asked, accept)
    except NotAcceptableError:
        if names or not takes_html(accept):
            raise
        return None


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
        _type(choose_named(asked.formats, accept, SOLUTIONS)),
        _type(choose_named(asked.formats, accept, GRAPH)),
        compression.choose(exchange.header(b"accept-encoding")),
        asked.most,
    )
    entity_tag, at_hand = answers.at_hand(exchange, site, chosen, asked.most)
    if at_hand:
        return at_hand
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
    reply = await site.run(request, deadline=asked.seconds)
    complete = answers.completeness(reply.cap, asked.most)
    lasting = entity_tag if reply.stable else None
    described = answers.description(site)
    headers = answers.headers(reply.media_type, reply.encoding, lasting, complete=complete, described=described)
    return await answers.respond(exchange, site, reply, headers, chosen if reply.stable else None)


def _type(chosen: Format | None) -> str | None:
    return chosen.media_type if chosen else None
