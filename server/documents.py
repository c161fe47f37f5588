"""Documents for programs that do not change while a release is served: the service description, prefixes, context."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from loader.errors import NotAcceptableError
from server import answers, description
from server.exchange import Exchange, Response
from server.negotiation import GRAPH, choose_named, formats
from server.serialization import write_triples
from server.site import Site

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,255}|\[(?P<address>[0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?")
_A_DAY = "public, max-age=86400"


def describe(exchange: Exchange, site: Site, names: Sequence[str]) -> Response:
    """The service description (SPARQL 1.1 Service Description), in the graph format named, or as Accept likes."""
    accept = exchange.header(b"accept")
    chosen = choose_named(names, accept, GRAPH)
    if chosen is None:
        offers = [each.media_type for each in formats(GRAPH)]
        what = "a request without a query, the service description,"
        raise NotAcceptableError(what, ", ".join(names) or accept or "", offers)
    body = _description(site, _endpoint(exchange, site), chosen.media_type)
    return answers.document(exchange, site, body, chosen.media_type, answers.FRESH)


def address(exchange: Exchange, site: Site) -> str:
    """The address at which the site was reached, as far as it can be told, without a slash at its end."""
    if site.settings.address:
        return site.settings.address.rstrip("/")
    host = exchange.header(b"host") or ""
    return f"http://{host if _is_host(host) else 'localhost'}"


def _endpoint(exchange: Exchange, site: Site) -> str:
    return f"{address(exchange, site)}/sparql"


def _is_host(host: str) -> bool:
    read = _HOST.fullmatch(host)
    if read is None or read["address"] is None:
        return read is not None
    try:
        ipaddress.IPv6Address(read["address"])
    except ValueError:
        return False
    return True


@lru_cache(100)
def _description(site: Site, endpoint: str, media_type: str) -> bytes:
    release = site.release
    triples = description.service_description(endpoint, release, release.manifest["graphs"])
    return write_triples(triples, media_type, site.context)


def _context(site: Site) -> str:
    return json.dumps(site.context.document(), ensure_ascii=False, indent=1) + "\n"


PATHS: Mapping[str, tuple[str, Callable[[Site], str]]] = {
    "/prefixes.ttl": ("text/turtle", lambda site: description.prefixes_turtle()),
    "/prefixes.json": ("application/json", lambda site: description.prefixes_json()),
    "/context.jsonld": ("application/ld+json", _context),
}


async def answer(exchange: Exchange, site: Site) -> Response:
    """One of the documents at PATHS."""
    media_type, _ = PATHS[exchange.path]
    return answers.document(exchange, site, _written(site, exchange.path), media_type, _A_DAY)


@lru_cache(10)
def _written(site: Site, path: str) -> bytes:
    _, write = PATHS[path]
    return write(site).encode()
